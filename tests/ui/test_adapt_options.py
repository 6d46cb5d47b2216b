"""What the Adapt and Map tabs offer and show for each system, without a browser."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch

from xser_demo import methods
from xser_demo.experiments import systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.source_models import budget, find, method_title
from xser_demo.experiments.task import prepare
from xser_demo.features import egemaps
from xser_demo.networks import checkpoints
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import DomainBatchNorm
from xser_demo.reporting import curves
from xser_demo.training.loop import Finished
from xser_demo.ui.shared import adapt_options, model_pairs
from xser_demo.ui.shared.model_menu import keep
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt import frames
from xser_demo.utils.errors import UserError

LATIF = Plan("ravdess", "emodb", "gan", "valence", system="latif2019-gan", epochs=2)
KEYS = [key for _, key in adapt_options.titles()]
BUILT = [(key, name) for key in KEYS for name in ([n for _, n in adapt_options.variants(key)] or [None])]


def shipped(plan: Plan) -> str:
    found = find(plan, prepare(plan))
    assert found is not None, "this model is not here: make models"
    return found


def test_common_ground_comes_first_then_all_systems():
    assert ["common", *systems.SYSTEMS] == KEYS


def test_what_learns_from_target_labels_or_takes_hours_is_not_offered():
    assert [name for _, name in adapt_options.variants("baklouti2024-mmd")] == ["middle"]


@pytest.mark.parametrize("there", [True, False])
def test_opensmile_is_offered_where_it_is_installed_and_with_its_licence(there, monkeypatch):
    monkeypatch.setattr(egemaps, "available", lambda: there)
    assert ("latent-egemaps" in [name for _, name in adapt_options.variants("latif2019-gan")]) == there
    assert egemaps.LICENCE_NOTICE in adapt_options.about("latif2019-gan", "latent-egemaps")
    assert egemaps.LICENCE_NOTICE not in adapt_options.about("latif2019-gan", "latent")


@pytest.mark.parametrize(("key", "variant"), BUILT)
def test_offered_methods(key, variant):
    names = [name for _, name in adapt_options.method_choices(key, variant)]
    default = adapt_options.form_defaults(key, variant)
    assert default.method in names and len(set(names)) == len(names)
    assert {"zscore", "coral", "knn", "dann", "mmd", "infomax", "gan", "nnpm"} <= set(names)
    assert "source_only" not in names
    if key == adapt_options.COMMON:
        assert not {"dann_poster", "mmd_fc"} & set(names)
    else:
        assert names[0] == default.method, "the system's own comes first"
    recipe = systems.build(None if key == adapt_options.COMMON else key, variant)[0]
    head = Model(("a", "b"), recipe=recipe).head
    norms = [module for module in head.modules() if isinstance(module, DomainBatchNorm)]
    assert ("adabn" in names) == (len(norms) == 1 and norms[0].combine == "domain")
    assert adapt_options.about(key, variant).startswith("<p>")
    for name in names:
        adapt_options.strength(name, key, variant)


@pytest.mark.parametrize(("key", "variant"), BUILT)
def test_every_system_is_ready_to_run_or_says_why_not(key, variant):
    one = adapt_options.form_defaults(key, variant)
    plan = Plan(one.source, one.target, one.method, one.labels, system=None if key == "common" else key,
                variant=one.variant, epochs=one.epochs)  # fmt: skip
    if variant == "latent-egemaps":
        with pytest.raises(UserError, match="make one with"):
            prepare(plan)
        return
    words = adapt_options.ready(plan, prepare(plan))
    assert "Press Adapt" in words and "control" not in words
    assert "trains nothing" in adapt_options.ready(replace(plan, method="zscore"), prepare(plan))
    assert budget(plan.system, plan.variant) >= (120 if plan.recipe.head == "image" else 60)


def test_the_start_is_the_same_systems_and_never_another():
    assert checkpoints.load(shipped(LATIF)).card["system"] == "latif2019-gan"
    common = checkpoints.load(shipped(Plan("ravdess", "emodb", "dann"))).card
    assert common.get("system") is None and common["id"] == "ravdess-source"
    four = Plan("ravdess", "emodb", "nnpm", system="li2021-nnpm")
    assert checkpoints.load(shipped(four)).model.recipe.feature == "mel"
    for other in (replace(LATIF, seed=1), replace(LATIF, labels="four"), replace(LATIF, source="emovo")):
        assert find(other, prepare(other)) is None
    cai = replace(four, system="cai2021-dann", variant="domain")
    assert find(cai, prepare(cai)) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target": "ravdess"}, "same corpus"),
        ({"strength": -1.0}, "strength"),
        ({"variant": "latent-egemaps"}, "no pack"),
        ({"labels": "valence_strict", "source": "urdu", "target": "nowhere"}, "no pack"),
    ],
)
def test_what_cannot_run_is_refused_before_the_first_frame(change, words):
    with pytest.raises(UserError, match=words) as said:
        next(frames.frames(replace(LATIF, **change)))
    assert "\n" not in str(said.value)


def test_a_vector_system_live_and_its_map():
    shown = list(frames.frames(LATIF))
    last, visitor = shown[-1], Visitor()
    assert last.text.startswith("Done in") and last.result is not None
    drawn = sum(frame.now is not None for frame in shown)
    assert drawn == len(last.film["frames"]) == len(last.map_history.snapshots) >= 3
    assert [last.film["frames"][place]["name"] for place in (0, -1)] == ["before", "after"]
    assert last.film["frames"][-1]["note"] == f"UAR {last.result.scores['adapted'].uar:.0%}"
    losses, shares, infomax = last.curves
    assert [line.name for line in losses.data] == ["total", "emotion", "adversarial", "discriminator"]
    assert [line.name for line in shares.data] == ["source UAR"] and len(infomax.data) == 1
    own = keep(visitor, last.result)
    assert own.card["title"] == "Your model: English to German, Latif 2019, GAN on acoustic statistics"
    before, after = model_pairs.load_pair(visitor, own.id)
    assert before.model.recipe == after.model.recipe and after.model is own.model


def test_before_on_the_map_is_the_same_network_not_adapted():
    titles = [title for title, _ in model_pairs.choices(Visitor())]
    assert len(set(titles)) == len(titles)
    for _, model_id in model_pairs.choices(Visitor()):
        before, after = model_pairs.load_pair(Visitor(), model_id)
        assert before.card["target"] is None and before.model.recipe == after.model.recipe
        same = ("system", "source", "label_set", "labels", "seed")
        assert [before.card.get(k) for k in same] == [after.card.get(k) for k in same]


def test_numbers_of_all_methods_are_grouped_as_shares_or_losses():
    for name in ("source UAR", "domain accuracy", "share labelled"):
        assert curves.is_share(name)
    for name in (
        "total",
        "emotion",
        "adversarial",
        "discriminator",
        "reconstruction",
        "mmd",
        "source",
        "target",
        "domain",
    ):
        assert not curves.is_share(name)


def test_a_job_takes_one_core_and_leaves_the_others_to_everybody_else():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        inside = frames.ticking(iter(torch.get_num_threads, 0))
        assert [next(inside), next(inside)] == [1, 1]
        with ThreadPoolExecutor(1) as other:
            assert other.submit(torch.get_num_threads).result() == torch.get_num_threads() == 2
        assert next(inside) == 1
        inside.close()
    finally:
        torch.set_num_threads(before)


def test_ticking_says_that_work_goes_on_and_never_runs_ahead():
    asked = []

    def slow():
        for number in range(2):
            asked.append(number)
            time.sleep(0.12)
            yield number
        raise ValueError("over")

    events = frames.ticking(slow(), every=0.02)
    seen = [next(events)]
    while seen[-1] is None:
        seen.append(next(events))
    assert seen[-1] == 0 and len(seen) > 2
    time.sleep(0.05)
    assert asked == [0], "the next step waits until the page asks for it"
    with pytest.raises(ValueError, match="over"):
        list(events)


def test_how_a_model_was_adapted_is_said_briefly():
    assert method_title(None, None, "mmd") == "MMD"
    assert (
        method_title("latif2019-gan", "synthesis", "gan_synthesis") == "Latif 2019, generator of source-like features"
    )
    assert method_title("latif2019-gan", None, "zscore").endswith("with Target z-score")
    assert all(method_title(s.id, v.name, v.method) for s in systems.SYSTEMS.values() for v in s.variants.values())
    assert set(methods.METHODS) >= {v.method for s in systems.SYSTEMS.values() for v in s.variants.values()}


def test_a_time_budget_that_ends_is_told_with_its_own_figures():
    shown = list(frames.frames(replace(LATIF, epochs=50, budget_s=0.5)))
    result = shown[-1].result
    assert isinstance(result.finished, Finished) and result.finished.stopped_early
    assert f"after {result.finished.epochs} of 50 epochs" in shown[-1].text
