"""SHOT and AaD learn from how the target's clips lie to each other."""

import pytest
import torch
from sklearn.neighbors import NearestCentroid, NearestNeighbors

from xser_demo.benchmark.candidates import centroids, nearest
from xser_demo.methods import METHODS
from xser_demo.methods.aad import NEIGHBOURS
from xser_demo.methods.base import cross_entropy, ramp
from xser_demo.networks.heads.attention import Output


def clips(n: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings (n, 8) around four centres far apart, and the centre of each."""
    generator = torch.Generator().manual_seed(seed)
    classes = torch.arange(n) % 4
    centres = torch.eye(8)[:4] * 5
    return centres[classes] + 0.3 * torch.randn(n, 8, generator=generator), classes


def test_pseudo_labels_correct_answers_that_lie_in_the_wrong_group():
    embedding, classes = clips(80)
    answers = torch.where(torch.arange(80) % 10 == 0, (classes + 1) % 4, classes)  # a tenth is wrong
    probabilities = 0.1 + 0.6 * torch.nn.functional.one_hot(answers, 4)
    assert nearest(embedding, centroids(embedding, probabilities)).tolist() == classes.tolist()


def test_centroids_of_hard_answers_are_those_of_scikit_learn():
    embedding, classes = clips(60, seed=1)
    unit = torch.nn.functional.normalize(embedding)
    theirs = NearestCentroid().fit(unit, classes).centroids_
    ours = centroids(embedding, torch.nn.functional.one_hot(classes, 4).float())
    assert torch.allclose(ours, torch.nn.functional.normalize(torch.from_numpy(theirs).float()), atol=1e-5)


def test_a_class_that_no_clip_is_nearest_to_keeps_its_centroid():
    embedding = torch.eye(8)[[0, 0, 1, 1]]
    probabilities = torch.tensor([[0.9, 0.0, 0.1], [0.9, 0.0, 0.1], [0.0, 0.9, 0.1], [0.0, 0.9, 0.1]])
    found = centroids(embedding, probabilities)
    assert torch.isfinite(found).all() and found.norm(dim=1).tolist() == pytest.approx([1, 1, 1])


def test_the_loss_of_aad_is_written_as_in_the_paper(toys):
    toy = toys("moved")
    method = METHODS["aad"](toy.model(), toy.train, toy.target)
    method.start_epoch()
    batch = toy.target.batch(torch.arange(12))
    output = method.predict(batch.frames, batch.mask)
    source = Output(torch.zeros(12, 4), output.embedding, output.attention)
    labels, progress = torch.arange(12) % 4, 0.3
    losses = method.loss(source, labels, output, progress)

    p, bank = output.logits.softmax(1), method.answers
    unit = torch.nn.functional.normalize(output.embedding)
    search = NearestNeighbors(n_neighbors=NEIGHBOURS + 1, metric="cosine").fit(method.rows)
    near = search.kneighbors(unit, return_distance=False)[:, 1:]
    attraction = -torch.stack([(p[i] @ bank[j].T).mean() for i, j in enumerate(near)]).mean()
    dispersion = torch.stack([p[i] @ p[m] for i in range(12) for m in range(12) if i != m]).mean()
    total = method.weight * ramp(progress) * (attraction + dispersion / (1 + 10 * progress))
    assert float(losses["total"] - cross_entropy(source, labels)) == pytest.approx(float(total), rel=1e-4)
