"""What the Listen tab offers, without a browser."""

import re
from dataclasses import replace

import numpy as np
import pytest

from xser_demo import methods
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.data.packs import load_cached
from xser_demo.experiments import systems
from xser_demo.inference import attention
from xser_demo.inference.attention import Differences
from xser_demo.inference.explain import ATTENTION, GRADCAM, Curve, Groups
from xser_demo.inference.predict import Prediction, encode_file, from_pack
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import naming, plots
from xser_demo.ui.shared import model_menu
from xser_demo.ui.shared.answers import view
from xser_demo.ui.shared.clips import ANY, real_recording
from xser_demo.ui.shared.model_menu import SEPARATOR, defaults, loaded
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs import about
from xser_demo.utils.errors import CorpusError, SettingsError
from xser_demo.utils.settings import EXAMPLES


def test_a_real_recording_is_played_where_the_corpus_is_on_disk(monkeypatch, corpora_dir):
    monkeypatch.setenv("XSER_CORPORA", str(corpora_dir))
    picked = real_recording("emovo", "anger")
    rate, samples = picked.sound
    assert rate == 16_000 and len(samples) / rate == pytest.approx(picked.encoded.duration_s, abs=0.01)
    assert picked.label == "anger" and "No audio" not in picked.line


def test_without_recordings_the_stored_features_answer(monkeypatch):
    monkeypatch.delenv("XSER_CORPORA", raising=False)
    picked = real_recording("urdu", ANY)
    assert picked.sound is None and picked.encoded.clip is None and "No audio" in picked.line
    with pytest.raises(CorpusError, match="no clip labelled fear"):
        real_recording("urdu", "fear")
    with pytest.raises(CorpusError):
        real_recording("../emodb", ANY)


def test_the_first_models_are_the_recommended_ones_not_the_best_scored():
    plain, adapted = (checkpoints.load(one).card for one in defaults(Visitor()))
    assert plain["target"] is None and plain["source"] == "ravdess"
    assert adapted["target"] == "emodb" and adapted["method"] == methods.RECOMMENDED


@pytest.mark.parametrize("ids", [["/etc"], ["../x"], ["ravdess-source", "nobody"]])
def test_model_ids_from_outside_are_ids_and_never_paths(ids):
    with pytest.raises(SettingsError, match="no model"):
        loaded(Visitor(), ids)


def test_two_models_are_compared_in_words():
    visitor = Visitor(clip=encode_file(EXAMPLES / "de-slow-low.flac"))
    shown = view.show(visitor, defaults(visitor))
    assert shown.cards.count("<article") == 2
    assert shown.figure is not None and shown.sentence


def test_one_visitors_model_is_no_choice_of_another():
    one, other = Visitor(), Visitor()
    one.models["own-1"] = checkpoints.load("ravdess-source")
    assert "own-1" not in [model_id for _, model_id in other.choices()]
    with pytest.raises(SettingsError):
        loaded(other, ["own-1"])


def test_models_of_a_visit_have_different_names_in_every_legend():
    visitor, shipped = Visitor(), checkpoints.load("ravdess-emodb-dann")
    for _ in range(2):
        model_menu.welcome(visitor, shipped)
    ids = ["ravdess-source", shipped.id, *visitor.models]
    cards = [one.card for one in loaded(visitor, ids)]
    assert len({naming.short_name(card) for card in cards}) == len({naming.heading(card) for card in cards}) == 4
    visitor.bring(encode_file(EXAMPLES / "de-slow-low.flac"))
    shown = view.show(visitor, ids, head=1)
    assert len({trace.name for trace in shown.figure.data if trace.name}) == 4
    assert "the one Your" not in shown.sentence


def test_pack_utterances_are_shown_with_their_stored_mel_bands():
    visitor = Visitor(clip=from_pack(load_cached("emodb"), 0))
    shown = view.show(visitor, defaults(visitor), "happiness")
    (picture,) = (trace for trace in shown.figure.data if trace.type == "heatmap")
    rows, columns = np.shape(picture.z)
    begin, end = picture.x0 - picture.dx / 2, picture.x0 + picture.dx * (columns - 0.5)
    assert rows == 64 and begin == pytest.approx(0, abs=1e-6) and abs(end - visitor.clip.duration_s) < 0.2
    assert "labelled as" in shown.cards


def test_stored_mel_bands_leave_room_for_a_pause_that_was_cut():
    clip = from_pack(load_cached("emovo"), 49)  # 1.3 s are cut inside
    (picture,) = (
        trace for trace in view.show(Visitor(clip=clip), ["ravdess-source"]).figure.data if trace.type == "heatmap"
    )
    loud = np.asarray(picture.z).max(axis=0) > 60
    times = picture.x0 + picture.dx * np.flatnonzero(loud)
    speech = clip.speech[np.clip((times * 10).astype(int), 0, len(clip.speech) - 1)]
    assert loud.sum() > 50 and speech.mean() > 0.95


def test_an_answer_to_a_labelled_clip_is_marked_right_or_wrong():
    visitor = Visitor(clip=from_pack(load_cached("emodb"), 0))
    for label in ("happiness", "sadness", None, "fear"):
        shown = view.show(visitor, defaults(visitor), label)
        right = sum(answer == label for answer in shown.answers.values())
        marks = shown.cards.count("aria-label='as labelled'"), shown.cards.count("aria-label='not as labelled'")
        assert marks == ((right, 2 - right) if label in ("happiness", "sadness") else (0, 0))


# Models of the published systems

ADAPTED = [card for card in checkpoints.cards() if card.get("system") and card["target"]]


def texts_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", html))


def test_every_system_is_shipped_and_found_in_the_menu_by_its_name():
    assert {card["system"] for card in ADAPTED} == set(systems.SYSTEMS)
    menu = {model_id: name for name, model_id in model_menu.menu(Visitor())}
    assert set(menu) == {card["id"] for card in checkpoints.cards()} and len(set(menu.values())) == len(menu)
    assert menu["ravdess-emodb-baklouti2024-mmd"] == (
        "VGG16 on mel images with MMD (Baklouti 2024): English adapted to German"
    )
    places = [checkpoints.load(one).card.get("system") for one in menu]
    assert places == sorted(places, key=[None, *systems.SYSTEMS].index)  # system by system


def test_each_pair_is_one_network_before_and_after():
    pairs = [value.split(SEPARATOR) for _, value in model_menu.pairs()]
    assert [adapted for _, adapted in pairs[1:]] == [
        one for _, one in model_menu.menu(Visitor()) if one in {card["id"] for card in ADAPTED}
    ]
    for plain, adapted in pairs:
        before, after = checkpoints.load(plain), checkpoints.load(adapted)
        assert before.card["target"] is None and before.model.recipe == after.model.recipe


@pytest.mark.parametrize("stored", [False, True], ids=["recorded", "stored"])
@pytest.mark.parametrize("pair", [value for _, value in model_menu.pairs()])
def test_every_system_answers_and_explains_itself(pair, stored):
    heard = from_pack(load_cached("emodb"), 3) if stored else encode_file(EXAMPLES / "de-slow-low.flac")
    shown = view.show(Visitor(clip=heard), pair.split(SEPARATOR), "fear" if stored else None)
    kind = checkpoints.load(pair.split(SEPARATOR)[1]).model.recipe.head
    assert shown.cards.count("%</span>") == 2 * len(checkpoints.load(pair.split(SEPARATOR)[1]).card["labels"])
    lines = [trace for trace in shown.figure.data if trace.type == "scatter"] if shown.figure else []
    if kind in ("mlp", "conv1d"):
        assert shown.cards.count("x-group") >= 12 and not lines
        assert "listen" not in shown.sentence and "look" not in shown.sentence and "spoke most for" in shown.sentence
    elif kind == "image":
        assert shown.cards.count("data:image/png") + shown.cards.count("No place in the clip") == 2
    if kind in ("image", "conv_gru"):
        assert all(line.name.endswith(": Grad-CAM") for line in lines)
        assert all(line.x[0] >= 0 and line.x[-1] <= heard.duration_s + 1e-3 for line in lines)


def test_labels_become_the_classes_of_the_model():
    visitor = Visitor(clip=from_pack(load_cached("emodb"), 3))
    ids = [
        "ravdess-emodb-latif2019-gan",
        "ravdess-emodb-cai2021-dann",
        "ravdess-source",
        "ravdess-emodb-baklouti2024-mmd",
    ]
    cards = [texts_of(part) for part in view.show(visitor, ids, "fear").cards.split("<article")[1:]]
    assert "labelled as fear (negative)" in cards[0] and "labelled as fear (high arousal)" in cards[1]
    assert "labelled as fear , which is not among its answers" in cards[2]
    assert "labelled as fear ," in cards[3] and "not among" not in cards[3]


def test_a_card_says_when_its_model_has_met_the_corpus():
    ids = ["ravdess-source", "ravdess-emodb-latif2019-gan", "emodb-source", "ravdess-emovo-mmd"]
    shown = view.show(Visitor(clip=from_pack(load_cached("emodb"), 3)), ids).cards.split("<article")[1:]
    assert ["Adapted to this corpus" in one for one in shown] == [False, True, False, False]
    assert ["Trained on this corpus" in one for one in shown] == [False, False, True, False]
    own = view.show(Visitor(clip=encode_file(EXAMPLES / "de-slow-low.flac")), ids).cards
    assert "this corpus" not in own


def test_one_model_that_cannot_be_asked_leaves_the_others_answer():
    heard = replace(from_pack(load_cached("emodb"), 3), stored=None)  # frames only: no averages, no mels
    shown = view.show(Visitor(clip=heard), ["ravdess-source", "ravdess-emodb-latif2019-gan"])
    first, second = shown.cards.split("<article")[1:]
    assert "%" in texts_of(first) and "record or upload it again" in second and "role='alert'" in second
    assert "%" not in texts_of(second) and shown.sentence and shown.figure is not None


def test_cards_name_the_features_and_the_fidelity_of_a_model():
    ids = ["ravdess-emodb-baklouti2024-mmd", "ravdess-emodb-latif2019-gan", "ravdess-source"]
    vgg, gan, common = (texts_of(c) for c in view.show(Visitor(), ids).cards.split("<article")[1:])
    assert "with frozen layers: width 1/4 and 128 pixels" in vgg and "Features log-mel bands" in vgg and "400" in vgg
    assert "after the paper" in gan and "Features GeMAPS-like statistics" in gan
    assert "positive: calm, happiness, neutral" in gan
    assert "Features frozen Whisper frames" in common and "paper" not in common


def model(labels: str, system: str | None = None, target: str | None = "emodb") -> dict:
    return {
        "source": "ravdess", "target": target, "method": "dann", "label_set": labels, "system": system,
        "labels": list(LABEL_SETS[labels].classes),
    }  # fmt: skip


def said(*asked: tuple[dict, str], why=None) -> str:
    cards = [card for card, _ in asked]
    answers = [
        Prediction("x", word, dict.fromkeys(c["labels"], 0.5), np.zeros((0, 1)), np.zeros(1), 0) for c, word in asked
    ]
    curves = [one for one in why or () if isinstance(one, Curve) and one.kind == ATTENTION]
    differences = Differences.of(curves, 3.0) if len(curves) > 1 else None
    return naming.sentence(cards, answers, why or [None] * len(asked), 3.0, differences)


PLAIN, GAN = model("four", target=None), model("valence", "latif2019-gan")
CAI, VGG = model("arousal", "cai2021-dann"), model("six", "baklouti2024-mmd")


def test_models_disagree_only_about_the_same_question():
    assert said((PLAIN, "happiness"), (GAN, "positive")) == (
        "The English-only Whisper model says happiness. The GAN adapted to German hears it as positive. "
        "Happiness counts as positive."
    )
    assert said((PLAIN, "anger"), (GAN, "positive"), (CAI, "high")).endswith(
        "Anger counts as negative and as high arousal."
    )
    before = model("valence", "latif2019-gan", None)
    assert said((before, "negative"), (GAN, "positive")) == (
        "They disagree: the English-only model hears it as negative, the one adapted to German hears it as positive."
    )
    assert said((CAI, "low"), (CAI | {"target": "emovo"}, "low")) == "Both hear low arousal."
    assert "disagree" in said((PLAIN, "anger"), (VGG, "sadness"))
    other = said((PLAIN, "anger"), (VGG, "fear"))
    assert "disagree" not in other and other.endswith(
        "fear is not among the answers of the English-only Whisper model."
    )
    assert said((GAN, "positive")) == "The one adapted to German hears it as positive."


def test_reasons_in_words():
    late = Curve(GRADCAM, np.r_[np.zeros(135), np.ones(10) / 10], 50)  # of 3 s: the last third
    spoke = Groups({"Loudness": 0.3, "MFCC 1-4": 0.4, "Pitch": -0.5}, 0.5, 0.7)
    sentence = said((GAN, "positive"), (CAI, "high"), why=[spoke, late])
    assert "The Cai DANN adapted to German looks most at the last third." in sentence
    assert "For the GAN adapted to German, timbre (MFCC) spoke most for positive." in sentence
    even = Curve(GRADCAM, np.ones(150) / 150, 50)
    assert said((CAI, "high"), why=[even]) == "The one adapted to German hears high arousal.", (
        "no third of the clip has more weight"
    )
    nothing = Curve(GRADCAM, np.zeros(50), 50)
    assert said((CAI, "high"), why=[nothing]) == "The one adapted to German hears high arousal."


def attended(*weights: float) -> Curve:
    return Curve(ATTENTION, np.array(weights) / sum(weights), 10)


def test_attention_is_said_only_where_models_differ_by_more_than_two_seeds(monkeypatch):
    monkeypatch.setattr(attention, "threshold", lambda of_source: 1.0)
    german, even = model("four"), attended(*[1] * 30)
    asked = (PLAIN, "anger"), (german, "anger")
    assert said(*asked, why=[even, attended(*[1] * 29, 1.5)]) == "Both say anger."
    assert said(*asked, why=[even, attended(*[1] * 12, 4, *[1] * 17)]) == (
        "Both say anger. Their attention differs most at 1.2 s: the one adapted to German gives this moment 3.6 times "
        "its average weight, the English-only model 1.0 times."
    )
    assert said((PLAIN, "anger"), why=[attended(9, *[1] * 29)]) == "The English-only model says anger."


def test_one_quiet_curve_or_both_with_their_difference_marked(monkeypatch):
    visitor = Visitor(clip=encode_file(EXAMPLES / "de-slow-low.flac"))
    ids = defaults(visitor)

    def drawn(threshold: float, head: int = 0):
        monkeypatch.setattr(attention, "threshold", lambda of_source: threshold)
        shown = view.show(visitor, ids, head=head)
        marks = [shape for shape in shown.figure.layout.shapes if shape.fillcolor == plots.MARK]
        return [trace.name for trace in shown.figure.data if trace.type == "scatter"], marks, shown.sentence

    names, marks, sentence = drawn(1e6)
    assert names == ["both models: no clear difference"] and marks == []
    assert "attention" not in sentence and "listen" not in sentence
    names, marks, sentence = drawn(0.0)
    assert len(names) == 2 and len(marks) >= 1 and "Their attention differs most at" in sentence
    names, marks, _ = drawn(1e6, head=1)
    assert len(names) == 2 and marks == [], "one head is drawn as it was asked for"


def test_clips_of_the_source_have_a_threshold_of_their_own(monkeypatch):
    asked = []
    monkeypatch.setattr(attention, "threshold", lambda of_source: asked.append(of_source) or 1.0)
    for key in ("ravdess", "emodb"):
        view.show(Visitor(clip=from_pack(load_cached(key), 3)), defaults(Visitor()))
    assert asked == [True, False]


@pytest.mark.parametrize(("classes", "bar"), [(2, 0.6333), (4, 0.45), (5, 0.4133), (6, 0.3889)])
def test_sure_means_the_same_way_from_chance_to_certainty(classes, bar):
    def answer(best: float) -> Prediction:
        shares = {"0": best} | {str(i): (1 - best) / (classes - 1) for i in range(1, classes)}
        return Prediction("x", "0", shares, np.zeros((0, 1)), np.zeros(1), 0)

    assert answer(bar + 1e-3).sure and not answer(bar - 1e-3).sure
    assert classes != 4 or answer(0.45).sure  # as it has always been


def test_an_own_model_keeps_its_title():
    visitor = Visitor()
    shipped = checkpoints.load("ravdess-emodb-latif2019-gan")
    visitor.models["own-1"] = Loaded("own-1", shipped.model, shipped.card | {"id": "own-1", "title": "Mine: 1"})
    assert model_menu.menu(visitor)[0] == ("Mine: 1", "own-1")


def test_about_names_what_is_here_and_what_could_be():
    table, rest = about.corpora_table().split("</table>")
    assert "RAVDESS" in table and "IEMOCAP" not in table and "IEMOCAP (English)" in rest
    models = about.models_table()
    assert (
        models.index("Same encoder for all") < models.index("Published systems") < models.index("VGG16 on mel images")
    )
    assert "<a href='audits/ravdess-emodb-coral-infomax-em' target='_blank' rel='noopener'>52 of 62 pass</a>" in models
    assert "with frozen layers" in models and "after the paper" in models and "chance 50" in models
