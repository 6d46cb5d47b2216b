from xser_demo.methods.base import Method


class ZScore(Method):
    """Standardisation of the target's frames (N, D) by the target's own mean and deviation; no weight changes.

        x_t <- (x_t - mean_t) / std_t

    per dimension, over all frames of the unlabelled target clips. Often called preprocessing, it is the cheapest
    adaptation, since it uses the target, and often the hardest to beat. ``Method.setup`` does it.
    """

    name = "zscore"
    title = "Target z-score"
    idea = "Re-centres and re-scales the target's features; nothing is trained."
    paper = ""
    trains = False
