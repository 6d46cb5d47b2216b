"""Two epochs of both image systems at full width and 224 pixels, on few clips: peak memory beside the guard's estimate.

python benchmarks/full_width.py [--clips 32] [--device cpu] [--out FILE.json]

Both steps, training on the source and adaptation, from a random start, since the official weights must be downloaded
(``xser adapt --system baklouti2024-mmd --variant full`` does that). Each system runs in a process of its own.
"""

import argparse
import json
import os
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import torch

from xser_demo import methods
from xser_demo.corpora.labels import LABEL_SETS, shared
from xser_demo.data import domains
from xser_demo.data.domains import Source, Target
from xser_demo.data.packs import load_cached
from xser_demo.experiments import systems
from xser_demo.networks.classifier import Model
from xser_demo.networks.memory import training_bytes
from xser_demo.training import loop
from xser_demo.utils.device import device

WHICH = (("baklouti2024-mmd", "full"), ("poster2023-dann", "imagenet"))
EPOCHS = 2


def measure(system_id: str, variant_name: str, clips: int) -> dict:
    """Seconds of both steps and the highest memory of this process."""
    system = systems.get(system_id)
    variant = system.variant(variant_name)
    schedule = replace(variant.schedule, epochs=EPOCHS, source_epochs=EPOCHS)
    source, target = (load_cached(key, "mel") for key in system.pairs[0])
    labels, _ = shared(LABEL_SETS[system.task], *([u.emotion for u in p.utterances] for p in (source, target)))
    rows, classes = domains.select(source, labels)
    some = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))[: 2 * clips]
    train = Source(source, rows[some[:clips]], classes[some[:clips]], labels.classes)
    validation = Source(source, rows[some[clips:]], classes[some[clips:]], labels.classes)
    unlabelled = Target(target, domains.select(target, labels)[0][:clips])
    before = peak()
    started = time.monotonic()
    model = Model(labels.classes, 0, source.dim, variant.recipe).to(device())
    first = loop.run_to_end(loop.train_source(train, validation, 0, model=model, schedule=schedule))
    source_s = time.monotonic() - started
    start = deepcopy(first.model).requires_grad_(True)
    method = methods.get(variant.method)(start, train, unlabelled, None, 0, schedule)
    loop.run_to_end(loop.run(method, train, validation, unlabelled, 0))
    return {
        "system": system_id,
        "variant": variant_name,
        "device": device(),
        "parameters": sum(one.numel() for one in model.parameters()),
        "pixels": variant.recipe.options["size"],
        "batch": schedule.batch,
        "clips": clips,
        "epochs": EPOCHS,
        "source_s": round(source_s, 1),
        "adaptation_s": round(time.monotonic() - started - source_s, 1),
        "peak_mb": round(peak() - before),
        "gpu_peak_mb": round(torch.cuda.max_memory_allocated() / 2**20) if device() == "cuda" else None,
        "estimate_mb": round(training_bytes(variant.recipe, len(labels.classes), source.dim, schedule.batch) / 2**20),
    }


def peak() -> float:
    """Highest resident memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clips", type=int, default=32, help="of each language")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    os.environ["XSER_DEVICE"] = options.device
    found = []
    for which in WHICH:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
            found.append(own.submit(measure, *which, options.clips).result())
        print(json.dumps(found[-1]), flush=True)
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
