"""Growth of time and memory with the number of clips and of models, with fitted exponents, as one JSON document.

    python benchmarks/growth.py [--most CLIPS]

Corpora of any size are sampled from the shipped packs: real clips, repeated with new noise in their 8 bits and with
more speakers. Each measurement has its own process: seconds, and peak memory without packs (``anonymous``; packs are
mapped from disk, so the system can reclaim that memory) and in total (``resident``).
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
MIN_CLIPS = 1_000  # for the fit of an exponent; below, constant costs dominate
NOISE = 6  # of 255 steps
MB = 1 << 20


class Watch:
    """Peak memory of this process during a block, in MB."""

    def __init__(self):
        self.anonymous = self.resident = 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._sample, daemon=True)

    def _sample(self) -> None:
        while not self.over.wait(0.05):
            lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
            anonymous, resident = (int(lines[name].split()[0]) / 1024 for name in ("RssAnon", "VmRSS"))
            self.anonymous, self.resident = max(self.anonymous, anonymous), max(self.resident, resident)


@contextmanager
def watched() -> Iterator[dict]:
    """Measure seconds and peak memory of a block."""
    cost, watch, started = {}, Watch(), time.perf_counter()
    watch.thread.start()
    yield cost
    cost["seconds"] = round(time.perf_counter() - started, 2)
    watch.over.set()
    watch.thread.join()
    cost |= {"anonymous_mb": round(watch.anonymous), "resident_mb": round(watch.resident)}


def grow(key: str, clips: int, folder: Path) -> None:
    """Write a pack with this many clips of a corpus."""
    pack, random = packs.load(key), np.random.default_rng(0)
    rows = np.concatenate([random.permutation(len(pack)) for _ in range(-(-clips // len(pack)))])[:clips]
    rounds = np.arange(clips) // len(pack)
    lengths = pack.starts.diff()[rows]
    starts = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
    places = torch.cat([torch.from_numpy(pack.places_of(row)) for row in rows]).to(pack.places.dtype)
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
    packs.save(replace(pack, utterances=table, values=values, starts=starts, places=places), folder / key, "drawn")


def adapt(clips: int) -> dict:
    """One epoch on the source and one of adaptation, with all scores and distances."""
    from xser_demo.experiments import run
    from xser_demo.experiments.plan import Plan

    plan = Plan("ravdess", "emodb", "infomax", mode="transductive", source_epochs=1, epochs=1)
    with watched() as cost:
        *_, last = run.adapt(plan)
    return cost | {
        "frames": sum(len(plan.pack(key).values) for key in ("ravdess", "emodb")),
        "inside_s": round(last.seconds, 2),
    }


def cell(clips: int) -> dict:
    """One cell of the benchmark with its source model, one epoch each."""
    from xser_demo.benchmark import cells
    from xser_demo.benchmark.store import Store
    from xser_demo.experiments.plan import Plan

    with tempfile.TemporaryDirectory() as folder, watched() as cost:
        cells.compute(
            Plan("ravdess", "emodb", "mmd", mode="transductive", source_epochs=1, epochs=1), Store(Path(folder))
        )
    return cost


def layout(kind: str):
    def measure(n: int) -> dict:
        from maps import points

        from xser_demo.evaluation import projection

        x = points(n)[:-1]
        projection.layout(x[:60], kind)  # imports and compiling
        with watched() as cost:
            projection.layout(x, kind)
        return cost

    return measure


def models(n: int) -> dict:
    from xser_demo.networks import checkpoints

    with watched() as cost:
        loaded = [checkpoints.load(card["id"]) for card in checkpoints.cards()[:n]]
    return cost | {"models": len(loaded)}


MEASURES = {
    "adaptation": (adapt, CLIPS), "benchmark cell": (cell, CLIPS[:4]), "map, PCA": (layout("pca"), POINTS),
    "map, t-SNE": (layout("tsne"), POINTS), "map, UMAP": (layout("umap"), POINTS), "models": (models, MODELS),
}  # fmt: skip


def exponent(results: dict[int, dict], measure: str, min_n: int) -> float | None:
    """Exponent of n in ``measure`` ~ n^exponent, by least squares on logarithms."""
    pairs = [(n, one[measure]) for n, one in results.items() if n >= min_n and one.get(measure)]
    if len(pairs) < 2:
        return None
    return round(float(np.polyfit(*np.log(np.array(pairs)).T, 1)[0]), 2)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--most", type=int, default=CLIPS[-1], help="clips of the largest corpus")
    options.add_argument("--only", nargs=3, help=argparse.SUPPRESS)  # what, how many, folder of the packs
    chosen = options.parse_args()
    if chosen.only:
        measure, n, folder = chosen.only
        if measure in ("adaptation", "benchmark cell"):
            settings.PACKS = Path(folder)
        print(json.dumps(MEASURES[measure][0](int(n))))
        return
    result: dict = {"threads": torch.get_num_threads()}
    with tempfile.TemporaryDirectory(dir=Path(__file__).parents[1] / "build") as place:
        for measure, (_, sizes) in MEASURES.items():
            results: dict[int, dict] = {}
            for n in (one for one in sizes if one <= chosen.most):
                folder = Path(place, str(n))
                if sizes[0] == CLIPS[0] and n in CLIPS and measure in ("adaptation", "benchmark cell"):
                    for key in ("ravdess", "emodb"):
                        if not (folder / key).exists():
                            grow(key, n, folder)
                command = [sys.executable, __file__, "--only", measure, str(n), str(folder)]
                done = subprocess.run(command, capture_output=True, text=True)
                last = done.stdout.strip().splitlines()[-1:] or [json.dumps({"error": done.stderr[-400:]})]
                results[n] = json.loads(last[0])
                print(measure, n, last[0], file=sys.stderr, flush=True)
            min_n = MIN_CLIPS if measure in ("adaptation", "benchmark cell") else sizes[1]
            fitted = {name: exponent(results, name, min_n) for name in ("seconds", "anonymous_mb")}
            result[measure] = {"by n": results, "exponents": fitted}
    write(result, "bench-growth.json")


if __name__ == "__main__":
    main()
