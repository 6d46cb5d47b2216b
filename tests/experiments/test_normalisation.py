"""Each speaker standardised by their own clips: when, when not, and that no scored clip helps to score itself."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from xser_demo.data.packs import Pack, load_cached
from xser_demo.experiments import run
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import prepare
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.utils.errors import SettingsError

FOUR = ("anger", "happiness", "neutral", "sadness")


def result(plan: Plan) -> run.AdaptationResult:
    *_, last = run.adapt(replace(plan, source_epochs=4, epochs=1))
    return last


def relabelled(pack: Pack, speaker) -> dict:
    """The pack with other speakers, as a plan's own."""
    utterances = [replace(u, speaker=speaker(u)) for u in pack.utterances]
    return {(pack.key, "whisper"): replace(pack, utterances=utterances)}


@pytest.mark.parametrize("target", ["emodb", "emovo", "nemo"])
def test_acted_corpora_are_normalised_by_speaker(target):
    done = result(Plan("ravdess", target, "zscore"))
    assert done.normalisation.name == "speaker" and done.normalisation.confounded < 0.15
    assert "speakers was standardised by their own clips, without labels" in done.normalisation.reason
    assert done.model.inputs[TARGET].corpus.shape == (2, 512) == done.model.inputs[SOURCE].corpus.shape
    assert not done.source_model.inputs[TARGET].corpus.numel(), "what is compared is the plain source model"


def test_urdu_is_refused_because_a_speaker_there_is_nearly_an_emotion():
    done = result(Plan("ravdess", "urdu", "zscore"))
    assert done.normalisation.name == "corpus" and done.normalisation.confounded > 0.15
    assert "In the target a speaker has mostly one emotion" in done.normalisation.reason
    with pytest.raises(SettingsError, match="remove the emotion together with the voice; choose: --normalise corp"):
        result(Plan("ravdess", "urdu", "zscore", normalise="speaker"))


def test_a_planted_corpus_is_refused():
    """EmoDB in which everybody speaks with one emotion only."""
    own = relabelled(load_cached("emodb"), lambda u: f"{u.emotion}-{u.speaker}")
    assert result(Plan("ravdess", "emodb", "zscore", mode="transductive", own=own)).normalisation.name == "corpus"


def test_a_source_whose_speakers_have_one_emotion_is_refused_too():
    done = result(Plan("urdu", "emodb", "zscore", mode="transductive"))
    assert done.normalisation.name == "corpus" and "In the source a speaker has mostly" in done.normalisation.reason


def test_unknown_speakers_are_said_and_cannot_be_asked_for():
    plan = Plan("ravdess", "emodb", "zscore", mode="transductive", own=relabelled(load_cached("emodb"), lambda u: ""))
    assert result(plan).normalisation.reason.startswith("The speakers are not known")
    with pytest.raises(SettingsError, match="name them in a table or in folders"):
        result(replace(plan, normalise="speaker"))


def test_systems_and_source_only_keep_the_corpus_and_by_source_is_no_adaptation():
    latif = Plan("ravdess", "emodb", "gan", "valence", "transductive", system="latif2019-gan")
    assert result(latif).normalisation.name == "corpus"
    assert result(Plan("ravdess", "emodb", "source_only")).normalisation.name == "corpus"
    plain = result(Plan("ravdess", "emodb", "zscore", mode="transductive", normalise="source"))
    assert (plain.answers["adapted"] == plain.answers["source_only"]).all()
    with pytest.raises(SettingsError, match="There is no normalisation 'people'"):
        Plan.from_settings("ravdess", "emodb", normalise="people")


def test_a_scored_clip_never_reaches_the_statistics_that_score_it():
    """Inductive: loud garbage in place of one scored clip changes the answers to clips of its speaker's other half, and
    to itself, but to no clip that is standardised together with it."""
    plan = Plan("ravdess", "emodb", "zscore")
    before = result(plan)
    pack = load_cached("emodb")
    row = int(before.task.test.rows[5])
    values = pack.values.clone()
    values[pack.starts[row] : pack.starts[row + 1]] = 127
    changed = prepare(replace(plan, own={("emodb", "whisper"): replace(pack, values=values)}))
    plain = before.task.test.by_speaker(before.model.inputs[TARGET].corpus_moments)
    other = changed.test.by_speaker(before.model.inputs[TARGET].corpus_moments)
    moved = [
        number
        for number, scored in enumerate(before.task.test.rows.tolist())
        if scored != row and not torch.equal(plain.pack.frames(scored), other.pack.frames(scored))
    ]
    speakers = np.array(before.task.test.speakers)
    same = np.flatnonzero(speakers == speakers[5])
    assert 0 < len(moved) <= (len(same) + 1) // 2 and set(moved) <= set(same.tolist())
    adapted = prepare(plan).adapt
    assert not set(adapted.rows.tolist()) & set(before.task.test.rows.tolist())
    assert torch.equal(changed.adapt.pack.frames(int(adapted.rows[0])), adapted.pack.frames(int(adapted.rows[0])))


def test_a_recorded_clip_a_stored_one_and_the_training_meet_one_normalisation():
    from xser_demo.data.normalise import moments
    from xser_demo.inference import predict
    from xser_demo.networks.checkpoints import Loaded

    done = result(Plan("ravdess", "emodb", "zscore", mode="transductive"))
    model = Loaded("mine", done.model, {"label_set": "four"})
    answers = []
    for index in range(0, 60, 7):
        stored = predict.from_pack(load_cached("emodb"), int(done.task.test.rows[index]))
        answers.append(model.model.classes.index(predict.predict(model, stored).emotion))
    assert answers == done.answers["adapted"][0:60:7].tolist()
    frames = stored.feature("whisper")[0]
    alone = predict.predict(model, replace(stored, stored=None))
    known = predict.predict(model, replace(stored, stored=None, voice=predict.clip_moments(frames)))
    assert alone.probabilities == known.probabilities
    many = replace(moments(load_cached("emodb"), done.task.test.rows[:20]), clips=10**6)
    assert predict.predict(model, replace(stored, stored=None, voice=many)).probabilities != alone.probabilities
