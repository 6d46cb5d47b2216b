"""Trainable networks: heads, domain batch norm, memory bank, classifier, checkpoints, temperature."""
