from xser_demo.methods.base import Method


class ZScore(Method):
    """Target frames standardised by the target's own mean and deviation; no weight changes.

    x_t <- (x_t - mean_t) / std_t, per dimension over all frames of the unlabelled target clips. Often called mere
    preprocessing, it uses the target and is the cheapest adaptation there is; often also the hardest to beat.
    """

    name = "zscore"
    title = "Target z-score"
    idea = "Re-centres and re-scales the target's features; nothing is trained."
    paper = ""
    trains = False
