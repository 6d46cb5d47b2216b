"""Downloads of corpora: only complete, unaltered ones are moved to the corpora."""

import hashlib
import io
import json
import sys
import zipfile
from dataclasses import replace

import pytest

from xser_demo.cli.main import main
from xser_demo.corpora import CORPORA, download, verify
from xser_demo.corpora.download import ARCHIVES, Archive, Fetched
from xser_demo.corpora.locate import audio_path, read
from xser_demo.data import packs
from xser_demo.utils import settings
from xser_demo.utils.errors import CorpusError
from xser_demo.utils.progress import Step

NAMES = [f"03a0{text}{emotion}a" for text in (1, 2) for emotion in "WLEAFTN"]  # 14 clips


@pytest.fixture
def official(owner, tree, tmp_path_factory, monkeypatch):
    """A generated EmoDB that the server hands out, with its official list; the files of the archive."""
    folder = tree(*(f"made/{name}.wav" for name in NAMES), seconds=0.5) / "made"
    files = {f"wav/{file.name}": file.read_bytes() for file in sorted(folder.iterdir())}
    lists = tmp_path_factory.mktemp("official")
    rows = [f"{name[4:-4]}\t{hashlib.sha256(data).hexdigest()[:16]}\t{len(data)}\n" for name, data in files.items()]
    (lists / "emodb.tsv").write_text("# made by the test\nname\tsha256\tbytes\n" + "".join(rows))
    monkeypatch.setattr(verify, "FOLDER", lists)
    monkeypatch.setitem(CORPORA, "emodb", replace(CORPORA["emodb"], clips=len(NAMES)))
    monkeypatch.setitem(ARCHIVES, "emodb", Archive(owner.address))
    monkeypatch.setattr(download, "INTERVAL_S", 0.0)
    files |= {"erkennung.txt": b"read by listeners", "lablaut/03a01Fa.lablaut": b"labels"}
    owner.content = zipped(files)
    return files


@pytest.fixture
def place(tmp_path):
    return tmp_path / "corpora"


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def refused(place) -> str:
    with pytest.raises(CorpusError) as caught:
        list(download.fetch("emodb", place))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
    return str(caught.value)


def remaining(place) -> list[str]:
    """What lies there, the lock apart."""
    names = (file.relative_to(place).as_posix() for file in place.rglob("*"))
    return sorted(name for name in names if name not in (".fetching", ".fetching/lock"))


def test_a_complete_corpus_is_downloaded_and_verified(official, owner, place):
    *steps, done = download.fetch("emodb", place)
    assert done == Fetched("emodb", place / "emodb", verify.check("emodb", place).verdict)
    assert "14 of 14 clips are there and were compared with the official files" in done.verdict
    assert len(read("emodb", place)) == len(NAMES) and owner.sent == len(owner.content)
    assert not [name for name in remaining(place) if name.startswith(".fetching")]
    texts = [step.text for step in steps]
    assert texts[0].startswith("Asking 127.0.0.1") and "official list" in texts[-1]
    for doing in ("Downloading", "Unpacking"):
        shares = [step.share for step in steps if step.text.startswith(doing)]
        assert shares == sorted(shares) and shares[-1] == 1
        assert f"{doing} EmoDB: " in " ".join(texts) and "100%." in " ".join(texts)


def test_a_clip_of_a_pack_is_found_in_the_owners_folders(official, place):
    list(download.fetch("emodb", place))
    clip = next(clip for clip in packs.load("emodb").utterances if NAMES[0] in clip.path)
    assert audio_path(place, clip) == place / "emodb" / "wav" / f"{NAMES[0]}.wav"
    assert not audio_path(place, replace(clip, path="16b10Wz.flac")).exists()


def test_a_known_checksum_is_verified(official, owner, place, monkeypatch):
    md5 = hashlib.md5(owner.content).hexdigest()
    monkeypatch.setitem(ARCHIVES, "emodb", Archive(owner.address, len(owner.content), md5))
    owner.content = owner.content[:1000] + b"x" + owner.content[1001:]
    assert "checksum differs" in refused(place) and remaining(place) == []


def altered(files):
    wav = bytearray(files[f"wav/{NAMES[3]}.wav"])
    wav[-1] ^= 1
    return files | {f"wav/{NAMES[3]}.wav": bytes(wav)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (altered, "1 different from the official file"),
        (lambda files: dict(list(files.items())[1:]), "1 missing"),
        (lambda files: {"README": b"nothing here"}, "holds no recording of EmoDB"),
        (lambda files: files | {"manifest.csv": b"path,corpus\nwav/03a01Fa.wav,emodb\n"}, "table of labels"),
        (lambda files: files | {"../outside": b"x"}, "outside its folder"),
        (lambda files: files | {"bomb": bytes(40 << 20)}, "unpacks to more than"),
        (lambda files: {name.replace(".wav", ".flac"): data for name, data in files.items()}, "converted"),
    ],
)
def test_another_archive_is_refused_and_deleted(official, owner, place, change, reason):
    owner.content = zipped(change(official))
    assert reason in refused(place) and remaining(place) == []
    owner.content = zipped(official)
    assert isinstance(list(download.fetch("emodb", place))[-1], Fetched)  # the next time is a new beginning


@pytest.mark.parametrize("content", [b"no archive at all", b"PK\3\4 but damaged"])
def test_a_file_that_is_not_an_archive_is_refused_and_deleted(official, owner, place, content):
    owner.content = content
    assert "archive" in refused(place) and remaining(place) == []


def test_a_stopped_download_is_resumed(official, owner, place):
    steps = download.fetch("emodb", place)
    next(step for step in steps if step.share and step.share > 0.2)
    steps.close()
    assert remaining(place) == [".fetching/emodb.partial"] and "are kept" in download.kept("emodb", place)
    received = (place / ".fetching" / "emodb.partial").stat().st_size
    assert 0 < received < len(owner.content)
    list(download.fetch("emodb", place))
    assert owner.asked[-1] == ("GET", f"bytes={received}-")
    assert download.here("emodb", place) == place / "emodb"


def test_stopping_while_unpacking_leaves_no_partial_corpus(official, place):
    steps = download.fetch("emodb", place)
    next(step for step in steps if step.text.startswith("Unpacking"))
    steps.close()
    assert remaining(place) == [".fetching/emodb.partial"]
    assert isinstance(list(download.fetch("emodb", place))[-1], Fetched)


def test_one_download_at_a_time_and_nothing_is_overwritten(official, owner, place):
    first = download.fetch("emodb", place)
    next(first)
    assert "Another corpus is being downloaded" in refused(place)
    list(first)
    assert "already" in refused(place)
    assert "already" in refused(place)  # and no lock was remaining behind
    (place / "emodb").rename(place / "elsewhere")
    (place / "emodb").mkdir()
    (place / "emodb" / "notes.txt").write_text("mine")
    assert "move it away first" in refused(place) and (place / "emodb" / "notes.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_written_to(official, tmp_path):
    (tmp_path / "corpora").write_text("a file")
    assert "choose another folder" in refused(tmp_path / "corpora")


def test_the_offer_has_address_size_and_terms(official, owner):
    offer = download.offer("emodb")
    assert owner.asked == [("HEAD", None)] and offer.size == len(owner.content)
    assert offer.unpacked == sum(len(data) for name, data in official.items() if name.endswith(".wav"))
    facts = dict(offer.facts)
    assert facts["From"] == owner.address and facts["Licence"] == CORPORA["emodb"].licence and "MB" in facts["Size"]
    owner.length = -1
    assert "not said by the server" in dict(download.offer("emodb").facts)["Size"]


def test_every_corpus_has_an_archive_or_instructions():
    assert set(ARCHIVES) | set(download.BY_HAND) <= set(CORPORA) and not set(ARCHIVES) & set(download.BY_HAND)
    for key in set(CORPORA) - set(ARCHIVES):
        with pytest.raises(CorpusError) as caught:
            download.offer(key)
        assert CORPORA[key].url in str(caught.value) and "owners" in str(caught.value)
    for archive in ARCHIVES.values():
        assert archive.url.startswith("http") and (archive.md5 is None or len(archive.md5) == 32)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def get(capsys, place, monkeypatch):
    """Function that gives status, standard output and standard error of ``xser corpora get``."""
    monkeypatch.delenv("XSER_CORPORA", raising=False)
    monkeypatch.setattr(settings, "CORPORA", place)
    monkeypatch.setattr(sys, "stdin", None)

    def run(*arguments: str):
        status = main(["corpora", "get", *arguments])
        return status, *capsys.readouterr()

    return run


def test_get_on_the_command_line(official, owner, get, place):
    status, out, err = get("emodb", "--yes", "--json")
    (row,) = json.loads(out)
    assert status == 0 and row["folder"] == str(place / "emodb") and "14 of 14" in row["verdict"]
    assert settings.corpora_dir() == place  # it is found from now on
    for expected in (owner.address, CORPORA["emodb"].licence, "MB to download", "%.", str(place)):
        assert expected in err
    requests = len(owner.asked)
    status, out, _ = get("emodb")
    assert status == 0 and "already" in out and len(owner.asked) == requests


@pytest.mark.parametrize(
    ("answer", "yes"), [("y\n", True), ("Yes\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_get_asks_first(official, owner, get, place, monkeypatch, answer, yes):
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    status, out, err = get("emodb", "--json")
    (row,) = json.loads(out)
    assert status == 0 and (row["folder"] is not None) == yes == (place / "emodb").is_dir()
    assert err.index(owner.address) < err.index("[y/N]") and (yes or owner.sent == 0)


def test_get_without_a_terminal_needs_yes(official, owner, get, monkeypatch):
    for nobody in (None, io.StringIO("")):
        monkeypatch.setattr(sys, "stdin", nobody)
        status, out, err = get("emodb")
        assert status == 2 and out == "" and "--yes" in err and owner.sent == 0


def test_get_stopped_by_the_keyboard(official, owner, get, place, monkeypatch):
    def interrupted(*arguments):
        yield Step("Downloading EmoDB: 0.0 MB.")
        (place / ".fetching").mkdir(parents=True)
        (place / ".fetching" / "emodb.partial").write_bytes(bytes(2_000_000))
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "fetch", interrupted)
    status, out, err = get("emodb", "--yes")
    assert status == 2 and out == "" and "Stopped. 2.0 MB were received and are kept" in err


def test_get_of_a_corpus_without_an_archive(get):
    status, out, err = get("iemocap", "--yes")
    assert status == 2 and out == "" and "fill in their form" in err and CORPORA["iemocap"].url in err
