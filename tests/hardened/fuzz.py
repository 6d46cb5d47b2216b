"""Files that nobody should send, sent by the thousand: broken sound, archives and models.

    python tests/hardened/fuzz.py audio --cases 100000 [--seed 0]        (make fuzz runs all three)
    python tests/hardened/fuzz.py audio --only 4711                      one case again

Every case must end with an answer or with a typed error in one sentence. Cases run in a process of their own with
limited memory, so that a decoder that crashes or hangs is seen, counted and named; a case is its number and the seed.
"""

import argparse
import io
import json
import multiprocessing
import random
import resource
import struct
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
HUNG_S = 20.0
MEMORY = 2 << 30  # bytes that a worker may take beside what it has after its imports
NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
HEADER = 300  # bytes in which most of what a file says about itself stands
NAMES = (
    "../outside.wav", "/outside.wav", "C:\\outside.wav", "..\\outside.wav", "a/../../outside.wav", "", ".", "..",
    "a\0b.wav",
    "x" * 300 + ".wav", "/".join("d" * 40) + "/deep.wav", "con.wav", "😀/é.wav", "a.wav/", "a.wav", "A.WAV", "-rf.wav",
    "\u202ewav.exe", "$(id).wav", "a\nb.wav", "inner.zip", "labels.csv", "card.json", "weights.safetensors",
)  # fmt: skip
VALUES = (
    None, True, -1, 0, 1e308, float("nan"), "", "x" * 5000, "<script>alert(1)</script>", "../../etc/passwd", [], {},
    [["a"] * 50], {"a": {"b": []}}, ["anger", "anger"], ["anger"], "ravdess", 10**30,
)  # fmt: skip

Case = Callable[[random.Random, Path], str]


def broken(dice: random.Random, whole: bytes, others: list[bytes]) -> bytes:
    """A file with a few of its bytes changed, left out, doubled, or mixed with another's."""
    data = bytearray(whole)
    for _ in range(dice.choice((1, 1, 2, 3, 8))):
        if not data:
            break
        near = min(len(data), HEADER) if dice.random() < 0.6 else len(data)
        at = dice.randrange(near)
        how = dice.randrange(8)
        if how == 0:
            data[at] ^= 1 << dice.randrange(8)
        elif how == 1:
            form, number = dice.choice(("<B", "<H", ">H", "<I", ">I", "<Q")), dice.choice(NUMBERS)
            packed = struct.pack(form, number % 256 ** struct.calcsize(form))
            data[at : at + len(packed)] = packed
        elif how == 2:
            del data[at:]
        elif how == 3:
            del data[at : at + dice.choice((1, 2, 16, 500))]
        elif how == 4:
            data[at:at] = dice.randbytes(dice.choice((1, 4, 64, 2000)))
        elif how == 5:
            data[at:at] = data[at : at + dice.choice((4, 64, 4000))] * dice.choice((1, 2, 50))
        elif how == 6:
            other = dice.choice(others)
            data[at:] = other[dice.randrange(len(other)) :]
        else:
            data[at : at + 4] = dice.choice((b"RIFF", b"OggS", b"fLaC", b"ID3\x04", b"moov", b"data", b"\x1aE\xdf\xa3"))
    return bytes(data)


# --- sound ---


def sounds() -> list[bytes]:
    """A short voice in every format that a decoder is let near."""
    import av
    import numpy as np
    import soundfile
    import soxr

    voice, rate = soundfile.read(ROOT / "assets/examples/de-fast-high.flac", dtype="float32")
    voice = voice[rate // 2 : rate // 2 + int(0.6 * rate)]
    made = []
    for form, subtype in (
        ("WAV", "PCM_U8"), ("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "FLOAT"), ("WAV", "DOUBLE"), ("WAV", "ULAW"),
        ("WAV", "IMA_ADPCM"), ("FLAC", "PCM_16"), ("AIFF", "PCM_16"), ("CAF", "PCM_16"), ("AU", "PCM_16"),
        ("RF64", "PCM_16"), ("W64", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"),
    ):  # fmt: skip
        buffer = io.BytesIO()
        soundfile.write(buffer, np.stack([voice, voice], 1) if form == "AIFF" else voice, rate, subtype, format=form)
        made.append(buffer.getvalue())
    for form, codec, hz in (
        ("webm", "libopus", 48_000), ("matroska", "flac", 16_000), ("mp4", "aac", 44_100), ("adts", "aac", 44_100),
        ("ogg", "libopus", 48_000), ("avi", "pcm_s16le", 16_000), ("mov", "alac", 44_100),
    ):  # fmt: skip
        buffer = io.BytesIO()
        with av.open(buffer, "w", format=form) as container:
            stream = container.add_stream(codec, rate=hz, layout="mono")
            samples = soxr.resample(voice, rate, hz)[None].astype(np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = hz, 0
            for item in (frame, None):
                for packet in stream.encode(item):
                    container.mux(packet)
        made.append(buffer.getvalue())
    return made


def audio() -> Case:
    import numpy as np

    from xser_demo.audio import io as audio_io
    from xser_demo.utils.errors import AudioError

    whole = sounds()
    for one in whole:
        assert audio_io.load(one).duration_s > 0.5

    def case(dice: random.Random, folder: Path) -> str:
        try:
            clip = audio_io.load(broken(dice, dice.choice(whole), whole))
        except AudioError as error:
            return refused(error, folder)
        assert clip.samples.dtype == np.float32 and clip.samples.ndim == 1 and np.isfinite(clip.samples).all()
        assert 0.24 < clip.duration_s < 60.2, clip.duration_s
        return "answer"

    return case


# --- archives ---


def archive() -> Case:
    from xser_demo.corpora.custom import ingest
    from xser_demo.corpora.custom.recordings import FolderScan
    from xser_demo.utils.archives import Limits
    from xser_demo.utils.errors import CorpusError

    voices = sounds()
    limits = Limits(files=50, packed=4 << 20, total=16 << 20, free=4 << 20)
    table = b"path,emotion,speaker,language\na/1.wav,anger,s1,de\na/2.wav,sadness,s2,de\n=1+1,<b>,s3,x\n"

    def case(dice: random.Random, folder: Path) -> str:
        file, private = folder / "sent.zip", folder / "private"
        private.mkdir()
        file.write_bytes(packed(dice))
        before = sorted(one.name for one in folder.iterdir())
        try:
            *_, found = ingest.ingest([file], private, limits)
        except CorpusError as error:
            assert not list(private.iterdir()), "something was left"
            return refused(error, folder)
        finally:
            assert sorted(one.name for one in folder.iterdir()) == before, "something lies outside"
        assert isinstance(found, FolderScan) and found.rows
        assert all(one.resolve().is_relative_to(private.resolve()) for one in private.rglob("*"))
        return "answer"

    def packed(dice: random.Random) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as made:
            for number in range(dice.choice((1, 3, 6, 60))):
                name = dice.choice(NAMES) if dice.random() < 0.25 else f"a/{number}.wav"
                info = zipfile.ZipInfo(name or "nameless")
                info.filename = name or info.filename
                if dice.random() < 0.05:
                    info.external_attr = dice.choice((0o120777, 0o020666, 0o040755)) << 16  # link, device, folder
                data = dice.choice(voices[:6])
                if dice.random() < 0.05:
                    data = bytes(dice.choice((1 << 10, 8 << 20, 24 << 20)))  # a bomb
                if dice.random() < 0.05:
                    data = buffer.getvalue()  # an archive in itself
                made.writestr(info, data, zipfile.ZIP_DEFLATED if len(data) > 1 << 20 else None)
            if dice.random() < 0.5:
                made.writestr(dice.choice(("labels.csv", "labels.tsv", "meta.jsonl")), table)
        whole = buffer.getvalue()
        return whole if dice.random() < 0.4 else broken(dice, whole, voices)

    return case


# --- models ---


def model() -> Case:
    import torch
    from safetensors.torch import load, save

    from xser_demo.features import FEATURES
    from xser_demo.networks import checkpoints
    from xser_demo.reporting.model_zip import import_model
    from xser_demo.utils.errors import UserError

    torch.set_num_threads(1)
    adapted = [one for one in checkpoints.cards() if one["target"]]
    shipped = [next(one for one in adapted if part in one["id"]) for part in ("coral", "mmd", "nnpm", "gan")]
    folders = [ROOT / "checkpoints" / one["id"] for one in shipped]
    cards = [json.loads((one / "card.json").read_text()) for one in folders]
    weights = [(one / "weights.safetensors").read_bytes() for one in folders]

    def case(dice: random.Random, folder: Path) -> str:
        import hashlib

        which = dice.randrange(len(folders))
        card, data = json.loads(json.dumps(cards[which])), weights[which]
        if dice.random() < 0.5:
            data = other_tensors(dice, data)
        if dice.random() < 0.3:
            data = broken(dice, data, weights)
        for _ in range(dice.choice((0, 0, 1, 2))):
            card[dice.choice([*card, "recipe", "temperature", "memory"])] = dice.choice(VALUES)
        if dice.random() < 0.9:
            card["weights_sha256"] = hashlib.sha256(data).hexdigest()
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as made:
            made.writestr("xser-model/model/card.json", json.dumps(card))
            made.writestr("xser-model/model/weights.safetensors", data)
        file = folder / "model.zip"
        file.write_bytes(buffer.getvalue() if dice.random() < 0.9 else broken(dice, buffer.getvalue(), weights))
        try:
            loaded = import_model(file)
        except UserError as error:
            return refused(error, folder)
        feature = FEATURES[loaded.model.recipe.feature]
        for seconds in (0.5, 3):
            frames = torch.randn(round(seconds * feature.rate_hz) if feature.rate_hz else 1, feature.dim)
            output = loaded.model.predict(frames, torch.ones(1, len(frames), dtype=torch.bool))
            assert output.logits.shape == (1, len(loaded.card["labels"])) and not output.logits.isnan().any()
        return "answer"

    def other_tensors(dice: random.Random, data: bytes) -> bytes:
        state = load(data)
        for name in dice.sample(sorted(state), dice.choice((1, 1, 3))):
            tensor, how = state[name], dice.randrange(7)
            if how == 0:
                del state[name]
            elif how == 1:
                state[name] = torch.zeros([dice.choice((0, 1, 3, 128)) for _ in range(dice.randrange(4))])
            elif how == 2:
                state[name] = tensor.flatten()[: dice.randrange(tensor.numel() + 1)].clone()
            elif how == 3 and tensor.is_floating_point() and tensor.numel():
                tensor.view(-1)[dice.randrange(tensor.numel())] = dice.choice((float("nan"), float("inf"), -1e30))
            elif how == 4:
                state[name] = tensor.to(dice.choice((torch.int8, torch.bool, torch.float64, torch.bfloat16)))
            elif how == 5:
                state[dice.choice(("memory.rows", "memory.labels", "inputs.1.matrix"))] = torch.zeros(
                    [dice.choice((0, 1, 4, 128, 512)) for _ in range(dice.choice((1, 2)))]
                )
            else:
                state[f"{name}.more"] = tensor.clone()
        return save({name: one.contiguous() for name, one in state.items()})

    return case


def refused(error: Exception, folder: Path) -> str:
    """The sentence that a visitor reads."""
    text = str(error)
    assert text.endswith(".") and "\n" not in text and len(text) < 600, text
    assert str(folder) not in text and "Traceback" not in text, text
    return "refused"


TARGETS = {"audio": audio, "archive": archive, "model": model}


# --- running them ---


def run_one(case: Case, name: str, seed: int, number: int) -> str:
    """The outcome of a case: "answer", "refused", or what is wrong."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        try:
            return case(random.Random(f"{name} {seed} {number}"), Path(folder))
        except Exception as error:
            return f"wrong: {type(error).__name__}: {str(error)[:200]}"


def work(name: str, seed: int, pipe) -> None:
    """A worker: a number comes, its outcome goes."""
    case = TARGETS[name]()
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    pipe.send("ready")
    while True:
        pipe.send(run_one(case, name, seed, pipe.recv()))


def fuzz(name: str, cases: int, seed: int = 0, first: int = 0, say: Callable[[str], None] | None = None) -> dict:
    """How many cases had which outcome, the numbers of those that went wrong, and how long the slowest took."""
    context, outcomes, wrong, slowest = multiprocessing.get_context("spawn"), Counter(), [], (0.0, -1)
    worker = pipe = None
    started = told = time.monotonic()
    for number in range(first, first + cases):
        if worker is None:
            pipe, other = context.Pipe()
            worker = context.Process(target=work, args=(name, seed, other), daemon=True)
            worker.start()
            other.close()
            if not pipe.poll(120):
                raise RuntimeError("the worker does not start")
            pipe.recv()  # that it is ready; EOFError when it has said on standard error why not
        begun = time.monotonic()
        pipe.send(number)
        try:
            outcome = pipe.recv() if pipe.poll(HUNG_S) else "hung"
        except EOFError:
            worker.join()
            outcome = f"died: {worker.exitcode}"
        slowest = max(slowest, (round(time.monotonic() - begun, 2), number))
        outcomes[outcome.partition(":")[0]] += 1
        if outcome not in ("answer", "refused"):
            wrong.append((number, outcome))
        if outcome == "hung" or outcome.startswith("died"):
            worker.kill()
            worker.join()
            worker = None
        if say and time.monotonic() - told > 20:
            told = time.monotonic()
            say(f"{name}: {number - first + 1:,} of {cases:,}, {dict(outcomes)}")
    if worker is not None:
        worker.kill()
        worker.join()
    return {
        "target": name, "cases": cases, "seed": seed, "outcomes": dict(outcomes), "wrong": wrong[:50],
        "slowest_s_and_case": slowest, "seconds": round(time.monotonic() - started, 1),
    }  # fmt: skip


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("target", choices=TARGETS)
    options.add_argument("--cases", type=int, default=2_000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--only", type=int, help="run this case alone, in this process")
    chosen = options.parse_args()
    if chosen.only is not None:
        with tempfile.TemporaryDirectory() as folder:
            print(TARGETS[chosen.target]()(random.Random(f"{chosen.target} {chosen.seed} {chosen.only}"), Path(folder)))
        return 0
    found = fuzz(chosen.target, chosen.cases, chosen.seed, say=lambda text: print(text, file=sys.stderr, flush=True))
    text = json.dumps(found, indent=1)
    print(text)
    out = ROOT / "build" / f"fuzz-{chosen.target}.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(text + "\n")
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
