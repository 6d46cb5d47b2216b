"""Colours of emotions and models, shapes of corpora. Distinguishable with colour blindness."""

EMOTION_COLOURS = {
    "anger": "#D55E00",
    "happiness": "#E69F00",
    "sadness": "#0072B2",
    "neutral": "#7F7F7F",
    "fear": "#CC79A7",
    "disgust": "#009E73",
    "surprise": "#56B4E9",
    "boredom": "#B8A77E",
    "calm": "#B8A77E",
    "positive": "#E69F00",
    "negative": "#0072B2",
    "high": "#D55E00",
    "low": "#0072B2",
}
UNLABELLED_COLOUR = "#7C3AED"  # of hollow points: no emotion has this colour, and neutral is a filled grey
SOURCE_SHAPE, TARGET_SHAPE, VISITOR_SHAPE = "circle", "diamond", "star"
OPEN = "-open"  # after a shape: hollow, for clips without a label
SOURCE_COLOUR, TARGET_COLOUR = "#4B5563", "#0F766E"  # when points are coloured by corpus
MODEL_COLOURS = ("#4B5563", "#0F766E", "#7C3AED", "#B45309")  # source-only first, then adapted ones
HEAT = (240, 110, 10)  # over a grey picture: the regions that counted
INK, FAINT = "#71717A", "rgba(113,113,122,0.25)"  # text and grid lines that are legible on white and on black
