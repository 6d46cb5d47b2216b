"""The five published systems as presets: what each listens to, how it is built, trained and adapted.

Papers 1 to 3 are public as abstracts only, so their systems are made "after the paper"; what a paper does not say is
listed in ``unknown_in_paper`` and chosen by us. ``docs/systems.md`` has published figures and ours side by side.
"""

from dataclasses import asdict, dataclass, field, replace

from xser_demo.errors import SettingsError
from xser_demo.features import frozen, packs
from xser_demo.methods.base import Schedule
from xser_demo.model import COMMON, Recipe

AFTER, REDUCED = "after the paper", "reduced"  # "exact" is none of the five: no paper says enough
CONTROL = "control"  # another method on a system's network
# What no paper says and all five share here, so that they can be compared.
SHARED = (
    "each language's features standardised by its own statistics (the z-score control shows what this alone gives)",
    "source classes drawn equally often, label smoothing of 0.1 in the cross entropy",
)


@dataclass(frozen=True)
class Variant:
    """One way to build a system."""

    name: str
    title: str
    method: str
    recipe: Recipe
    schedule: Schedule
    fidelity: str = AFTER
    deviations: tuple[str, ...] = ()  # from what the paper states
    strength: float | None = None  # None: the method's own
    start: str = "random"  # or "imagenet": the official weights, fetched when they are first needed
    on_page: bool = True  # False: for the benchmark and the command line only


@dataclass(frozen=True)
class System:
    id: str
    title: str
    paper: str
    idea: str  # one sentence in plain words
    task: str  # label set of the faithful track
    pairs: tuple[tuple[str, str], ...]  # of the faithful track; the first is that of the shipped models
    more_pairs: tuple[
        tuple[str, str], ...
    ]  # those of the paper whose corpora are not shipped; used when packs are here
    explanation: str  # "attention", "gradcam" or "groups"
    variants: dict[str, Variant]  # the first is the system itself
    common_method: str  # its objective on common ground
    published: tuple[str, ...]  # what is known to be stated in the paper
    inferred: tuple[str, ...]  # what its text, tables or probable code let one conclude
    unknown_in_paper: tuple[str, ...]
    live_s: int  # an adaptation on two cores takes at most this many seconds
    tasks: tuple[str, ...] = field(default=())  # further label sets

    def pairs_here(self) -> tuple[tuple[str, str], ...]:
        """Its pairs, and those of the paper whose packs have been made on this computer."""
        here = packs.available(self.variant().recipe.feature)
        return self.pairs + tuple(pair for pair in self.more_pairs if all(key in here for key in pair))

    def variant(self, name: str | None = None) -> Variant:
        if name is None:
            return next(iter(self.variants.values()))
        if name not in self.variants:
            raise SettingsError(f"{self.id} has no variant '{name}'; choose one of: {', '.join(self.variants)}.")
        return self.variants[name]


def _all_pairs(*keys: str) -> tuple[tuple[str, str], ...]:
    return tuple((a, b) for a in keys for b in keys if a != b)


def _variants(*variants: Variant) -> dict[str, Variant]:
    return {variant.name: variant for variant in variants}


# 1. Latif, Qadir, Bilal 2019

_VECTOR_NET = {"hidden": [256, 128], "classifier": [64], "dropout": 0.3}
_GAN_SCHEDULE = Schedule(
    source_epochs=40, epochs=40, optimiser="adam", learning_rate=5e-4, weight_decay=0.0, betas=(0.5, 0.9)
)
_GEMAPS = Recipe("gemaps", "mlp", _VECTOR_NET)
LATIF = System(
    id="latif2019-gan",
    title="GAN on acoustic statistics (Latif 2019)",
    paper="S. Latif, J. Qadir and M. Bilal, Unsupervised adversarial domain adaptation for cross-lingual speech "
    "emotion recognition, ACII 2019, arXiv 1907.06083.",
    idea="Sums a clip up in 88 acoustic statistics; a judge learns to tell the languages apart and the features learn "
    "to fool it.",
    task="valence",
    pairs=(
        ("ravdess", "emodb"),
        *(pair for pair in _all_pairs("ravdess", "emodb", "emovo", "urdu") if pair != ("ravdess", "emodb")),
    ),
    more_pairs=tuple(pair for pair in _all_pairs("savee", "emodb", "emovo", "urdu") if "savee" in pair),
    explanation="groups",
    variants=_variants(
        Variant("latent", "adversary on the embedding", "gan", _GEMAPS, _GAN_SCHEDULE),
        Variant("synthesis", "generator of source-like features", "gan_synthesis", _GEMAPS, _GAN_SCHEDULE),
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

# 2. Cai et al. 2021

_CAI_SCHEDULE = Schedule(source_epochs=12, epochs=8, optimiser="adam", weight_decay=0.0)


def _norm_variant(norm: str, title: str) -> Variant:
    return Variant(norm, title, "dann", Recipe("mel", "conv_gru", {"norm": norm}), _CAI_SCHEDULE, strength=1.0)


CAI = System(
    id="cai2021-dann",
    title="DANN and its batch norm (Cai 2021)",
    paper="X. Cai, Z. Wu, K. Zhong, B. Su, D. Dai and H. Meng, Unsupervised cross-lingual speech emotion recognition "
    "using domain adversarial neural network, ISCSLP 2021, arXiv 2012.11174.",
    idea="A second classifier tries to tell the languages apart behind a reversed gradient; who shares batch-norm "
    "statistics with whom matters as much.",
    task="arousal",
    tasks=("valence", "arousal_strict", "valence_strict"),
    pairs=(("ravdess", "emodb"), ("ravdess", "emovo"), ("emodb", "ravdess")),
    more_pairs=(),
    explanation="gradcam",
    variants=_variants(
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

# 3. Li, Yan, Wang 2021

_NNPM_SCHEDULE = Schedule(source_epochs=20, epochs=12, optimiser="adam", weight_decay=0.0)
NNPM = System(
    id="li2021-nnpm",
    title="Pseudo-multilabel memory, NNPM (Li 2021)",
    paper="J. Li, N. Yan and L. Wang, Unsupervised cross-lingual speech emotion recognition using pseudo multilabel, "
    "arXiv 2108.08663, 2021.",
    idea="Keeps all source clips in a memory; each clip of the new language learns from those it resembles, and they "
    "vote on its emotion.",
    task="four",
    pairs=(("ravdess", "emodb"), ("ravdess", "urdu"), ("ravdess", "emovo")),
    more_pairs=(("ravdess", "shemo"),),
    explanation="gradcam",
    variants=_variants(
        Variant("mel", "memory over a mel network", "nnpm", Recipe("mel", "conv_gru"), _NNPM_SCHEDULE),
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
        "size and update of the memory, threshold, loss on the multilabel (formulas in methods/nnpm.py are ours)",
        "emotions for each target, splits, every figure",
        *SHARED,
    ),
    live_s=20,
)

# 4. Student poster 2023

_POSTER_SCHEDULE = Schedule(
    source_epochs=50, epochs=50, optimiser="adam", learning_rate=1e-3, weight_decay=0.0, decay="onecycle",
    from_scratch=True,
)  # fmt: skip
_CONVOLUTION_SCHEDULE = replace(_POSTER_SCHEDULE, source_epochs=20, epochs=20)
_IMAGE_POSTER = Schedule(
    source_epochs=15, epochs=15, optimiser="adam", learning_rate=1e-3, weight_decay=0.0, decay="onecycle",
    from_scratch=True,
)  # fmt: skip
_POSTER_NET = {"hidden": [64, 32], "classifier": [512, 128], "dropout": 0.0}
POSTER = System(
    id="poster2023-dann",
    title="DANN (student poster 2023)",
    paper="Student poster, Cross-lingual speech emotion recognition between English and Mandarin with a domain "
    "adversarial neural network, 2023; its probable code: Darth-Kronos/Cross-lingual-SER.",
    idea="Averages zero crossings, MFCC, mel bands and spectral contrast over 2.5 s; a language classifier behind a "
    "reversed gradient.",
    task="five",
    pairs=(("ravdess", "emovo"), ("emovo", "ravdess")),
    more_pairs=(("esd_en", "esd_zh"), ("esd_zh", "esd_en")),
    explanation="groups",
    variants=_variants(
        Variant(
            "mlp",
            "149 averages",
            "dann_poster",
            Recipe("averages", "mlp", _POSTER_NET),
            _POSTER_SCHEDULE,
            deviations=(
                "RAVDESS and EMOVO instead of ESD, which must be signed for",
                "learning rate up to 1e-3 instead of its code's 1e-4: these corpora give about 11 steps an epoch",
            ),
        ),
        Variant(
            "conv1d",
            "149 averages, one-dimensional convolutions",
            "dann_poster",
            Recipe("averages", "conv1d"),
            _CONVOLUTION_SCHEDULE,
            deviations=(
                "RAVDESS and EMOVO instead of ESD",
                "layers are ours: the code of this encoder is not public",
                "20 epochs instead of its code's 50, learning rate up to 1e-3 instead of 1e-4",
            ),
        ),
        Variant(
            "resnet50",
            "ResNet-50 on mel images",
            "dann_poster",
            Recipe("mel", "image", {"network": "resnet50", "width": 0.125, "size": 64, "classifier": [1024, 512]}),
            _IMAGE_POSTER,
            REDUCED,
            (
                "width 1/8 and 64 pixels, so that it trains on two cores",
                "random start instead of ImageNet weights",
                "15 epochs instead of its code's 50, learning rate up to 1e-3 instead of 1e-4",
                "RAVDESS and EMOVO instead of ESD",
            ),
        ),
    ),
    common_method="dann",
    published=(
        "corpus ESD; zero crossings, MFCC, mel spectrogram, spectral contrast; DANN, ResNet-50 or 1-D convolution",
        "optimiser, learning rate and regularisation were searched, a learning-rate schedule was used",
        "ESD, English to Mandarin: accuracy 37.3 (ResNet), 35.7 (1-D); back: 34.5, 33.4; supervised 97.4, 95.1",
    ),
    inferred=(
        "from its probable code: the order of the 149 averages, the layers, the losses, Adam with one cycle, 50 "
        "epochs, batch 64",
        "from there too: scored on the clips it was adapted to, at the epoch that is best on them; both are marked in "
        "our rows",
    ),
    unknown_in_paper=(
        "layers of the 1-D convolution, input of the ResNet",
        "how training and test parts were cut; the range of the search",
        SHARED[0] + ", as its probable code does",
        "source classes drawn equally often; one epoch is one pass over the source",
    ),
    live_s=20,
)

# 5. Baklouti et al. 2024

_IMAGE_SCHEDULE = Schedule(
    source_epochs=20, epochs=12, batch=16, optimiser="adam", learning_rate=3e-4, weight_decay=0.0
)
_VGG = Recipe("mel", "image", {"network": "vgg16", "width": 0.125, "size": 64})
_REDUCED = (
    "width 1/8 and 64 pixels, so that it trains on two cores",
    "random start instead of ImageNet weights, hence learning rate 3e-4 instead of 1e-4",
    "20 epochs on the source instead of 400, 12 of adaptation instead of 50",
    "source classes drawn equally often, label smoothing of 0.1 in the cross entropy",
)
BAKLOUTI = System(
    id="baklouti2024-mmd",
    title="VGG16 on mel images with MMD (Baklouti 2024)",
    paper="I. Baklouti, O. Ben Ahmed and C. Fernandez-Maloigne, Cross-lingual low-resources speech emotion recognition "
    "with domain adaptive transfer learning, SciTePress 2024, 127881.",
    idea="Looks at the spectrogram as a picture; pulls the pictures of both languages together by a kernel distance in "
    "the first fully connected layer.",
    task="six",
    pairs=(("ravdess", "emodb"), ("emodb", "ravdess")),
    more_pairs=(("iemocap", "emodb"), ("emodb", "iemocap")),
    explanation="gradcam",
    variants=_variants(
        Variant(
            "unsupervised", "shared emotions, no target labels", "mmd_fc", _VGG, _IMAGE_SCHEDULE, REDUCED, _REDUCED
        ),
        Variant(
            "full",
            "full width, 224 pixels, ImageNet start, no target labels",
            "mmd_fc",
            Recipe("mel", "image", {"network": "vgg16", "width": 1.0, "size": 224}),
            Schedule(source_epochs=400, epochs=50, batch=16, optimiser="adam", learning_rate=1e-4, weight_decay=0.0),
            AFTER,
            ("no target labels", "3 s mel images of 64 bands"),
            start="imagenet",
            on_page=False,
        ),
        Variant(
            "supervised",
            "target's own emotions, labels of 80 percent of the target",
            "mmd_fc",
            _VGG,
            _IMAGE_SCHEDULE,
            REDUCED,
            _REDUCED,
            on_page=False,
        ),
    ),
    common_method="mmd",
    published=(
        "mel images, VGG16, fine-tuning with cross entropy + lambda x MMD on the first fully connected layer",
        "Adam, learning rate 1e-4, batch 16, 400 epochs on the source, 50 of adaptation, random 80/20 split",
        "UAR / accuracy: RAVDESS to EmoDB 58 / 57 (53.5 in another table), back 50 / 50",
    ),
    inferred=(
        "target labels are used, although its equation has them on the source only: its tables score emotions that the "
        "source does not have",
        "the means of its recall tables differ from its UAR (task 3: 62.3 and 58.0; transfer learning 49.3 and 50.7)",
    ),
    unknown_in_paper=(
        "lambda, bandwidth of the kernel, mel settings, image size, scaling, frozen layers, widths, dropout",
        "which 20 percent are the test; repeats for RAVDESS and EmoDB",
        SHARED[0],
    ),
    live_s=120,
)

SYSTEMS = {system.id: system for system in (LATIF, CAI, NNPM, POSTER, BAKLOUTI)}


def get(system_id: str) -> System:
    if system_id not in SYSTEMS:
        raise SettingsError(f"There is no system '{system_id}'; choose one of: {', '.join(SYSTEMS)}.")
    return SYSTEMS[system_id]


COMMON_SCHEDULE = Schedule(frame_dropout=0.7)  # chosen on AESDD, docs/tuning.md


def build(system_id: str | None, variant: str | None = None, encoder: str | None = None) -> tuple[Recipe, Schedule]:
    """Recipe and schedule of a system; of the common ground when there is none, which may hear a bigger encoder."""
    if encoder is not None and system_id is not None:
        raise SettingsError("A published system has features of its own; leave out the system or the encoder.")
    if encoder is not None:
        return replace(COMMON, feature=frozen.get(encoder).id), COMMON_SCHEDULE
    if system_id is None:
        return COMMON, COMMON_SCHEDULE
    chosen = get(system_id).variant(variant)
    return chosen.recipe, chosen.schedule


def describe(system: System) -> dict:
    """A system as plain JSON values, without its results."""
    return {
        "id": system.id,
        "title": system.title,
        "paper": system.paper,
        "idea": system.idea,
        "labels": [system.task, *system.tasks],
        "pairs": [f"{source} -> {target}" for source, target in system.pairs],
        "explanation": system.explanation,
        "faithful": {
            name: {
                "title": variant.title,
                "method": variant.method,
                "recipe": asdict(variant.recipe),
                "schedule": asdict(variant.schedule),
                "fidelity": variant.fidelity,
                "deviations": list(variant.deviations),
            }
            for name, variant in system.variants.items()
        },
        "common_method": system.common_method,
        "published": list(system.published),
        "inferred": list(system.inferred),
        "unknown_in_paper": list(system.unknown_in_paper),
        "live_s": system.live_s,
    }
