"""The Systems tab: the five published systems."""
