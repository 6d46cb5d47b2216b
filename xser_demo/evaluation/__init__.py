"""UAR with intervals (the only opener of ``SealedLabels``), domain distances, projections."""
