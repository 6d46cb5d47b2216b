"""``xser classroom``: rehearse a class with simulated phones."""
