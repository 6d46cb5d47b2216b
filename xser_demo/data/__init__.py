"""Feature packs on disk, encoding recordings into them, and the ``Source`` and ``Target`` that methods see."""
