"""What is trained: heads, domain batch norm, memory bank, classifier, checkpoints, temperature."""
