"""The tab Perturbations: one clip, changed step by step."""
