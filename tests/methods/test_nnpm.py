"""The memory of source utterances, its vote, and the pseudo multilabels that are read off it."""

from dataclasses import asdict

import numpy as np
import pytest
import torch

from xser_demo.data.domains import Batch
from xser_demo.methods import METHODS, nnpm
from xser_demo.methods.base import cross_entropy, ramp
from xser_demo.methods.nnpm import MOMENTUM, SOURCE_WEIGHT, multilabel_loss, pseudo_multilabels
from xser_demo.networks import checkpoints
from xser_demo.networks.classifier import Model, Recipe
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.networks.memory_bank import NEAREST, TEMPERATURE, MemoryBank
from xser_demo.training.loop import run, run_to_end

SOME = torch.arange(24)


def start(toy, name: str = "nnpm"):
    return METHODS[name](toy.model(), toy.train, toy.target)


def tensor(*rows: list[float]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


# The memory


def test_rows_have_length_one_and_point_where_the_embeddings_did():
    memory = MemoryBank(tensor([3, 4], [0, -2]), torch.tensor([0, 1]), 2)
    torch.testing.assert_close(memory.rows, tensor([0.6, 0.8], [0, -1]))
    torch.testing.assert_close(memory.similarity(tensor([10, 0], [-3, -4])), tensor([0.6, 0], [-1, 0.8]))


def test_a_row_moves_towards_its_utterance_and_the_others_stay():
    """Half (1, 0), half (0, 1) is (1, 1) / sqrt 2; a quarter of (0, 1) and three of (0.6, 0.8) is (0.45, 0.85)."""
    memory = MemoryBank(tensor([1, 0], [0, 1], [1, 0]), torch.tensor([0, 1, 1]), 2)
    memory.update(torch.tensor([0]), tensor([0, 7]), 0.5)
    torch.testing.assert_close(memory.rows, tensor([0.5**0.5, 0.5**0.5], [0, 1], [1, 0]))
    memory.update(torch.tensor([1]), tensor([3, 4]), 0.25)
    length = (0.45**2 + 0.85**2) ** 0.5
    torch.testing.assert_close(memory.rows[1], tensor(0.45 / length, 0.85 / length))
    assert memory.labels.tolist() == [0, 1, 1]


def test_the_vote_is_that_of_a_plain_loop():
    random = np.random.default_rng(0)
    labels = random.permutation(np.repeat([0, 1, 2], [40, 25, 3]))
    rows, clips = random.normal(size=(len(labels), 6)), random.normal(size=(20, 6))
    expected = np.zeros((20, 3))
    for i, clip in enumerate(clips):
        cosines = [row @ clip / np.linalg.norm(row) / np.linalg.norm(clip) for row in rows]
        for c in range(3):
            nearest = sorted(
                (cosine for cosine, label in zip(cosines, labels, strict=True) if label == c), reverse=True
            )
            expected[i, c] = sum(np.exp(cosine / TEMPERATURE) for cosine in nearest[:NEAREST])
        expected[i] /= expected[i].sum()
    vote = MemoryBank(torch.from_numpy(rows), torch.from_numpy(labels), 3).vote(torch.from_numpy(clips))
    np.testing.assert_allclose(vote.exp(), expected, atol=1e-12)


def test_a_class_with_many_rows_has_no_more_votes_than_a_rare_one():
    """A clip just between two classes of 1000 and of 10 rows: both have one half."""
    rows = torch.cat([tensor([1, 0]).expand(1000, 2), tensor([0, 1]).expand(NEAREST, 2)])
    labels = torch.tensor([0] * 1000 + [1] * NEAREST)
    torch.testing.assert_close(MemoryBank(rows, labels, 2).vote(tensor([1, 1])).exp(), tensor([0.5, 0.5]))


def test_a_class_without_rows_gets_no_vote():
    memory = MemoryBank(tensor([1, 0], [0, 1]), torch.tensor([0, 2]), 3)
    share = memory.vote(tensor([1, 1], [1, 0])).exp()
    torch.testing.assert_close(share[0], tensor(0.5, 0, 0.5))
    assert share.isfinite().all() and share[1].argmax() == 0


# Pseudo multilabels


def test_the_candidates_are_the_nearest_rows_above_the_threshold_of_the_strongest_class(monkeypatch):
    """Two per class and two classes: the four nearest of six rows, 0.95 0.9 0.8 0.7. All are above 0.6. Class 0 holds
    0.95 + 0.7 = 1.65 of their similarity, class 1 0.9 + 0.8 = 1.7 and wins, although it has not the nearest row."""
    monkeypatch.setattr(nnpm, "CANDIDATES_PER_CLASS", 2)
    labels = torch.tensor([0, 1, 1, 0, 1, 0])
    cosines = tensor([0.95, 0.9, 0.8, 0.7, 0.65, 0.1])
    positive = pseudo_multilabels(cosines, labels, 2)
    assert positive.tolist() == [[False, True, True, False, False, False]]

    monkeypatch.setattr(nnpm, "MIN_COSINE", 0.85)  # 0.8 and 0.7 drop out: 0.95 against 0.9
    assert pseudo_multilabels(cosines, labels, 2).tolist() == [[True, False, False, False, False, False]]

    monkeypatch.setattr(nnpm, "MIN_COSINE", 0.6)
    monkeypatch.setattr(nnpm, "MAX_CLASSES", 2)  # both classes may stay: all candidates do
    assert pseudo_multilabels(cosines, labels, 2).tolist() == [[True, True, True, True, False, False]]


def test_the_shipped_numbers_of_the_candidates():
    """Ten rows of each class may be candidates together, from a cosine of 0.6 on, and one class is kept."""
    labels = torch.arange(60) % 2
    cosines = torch.linspace(0.99, 0.7, 60, dtype=torch.float64)[None]
    positive = pseudo_multilabels(cosines, labels, 2)
    assert positive[0].nonzero().flatten().tolist() == list(range(0, 20, 2))
    assert pseudo_multilabels(cosines - 0.1, labels, 2).sum() == 10
    assert not pseudo_multilabels(cosines - 0.4, labels, 2).any()  # the nearest has 0.59


def test_a_clip_without_similar_rows_gets_no_label():
    cosines = tensor([0.9, 0.2, 0.1], [0.5, 0.4, 0.3])
    assert pseudo_multilabels(cosines, torch.tensor([0, 1, 1]), 2).tolist() == [
        [True, False, False],
        [False, False, False],
    ]


# The loss


def test_the_multilabel_loss_in_numbers():
    """Positives 0.8 and 0.6: pull = (0.2^2 + 0.4^2) / 2 = 0.1; of two negatives 1 % is one, the hardest, 0.5:
    push = 1.5^2 = 2.25; 5 * 0.1 + 2.25 = 2.75."""
    positive = torch.tensor([[True, True, False, False]])
    assert float(multilabel_loss(tensor([0.8, 0.6, 0.5, -0.2]), positive)) == pytest.approx(2.75)


def test_one_percent_of_the_rows_are_the_hardest():
    """200 rows: the two hardest of 199 negatives, 0.4 and 0.2: (1.4^2 + 1.2^2) / 2 = 1.7; the positive is perfect."""
    cosines = torch.full((1, 200), -1.0, dtype=torch.float64)
    cosines[0, [0, 50, 120, 130]] = torch.tensor([1.0, 0.4, 0.2, 0.1], dtype=torch.float64)
    positive = torch.zeros(1, 200, dtype=torch.bool)
    positive[0, 0] = True
    assert float(multilabel_loss(cosines, positive)) == pytest.approx(1.7)


def test_the_loss_is_the_mean_over_the_clips_that_have_a_positive():
    """5 * 0.1^2 + 1^2 = 1.05 and 5 * 0.5^2 + 1.5^2 = 3.5, mean 2.275; the clip between them contributes nothing."""
    cosines = tensor([0.9, 0.0], [0.3, 0.2], [0.5, 0.5]).requires_grad_()
    positive = torch.tensor([[True, False], [False, False], [False, True]])
    loss = multilabel_loss(cosines, positive)
    assert float(loss.detach()) == pytest.approx(2.275)
    loss.backward()
    assert not cosines.grad[1].any() and cosines.grad[0].any() and cosines.grad[2].any()


def test_without_any_positive_the_loss_is_zero_and_can_be_descended():
    cosines = tensor([0.3, 0.2]).requires_grad_()
    loss = multilabel_loss(cosines, torch.zeros(1, 2, dtype=torch.bool))
    loss.backward()
    assert float(loss.detach()) == 0 and not cosines.grad.any()


def test_the_gradient_of_the_loss_equals_finite_differences():
    cosines = (
        2 * torch.rand(6, 30, generator=torch.Generator().manual_seed(0), dtype=torch.float64) - 1
    ).requires_grad_()
    positive = torch.arange(30)[None] % 7 == torch.arange(6)[:, None]
    assert torch.autograd.gradcheck(lambda n: multilabel_loss(n, positive), cosines)


# The method


def test_the_memory_begins_with_the_source_as_the_model_hears_it(toys):
    toy = toys("moved")
    for name in ("nnpm", "knn"):
        method = start(toy, name)
        _, embeddings = toy.source_model.predict_all(toy.train, SOURCE)
        expected = embeddings / embeddings.norm(dim=1, keepdim=True)
        torch.testing.assert_close(method.model.memory.rows, expected)
        assert torch.equal(method.model.memory.labels, toy.train.labels)


def test_an_update_refreshes_the_rows_of_its_batch_from_the_model_after_the_step(toys):
    toy = toys("moved")
    method = start(toy)
    method.model.train()
    before = method.model.memory.rows.clone()
    source = toy.train.batch(SOME)
    method.update(source, toy.target.batch(SOME), 0.5)
    memory, others = method.model.memory, torch.arange(len(SOME), len(toy.train))
    assert torch.equal(memory.rows[others], before[others])
    embedding = method.model.predict(source.frames, source.mask, SOURCE).embedding
    fresh = MOMENTUM * before[SOME] + (1 - MOMENTUM) * embedding / embedding.norm(dim=1, keepdim=True)
    torch.testing.assert_close(memory.rows[SOME], fresh / fresh.norm(dim=1, keepdim=True))
    assert not torch.allclose(memory.rows[SOME], before[SOME], atol=1e-3)
    assert method.model.training


def test_rows_keep_length_one_and_their_labels_through_a_training(toys):
    toy = toys("moved")
    model = run_to_end(run(start(toy), toy.train, toy.validation, toy.target, epochs=2)).model
    torch.testing.assert_close(model.memory.rows.norm(dim=1), torch.ones(len(toy.train)))
    assert torch.equal(model.memory.labels, toy.train.labels)


def test_no_gradient_flows_into_the_memory(toys):
    toy = toys("moved")
    method = start(toy)
    assert not list(method.model.memory.parameters())
    rows = method.model.memory.rows.clone()
    source_out, target_out = method.model.forward_both(toy.train.batch(SOME), toy.target.batch(SOME))
    method.loss(source_out, toy.train.labels[SOME], target_out, 0.5)["total"].backward()
    assert not method.model.memory.rows.requires_grad and method.model.memory.rows.grad is None
    assert torch.equal(rows, method.model.memory.rows)
    method.update(toy.train.batch(SOME), toy.target.batch(SOME), 0.5)
    assert method.model.memory.rows.grad_fn is None


def test_the_loss_is_the_stated_sum(toys):
    toy = toys("moved")
    method, progress = start(toy), 0.3
    memory = method.model.memory
    source, target = toy.train.batch(SOME), toy.target.batch(SOME)
    source_out, target_out = method.model.forward_both(source, target)
    losses = method.loss(source_out, source.labels, target_out, progress)
    own = memory.labels == source.labels[:, None]
    cosines = memory.similarity(target_out.embedding)
    pseudo_labels = pseudo_multilabels(cosines, memory.labels, 4)
    expected = cross_entropy(source_out, source.labels) + SOURCE_WEIGHT * multilabel_loss(
        memory.similarity(source_out.embedding), own
    )
    expected = expected + method.weight * ramp(progress) * multilabel_loss(cosines, pseudo_labels)
    torch.testing.assert_close(losses["total"], expected)
    assert float(losses["share labelled"]) == pytest.approx(float(pseudo_labels.any(1).float().mean()))


def test_target_clips_without_similar_rows_have_no_gradient(toys, monkeypatch):
    """The loss and every gradient are those of the source alone."""
    toy = toys("moved")
    monkeypatch.setattr(nnpm, "MIN_COSINE", 1.1)
    slopes = []
    for strength in (0.0, 5.0):
        method = METHODS["nnpm"](toy.model(), toy.train, toy.target, strength)
        source_out, target_out = method.model.forward_both(toy.train.batch(SOME), toy.target.batch(SOME))
        losses = method.loss(source_out, toy.train.labels[SOME], target_out, 0.9)
        assert float(losses["target"].detach()) == float(losses["share labelled"]) == 0
        losses["total"].backward()
        slopes.append([parameter.grad for parameter in method.model.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*slopes, strict=True))


def test_the_answers_are_the_vote_and_without_a_memory_the_classifiers(toys):
    toy = toys("moved")
    model = run_to_end(run(start(toy), toy.train, toy.validation, toy.target, epochs=1)).model
    logits, embeddings = model.predict_all(toy.target)
    torch.testing.assert_close(logits, model.memory.vote(embeddings))
    torch.testing.assert_close(logits.exp().sum(1), torch.ones(len(toy.target)))
    model.memory = None
    alone, same = model.predict_all(toy.target)
    torch.testing.assert_close(embeddings, same)
    frames, mask = toy.target.pack.batch(toy.target.rows[:5])
    torch.testing.assert_close(alone[:5], model(frames, mask, 1).logits.detach(), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(alone, logits, atol=0.1)


def test_the_nearest_neighbours_change_no_weight(toys):
    toy = toys("moved")
    model = start(toy, "knn").model
    for key, value in toy.source_model.head.state_dict().items():
        assert torch.equal(model.head.state_dict()[key], value)


def saved(model: Model, folder, classes: tuple[str, ...]) -> Model:
    card = dict.fromkeys(checkpoints.CARD_KEYS, "") | {"id": "x", "labels": classes, "recipe": asdict(model.recipe)}
    checkpoints.save(model, card, folder)
    return checkpoints.load(folder).model


@pytest.mark.parametrize("recipe", [Recipe(), Recipe("mel", "conv_gru", {"norm": "split"})], ids=["common", "mel"])
def test_a_model_is_saved_and_loaded_with_and_without_its_memory(recipe, tmp_path):
    classes = ("anger", "happiness", "neutral", "sadness")
    model = Model(classes, 3, recipe=recipe)
    random = torch.Generator().manual_seed(0)
    rows = torch.randn(50, model.head.embedding, generator=random)
    frames, mask = (
        torch.randn(6 * 20, model.inputs[0].mean.shape[0], generator=random),
        torch.ones(6, 20, dtype=torch.bool),
    )
    without = saved(model, tmp_path / "without", classes)
    assert without.memory is None
    assert torch.equal(without.predict(frames, mask).logits, model.predict(frames, mask).logits)
    model.memory = MemoryBank(rows, torch.arange(50) % 4, 4)
    loaded = saved(model, tmp_path / "with", classes)
    assert torch.equal(loaded.memory.rows, model.memory.rows) and torch.equal(loaded.memory.labels, model.memory.labels)
    assert loaded.memory.classes == 4
    assert torch.equal(loaded.predict(frames, mask).logits, model.predict(frames, mask).logits)
    assert not torch.allclose(loaded.predict(frames, mask).logits, without.predict(frames, mask).logits, atol=0.1)


def test_the_index_of_a_batch_is_the_place_in_the_domain(toys):
    """Not the row in the pack: the memory has one row for each training utterance."""
    source = toys("moved").train
    batch = source.batch(torch.tensor([5, 0, 9]))
    assert isinstance(batch, Batch) and batch.indices.tolist() == [5, 0, 9]
    assert source.rows[5] != 5 and torch.equal(batch.labels, source.labels[[5, 0, 9]])


def test_a_clip_that_resembles_every_row_is_only_pulled():
    cosines = torch.tensor([[0.5, 0.0]])
    assert float(multilabel_loss(cosines, torch.ones(1, 2, dtype=torch.bool))) == pytest.approx(5 * (0.25 + 1) / 2)
