"""From a ``Plan`` to a scored result; the five published systems; provenance and model cards."""
