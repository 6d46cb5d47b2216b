"""Li, Yan and Wang 2021: NNPM, a memory of source clips and pseudo multilabels."""

from xser_demo.experiments.systems.base import SHARED, System, Variant, by_name
from xser_demo.methods.schedule import Schedule
from xser_demo.networks.classifier import Recipe

_NNPM_SCHEDULE = Schedule(source_epochs=20, epochs=12, optimiser="adam", weight_decay=0.0)

_NNPM = Recipe("mel", "conv_gru")

NNPM = System(
    id="li2021-nnpm",
    title="Pseudo-multilabel memory, NNPM (Li 2021)",
    paper="J. Li, N. Yan and L. Wang, Unsupervised cross-lingual speech emotion recognition using pseudo multilabel, "
    "arXiv 2108.08663, 2021.",
    idea="Keeps all source clips in a memory; each clip of the new language learns from those it resembles, and they "
    "vote on its emotion.",
    claim="Pseudo multilabels from a memory of source clips help.",
    test="its training against the memory's vote without training, and against weight 0",
    task="four",
    pairs=(("ravdess", "emodb"), ("ravdess", "urdu"), ("ravdess", "emovo")),
    more_pairs=(("ravdess", "shemo"),),
    explanation="gradcam",
    variants=by_name(
        Variant("mel", "memory over a mel network", "nnpm_gate", _NNPM, _NNPM_SCHEDULE, strength=0.3),
    ),
    common_method="nnpm",
    published=(
        "an external memory of source features, similarities in it, a pseudo multilabel for each target utterance",
        "targets Urdu, a corpus called Skropus, ShEMO, EMO-DB; metric weighted accuracy",
    ),
    inferred=(),
    unknown_in_paper=(
        "which corpus Skropus is (EMOVO stands in for it)",
        "source corpora, features, encoder (here 64 log-mel bands, convolutions and a GRU)",
        "size and update of the memory, threshold, loss on the multilabel (formulas in methods/nnpm_gate.py are ours)",
        "emotions for each target, splits, every figure",
        *SHARED,
    ),
    live_s=20,
)
