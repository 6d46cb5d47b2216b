"""Feature packs: rounding, round trip, damage, and agreement with the audio."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from xser_demo.audio.io import load
from xser_demo.corpora import CORPORA
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.locate import audio_path, read
from xser_demo.data import packs
from xser_demo.data.encode import build
from xser_demo.features.encoders import frozen, whisper
from xser_demo.utils import settings
from xser_demo.utils.errors import CorpusError

DIM, CLIPS = 12, 40


@pytest.fixture
def made() -> tuple[packs.Pack, list[np.ndarray]]:
    random = np.random.default_rng(0)
    scale, offset = random.uniform(0.1, 5, DIM), 3 * random.normal(size=DIM)
    frames = [
        (random.normal(size=(random.integers(1, 30), DIM)) * scale + offset).astype(np.float32) for _ in range(CLIPS)
    ]
    table = [
        Utterance(f'{i}, "é".wav', "toy", "xx", f"s{i % 4}", "f", "anger", "t1", 0.1 * i + 0.1) for i in range(CLIPS)
    ]
    return packs.make("toy", table, frames, {"rate_hz": 10}), frames


def test_rounding_is_at_most_half_a_step_and_the_card_has_the_error(made):
    pack, frames = made
    true = torch.from_numpy(np.concatenate(frames))
    limited = torch.maximum(torch.minimum(true, pack.offset + 127 * pack.scale), pack.offset - 127 * pack.scale)
    ours = torch.cat([pack.frames(row) for row in range(len(pack))])
    assert ((ours - limited).abs() <= 0.5001 * pack.scale).all()
    assert ((true - limited).abs() > 0).float().mean() < 0.01  # only the tails are cut
    error = ((ours - true) / true.std(0)).square().mean().sqrt()
    assert pack.card["rounding_error"] == pytest.approx(float(error), abs=1e-4) and float(error) < 0.02
    assert pack.values.dtype == torch.int8 and pack.dim == DIM and len(pack) == CLIPS


def test_constant_dimensions_stay_constant():
    table = [Utterance("a.wav", "toy", "xx", "s", "f", "anger", "", 1.0)]
    pack = packs.make("toy", table, [np.full((9, 2), 0.7, np.float32)], {})
    torch.testing.assert_close(pack.frames(0), torch.full((9, 2), 0.7))


def test_batch_equals_frames_one_clip_after_another(made):
    pack, frames = made
    rows = torch.tensor([CLIPS - 1, 0, 7, 7])  # the last clip of the pack too: nothing lies behind it
    batch, mask = pack.batch(rows)
    lengths = [len(frames[row]) for row in rows.tolist()]
    assert batch.shape == (sum(lengths), DIM) and mask.shape == (4, max(lengths))
    assert batch.dtype == torch.float32 and mask.dtype == torch.bool
    for row, length, clip, speech in zip(rows.tolist(), lengths, batch.split(lengths), mask, strict=True):
        assert speech.tolist() == [True] * length + [False] * (len(speech) - length)
        assert torch.equal(clip, pack.frames(row))


@pytest.mark.parametrize("max_frames", [packs.MAX_FRAMES, 2, 7])
def test_moments_equal_numpy(max_frames, made, monkeypatch):
    """Whatever part of the frames is read at once."""
    monkeypatch.setattr(packs, "MAX_FRAMES", max_frames)
    pack, _ = made
    rows = torch.tensor([3, 1, 20])
    frames = np.concatenate([pack.frames(row).numpy() for row in rows.tolist()]).astype(np.float64)
    mean, std = pack.moments(rows)
    np.testing.assert_allclose(mean, frames.mean(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(std, frames.std(0, ddof=1), rtol=1e-4)


def test_round_trip(made, tmp_path):
    pack, _ = made
    for _ in range(2):  # the second time over the first
        packs.save(pack, tmp_path / "toy", "Terms of the toy.")
    back = packs.load("toy", folder=tmp_path / "toy")
    assert back.utterances == pack.utterances and back.card == pack.card
    for name in ("values", "scale", "offset", "starts", "places"):
        assert torch.equal(getattr(back, name), getattr(pack, name))
    assert (tmp_path / "toy/LICENSE").read_text() == "Terms of the toy.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]


def test_round_trip_of_unknown_durations(made, tmp_path):
    pack = replace(made[0], utterances=[replace(u, duration_s=None) for u in made[0].utterances])
    packs.save(pack, tmp_path / "toy", "x")
    assert packs.load("toy", folder=tmp_path / "toy").utterances == pack.utterances


DAMAGE = {
    "frames cut off": lambda f: (f / "whisper.safetensors").write_bytes((f / "whisper.safetensors").read_bytes()[:500]),
    "frames are text": lambda f: (f / "whisper.safetensors").write_text("version https://git-lfs.github.com/spec/v1"),
    "frames empty": lambda f: (f / "whisper.safetensors").write_bytes(b""),
    "no table": lambda f: (f / "utterances.csv").unlink(),
    "table cut off": lambda f: (f / "utterances.csv").write_text(
        "".join((f / "utterances.csv").read_text().splitlines(keepends=True)[:9])
    ),
    "table binary": lambda f: (f / "utterances.csv").write_bytes(b"\xff\xfe\x00\x01"),
    "table empty": lambda f: (f / "utterances.csv").write_text(""),
    "column missing": lambda f: (f / "utterances.csv").write_text("path,corpus\na,b\n"),
    "duration no number": lambda f: (f / "utterances.csv").write_text(
        (f / "utterances.csv").read_text().replace("0.1\n", "long\n", 1)
    ),
    "no card": lambda f: (f / "card.json").unlink(),
    "card no json": lambda f: (f / "card.json").write_text("{"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_errors_of_a_damaged_pack(damage, made, tmp_path):
    packs.save(made[0], tmp_path / "toy", "x")
    DAMAGE[damage](tmp_path / "toy")
    with pytest.raises(CorpusError, match="'toy' is damaged") as caught:
        packs.load("toy", folder=tmp_path / "toy")
    assert str(caught.value).endswith("build it again.") and "\n" not in str(caught.value)


def test_a_pack_of_an_earlier_front_end_is_refused_and_says_how_to_make_it_anew(made, tmp_path):
    packs.save(replace(made[0], card={}), tmp_path / "toy", "x")
    with pytest.raises(CorpusError, match=r"earlier version of the front end.*xser corpora pack toy --corpora DIR"):
        packs.load("toy", folder=tmp_path / "toy")


def test_error_of_a_missing_pack(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "PACKS", tmp_path / "packs")
    with pytest.raises(CorpusError, match="xser corpora pack toy --corpora DIR"):
        packs.load("toy")
    assert packs.available() == []


def test_available_lists_existing_packs(made, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "PACKS", tmp_path)
    for key in ("b", "a"):
        packs.save(made[0], tmp_path / key, "x")
    assert packs.available() == ["a", "b"] and len(packs.load("b")) == CLIPS


def test_packs_made_here_come_before_installed_ones(made, tmp_path, monkeypatch):
    """Where the installed ones cannot be written to, features are added to a copy."""
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    monkeypatch.setattr(settings, "PACKS", shipped)
    monkeypatch.setattr(settings, "own_packs", lambda: own)
    packs.save(made[0], shipped / "toy", "the terms")
    packs.copy_shipped("toy", own / "toy")
    packs.copy_shipped("nobody", own / "nobody")
    packs.save(made[0], own / "mine", "x")
    assert packs.available() == ["mine", "toy"]
    assert packs.find("toy", "whisper") == own / "toy" and (own / "toy" / "LICENSE").read_text() == "the terms\n"
    shutil.rmtree(own / "toy")
    assert packs.find("toy", "whisper") == shipped / "toy" and len(packs.load("toy")) == CLIPS


@pytest.fixture(scope="module")
def five(corpora_dir) -> tuple[list[Utterance], list[np.ndarray]]:
    """Five clips of EmoDB from all over the corpus."""
    clips = read("emodb", corpora_dir)[::110]
    channel = CORPORA["emodb"].channel
    return clips, [load(audio_path(corpora_dir, clip), channel=channel).samples for clip in clips]


def agrees(pack: packs.Pack, row: int, samples: np.ndarray) -> None:
    """The frames between the silences of a clip: within half a rounding step of the true value limited to the pack's
    range, plus 0.02 of a step and 2e-3 for float sums whose order depends on the batch and the processor."""
    found = next(frozen.speech_frames("whisper", [samples]))
    stored, true = pack.frames(row), torch.from_numpy(found.frames)
    assert pack.places_of(row).tolist() == found.places.tolist()
    limited = torch.maximum(torch.minimum(true, pack.offset + 127 * pack.scale), pack.offset - 127 * pack.scale)
    assert stored.shape == true.shape
    assert ((stored - limited).abs() <= 0.52 * pack.scale + 2e-3).all()
    assert (true != limited).float().mean() < 0.02  # the tails; in a pack of five clips the extremes of all 512


def test_built_pack_agrees_with_the_audio(five):
    clips, samples = five
    sounds = dict(zip([clip.path for clip in clips], samples, strict=True))
    seen = []
    pack = build("emodb", clips, lambda u: sounds[u.path], lambda done, total: seen.append((done, total)))
    assert seen == [(i, 5) for i in range(1, 6)]
    assert [u.duration_s for u in pack.utterances] == [round(len(s) / settings.SAMPLE_RATE, 4) for s in samples]
    for row, sound in enumerate(samples):
        agrees(pack, row, sound)


def test_shipped_pack_agrees_with_the_audio(five):
    pack = packs.load("emodb")
    row = {u.path: i for i, u in enumerate(pack.utterances)}
    for clip, sound in zip(*five, strict=True):
        agrees(pack, row[clip.path], sound)


@pytest.mark.parametrize("key", ["ravdess", "emodb", "emovo", "urdu"])
def test_shipped_packs_are_complete(key):
    pack = packs.load(key)
    assert len(pack) == CORPORA[key].clips and pack.dim == whisper.DIM
    assert (pack.starts.diff() > 0).all() and pack.starts[0] == 0
    for row, utterance in enumerate(pack.utterances):
        places = pack.places_of(row)
        assert utterance.corpus == key and places[0] >= 0 and (np.diff(places) > 0).all(), utterance.path
        assert places[-1] < 10 * utterance.duration_s + 1, utterance.path
    assert pack.card["encoder"] == whisper.NAME and pack.card["rounding_error"] < 0.03  # EMOVO 0.028, others 0.01
    folder = settings.PACKS / key
    assert (folder / "LICENSE").read_text().strip() and json.loads((folder / "card.json").read_text())["corpus"] == key
    assert max(path.stat().st_size for path in folder.iterdir()) < 45e6
