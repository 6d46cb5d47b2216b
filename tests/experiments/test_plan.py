"""Settings become a ``Plan`` in one way, wherever they come from."""

from dataclasses import asdict, replace

import pytest
import torch

from xser_demo import api
from xser_demo.data.packs import load_cached
from xser_demo.experiments import provenance, systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import prepare
from xser_demo.ui import endpoints
from xser_demo.ui.tabs.adapt.form import make_plan, settings_of
from xser_demo.utils.errors import SettingsError

LATIF = Plan(
    "ravdess", "emodb", "gan", "valence", "transductive", seed=3, epochs=4, system="latif2019-gan", variant="latent"
)


def test_page_endpoint_library_and_record_make_the_same_plan():
    values = {"system": LATIF.system, "variant": LATIF.variant, "mode": LATIF.mode, "seed": 3, "epochs": 4}
    endpoint = endpoints._plan("ravdess", "emodb", None, LATIF.system, "latent", None, "transductive", 0, 3, 4, None)
    library, recordings = api.make_plan("ravdess", "emodb", **values)
    record = provenance.plan({"plan": {name: value for name, value in asdict(LATIF).items() if name != "own"}})
    assert library == record == LATIF and recordings is None
    assert endpoint == make_plan(settings_of(LATIF)) == replace(LATIF, budget_s=endpoint.budget_s)


def test_what_is_left_open_has_its_default():
    plan = Plan.from_settings("ravdess", "emodb", None, labels="", mode=None, weights=" ", encoder="", own=None)
    assert plan == Plan("ravdess", "emodb", "coral_infomax_em")
    assert Plan.from_settings("ravdess", "emodb", system="latif2019-gan").labels == "valence"
    assert Plan.from_settings("ravdess+emovo", "emodb", weights="2, 1").weights == (2.0, 1.0)
    with pytest.raises(SettingsError, match="a number for each source"):
        Plan.from_settings("ravdess+emovo", "emodb", weights="two, one")
    with pytest.raises(SettingsError, match="same corpus"):
        Plan.from_settings("emodb", "emodb")


def test_a_run_has_one_identifier():
    assert LATIF.slug() == "ravdess-emodb-latif2019-gan-latent-gan-seed3"
    assert Plan("ravdess+emovo", "emodb", "coral_infomax_em").slug() == "ravdess-emovo-emodb-coral-infomax-em-seed0"
    assert LATIF.title() == "ravdess to emodb, latif2019-gan, latent, gan, seed3"


def test_recipe_and_schedule_are_built_once_and_are_no_part_of_a_plan(monkeypatch):
    plan = replace(LATIF)
    before = (hash(plan), asdict(plan))
    built = []
    real = systems.build
    monkeypatch.setattr(systems, "build", lambda *given: built.append(given) or real(*given))
    for _ in range(3):
        assert plan.recipe.feature == "gemaps" and plan.schedule.epochs == 4 and plan.weight is None
    assert len(built) == 2, "one for the recipe, one for the schedule"
    assert (hash(plan), asdict(plan)) == before and plan == LATIF
    assert replace(plan, epochs=9).schedule.epochs == 9, "a changed plan has its own"


def test_own_packs_are_used_in_pools_and_mixtures():
    """Shipped pools are kept for all visitors; a plan with packs of its own must not get them."""
    half = {key: load_cached(key) for key in ("emodb", "emovo")}
    own = {(key, "whisper"): replace(pack, scale=pack.scale / 2) for key, pack in half.items()}
    for both in (Plan("emodb+emovo", "ravdess", "zscore"), Plan("ravdess", "emodb+emovo", "zscore")):
        prepare(both)  # the shipped ones are kept now
        mine = prepare(replace(both, own=own))
        pack = mine.train.pack if "+" in both.source else mine.adapt.pack
        shipped = prepare(both)
        other = shipped.train.pack if "+" in both.source else shipped.adapt.pack
        assert not torch.equal(pack.values, other.values)
