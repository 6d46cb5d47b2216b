"""Errors, limits, files, memory and threads, archives, downloads. Imports nothing of the package."""
