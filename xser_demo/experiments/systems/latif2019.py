"""Latif, Qadir and Bilal 2019: a GAN on 88 acoustic statistics."""

from dataclasses import replace

from xser_demo.experiments.systems.base import SHARED, System, Variant, all_pairs, by_name
from xser_demo.methods.schedule import Schedule
from xser_demo.networks.classifier import Recipe

_VECTOR_NET = {"hidden": [256, 128], "classifier": [64], "dropout": 0.3}

_GAN_SCHEDULE = Schedule(
    source_epochs=40, epochs=24, optimiser="adam", learning_rate=5e-4, weight_decay=0.0, betas=(0.5, 0.9)
)

_GEMAPS = Recipe("gemaps", "mlp", _VECTOR_NET)


LATIF = System(
    id="latif2019-gan",
    title="GAN on acoustic statistics (Latif 2019)",
    paper="S. Latif, J. Qadir and M. Bilal, Unsupervised adversarial domain adaptation for cross-lingual speech "
    "emotion recognition, ACII 2019, arXiv 1907.06083.",
    idea="Sums a clip up in 88 acoustic statistics; a discriminator learns to tell the languages apart and the "
    "features learn to fool it.",
    claim="Adversarial training adapts valence across languages.",
    test="its GAN against the same training with weight 0, on all its pairs",
    task="valence",
    pairs=(
        ("ravdess", "emodb"),
        *(pair for pair in all_pairs("ravdess", "emodb", "emovo", "urdu") if pair != ("ravdess", "emodb")),
    ),
    more_pairs=tuple(pair for pair in all_pairs("savee", "emodb", "emovo", "urdu") if "savee" in pair),
    explanation="groups",
    variants=by_name(
        Variant("latent", "adversary on the embedding", "gan", _GEMAPS, _GAN_SCHEDULE),
        Variant(
            "synthesis",
            "generator of source-like features",
            "gan_synthesis",
            _GEMAPS,
            replace(_GAN_SCHEDULE, epochs=32),
            strength=0.2,
            learning_rate=2e-3,
        ),
        Variant(
            "latent-egemaps",
            "the same with openSMILE's functionals",
            "gan",
            Recipe("egemaps", "mlp", _VECTOR_NET),
            _GAN_SCHEDULE,
        ),
    ),
    common_method="gan",
    published=(
        "unlabelled target language, a GAN game for a language-invariant representation",
        "corpora EMO-DB, SAVEE, EMOVO, URDU (RAVDESS stands in for SAVEE here)",
        "binary valence, metric UAR",
    ),
    inferred=("neutral counts as positive: only this label map gives the counts of its corpus table",),
    unknown_in_paper=(
        "features (88 eGeMAPS functionals in the authors' sibling paper; here an open vector of the same families)",
        "whether the game is played on embeddings or on generated features (both readings are here)",
        "layers, optimiser, learning rate, batch, epochs, update ratio, loss weights",
        *SHARED,
        "whether the adaptation set is the test set, how checkpoints were picked, number of runs",
    ),
    live_s=20,
)
