"""Training speed compared with other libraries, as one JSON document.

DANN, MMD and deep CORAL from RAVDESS to EmoDB with the same head, batch and optimiser. Each library loads the clips as
its users would: this project from its packs, a plain loop and pytorch-adapt through a DataLoader that pads each batch,
skada (skorch) from one padded array. They take turns; the score is the median over epochs of the seconds per step.
Scoring and selection after an epoch, which only this project does, are not counted. ``bare`` is one batch, forward and
backward.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable

import torch
from serving import write
from torch import Tensor, nn
from torch.utils.data import DataLoader, RandomSampler

from xser_demo.data.domains import Domain, Source, Target
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import prepare
from xser_demo.methods.base import Method, cross_entropy
from xser_demo.methods.dann import DANN, ReverseGradient
from xser_demo.methods.discrepancy import median_bandwidth, mmd2
from xser_demo.methods.mmd import MMD
from xser_demo.networks import checkpoints
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.networks.input_map import InputMap
from xser_demo.training.loop import Step, run

ROUNDS, BATCH, THREADS = 9, 64, 2
PADDING = 1e9  # value of the padded frames
WEIGHT = 0.05  # of the reversed gradient


def deep_coral(source: Tensor, target: Tensor) -> Tensor:
    """Sun and Saenko 2016, "Deep CORAL", eq. 1: |C_s - C_t|^2 / 4 d^2 of (B, d) embeddings."""
    return (source.T.cov() - target.T.cov()).square().sum() / (4 * source.shape[1] ** 2)


class DeepCoral(Method):
    """Deep CORAL, which this project does not ship."""

    def loss(self, source, labels, target, progress):
        emotion = cross_entropy(source, labels)
        return {"total": emotion + deep_coral(source.embedding, target.embedding), "emotion": emotion}


class Embedding(nn.Module):
    """Padded, standardised clips (B, T, D) -> embedding (B, E), by the same head."""

    def __init__(self, model: Model):
        super().__init__()
        self.head, self.input_map = model.head, InputMap(model.inputs[SOURCE].mean.numel())

    def forward(self, clips: Tensor) -> Tensor:
        mask = clips[..., 0] < PADDING
        return self.head(clips[mask], mask, SOURCE, self.input_map).embedding


class Classifier(nn.Module):
    def __init__(self, model: Model):
        super().__init__()
        self.head = [model.head]  # in a list, since ``Embedding`` has its parameters already

    def forward(self, embedding: Tensor) -> Tensor:
        head = self.head[0]
        return head.classify(head.dropout(nn.functional.gelu(embedding)))


class Network(nn.Module):
    def __init__(self, model: Model):
        super().__init__()
        self.features, self.classifier = Embedding(model), Classifier(model)

    def forward(self, clips: Tensor) -> Tensor:
        return self.classifier(self.features(clips))


def fresh() -> Model:
    return checkpoints.read(checkpoints.settings.CHECKPOINTS / "ravdess-source").model.requires_grad_(True).train()


def optimiser(parameters) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, lr=1e-3, weight_decay=1e-2, fused=True)


def domain_classifier(model: Model, outputs: int = 2) -> nn.Sequential:
    return nn.Sequential(nn.Linear(model.head.embedding, 64), nn.ReLU(), nn.Linear(64, outputs))


def clips(domain: Domain) -> list[Tensor]:
    """Standardised frames of each clip, as a user would keep them in memory."""
    mean, std = domain.moments()
    batch = domain.batch(torch.arange(len(domain)))
    return list(((batch.frames - mean) / std.clamp(min=1e-6)).split(domain.lengths.tolist()))


def padded(clips: list[Tensor]) -> Tensor:
    return nn.utils.rnn.pad_sequence(clips, batch_first=True, padding_value=PADDING)


def loader(items: list) -> DataLoader:
    def collate(batch):
        frames, labels = zip(*batch, strict=True)
        return padded(list(frames)), torch.tensor(labels)

    steps = max(len(items) // BATCH, 1)
    return DataLoader(items, BATCH, sampler=RandomSampler(items, num_samples=steps * BATCH), collate_fn=collate)


def endless(loader: DataLoader):
    while True:
        yield from loader


class Competitors:
    """For each library, a function that trains one epoch and returns the seconds per step."""

    def __init__(self, source: Source, target: Target):
        self.source, self.target = source, target
        self.source_items = list(zip(clips(source), source.labels.tolist(), strict=True))
        self.target_items = [(clip, 0) for clip in clips(target)]
        self.steps = -(-len(source) // BATCH)

    def ours(self, method_class: type[Method]) -> Callable[[], float]:
        def epoch() -> float:
            took, before = [], None
            method = method_class(fresh(), self.source, self.target)
            for event in run(method, self.source, self.source, self.target, epochs=1):
                now = time.perf_counter()
                if isinstance(event, Step):
                    if before is not None:
                        took.append(now - before)
                    before = now
            return statistics.mean(took)

        return epoch

    def plain(self, loss: str) -> Callable[[], float]:
        model = fresh()
        network, discriminator = Network(model), domain_classifier(model)
        adam = optimiser([*model.head.parameters(), *(discriminator.parameters() if loss == "dann" else [])])
        source, target = endless(loader(self.source_items)), endless(loader(self.target_items))

        def epoch() -> float:
            began = time.perf_counter()
            for _ in range(self.steps):
                (x, y), (target_x, _) = next(source), next(target)
                self.step(network, discriminator, adam, loss, x, y, target_x)
            return (time.perf_counter() - began) / self.steps

        return epoch

    def bare(self, loss: str) -> Callable[[], float]:
        """Forward, backward and optimiser on one batch of concatenated raw frames."""
        model = fresh()
        discriminator = domain_classifier(model)
        adam = optimiser([*model.head.parameters(), *(discriminator.parameters() if loss == "dann" else [])])
        source, target = self.source.batch(torch.arange(BATCH) * 7), self.target.batch(torch.arange(BATCH) * 3)

        def epoch() -> float:
            began = time.perf_counter()
            for _ in range(self.steps):
                source_out = model(source.frames, source.mask, SOURCE)
                target_out = model(target.frames, target.mask, TARGET)
                total = cross_entropy(source_out, source.labels)
                total = total + self.distance(loss, source_out.embedding, target_out.embedding, discriminator)
                adam.zero_grad()
                total.backward()
                adam.step()
            return (time.perf_counter() - began) / self.steps

        return epoch

    def distance(self, loss: str, a: Tensor, b: Tensor, discriminator: nn.Module) -> Tensor:
        if loss == "coral":
            return deep_coral(a, b)
        if loss == "mmd":
            with torch.no_grad():
                width = median_bandwidth(torch.cat([a, b]))
            return mmd2(a, b, width)
        domains = torch.cat([torch.zeros(len(a)), torch.ones(len(b))]).long()
        return nn.functional.cross_entropy(discriminator(ReverseGradient.apply(torch.cat([a, b]), WEIGHT)), domains)

    def step(self, network, discriminator, adam, loss, x, y, target_x) -> None:
        a, b = network.features(x), network.features(target_x)
        total = nn.functional.cross_entropy(network.classifier(a), y, label_smoothing=0.1)
        total = total + self.distance(loss, a, b, discriminator)
        adam.zero_grad()
        total.backward()
        adam.step()

    def pytorch_adapt(self, loss: str) -> Callable[[], float]:
        from pytorch_adapt.containers import Models, Optimizers
        from pytorch_adapt.hooks import AlignerHook, AlignerPlusCHook, DANNHook
        from pytorch_adapt.layers import CORALLoss, MMDLoss

        model = fresh()
        models = {"G": Embedding(model), "C": Classifier(model)}
        if loss == "dann":
            models["D"] = nn.Sequential(domain_classifier(model, 1), nn.Flatten(0))
        rate = {"lr": 1e-3, "weight_decay": 1e-2, "fused": True}
        opts = Optimizers((torch.optim.AdamW, rate), keys=[k for k in models if k != "C"])
        opts.create_with(Models(models))
        opts = list(opts.values())
        if loss == "dann":
            hook = DANNHook(opts, gradient_reversal_weight=WEIGHT)
        else:
            scales = torch.tensor([0.25, 0.5, 1.0, 2.0, 4.0])
            distance = CORALLoss() if loss == "coral" else MMDLoss(kernel_scales=scales, mmd_type="quadratic")
            hook = AlignerPlusCHook(opts, aligner_hook=AlignerHook(loss_fn=distance), softmax=False)
        source, target = endless(loader(self.source_items)), endless(loader(self.target_items))

        def epoch() -> float:
            began = time.perf_counter()
            for _ in range(self.steps):
                (x, y), (target_x, _) = next(source), next(target)
                batch = {"src_imgs": x, "src_labels": y, "target_imgs": target_x}
                batch |= {"src_domain": torch.zeros(len(x)), "target_domain": torch.ones(len(target_x))}
                hook({**models, **batch})
            return (time.perf_counter() - began) / self.steps

        return epoch

    def skada(self, loss: str) -> Callable[[], float]:
        import numpy as np
        from skada import deep

        model = fresh()
        common = {
            "layer_name": "features",
            "batch_size": BATCH,
            "max_epochs": 1,
            "train_split": None,
            "warm_start": True,
            "verbose": 0,
            "optimizer": torch.optim.AdamW,
            "optimizer__fused": True,
            "optimizer__weight_decay": 1e-2,
            "lr": 1e-3,
            "iterator_train__max_samples": "source",
        }
        if loss == "dann":
            discriminator = nn.Sequential(domain_classifier(model, 1), nn.Sigmoid(), nn.Flatten(0))
            net = deep.DANN(Network(model), reg=1, domain_classifier=discriminator, **common)
        elif loss == "mmd":
            net = deep.DAN(Network(model), reg=1, **common)
        else:
            net = deep.DeepCoral(Network(model), reg=1, **common)
        x = padded([clip for clip, _ in self.source_items + self.target_items]).numpy()
        y = np.array([label for _, label in self.source_items] + [-1] * len(self.target_items))
        domain = np.array([1] * len(self.source_items) + [-2] * len(self.target_items))
        steps = len(self.source_items) // BATCH
        net.fit(x, y, sample_domain=domain)

        def epoch() -> float:
            began = time.perf_counter()
            net.fit(x, y, sample_domain=domain)
            return (time.perf_counter() - began) / steps

        return epoch


def main() -> None:
    torch.set_num_threads(THREADS)
    task = prepare(Plan("ravdess", "emodb", "dann"))
    competitors = Competitors(task.train, task.adapt)
    result = {"threads": THREADS, "batch": BATCH, "clips": [len(task.train), len(task.adapt)], "rounds": ROUNDS}
    for loss, method_class in (("dann", DANN), ("mmd", MMD), ("coral", DeepCoral)):
        epochs = {
            "bare": competitors.bare(loss),
            "ours": competitors.ours(method_class),
            "plain": competitors.plain(loss),
            "pytorch_adapt": competitors.pytorch_adapt(loss),
            "skada": competitors.skada(loss),
        }
        rounds = [{name: epoch() for name, epoch in epochs.items()} for _ in range(ROUNDS + 1)]
        times = {name: [took[name] for took in rounds[1:]] for name in epochs}  # the first round warms up
        result[loss] = compare(times)
        print(loss, json.dumps(result[loss]), file=sys.stderr, flush=True)
    write(result, "bench-adaptation-peers.json")


def compare(times: dict[str, list[float]]) -> dict:
    """Milliseconds per step, and for every library the median ratio of its time to ours over paired epochs."""
    ours = times["ours"]
    pairs = {name: [b / a for a, b in zip(ours, took, strict=True)] for name, took in times.items()}
    return {
        "ms_per_step": {name: round(1000 * statistics.median(took), 1) for name, took in times.items()},
        "times_ours": {name: round(statistics.median(ratios), 2) for name, ratios in pairs.items()},
    }


if __name__ == "__main__":
    main()
