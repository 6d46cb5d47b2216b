"""Recorders, what is asked before they open, and the microphone as a shift."""
