"""How time and memory grow with the number of clips and of models, with fitted exponents, as one JSON document.

    python benchmarks/growth.py [--most CLIPS]

Corpora of any size are drawn from the shipped packs: real clips again and again, each with noise of its own in its
8 bits, spoken by ever more speakers. Each figure comes from a process of its own: seconds, and the most memory it held
of its own (``anonymous``; packs are mapped from disk, and what is read of them the system takes back when it must) and
altogether (``resident``).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from serving import write

from xser_demo.data import packs
from xser_demo.utils import settings

CLIPS = (250, 1_000, 4_000, 16_000, 100_000)  # of each of the two corpora
POINTS = (250, 500, 1_000, 2_000, 4_000)  # of a map
MODELS = (1, 4, 16, 33)
FROM = 1_000  # clips; below, what does not grow prevails
NOISE = 6  # of 255 steps
MB = 1 << 20


class Watch:
    """The most memory of this process while it is watched, in MB."""

    def __init__(self):
        self.anonymous = self.resident = 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self.over.wait(0.05):
            lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
            anonymous, resident = (int(lines[name].split()[0]) / 1024 for name in ("RssAnon", "VmRSS"))
            self.anonymous, self.resident = max(self.anonymous, anonymous), max(self.resident, resident)


@contextmanager
def watched() -> Iterator[dict]:
    found, watch, started = {}, Watch(), time.perf_counter()
    watch.thread.start()
    yield found
    found["seconds"] = round(time.perf_counter() - started, 2)
    watch.over.set()
    watch.thread.join()
    found |= {"anonymous_mb": round(watch.anonymous), "resident_mb": round(watch.resident)}


def grow(key: str, clips: int, folder: Path) -> None:
    """A pack of that many clips of a corpus."""
    pack, random = packs.load(key), np.random.default_rng(0)
    rows = np.concatenate([random.permutation(len(pack)) for _ in range(-(-clips // len(pack)))])[:clips]
    rounds = np.arange(clips) // len(pack)
    lengths = pack.starts.diff()[rows]
    starts = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
    values = torch.empty(int(starts[-1]), pack.dim, dtype=torch.int8)
    for number, row in enumerate(rows):
        frames = pack.values[pack.starts[row] : pack.starts[row + 1]].numpy().astype(np.int16)
        frames += random.integers(-NOISE, NOISE + 1, frames.shape, dtype=np.int16)
        values[starts[number] : starts[number + 1]] = torch.from_numpy(frames.clip(-127, 127).astype(np.int8))
    table = [
        replace(
            pack.utterances[row],
            path=f"{again}/{pack.utterances[row].path}",
            speaker=f"{pack.utterances[row].speaker}.{again}",
        )
        for row, again in zip(rows, rounds, strict=True)
    ]
    packs.save(
        replace(pack, utterances=table, values=values, starts=starts, lead=pack.lead[rows]), folder / key, "drawn"
    )


def adapt(clips: int) -> dict:
    """One epoch on the source and one of adaptation, with all scores and distances."""
    from xser_demo.experiments import run
    from xser_demo.experiments.plan import Plan

    plan = Plan("ravdess", "emodb", "infomax", mode="transductive", source_epochs=1, epochs=1)
    with watched() as found:
        *_, last = run.adapt(plan)
    return found | {
        "frames": sum(len(plan.pack(key).values) for key in ("ravdess", "emodb")),
        "inside_s": round(last.seconds, 2),
    }


def cell(clips: int) -> dict:
    """One cell of the benchmark, its source model included, with as many epochs."""
    from xser_demo.benchmark import cells
    from xser_demo.benchmark.store import Store
    from xser_demo.experiments.plan import Plan

    with tempfile.TemporaryDirectory() as folder, watched() as found:
        cells.compute(
            Plan("ravdess", "emodb", "mmd", mode="transductive", source_epochs=1, epochs=1), Store(Path(folder))
        )
    return found


def layout(kind: str):
    def measure(n: int) -> dict:
        from maps import points

        from xser_demo.evaluation import projection

        x = points(n)[:-1]
        projection.layout(x[:60], kind)  # imports and compiling
        with watched() as found:
            projection.layout(x, kind)
        return found

    return measure


def models(n: int) -> dict:
    from xser_demo.networks import checkpoints

    with watched() as found:
        kept = [checkpoints.load(card["id"]) for card in checkpoints.cards()[:n]]
    return found | {"models": len(kept)}


MEASURES = {
    "adaptation": (adapt, CLIPS), "benchmark cell": (cell, CLIPS[:4]), "map, PCA": (layout("pca"), POINTS),
    "map, t-SNE": (layout("tsne"), POINTS), "map, UMAP": (layout("umap"), POINTS), "models": (models, MODELS),
}  # fmt: skip


def exponent(found: dict[int, dict], what: str, least: int) -> float | None:
    """Of n in ``what`` ~ n^exponent, by least squares on logarithms."""
    pairs = [(n, one[what]) for n, one in found.items() if n >= least and one.get(what)]
    if len(pairs) < 2:
        return None
    return round(float(np.polyfit(*np.log(np.array(pairs)).T, 1)[0]), 2)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--most", type=int, default=CLIPS[-1], help="clips of the largest corpus")
    options.add_argument("--only", nargs=3, help=argparse.SUPPRESS)  # what, how many, folder of the packs
    chosen = options.parse_args()
    if chosen.only:
        what, n, folder = chosen.only
        if what in ("adaptation", "benchmark cell"):
            settings.PACKS = Path(folder)
        print(json.dumps(MEASURES[what][0](int(n))))
        return
    result: dict = {"threads": torch.get_num_threads()}
    with tempfile.TemporaryDirectory(dir=Path(__file__).parents[1] / "build") as place:
        for what, (_, sizes) in MEASURES.items():
            found: dict[int, dict] = {}
            for n in (one for one in sizes if one <= chosen.most):
                folder = Path(place, str(n))
                if sizes[0] == CLIPS[0] and n in CLIPS and what in ("adaptation", "benchmark cell"):
                    for key in ("ravdess", "emodb"):
                        if not (folder / key).exists():
                            grow(key, n, folder)
                command = [sys.executable, __file__, "--only", what, str(n), str(folder)]
                done = subprocess.run(command, capture_output=True, text=True)
                last = done.stdout.strip().splitlines()[-1:] or [json.dumps({"error": done.stderr[-400:]})]
                found[n] = json.loads(last[0])
                print(what, n, last[0], file=sys.stderr, flush=True)
            least = FROM if what in ("adaptation", "benchmark cell") else sizes[1]
            fitted = {name: exponent(found, name, least) for name in ("seconds", "anonymous_mb")}
            result[what] = {"by n": found, "exponents": fitted}
    write(result, "bench-growth.json")


if __name__ == "__main__":
    main()
