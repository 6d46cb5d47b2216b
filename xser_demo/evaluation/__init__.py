"""Evaluation: UAR with intervals, domain distances, projections. Only ``scores`` opens ``SealedLabels``."""
