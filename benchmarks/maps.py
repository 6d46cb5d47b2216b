"""Maps of embeddings compared with other libraries, as one JSON document.

Points: embeddings by the English source-only model of one-second windows, every 0.4 s, of all shipped packs. Every map
has its own process, which measures the first fit (with imports and compilation), a second fit, and the position of a
new point. Other libraries run at their defaults with two threads, ours with the page's settings. Trustworthiness and
continuity (Venna and Kaski) use 15 neighbours and at most 2,000 points.
"""

import json
import statistics
import subprocess
import sys
import time

import numpy as np
import torch
from serving import write

from xser_demo.data import packs
from xser_demo.data.domains import Target
from xser_demo.evaluation import projection
from xser_demo.networks import checkpoints
from xser_demo.networks.domain_norm import TARGET

SIZES = (500, 2_000, 10_000)
WINDOW, HOP = 10, 4  # frames of 100 ms
MEASURED = 2_000


def points(n: int) -> np.ndarray:
    """(n + 1, 128): the last one is new to the map."""
    model = checkpoints.load("ravdess-source").model
    random, parts = np.random.default_rng(0), []
    for key in packs.available():
        pack = packs.load(key)
        speech = Target(pack, torch.arange(len(pack)))
        mean, std = speech.moments()
        for batch in speech.batches():
            frames = (batch.frames - mean) / std.clamp(min=1e-6)
            lengths = batch.mask.sum(1).tolist()
            long = [one for one in frames.split(lengths) if len(one) >= WINDOW]
            windows = torch.cat([one.unfold(0, WINDOW, HOP).transpose(1, 2) for one in long])  # (windows, WINDOW, D)
            raw = windows.flatten(0, 1) * model.inputs[TARGET].std + model.inputs[TARGET].mean
            mask = torch.ones(len(windows), WINDOW, dtype=torch.bool)
            parts.append(model.predict(raw, mask, TARGET).embedding)
    points = torch.cat(parts).numpy()
    assert len(points) > n, f"only {len(points)} windows"
    return points[random.permutation(len(points))[: n + 1]].astype(np.float32)


def ours(kind: str):
    def fit(x: np.ndarray):
        layout = projection.layout(x, kind)
        place = projection.Projection.fit(x) if kind == "pca" else lambda new: projection.place(new, x, layout)
        return layout, place

    return fit


def sklearn_tsne(x):
    from sklearn.manifold import TSNE

    return TSNE(2, random_state=0, n_jobs=2).fit_transform(x), None


def umap_learn(x):
    from umap import UMAP

    reducer = UMAP()
    return reducer.fit_transform(x), reducer.transform


def opentsne(x):
    from openTSNE import TSNE

    reducer = TSNE(random_state=0, n_jobs=2).fit(x)
    return np.asarray(reducer), lambda new: reducer.transform(new)


def pacmap(x):
    from pacmap import PaCMAP

    reducer = PaCMAP(random_state=0)
    layout = reducer.fit_transform(x)
    return layout, lambda new: reducer.transform(new, basis=x)


MAPS = {
    "ours, PCA": ours("pca"), "ours, t-SNE": ours("tsne"), "ours, UMAP": ours("umap"),
    "scikit-learn t-SNE": sklearn_tsne, "umap-learn": umap_learn, "openTSNE": opentsne, "PaCMAP": pacmap,
}  # fmt: skip


def measure(name: str, n: int) -> dict:
    x = points(n)
    x, new = x[:-1], x[-1:]
    times = []
    for _ in range(2):
        began = time.perf_counter()
        layout, place = MAPS[name](x)
        times.append(time.perf_counter() - began)
    result = {"first_s": round(times[0], 2), "again_s": round(times[1], 2)}
    if place is not None:
        place(new)
        tries = []
        for _ in range(5):
            began = time.perf_counter()
            place(new)
            tries.append(1000 * (time.perf_counter() - began))
        result["place_one_ms"] = round(statistics.median(tries), 1)
    sample = np.random.default_rng(1).permutation(n)[:MEASURED]
    quality = projection.trust(x[sample], np.asarray(layout)[sample], 15)
    return result | {"trustworthiness": round(quality.trustworthiness, 3), "continuity": round(quality.continuity, 3)}


def main() -> None:
    if len(sys.argv) > 1:
        torch.set_num_threads(2)
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
        return
    result = {}
    for n in SIZES:
        for name in MAPS:
            done = subprocess.run([sys.executable, __file__, name, str(n)], capture_output=True, text=True)
            last = done.stdout.strip().splitlines()[-1:] or [json.dumps({"error": done.stderr[-300:]})]
            result[f"{name}, {n}"] = json.loads(last[0])
            print(name, n, last[0], file=sys.stderr, flush=True)
    write(result, "bench-maps.json")


if __name__ == "__main__":
    main()
