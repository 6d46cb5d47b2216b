"""The Adapt tab: a model adapts while one watches."""
