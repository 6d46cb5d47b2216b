"""Errors, limits, files, memory and threads, archives, downloads. Imports no other room."""
