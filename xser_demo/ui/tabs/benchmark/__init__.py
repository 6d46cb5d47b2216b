"""The Benchmark tab: every score."""
