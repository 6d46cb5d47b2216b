"""Inference on a clip: prediction, explanation, timeline, streaming, adaptation to a speaker."""
