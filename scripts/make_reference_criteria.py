"""Writes tests/reference/criteria.npz: results of skada's scorers and pytorch-adapt's validators for a small model.

Both packages are no dependencies of this project, so this runs by hand and the tests compare with the file:

    pip install --no-deps --target /tmp/others pytorch-adapt==0.0.83 pytorch-metric-learning==1.6.3 \
        torchmetrics==0.9.3 "setuptools<80" skada==0.6.0 POT skorch tabulate
    PYTHONPATH=/tmp/others python scripts/make_reference_criteria.py

torchvision is not needed: pytorch-adapt's data sets, which import it, are left out. Both libraries accept any domain
classifier for the weights; here it is scikit-learn's LDA with the project's shrinkage. skada's default loss for DEV has
the shape (n,) and its weights have (n, 1), which multiplies all pairs; so the loss given here has a column.
"""

import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

sys.modules["pytorch_adapt.datasets"] = SimpleNamespace(DataloaderCreator=None, SourceDataset=None)

import numpy as np
import torch
from pytorch_adapt.validators import BNMValidator, EntropyValidator, IMValidator, SNDValidator
from pytorch_adapt.validators.deep_embedded_validator import get_dev_risk
from scipy.special import log_softmax
from scipy.stats import multivariate_normal
from skada.metrics import (
    DeepEmbeddedValidation,
    ImportanceWeightedScorer,
    PredictionEntropyScorer,
    SoftNeighborhoodDensity,
)
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parents[1] / "tests" / "reference"
PACKAGES = ("pytorch-adapt", "skada", "scikit-learn", "torch", "numpy")
SOURCE, TARGET, DIM, CLASSES, SEED = 120, 50, 6, 4, 0
SHRINKAGE = 0.2  # as in xser_demo.training.criteria


class Predictions(ClassifierMixin, BaseEstimator):
    """A trained network whose embedding is its input, with the interface that skada expects."""

    module_ = SimpleNamespace(layer_name="embedding")

    def __init__(self, slope=None):
        self.slope = slope

    def fit(self, x, y):
        raise NotImplementedError("already trained; scikit-learn requires this method")

    def predict_features(self, x):
        return x

    def logits(self, x):
        return x @ self.slope

    def predict_log_proba(self, x, **_):
        return log_softmax(self.logits(x), axis=1)

    def predict_proba(self, x, **_):
        return np.exp(self.predict_log_proba(x))

    def score(self, x, y, sample_weight=None, **_):
        return -log_loss(y, self.predict_proba(x), sample_weight=sample_weight)


class Gaussian(BaseEstimator):
    """A Gaussian density with a given covariance; the mean is estimated."""

    def __init__(self, covariance=None):
        self.covariance = covariance

    def fit(self, x):
        self.mean_ = x.mean(0)
        return self

    def score_samples(self, x):
        return multivariate_normal(self.mean_, self.covariance).logpdf(x)


def column_loss(y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    return -np.log(probabilities[np.arange(len(y)), y])[:, None]


def lda() -> LinearDiscriminantAnalysis:
    return LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE)


random = np.random.default_rng(SEED)
source, labels = random.normal(size=(SOURCE, DIM)), random.integers(CLASSES, size=SOURCE)
target = 0.4 + 1.2 * random.normal(size=(TARGET, DIM))
network = Predictions(random.normal(size=(DIM, CLASSES))).set_score_request(sample_weight=True)
train, validation, _, validation_labels = train_test_split(source, labels, test_size=0.33, random_state=SEED)

x, y = np.concatenate([source, target]), np.concatenate([labels, np.full(TARGET, -1)])
domains = np.concatenate([np.ones(SOURCE, int), np.full(TARGET, -2)])
dev = DeepEmbeddedValidation(lda(), column_loss, random_state=SEED)  # splits the source as above

# The importance-weighted scorer fits and scores on one sample of the source: here the validation clips. Its weights are
# divided by their sum.
fitted = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE, store_covariance=True).fit(
    np.concatenate([validation, target]), np.repeat([0, 1], [len(validation), TARGET])
)
iwv = ImportanceWeightedScorer(Gaussian(fitted.covariance_))
iwv_y = np.concatenate([validation_labels, np.full(TARGET, -1)])
iwv_domains = np.concatenate([np.ones(len(validation), int), np.full(TARGET, -2)])

# pytorch-adapt's risk takes the weights.
domain_classifier = lda().fit(np.concatenate([train, target]), np.repeat([1, 0], [len(train), TARGET]))
share = domain_classifier.predict_proba(validation)
weights = len(train) / TARGET * share[:, :1] / share[:, 1:]
losses = column_loss(validation_labels, network.predict_proba(validation))

outputs = {"logits": torch.from_numpy(network.logits(target)), "preds": torch.from_numpy(network.predict_proba(target))}
arrays = {
    "train_embedding": train,
    "validation_embedding": validation,
    "validation_logits": network.logits(validation),
    "validation_labels": validation_labels,
    "target_embedding": target,
    "target_logits": network.logits(target),
    "weights": weights[:, 0],
    "pytorch_adapt.entropy": EntropyValidator()(target_train=outputs),
    "pytorch_adapt.infomax": IMValidator()(target_train=outputs),
    "pytorch_adapt.bnm": BNMValidator()(target_train=outputs),
    "pytorch_adapt.snd": SNDValidator()(target_train=outputs),
    "pytorch_adapt.dev": -get_dev_risk(torch.from_numpy(weights), torch.from_numpy(losses), None),
    "skada.entropy": CLASSES * PredictionEntropyScorer()(network, x, y, sample_domain=domains),  # a mean over classes
    "skada.snd": SoftNeighborhoodDensity()(network, x, y, sample_domain=domains),
    "skada.dev": dev(network, x, y, sample_domain=domains),
    "skada.iwv": iwv(network, np.concatenate([validation, target]), iwv_y, sample_domain=iwv_domains),
    "versions": np.array([f"{package} {version(package)}" for package in PACKAGES]),
}
np.savez_compressed(HERE / "criteria.npz", **arrays)
print({key: value if np.ndim(value) == 0 else value.shape for key, value in arrays.items()})
