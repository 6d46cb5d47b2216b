"""A class that meets in a room: its state, without a page. ``register`` opens and ends classes, ``room`` is one class,
``votes`` and ``shift`` compute what the projector shows, ``shared_run`` adapts to the room, ``report`` is what stays.

Everything is in memory and goes with the class. Time and chance are given from outside, so that tests decide them.
"""
