"""Cai et al. 2021: a DANN on log-mels, and six ways to combine batch-norm statistics."""

from xser_demo.experiments.systems.base import SHARED, System, Variant, by_name
from xser_demo.methods.schedule import Schedule
from xser_demo.networks.classifier import Recipe

_CAI_SCHEDULE = Schedule(source_epochs=12, epochs=5, optimiser="adam", weight_decay=0.0)


def _norm_variant(norm: str, title: str) -> Variant:
    recipe = Recipe("mel", "conv_gru", {"norm": norm})
    return Variant(norm, title, "dann", recipe, _CAI_SCHEDULE, strength=1.0, learning_rate=4e-3)


CAI = System(
    id="cai2021-dann",
    title="DANN and its batch norm (Cai 2021)",
    paper="X. Cai, Z. Wu, K. Zhong, B. Su, D. Dai and H. Meng, Unsupervised cross-lingual speech emotion recognition "
    "using domain adversarial neural network, ISCSLP 2021, arXiv 2012.11174.",
    idea="A second classifier tries to tell the languages apart behind a reversed gradient; who shares batch-norm "
    "statistics with whom matters as much.",
    claim="A reversed language classifier helps, and how batch norm combines the languages matters.",
    test="six ways of combining, with and without reversal, features standardised by the source only",
    task="arousal",
    tasks=("valence", "arousal_strict", "valence_strict"),
    pairs=(("ravdess", "emodb"), ("ravdess", "emovo"), ("emodb", "ravdess")),
    more_pairs=(),
    explanation="gradcam",
    variants=by_name(
        _norm_variant("joint", "one pass, shared statistics"),
        _norm_variant("none", "no batch norm"),
        _norm_variant("separate", "two passes, shared running statistics"),
        _norm_variant("domain", "statistics of their own for each language"),
        _norm_variant("source", "the source's statistics for both"),
        _norm_variant("split", "shared, but the source's in the emotion classifier"),
    ),
    common_method="dann",
    published=(
        "feature extractor, emotion classifier, language classifier behind gradient reversal, no target labels",
        "two tasks, arousal and valence",
        "3.91 points above the model without adaptation on average",
        "batch norm helps, and how source and target are combined for its statistics is a factor of its own",
    ),
    inferred=(),
    unknown_in_paper=(
        "corpora and languages",
        "features and encoder (here 64 log-mel bands, convolutions and a GRU, after the nearest public relative)",
        "which ways of combining the statistics were compared (the six here are ours)",
        "number of classes, category maps, metric, schedule, splits, every figure for a pair",
        *SHARED,
    ),
    live_s=20,
)
