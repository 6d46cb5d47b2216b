"""An audit of a model on a labelled corpus: properties with limits and verdicts (docs/audit.md)."""
