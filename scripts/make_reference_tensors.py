"""Writes tests/reference/{mmd,dann,dann_poster,gan}.npz: results of other libraries for small random batches.

These packages are no dependencies of this project, so this runs by hand and the tests compare with the files:

    pip install --no-deps --target /tmp/others pytorch-adapt==0.0.83 pytorch-metric-learning==1.6.3 \
        torchmetrics==0.9.3 "setuptools<80" skada==0.6.0 POT skorch tabulate
    PYTHONPATH=/tmp/others python scripts/make_reference_tensors.py

torchvision is not needed for these imports. skada's MMD loss (deep.losses.dan_loss) uses distances where the Gaussian
kernel has squared distances, and POT has no MMD; so the biased estimate is skada's, with scikit-learn's kernel.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from pytorch_adapt.hooks import CLossHook, DANNHook, GANHook
from pytorch_adapt.layers import MMDLoss
from pytorch_adapt.weighters import MeanWeighter
from skada.deep.losses import _maximum_mean_discrepancy
from sklearn.metrics.pairwise import rbf_kernel
from torch import Tensor, nn

HERE = Path(__file__).resolve().parents[1] / "tests" / "reference"
PACKAGES = ("pytorch-adapt", "skada", "scikit-learn", "torch", "numpy")
BANDWIDTH, MULTIPLES = 3.7, (0.25, 0.5, 1.0, 2.0, 4.0)
DIM, EMBEDDING, CLASSES, BATCH = 5, 6, 3, 8
REVERSAL, ADVERSARY, RATE = 0.7, 0.3, 0.05  # weights of the two adversarial losses, learning rate


def write(name: str, **tensors) -> None:
    arrays = {key: value.detach().numpy() if isinstance(value, Tensor) else value for key, value in tensors.items()}
    arrays["versions"] = np.array([f"{package} {version(package)}" for package in PACKAGES])
    np.savez_compressed(HERE / f"{name}.npz", **arrays)
    print(name, {key: value.shape for key, value in arrays.items() if isinstance(value, np.ndarray)})


def mmd() -> None:
    random = torch.Generator().manual_seed(0)
    x = torch.randn(9, 5, generator=random, dtype=torch.float64)
    y = 0.5 + 1.5 * torch.randn(7, 5, generator=random, dtype=torch.float64)

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        kernels = [rbf_kernel(a.numpy(), b.numpy(), gamma=1 / (m * BANDWIDTH)) for m in MULTIPLES]
        return torch.from_numpy(np.mean(kernels, axis=0))

    def one(a: Tensor, b: Tensor) -> Tensor:
        return torch.from_numpy(rbf_kernel(a.numpy(), b.numpy(), gamma=1 / BANDWIDTH))

    leaf = x.clone().requires_grad_()
    scales = 1 / torch.tensor(MULTIPLES, dtype=torch.float64)
    unbiased = MMDLoss(kernel_scales=scales, mmd_type="quadratic", bandwidth=BANDWIDTH)(leaf, y)
    unbiased.backward()
    write(
        "mmd",
        x=x,
        y=y,
        bandwidth=np.array(BANDWIDTH),
        biased=_maximum_mean_discrepancy(x, y, kernel),
        biased_one_kernel=_maximum_mean_discrepancy(x, y, one),
        unbiased=unbiased,
        unbiased_slope=leaf.grad,
    )


class Difference(nn.Module):
    """Difference of two logits, for pytorch-adapt's binary loss: its sigmoid is the softmax over both."""

    def __init__(self, classifier: nn.Module):
        super().__init__()
        self.classifier = classifier

    def forward(self, x: Tensor) -> Tensor:
        logits = self.classifier(x)
        return logits[:, 1] - logits[:, 0]


def game(seed: int) -> tuple[dict[str, Tensor], nn.Module, nn.Module]:
    """A batch of each domain, a feature extractor and a classifier."""
    torch.manual_seed(seed)
    batch = {
        "src_imgs": torch.randn(BATCH, DIM).double(),
        "target_imgs": (0.5 + 1.5 * torch.randn(BATCH, DIM)).double(),
        "src_labels": torch.arange(BATCH) % CLASSES,
    }
    extract = nn.Sequential(nn.Linear(DIM, EMBEDDING), nn.ReLU()).double()
    return batch, extract, nn.Linear(EMBEDDING, CLASSES).double()


def state(prefix: str, module: nn.Module) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": p.detach().clone() for name, p in module.named_parameters()}


def slopes(prefix: str, module: nn.Module) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": p.grad.detach().clone() for name, p in module.named_parameters()}


def dann(name: str, discriminator: nn.Module, smoothing: float, domain_weight: float) -> None:
    """Gradients of one step: cross entropy, and the domain losses of source and target times ``domain_weight``."""
    batch, extract, classify = game(seed=1)
    domains = {"src_domain": torch.zeros(BATCH).double(), "target_domain": torch.ones(BATCH).double()}
    models = {"G": extract, "C": classify, "D": Difference(discriminator.double())}
    start = state("extract", extract) | state("classify", classify) | state("judge", discriminator)
    optimisers = [torch.optim.SGD(model.parameters(), lr=0.0) for model in models.values()]
    weights = {"src_domain_loss": domain_weight, "target_domain_loss": domain_weight}
    hook = DANNHook(
        optimisers,
        weighter=MeanWeighter(weights=weights, scale=3.0),  # the sum of the three losses, not their mean
        c_hook=CLossHook(loss_fn=nn.CrossEntropyLoss(label_smoothing=smoothing)),
        gradient_reversal_weight=REVERSAL,
    )
    hook(batch | domains | models)
    after = slopes("slope.extract", extract) | slopes("slope.classify", classify) | slopes("slope.judge", discriminator)
    write(name, **batch, **start, **after, reversal=np.array(REVERSAL))


def gan() -> None:
    """Weights after two steps of both players, so that momentum has an effect."""
    batch, extract, classify = game(seed=2)
    discriminator = nn.Sequential(
        nn.Linear(EMBEDDING, 128), nn.LeakyReLU(0.2), nn.Linear(128, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
    ).double()
    models = {"G": extract, "C": classify, "D": nn.Sequential(discriminator, nn.Flatten(0))}
    domains = {"src_domain": torch.ones(BATCH).double(), "target_domain": torch.zeros(BATCH).double()}
    tensors = state("extract", extract) | state("classify", classify) | state("judge", discriminator)
    hook = GANHook(
        d_opts=[torch.optim.SGD(discriminator.parameters(), lr=RATE, momentum=0.9)],
        g_opts=[torch.optim.SGD([*extract.parameters(), *classify.parameters()], lr=RATE, momentum=0.9)],
        d_weighter=MeanWeighter(scale=2.0),
        g_weighter=MeanWeighter(weights={"g_target_domain_loss": ADVERSARY}, scale=2.0),
        c_hook=CLossHook(loss_fn=nn.CrossEntropyLoss(label_smoothing=0.1)),
        gen_domains=["target"],
    )
    for _ in range(2):
        hook(batch | domains | models)
    tensors |= state("after.extract", extract) | state("after.classify", classify) | state("after.judge", discriminator)
    write("gan", **batch, **tensors, adversary=np.array(ADVERSARY), rate=np.array(RATE))


if __name__ == "__main__":
    mmd()
    torch.manual_seed(3)
    dann("dann", nn.Sequential(nn.Linear(EMBEDDING, 64), nn.ReLU(), nn.Linear(64, 2)), 0.1, 0.5)
    poster = nn.Sequential(nn.Linear(EMBEDDING, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, 2))
    dann("dann_poster", poster, 0.0, 1.0)
    gan()
