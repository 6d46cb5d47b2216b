"""Limits of a class, its steps, and why a message is refused."""

MAX_DEVICES = 100
MAX_CLIPS = 10
MAX_TAKES = 12  # of one device at a time
STAGES = ("join", "vote", "speak", "map", "predict", "adapt", "end")
FORECASTS = ("better", "the same", "worse")  # "Will adapting to the room help?"
NUMBERS = range(1000, 10_000)  # of devices, drawn at random

ENDED = "This class has ended."
FULL = f"This class has {MAX_DEVICES} members, which is the most."
STRANGER = "This device is not a member of the class; join again."
NOT_OPEN = "There is no vote on this clip at the moment."
VOTED = "You have voted on this clip; a vote stays as it is."
NOT_SPEAKING = "The class does not record at the moment."
RUNNING = "The room is being adapted to; clips are taken again when that is done."
