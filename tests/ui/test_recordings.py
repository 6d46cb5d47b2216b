"""A visitor's recordings lie in private, are shown without a way to them, and go when they should."""

import os
import re
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from uploads import brought, tone

from xser_demo.corpora.custom import ingest, scan
from xser_demo.corpora.custom.recordings import FolderScan, Recording, Skipped
from xser_demo.data.encode import utterance
from xser_demo.data.packs import Pack
from xser_demo.ui import storage
from xser_demo.ui.storage import UserRecordings
from xser_demo.ui.tabs.recordings import preview, readings
from xser_demo.utils.errors import CorpusError, SettingsError

EVIL = "<img src=x onerror=alert(1)>'\""


@pytest.fixture
def visits(tmp_path, monkeypatch) -> Path:
    """The root of all private folders."""
    monkeypatch.setattr(storage.tempfile, "gettempdir", lambda: str(tmp_path))
    return tmp_path / storage.ROOT


# --- the folder ----------------------------------------------------------------------------------------------------


def test_folders_are_private_and_no_two_are_the_same(visits):
    mine, again, others = storage.fresh("a"), storage.fresh("a"), storage.fresh("../../b")
    assert len({mine, again, others}) == 3
    for folder in (visits, mine, again, others):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(folder.parent == visits for folder in (mine, again, others))
    visits.chmod(0o755)
    storage.fresh("a")
    assert stat.S_IMODE(visits.stat().st_mode) == 0o700


def test_a_root_of_somebody_else_is_not_used(visits, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    visits.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CorpusError, match="another user"):
        storage.fresh("a")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_who_leaves_takes_everything_along_and_nothing_of_others(visits):
    folder, inbox, others = storage.fresh("a"), storage.fresh("a"), storage.fresh("b")
    mine = storage.keep("a", folder, FolderScan("", (), ()))
    mine.packs["whisper"] = object()
    storage.leave("a")
    assert not folder.exists() and not inbox.exists() and others.is_dir()
    assert not mine.there and not mine.ready
    storage.leave("a")  # nothing is left


def test_a_new_corpus_replaces_the_one_before(visits):
    first, second = storage.fresh("a"), storage.fresh("a")
    before = storage.keep("a", first, FolderScan("", (), ()))
    after = storage.keep("a", second, FolderScan("", (), ()))
    assert not before.there and after.there
    after.delete()
    assert list(visits.iterdir()) == []


def test_only_private_folders_are_ever_deleted(visits, tmp_path):
    (tmp_path / "dear").mkdir()
    UserRecordings(tmp_path / "dear", FolderScan("", (), ())).delete()
    storage.delete(visits)
    assert (tmp_path / "dear").is_dir()


def test_the_sweep_takes_what_nobody_uses(visits):
    used, idle = storage.fresh("a"), storage.fresh("b")
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    dead, strange = visits / f"{ended.stdout.strip()}-x-y", visits / "notes"
    for folder in (dead, strange):
        folder.mkdir()
    long_ago = time.time() - storage.IDLE_S - 1
    for folder in (used, idle):
        os.utime(folder, (long_ago, long_ago))
    UserRecordings(used, FolderScan("", (), ())).touch()
    storage.sweep()
    assert list(visits.iterdir()) == [used]


# --- what is uploaded ----------------------------------------------------------------------------------------------


def upload(cache: Path, name: str, place: str = "0") -> Path:
    (cache / place).mkdir(parents=True, exist_ok=True)
    (cache / place / name).write_bytes(tone())
    return cache / place / name


def test_uploads_are_taken_under_their_own_names_and_then_forgotten(visits, tmp_path):
    cache, inbox = tmp_path / "cache", storage.fresh("a")
    sent = [(upload(cache, "x 2.wav"), "x (2).wav"), (upload(cache, "怒.wav", "1"), "../../怒.wav"),
            (upload(cache, "long.wav", "2"), "ä" * 300 + ".wav"), (upload(cache, "..wav", "3"), "..")]  # fmt: skip
    taken = storage.take([*sent, sent[0]], cache, inbox)
    assert [one.to.name for one in taken[:2]] == ["x (2).wav", "怒.wav"] and taken[2].to.suffix == ".wav"
    assert all(one.to.is_file() and one.to.resolve().parent.parent == inbox.resolve() for one in taken)
    assert len(taken) == 4 and all(path.is_file() for path, _ in sent)
    storage.forget(taken)
    assert list(cache.iterdir()) == [] and all(one.to.is_file() for one in taken)


def test_no_file_but_those_of_the_cache_is_taken_or_deleted(visits, tmp_path):
    cache, inbox, secret = tmp_path / "cache", storage.fresh("a"), tmp_path / "secret.wav"
    secret.write_bytes(tone())
    (cache / "0").mkdir(parents=True)
    (cache / "0" / "link.wav").symlink_to(secret)
    (cache / "direct.wav").write_bytes(tone())
    paths = [secret, cache / "0" / "link.wav", cache / "direct.wav", cache / "0" / ".." / ".." / "secret.wav", cache]
    taken = storage.take([(path, "") for path in paths], cache, inbox)
    storage.forget(taken)
    assert list(inbox.iterdir()) == [] and secret.is_file() and (cache / "direct.wav").is_file()
    with pytest.raises(CorpusError, match="not there any more"):
        list(ingest.ingest([one.to for one in taken[:1]], storage.fresh("a")))


def test_the_same_file_sent_by_two_is_left_to_the_second(visits, tmp_path):
    cache = tmp_path / "cache"
    file = upload(cache, "x.wav")
    mine = storage.take([(file, "x.wav")], cache, storage.fresh("a"))
    again = upload(cache, "x.new")
    again.replace(file)  # as the page stores an upload
    storage.forget(mine)
    theirs = storage.take([(file, "x.wav")], cache, storage.fresh("b"))
    assert theirs[0].to.is_file()
    storage.forget(mine)
    storage.forget(theirs)
    assert not file.exists()


# --- the preview ---------------------------------------------------------------------------------------------------


def test_the_preview_says_what_came_and_never_where_it_is(visits):
    mine = brought(storage.fresh("a"), *[f"{word}/{n}.wav" for word in ("Wut", "joy", "zzz") for n in range(3)])
    said = preview.overview(mine) + preview.sound(mine) + preview.players(mine) + preview.words(mine.scan)
    assert "9 recordings" in said and "0.3 to 1.1 s" in said and "RAVDESS (English)" in said
    assert re.search("anger</span>.*>3</span>", preview.overview(mine)) and "6 of 9 clips" in said
    assert said.count("<audio") == 2 and said.count("data:audio/wav;base64,") == 2
    assert str(visits) not in said and storage.ROOT not in said and "file=" not in said
    assert said.count("<select") == 1 and "data-word='zzz'" in said


def test_menus_offer_other_readings_of_speakers_and_labels(visits):
    names = [f"{s}_{e}_{n}.wav" for s in ("Anna", "Ben") for e in ("Wut", "joy") for n in range(2)]
    mine = brought(storage.fresh("a"), *names)
    said = readings.menus(mine.scan)
    assert "aria-label='Who speaks?'" in said and "File names, part 1: Anna, Ben" in said
    assert "aria-label='Labels'" in said and "File names: anger 4, happiness 4" in said
    assert "6 of" not in preview.overview(mine) and "none; adaptation needs none" in preview.overview(mine)

    mine.understand(readings.changed(mine.scan, "labels_from", "names"))
    assert "all clips" in preview.overview(mine) and "value='names' selected" in readings.menus(mine.scan)
    assert {row.speaker for row in mine.scan.rows} == {"Anna", "Ben"} and all(row.seconds for row in mine.scan.rows)
    mine.understand(readings.changed(mine.scan, "speaker_from", "none"))
    assert {row.speaker for row in mine.scan.rows} == {""} and mine.scan.used == scan.Choices("none", "names")
    with pytest.raises(SettingsError, match="choose one of: name:1"):
        mine.understand(readings.changed(mine.scan, "speaker_from", "folder:3"))
    assert readings.menus(FolderScan("", (), ())) == ""


def test_another_reading_relabels_the_packs_and_clips_that_come_back_are_decoded(visits):
    mine = brought(storage.fresh("a"), *[f"anger/{n}.wav" for n in range(3)], *[f"joy/{n}.wav" for n in range(3)])
    (mine.folder / "t.csv").write_text("path,emotion\nanger/0.wav,sad\njoy/0.wav,sad\n")
    *_, mine.scan = ingest.decode(mine.folder, scan.scan(mine.folder))
    pack = Pack("own", [utterance(row) for row in mine.scan.rows], *[None] * 5, card={})
    mine.packs["whisper"] = pack
    mine.understand(scan.Choices(labels_from="table"))
    assert mine.packs["whisper"].card["understood"] == {"speaker_from": "none", "labels_from": "table"}
    mine.understand(scan.Choices(labels_from="folders"))
    assert len(mine.scan.rows) == 6 and all(row.seconds for row in mine.scan.rows) and not mine.ready


def test_words_from_files_are_escaped():
    rows = tuple(Recording(f"{EVIL}{n}.wav", EVIL, "", EVIL, EVIL, "", 1.0, -20.0, 1.0, 8000) for n in range(8))
    mine = UserRecordings(Path("/nowhere"), FolderScan(EVIL, rows, (Skipped(EVIL, EVIL),)))
    parts = (preview.overview(mine), preview.sound(mine), preview.words(mine.scan), preview.players(mine),
             readings.menus(replace(mine.scan, speaker_readings={"name:1": EVIL})))  # fmt: skip
    assert not any("<img" in part or "x'\"" in part for part in parts)
    assert "data-word='&lt;img src=x onerror=alert(1)&gt;&#x27;&quot;'" in parts[2]


def rows(*words: str, **facts) -> FolderScan:
    known = {"anger", "joy"}
    made = [
        Recording(f"{n}.wav", word, {"joy": "happiness"}.get(word, word) if word in known else "", seconds=1.0,
            level_dbfs=-20.0, speech_s=1.0, band_hz=8000, **facts)
        for n, word in enumerate(words)
    ]  # fmt: skip
    return FolderScan("", tuple(made), ())


def test_a_word_that_was_given_a_meaning_stays_in_the_table_and_can_be_changed_back():
    mine = UserRecordings(Path("/nowhere"), rows("anger", "hmm", "hmm", "ugh"))
    assert re.findall("data-word='(.*?)'", preview.words(mine.scan)) == ["hmm", "ugh"]
    mine.mean({"hmm": "boredom"})
    assert [row.emotion for row in mine.scan.rows] == ["anger", "boredom", "boredom", ""]
    assert "value='boredom' selected" in preview.words(mine.scan)
    mine.mean({"hmm": ""})
    assert mine.scan.rows[1].emotion == "" and "hmm" in preview.words(mine.scan)
    with pytest.raises(CorpusError):
        mine.mean({"hmm": "envy"})
    assert preview.words(rows("anger", "joy")) == ""


def test_samples_are_one_of_each_emotion_else_of_each_speaker_and_always_the_same():
    labelled = rows(*["anger", "joy"] * 10)
    chosen = preview.samples(labelled)
    assert [row.emotion for row in chosen] == ["anger", "happiness"] and chosen == preview.samples(labelled)
    assert len(preview.samples(rows(*[""] * 20))) == 3
    assert len({row.path for row in preview.samples(rows(*[""] * 20))}) == 3
    assert len(preview.samples(rows("", speaker="one"))) == 1


def test_what_hinders_is_said_before_anything_is_encoded():
    assert "At least 8" in preview.obstacle(rows(*["anger"] * 7)) and preview.obstacle(rows(*["anger"] * 8)) == ""
    long = tuple(Recording(f"{n}.wav", seconds=60.0) for n in range(121))
    assert "2 hours" in preview.obstacle(FolderScan("", long, ()))


def test_recordings_of_a_corpus_that_models_know_are_marked():
    found = rows(*["anger"] * 8)
    known = UserRecordings(Path("/nowhere"), FolderScan("", found.rows, (), "emodb"))
    assert "has heard" in preview.overview(known) and "EmoDB" in preview.overview(known)
    assert "has heard" not in preview.overview(UserRecordings(Path("/nowhere"), found))


@pytest.mark.parametrize(("level", "said"), [(-37.1, "the same"), (-43.0, "6 dB quieter"), (-30.0, "7 dB louder")])
def test_the_level_is_said_in_words(level, said):
    row = Recording("a.wav", seconds=1.0, level_dbfs=level, speech_s=1.0, band_hz=4000)
    told = preview.sound(UserRecordings(Path("/nowhere"), FolderScan("", (row,), ())))
    assert f"<td>RAVDESS (English)</td><td>{said}</td><td>narrower: 4.0 kHz, not 7.8 kHz</td>" in told
