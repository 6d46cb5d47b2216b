"""A visitor's voice on the page: what is shown of it, and what it becomes. Without a browser."""

from dataclasses import replace
from itertools import cycle

import pytest

from xser_demo.corpora.custom import ingest
from xser_demo.corpora.custom.scan import scan
from xser_demo.data.encode import encode
from xser_demo.data.packs import Pack
from xser_demo.inference.predict import encode_file
from xser_demo.inference.speaker.calibrate import VoiceClip, check
from xser_demo.ui.shared.answers import view
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.recordings import prompts
from xser_demo.ui.tabs.recordings.voice import (
    all_neutral,
    calibrated,
    models,
    next_step,
    outcome,
    prompt,
    relabel,
    table,
    taught,
    without,
    write,
)
from xser_demo.utils import settings
from xser_demo.utils.errors import SettingsError


@pytest.fixture(scope="module")
def clips() -> list[VoiceClip]:
    """Synthetic voices, said to be meant in the moods in turn."""
    files = sorted(settings.EXAMPLES.glob("*.flac"))
    heard = [encode_file(file) for file in files]
    return [VoiceClip(one, mood) for one, mood, _ in zip(cycle(heard), cycle(prompts.MOODS), range(24), strict=False)]


@pytest.fixture
def visitor() -> Visitor:
    return Visitor()


def test_models_that_can_get_used_to_a_voice_are_those_that_calibrating_takes(visitor):
    ids = {model_id for _, model_id in models(visitor)}
    for _, model_id in visitor.choices():
        model = visitor.model(model_id).model
        if model_id in ids:
            check(model)
            assert model.memory is None
        elif model.memory is None:
            with pytest.raises(SettingsError):
                check(model)


@pytest.mark.parametrize("language", prompts.LANGUAGES)
def test_a_prompt_says_what_and_how(language):
    html = prompt(language, 1)
    assert "anger" in html and f"lang='{language}'" in html and prompts.prompt(language, 1)[0].split("'")[0] in html


def test_the_list_shows_what_was_meant_and_heard_before_and_after(visitor, clips):
    base = visitor.model("ravdess-source")
    assert table([], base, None) == ""
    html = table(clips[:3], base, None)
    assert html.count("<tr>") == 4 and "Now predicted" not in html and html.count("selected") == 3
    mine = calibrated(visitor, base, clips[:8])
    assert "Now predicted" in table(clips[:3], base, mine)


def test_what_the_clips_are_enough_for(clips):
    silent = [replace(one, mood="") for one in clips]
    assert next_step(clips[:7]).startswith("7 of 8")
    assert next_step(silent[:8]) == "8 clips: enough to calibrate. 12 more are enough for a full adaptation."
    assert "8 are labelled" in next_step(clips[:8])
    assert next_step(clips[:20]).endswith("Enough for a full adaptation, too.")


def test_neutral_clips_are_compared_with_what_the_model_calls_neutral(visitor, clips):
    """Plainly used they would be taken for the voice; and fewer of them are enough."""
    neutral = [replace(one, mood="neutral") for one in clips[:5]]
    assert all_neutral(neutral) and not all_neutral(neutral[:2]) and not all_neutral([*neutral, clips[1]])
    assert next_step(neutral) == "5 neutral clips: enough to calibrate." and "5 are better" in next_step(neutral[:3])
    for base in ("ravdess-source", "ravdess-emodb-coral-infomax-em"):
        mine = calibrated(visitor, visitor.model(base), neutral)
        assert "compared with what the model calls neutral" in mine.card["statistics"]
    with pytest.raises(SettingsError, match="8 clips are needed"):
        calibrated(visitor, visitor.model("ravdess-source"), clips[:5])


def test_a_model_that_got_used_to_a_voice_can_be_chosen_everywhere(visitor, clips):
    base = visitor.model("ravdess-source")
    mine = calibrated(visitor, base, clips[:8])
    again, done = taught(visitor, base, clips)
    assert "taught with these labels" in table(clips[:3], base, again)
    assert "taught with" not in table(clips[:3], base, mine)
    assert [mine.id, again.id] == ["voice-1", "voice-2"] and list(visitor.models) == ["voice-1", "voice-2"]
    assert mine.card["uar"] is None and base.card["uar"] is not None, "nobody scored it"
    assert "24 of your clips" in again.card["title"] and "before" in outcome(done)
    visitor.clip = clips[0].encoded
    cards = view.show(visitor, ["ravdess-source", *visitor.models]).cards
    assert cards.count("<article") == 3 and "calibrated to your voice, 8 clips" in cards


def test_teaching_without_enough_labels_says_what_is_missing(visitor, clips):
    base = visitor.model("ravdess-source")
    with pytest.raises(SettingsError, match="two moods"):
        taught(visitor, base, [replace(one, mood="anger") for one in clips])
    _, done = taught(visitor, base, clips[:8])
    assert outcome(done).startswith("No score: it needs 3 labelled clips of each mood")


def test_a_browser_may_send_anything(clips):
    assert relabel(clips, 1, "")[1].mood == "" and len(without(clips, 0)) == 23
    for number, mood in ((99, "anger"), (-1, "anger"), (0, "<b>")):
        with pytest.raises(SettingsError):
            relabel(clips, number, mood)


def test_what_was_said_becomes_a_corpus_with_its_labels(clips, tmp_path):
    with pytest.raises(SettingsError, match="there are 19"):
        write(tmp_path, clips[:19])
    assert not list(tmp_path.iterdir())
    said = [*clips[:19], replace(clips[19], mood="")]
    write(tmp_path, said)
    *_, found = ingest.decode(tmp_path, scan(tmp_path))
    assert [row.emotion for row in found.rows] == [one.mood for one in said]
    *_, pack = encode(tmp_path, found)
    assert isinstance(pack, Pack) and len(pack.utterances) == 20
    assert pack.frames(0).shape[0] == pytest.approx(len(clips[0].frames), abs=2)
