"""The Your data tab: recordings that a visitor brings."""
