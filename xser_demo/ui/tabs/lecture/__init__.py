"""The Lecture tab, and the strip that leads through it."""
