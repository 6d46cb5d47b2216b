"""Learns the lower layers of both image networks without emotion labels: assets/pretrained/*.safetensors.

Self-supervised: from its picture, a network predicts the acoustic statistics of the clip (88 functionals and 149
averages, standardised within each corpus), which are computed from the same sound. All shipped mel images, no emotion
label and no speaker. Each picture lacks some of its frames, and a band of frequencies.

python -m xser_demo.benchmark.systems.pretrain [build/systems]
"""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from xser_demo.data.domains import Batch, Domain, drop_frames
from xser_demo.data.packs import load_cached
from xser_demo.experiments import systems
from xser_demo.networks import frozen
from xser_demo.networks.classifier import Model, Recipe
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.networks.heads.attention import Dropout
from xser_demo.networks.heads.image import ImageHead
from xser_demo.training import resume
from xser_demo.utils.device import device
from xser_demo.utils.files import atomic_write

STATISTICS = ("gemaps", "averages")
EPOCHS, BATCH, RATE = 20, 32, 1e-3
DROPPED = 0.3  # share of the frames of a picture
BAND = 12  # mel bands that are hidden at most


def recipes() -> dict[str, Recipe]:
    """The frozen networks of all systems, by network."""
    found = [variant.recipe for system in systems.SYSTEMS.values() for variant in system.variants.values()]
    return {recipe.options["network"]: recipe for recipe in found if frozen.is_frozen(recipe)}


def train(
    network: str, recipe: Recipe, out: Path, epochs: int = EPOCHS, corpora: tuple[str, ...] = frozen.CORPORA
) -> str:
    """Train one network and write its lower layers; an interrupted training goes on after its last epoch. Returns a
    line for the log."""
    from safetensors.torch import save

    started = time.monotonic()
    clips, statistics = data(corpora)
    whole = replace(recipe, options=recipe.options | {"frozen": False})
    model = Model(tuple(map(str, range(statistics[0].shape[1]))), 0, clips[0].pack.dim, whole).to(device())
    optimiser = torch.optim.Adam(model.parameters(), RATE)
    progress, losses = out / f"pretrain-{network}.safetensors", []
    if progress.is_file():
        losses = json.loads(resume.load(progress, model, optimiser)["losses"])
    for epoch in range(len(losses), epochs):
        losses.append(round(one_epoch(model, optimiser, clips, statistics, epoch, epochs), 4))
        resume.save(progress, model, optimiser, {"losses": json.dumps(losses)})
        seconds = time.monotonic() - started
        print(f"{network} epoch {epoch + 1}/{epochs}: loss {losses[-1]}, {seconds:.0f} s", file=sys.stderr, flush=True)
    assert isinstance(model.head, ImageHead)
    frozen.file(network).parent.mkdir(parents=True, exist_ok=True)
    atomic_write(frozen.file(network), save(frozen.lower_state(model.head), {"losses": json.dumps(losses)}))
    progress.unlink()
    return f"lower layers of {network}"


def data(corpora: tuple[str, ...]) -> tuple[list[Domain], list[Tensor]]:
    """The clips of each corpus, and their statistics (n, S), standardised within the corpus and cut at 3 deviations."""
    domains, statistics = [], []
    for key in corpora:
        pack = load_cached(key, "mel")
        values = torch.cat([load_cached(key, feature).values.float() for feature in STATISTICS], dim=1)
        mean, std = values.mean(0), values.std(0).clamp(min=1e-6)
        statistics.append(((values - mean) / std).clamp(-3, 3))
        domains.append(Domain(pack, torch.arange(len(pack))))
    return domains, statistics


def one_epoch(
    model: Model, optimiser: torch.optim.Optimizer, clips: list[Domain], statistics: list[Tensor], epoch: int, of: int
) -> float:
    """All clips once in batches of one corpus each, standardised by its own statistics. Returns the mean loss."""
    model.train()
    generator = torch.Generator().manual_seed(epoch)
    for dropout in (module for module in model.modules() if isinstance(module, Dropout)):
        dropout.generator.manual_seed(epoch)
    batches = list(order(clips, generator))
    total = 0.0
    for step, (corpus, rows) in enumerate(batches):
        optimiser.param_groups[0]["lr"] = RATE * min(1.0, 2 * (1 - (epoch + step / len(batches)) / of))
        model.inputs[SOURCE].fit(clips[corpus])
        batch = hide_band(drop_frames(clips[corpus].batch(rows), DROPPED, generator), generator).to(model.device)
        wanted = statistics[corpus][rows].to(model.device)
        loss = nn.functional.smooth_l1_loss(model(batch.frames, batch.mask, SOURCE).logits, wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += float(loss.detach()) / len(batches)
    return total


def order(clips: list[Domain], generator: torch.Generator) -> Iterator[tuple[int, Tensor]]:
    """Batches of all corpora in random order: (corpus, rows (B,))."""
    every = [
        (number, rows)
        for number, domain in enumerate(clips)
        for rows in torch.randperm(len(domain), generator=generator).split(BATCH)
        if len(rows) > 1  # for batch norm
    ]
    yield from (every[place] for place in torch.randperm(len(every), generator=generator).tolist())


def hide_band(batch: Batch, generator: torch.Generator) -> Batch:
    """The frames (N, D) with a random band of neighbouring dimensions set to their mean in this batch."""
    width, first = (
        int(torch.randint(limit, (), generator=generator)) for limit in (BAND + 1, batch.frames.shape[1] - BAND)
    )
    hidden = batch.frames.clone()
    hidden[:, first : first + width] = hidden[:, first : first + width].mean(0)
    return batch._replace(frames=hidden)


def main(out: Path) -> None:
    torch.set_num_threads(1)
    for network, recipe in recipes().items():
        if not frozen.file(network).is_file():
            train(network, recipe, out)


if __name__ == "__main__":
    main(Path(sys.argv[1] if sys.argv[1:] else "build/systems"))
