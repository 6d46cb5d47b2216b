"""Links and the steps of the lecture: what a link can set, and what it never holds. Without a browser."""

from urllib.parse import parse_qsl

import pytest

from xser_demo.experiments.task import prepare
from xser_demo.networks import checkpoints
from xser_demo.reporting import failure_presets
from xser_demo.ui import app
from xser_demo.ui.navigation import links, vocabulary
from xser_demo.ui.navigation.links import Link
from xser_demo.ui.shared import adapt_options
from xser_demo.ui.shared.model_menu import menu
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt.form import make_plan
from xser_demo.ui.tabs.lecture import tour
from xser_demo.utils.settings import ROOT

PAIR = ["ravdess-source", "ravdess-emodb-coral-infomax-em"]


def read(query: str) -> Link | None:
    return links.read(dict(parse_qsl(query, keep_blank_values=True)))


@pytest.mark.parametrize(
    ("tab", "values"),
    [
        ("listen", {"models": PAIR, "corpus": "emodb", "emotion": "anger"}),
        ("map", {"model": PAIR[1], "kind": "tsne", "colour": "speaker", "distance": 0.0, "components": "1 and 3"}),
        ("lab", {"shift": "pitch", "strength": -0.5, "model": PAIR[1]}),
        ("systems", {"system": "li2021-nnpm"}),
        ("benchmark", {"mode": "transductive", "target": "emodb", "shift": "", "methods": ["zscore", "dann"]}),
        ("lecture", {}),
    ],
)
def test_what_a_link_says_comes_back(tab, values):
    back = read(links.write(tab, values))
    assert (back.tab, back.settings, back.note) == (tab, values, "")


@pytest.mark.parametrize("key", [adapt_options.COMMON, "latif2019-gan", "cai2021-dann", "baklouti2024-mmd"])
def test_settings_of_adapt_are_always_complete_and_can_run(key):
    found = read(f"tab=adapt&system={key}&epochs=7&seed=3").settings
    assert {"epochs": 7, "seed": 3}.items() <= found.items() and set(found) == set(vocabulary.VOCABULARY["adapt"])
    prepare(make_plan(found))
    assert read(links.write("adapt", found)).settings == found


def test_several_sources_and_a_mixture_come_back_and_no_corpus_twice():
    found = read(
        "tab=adapt&source=ravdess&target=emovo&more=emodb&weights=2,1&second=urdu&mode=inductive&fold=1"
    ).settings
    plan = make_plan(found)
    assert (plan.source, plan.target, plan.weights, plan.fold) == ("ravdess+emodb", "emovo+urdu", (2.0, 1.0), 1)
    assert read(links.write("adapt", found)).settings == found
    for bad in ("more=emovo", "more=ravdess", "weights=2,1", "weights=two", "second=emovo", "second=ravdess"):
        link = read(f"tab=adapt&source=ravdess&target=emovo&{bad}")
        assert "not here" in link.note, bad
        prepare(make_plan(link.settings))


@pytest.mark.parametrize("name", failure_presets.FAILURE_PRESETS)
def test_a_preset_in_a_link_is_the_preset(name):
    found = read(f"tab=adapt&break={name}&seed=4").settings
    assert failure_presets.of(make_plan(found)) is failure_presets.FAILURE_PRESETS[name] and found["seed"] == 4


@pytest.mark.parametrize(
    ("query", "kept", "note"),
    [
        ("tab=map&model=own-ravdess-emodb-dann-1&colour=emotion", {"colour": "emotion"}, "a model that is"),
        ("tab=map&model=../../etc/passwd", {}, "a model that is"),
        (f"tab=listen&models={PAIR[0]},gone", {"models": PAIR[:1]}, "a model that is"),
        ("tab=map&kind=3d&colour=taste", {}, "a kind of map and a colouring that are"),
        ("tab=nowhere&model=x", {}, "a tab that is"),
        ("tab=map&size=9", {}, "a setting that is"),
        ("tab=lab&shift=noise&strength=-0.5", {"shift": "noise"}, "a strength that is"),
        ("tab=map&kind=" + "x" * 10_000, {}, "a kind of map that is"),
    ],
)
def test_what_is_not_here_is_ignored_and_said_in_one_sentence(query, kept, note):
    found = read(query)
    assert found.settings == kept
    assert found.note == f"The link asked for {note} not here."


@pytest.mark.parametrize("bad", ["seed=-1", "seed=1e3", "seed=99999", "epochs=0", "strength=nan", "strength=inf",
                                 "strength=101", "method=__class__", "fold=77", "mode=supervised", "shift=70 joy",
                                 "break=everything", "target=ravdess2", "variant=full"])  # fmt: skip
def test_impossible_numbers_and_names_leave_the_defaults(bad):
    found = read(f"tab=adapt&{bad}")
    assert found.settings == read("tab=adapt").settings and found.note.startswith("The link asked for ")


def test_a_label_shift_brings_the_mode_it_needs():
    found = read("tab=adapt&shift=no sadness&mode=inductive")
    assert found.settings["mode"] == "transductive" and "a mode" in found.note


@pytest.mark.parametrize("query", ["", "__theme=dark", "utm_source=x", "fbclid=1", "deep_link=abc"])
def test_foreign_names_mean_nothing(query):
    assert read(query) is None


def test_a_link_never_holds_what_belongs_to_a_visitor():
    own = "own-ravdess-emodb-coral-1"
    said = links.write("listen", {"models": [own, PAIR[1]], "clip": "/tmp/voice.wav"})
    assert "own" not in said and "voice" not in said and PAIR[1] in said
    assert "own" not in links.write("map", {"model": own, "colour": "emotion"})
    assert links.write("adapt", {"system": "<script>", "seed": None}) == "tab=adapt"


def test_names_of_links_are_those_of_the_tabs_and_every_choice_can_be_linked():
    page = app.build()
    parts = page.setup.parts
    for tab, part in parts.items():
        assert set(part.settings) == set(vocabulary.VOCABULARY[tab]), tab
        for name, component in part.settings.items():
            for _, value in getattr(component, "choices", None) or []:
                if tab == "adapt" or (tab, name) == ("benchmark", "mode"):
                    continue  # these hang together: above
                wanted = [value] if getattr(component, "multiselect", False) else value
                assert read(links.write(tab, {name: wanted})).settings[name] == wanted, (tab, name, value)
    assert set(parts) == set(vocabulary.VOCABULARY)
    assert {i for _, i in menu(Visitor())} == {card["id"] for card in checkpoints.cards()}


def test_every_step_of_the_lecture_can_be_set_up():
    assert 6 <= len(tour.STEPS) <= 8 and 20 <= tour.MINUTES <= 40
    for step in tour.STEPS:
        link = links.read({"tab": step.tab, **step.settings})
        assert link.note == "" and link.tab == step.tab
        assert links.BREAK in step.settings or {k for k, v in step.settings.items() if v} <= set(link.settings)
        assert step.question.endswith("?") and step.notes and len(step.say) < 230


@pytest.mark.parametrize(("text", "number"), [("1", 0), ("8", 7), ("0", None), ("9", None), ("x", None), ("-1", None),
                                              ("1" * 5000, None), ("", None)])  # fmt: skip
def test_a_link_can_ask_for_a_step(text, number):
    assert tour.requested({"tour": text}) == number


def test_the_lecture_as_a_text_is_in_line_with_the_tour():
    text = " ".join((ROOT / "docs" / "lecture.md").read_text(encoding="utf-8").split())
    for number, step in enumerate(tour.STEPS, 1):
        assert f"### {number}. {step.title} ({step.minutes} minutes)" in text
        assert step.question in text, step.title
