"""The training loop, checkpoint selection, label-free criteria."""
