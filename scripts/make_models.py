"""Trains the shipped models from the feature packs (``make models``; name sources or systems to train only these).

Source-only models are trained on the source's training speakers; adapted ones also on all unlabelled clips of the
target (transductive: the new speaker is the visitor). Scores on held-out speakers are those of ``make scores``.

Then the t-SNE maps of all pairs are laid out (``assets/maps``) and the clips measured on which models differ
(``assets/results/scenes.json``), since both belong to these weights.

``make_models.py maps`` and ``make_models.py scenes`` do only that; ``make_models.py temperatures`` trains nothing
either: it adds a temperature to every shipped card that has none.
"""

import json
import sys
from dataclasses import replace

from xser_demo.benchmark import grid
from xser_demo.corpora import corpus
from xser_demo.data.packs import load_cached
from xser_demo.experiments import model_card, systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import adapt
from xser_demo.experiments.systems.base import System
from xser_demo.methods import RECOMMENDED, get
from xser_demo.networks import checkpoints
from xser_demo.networks.temperature import fit, validation
from xser_demo.reporting import scenes, shipped_maps
from xser_demo.reporting.maps import MapCache
from xser_demo.utils import settings

SEED = 0
KEYS = ("ravdess", "emodb", "emovo", "urdu", "nemo")
METHODS = (RECOMMENDED, "dann", "mmd")
TARGETS = {"ravdess": ("emodb", "emovo", "urdu", "nemo"), "emodb": ("ravdess",)}
# Variants of the published systems that are shipped, each on the first pair of its system.
VARIANTS = {
    "latif2019-gan": ("latent", "synthesis"),
    "cai2021-dann": ("joint",),
    "li2021-nnpm": ("mel",),
    "poster2023-dann": ("mlp", "conv1d"),
    "baklouti2024-mmd": ("middle",),
}


def language(key: str) -> str:
    return corpus(key).language_name.split(" (")[0]


def save(result, model_id: str, title: str, uar: dict | None = None, kind=checkpoints.MODEL) -> checkpoints.Loaded:
    card = model_card.model_card(result, model_id, title) | {"kind": kind}
    if uar is not None:
        card["uar"] = uar
    half = result.plan.recipe.head == "image"  # millions of weights; half precision changes no score visibly
    checkpoints.save(result.model, card, settings.CHECKPOINTS / model_id, half, shipped=True)
    print(model_id, card["uar"], flush=True)
    return checkpoints.load(model_id)


def source_model(source: str) -> checkpoints.Loaded:
    """Train a source-only model and store its UAR on each of its targets."""
    uar_on = {}
    for target in TARGETS[source]:
        *_, result = adapt(Plan(source, target, "source_only", mode="transductive", seed=SEED))
        uar_on[target] = round(result.scores["source_only"].uar, 4)
    return save(result, f"{source}-source", f"Trained on {language(source)} only", uar_on)


def speaker_model(source: str) -> checkpoints.Loaded:
    """The same with each speaker standardised by their own clips: what adaptations by speaker start from."""
    target = TARGETS[source][0]
    *_, result = adapt(Plan(source, target, "source_only", mode="transductive", seed=SEED, normalise="speaker"))
    uar = {target: round(result.scores["adapted"].uar, 4)}
    title = f"Trained on {language(source)} only, each speaker standardised"
    return save(result, f"{source}-source-speaker", title, uar, checkpoints.START)


def common_ground(source: str) -> None:
    start = source_model(source)
    by_speaker = speaker_model(source).model
    for target in TARGETS[source]:
        for method in METHODS:
            plan = Plan(source, target, method, mode="transductive", seed=SEED)
            *_, result = adapt(plan, start.model, speaker_model=by_speaker)
            title = f"{language(source)} adapted to {language(target)} ({get(method).title})"
            save(result, f"{source}-{target}-{method}".replace("_", "-"), title)


def other_languages(target: str) -> None:
    """All other languages at once, adapted to one by the recommended method; not URDU, in which a speaker is nearly an
    emotion."""
    sources = grid.other_languages([key for key in KEYS if key != "urdu"], target)
    plan = Plan(sources, target, RECOMMENDED, mode="transductive", seed=SEED)
    *_, result = adapt(plan)
    many = " and ".join((", ".join(map(language, plan.sources[:-1])), language(plan.sources[-1])))
    end = RECOMMENDED.replace("_", "-")
    save(result, f"others-{target}-{end}", f"{many} adapted to {language(target)} ({get(RECOMMENDED).title})")


def published(system: System) -> None:
    """The system on its first pair, and the same network trained on the source alone."""
    source, target = system.pairs[0]
    starts = {}
    for name in VARIANTS[system.id]:
        variant = system.variant(name)
        plan = Plan(source, target, variant.method, system.task, "transductive", seed=SEED, system=system.id,
                    variant=name)  # fmt: skip
        first = name == system.variant().name
        network = str(variant.recipe)
        *_, result = adapt(plan, starts.get(network))
        end = system.id if first else f"{system.id}-{name}"
        if network not in starts:
            starts[network] = result.source_model
            *_, alone = adapt(replace(plan, method="source_only"), result.source_model)
            uar = {target: round(result.scores["source_only"].uar, 4)}
            save(alone, f"{source}-source-{end}", f"{language(source)} only: {variant_title(system, name)}", uar)
        title = f"{language(source)} adapted to {language(target)}: {variant_title(system, name)}"
        save(result, f"{source}-{target}-{end}", title)


def variant_title(system: System, name: str) -> str:
    """Title of the system, with the variant if several are shipped."""
    return system.title if len(VARIANTS[system.id]) == 1 else f"{system.title}, {system.variants[name].title}"


def temperatures() -> None:
    """Add a temperature to cards that were made before cards had one; weights stay unchanged."""
    for card in checkpoints.cards():
        if "temperature" in card:
            continue
        loaded = checkpoints.load(card["id"])
        packs = [load_cached(key, loaded.model.recipe.feature) for key in card["source"].split("+")]
        card["temperature"] = round(fit(loaded.model, validation(card, packs)), 4)
        file = settings.CHECKPOINTS / card["id"] / "card.json"
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(file)
        print(card["id"], card["temperature"], flush=True)


def opening_scenes() -> None:
    """English only beside the same adapted to each other language, and beside all other languages adapted to it."""
    end = RECOMMENDED.replace("_", "-")
    before = checkpoints.load("ravdess-source")
    names = [f"{source}-{target}-{end}" for target in TARGETS["ravdess"] for source in ("ravdess", "others")]
    scenes.write([scenes.measure(before, checkpoints.load(name)) for name in names])


def lay_out_maps() -> None:
    """Ship the t-SNE maps of all pairs whose models or clips have changed, and delete those of models that are gone."""
    written = set()
    for pair in shipped_maps.pairs():
        cache = MapCache()
        comparison = cache.comparison(*pair)
        if shipped_maps.shipped_layout(*pair, comparison.clips):
            written.add(shipped_maps.file_of(pair[1]))
            continue
        for _ in cache.settle(comparison, "tsne"):
            pass
        layouts = cache.layouts(comparison, "tsne")
        written.add(shipped_maps.write(*pair, comparison.clips, layouts))
        print(pair[1].id, len(comparison.clips), "clips", flush=True)
    for file in set(shipped_maps.FOLDER.glob("*.npz")) - written:
        file.unlink()


def main(wanted: list[str]) -> None:
    steps = {"temperatures": temperatures, "maps": lay_out_maps, "scenes": opening_scenes}
    if len(wanted) == 1 and wanted[0] in steps:
        return steps[wanted[0]]()
    for source in TARGETS:
        if not wanted or source in wanted:
            common_ground(source)
    for target in KEYS:
        if not wanted or "others" in wanted:
            other_languages(target)
    for system in systems.SYSTEMS.values():
        if not wanted or system.id in wanted:
            published(system)
    lay_out_maps()
    opening_scenes()


if __name__ == "__main__":
    main(sys.argv[1:])
