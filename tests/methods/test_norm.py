"""Batch normalisation six ways: whose statistics normalise whom, against torch's BatchNorm1d."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from xser_demo.data.domains import Batch
from xser_demo.experiments.systems import SYSTEMS
from xser_demo.methods import METHODS
from xser_demo.methods.base import cross_entropy
from xser_demo.networks.classifier import Model, Recipe
from xser_demo.networks.domain_norm import COMBINE, EPSILON, SOURCE, TARGET, DomainBatchNorm
from xser_demo.utils.errors import SettingsError

DIM = 7
CLASSES = ("anger", "happiness", "neutral", "sadness")
WAYS = pytest.mark.parametrize("combine", COMBINE)


def pair(combine: str) -> tuple[DomainBatchNorm, nn.BatchNorm1d]:
    """Ours and torch's with the same affine map, which is not the identity."""
    ours, torchs = DomainBatchNorm(DIM, combine), nn.BatchNorm1d(DIM, eps=EPSILON)
    with torch.no_grad():
        for layer in (ours, torchs):
            layer.weight.copy_(torch.linspace(0.5, 2, DIM))
            layer.bias.copy_(torch.linspace(-1, 1, DIM))
    return ours, torchs


def rounds(n: int = 5):
    """Batches of a source and of a target that is moved and stretched, of different sizes."""
    random = torch.Generator().manual_seed(0)
    for _ in range(n):
        yield 2 + 3 * torch.randn(32, DIM, generator=random), -1 + 0.5 * torch.randn(20, DIM, generator=random)


def mixed(ours: DomainBatchNorm, source: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both domains in one call, clips in turns as far as they go."""
    order = torch.randperm(len(source) + len(target), generator=torch.Generator().manual_seed(1))
    domain = torch.tensor([SOURCE] * len(source) + [TARGET] * len(target))
    out = torch.empty(len(order), DIM)
    out[order] = ours(torch.cat([source, target])[order], domain[order])
    return out[: len(source)], out[len(source) :]


def both(ours: DomainBatchNorm, source: torch.Tensor, target: torch.Tensor, together: bool):
    return mixed(ours, source, target) if together else (ours(source, SOURCE), ours(target, TARGET))


def same_statistics(ours: DomainBatchNorm, torchs: nn.BatchNorm1d, row: int = SOURCE) -> bool:
    return torch.allclose(ours.mean[row], torchs.running_mean) and torch.allclose(ours.var[row], torchs.running_var)


@WAYS
def test_the_source_alone_is_normalised_as_by_torch(combine):
    """Training and answering; without a norm nothing happens at all."""
    ours, torchs = pair(combine)
    for source, _ in rounds():
        assert torch.equal(ours(source, SOURCE), source if combine == "none" else torchs(source))
    ours.eval(), torchs.eval()
    assert torch.equal(ours(source, SOURCE), source if combine == "none" else torchs(source))
    assert combine == "none" or same_statistics(ours, torchs)


@WAYS
def test_after_training_on_the_source_both_domains_are_answered_alike(combine):
    """Once the source's statistics are given to the target, as training on the source alone does."""
    ours, _ = pair(combine)
    for source, _ in rounds():
        ours(source, SOURCE)
    ours.copy_source_to_target()
    ours.eval()
    for source, target in rounds(1):
        assert torch.equal(ours(source, SOURCE), ours(source, TARGET))
        assert torch.equal(ours(target, SOURCE), ours(target, TARGET))


@pytest.mark.parametrize("combine", ["joint", "split"])
def test_one_pass_over_both_is_torchs_norm_of_the_concatenation(combine):
    ours, torchs = pair(combine)
    for source, target in rounds():
        expected = torchs(torch.cat([source, target]))
        for part, wanted in zip(mixed(ours, source, target), expected.split([32, 20]), strict=True):
            torch.testing.assert_close(part, wanted, rtol=1e-4, atol=1e-5)
    assert same_statistics(ours, torchs)
    ours.eval(), torchs.eval()
    torch.testing.assert_close(ours(target, TARGET), torchs(target))
    torch.testing.assert_close(ours(source, SOURCE), torchs(source))


@pytest.mark.parametrize("together", [False, True])
def test_separate_is_torchs_norm_called_twice(together):
    ours, torchs = pair("separate")
    for source, target in rounds():
        expected = torchs(source), torchs(target)
        for part, wanted in zip(both(ours, source, target, together), expected, strict=True):
            torch.testing.assert_close(part, wanted, rtol=1e-4, atol=1e-5)
    assert same_statistics(ours, torchs)
    ours.eval(), torchs.eval()
    torch.testing.assert_close(ours(target, TARGET), torchs(target))
    torch.testing.assert_close(ours(source, SOURCE), torchs(source))


@pytest.mark.parametrize("together", [False, True])
def test_domain_is_a_norm_of_torchs_for_each(together):
    ours, first = pair("domain")
    second = deepcopy(first)
    for source, target in rounds():
        for part, wanted in zip(both(ours, source, target, together), (first(source), second(target)), strict=True):
            torch.testing.assert_close(part, wanted, rtol=1e-4, atol=1e-5)
    assert same_statistics(ours, first, SOURCE) and same_statistics(ours, second, TARGET)
    ours.eval(), first.eval(), second.eval()
    torch.testing.assert_close(ours(target, SOURCE), first(target))
    torch.testing.assert_close(ours(target, TARGET), second(target))


@pytest.mark.parametrize("together", [False, True])
def test_source_normalises_the_target_by_the_sources_running_statistics(together):
    """torch's norm in training on the source, then, in evaluation, on the target of the same step."""
    ours, torchs = pair("source")
    for source, target in rounds():
        expected = torchs.train()(source), torchs.eval()(target)
        for part, wanted in zip(both(ours, source, target, together), expected, strict=True):
            torch.testing.assert_close(part, wanted, rtol=1e-4, atol=1e-5)
    assert same_statistics(ours, torchs)
    ours.eval()
    torch.testing.assert_close(ours(target, TARGET), torchs(target))
    torch.testing.assert_close(ours(source, SOURCE), torchs(source))


@WAYS
@pytest.mark.parametrize("together", [False, True])
def test_gradients_equal_finite_differences(combine, together):
    ours = pair(combine)[0].double()
    source, target = (x[:6].double().requires_grad_() for x in next(rounds(1)))

    def forward(source, target):
        fresh = deepcopy(ours)  # every evaluation begins with the same running statistics
        if not together:
            return fresh(source, SOURCE), fresh(target, TARGET)
        return fresh(torch.cat([source, target]), torch.tensor([SOURCE] * 6 + [TARGET] * 6))

    # Running statistics by which a target is normalised are constants to the gradient; they move with the source.
    inputs = (source.detach(), target) if combine == "source" else (source, target)
    assert torch.autograd.gradcheck(forward, inputs)


@WAYS
def test_a_target_reaches_the_answers_on_the_source_only_where_statistics_are_shared(combine):
    """In training: a target far away moves the source's normalised values in a joint pass, and the running statistics
    that answer for the source also in separate passes."""
    outputs, statistics = [], []
    for shift in (0.0, 50.0):
        ours, _ = pair(combine)
        source, target = next(rounds(1))
        outputs.append(mixed(ours, source, target + shift)[0])
        statistics.append(ours.mean[SOURCE].clone())
    assert torch.equal(*outputs) == (combine not in ("joint", "split"))
    assert torch.equal(*statistics) == (combine not in ("joint", "split", "separate"))


# In the network


def model(combine: str, dropout: float = 0.0) -> Model:
    return Model(CLASSES, 0, 64, Recipe("mel", "conv_gru", {"norm": combine, "width": 8, "dropout": dropout}))


def sides() -> tuple[Batch, Batch]:
    """Clips of different lengths, longer ones in the target."""
    random, made = torch.Generator().manual_seed(0), []
    for n, steps, shift in ((12, 30, 0.0), (9, 41, 1.5)):
        lengths = torch.randint(3, steps + 1, (n,), generator=random)
        mask = torch.arange(steps) < lengths[:, None]
        frames = shift + torch.randn(n, steps, 64, generator=random)
        made.append(Batch(frames[mask], mask))
    return made[0]._replace(labels=torch.arange(12) % 4), made[1]


def inputs_of(module: nn.Module, seen: list[torch.Tensor]):
    module.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0].detach()))


def test_every_way_is_a_variant_of_its_system():
    variants = SYSTEMS["cai2021-dann"].variants
    assert set(variants) == set(COMBINE)
    assert all(variant.recipe.options["norm"] == name for name, variant in variants.items())


@WAYS
def test_a_joint_norm_hears_both_domains_at_once_and_the_others_one_by_one(combine):
    net, seen = model(combine), []
    inputs_of(net.head.norm, seen)
    source_out, target_out = net.forward_both(*sides())
    assert [len(x) for x in seen] == ([21] if combine in ("joint", "split") else [12, 9])
    assert source_out.logits.shape == (12, 4) and target_out.embedding.shape == (9, 64)


@WAYS
def test_the_embeddings_of_both_are_what_torchs_norm_makes_of_them(combine):
    net, seen = model(combine), []
    inputs_of(net.head.norm, seen)
    source_out, target_out = net.forward_both(*sides())
    norm = nn.BatchNorm1d(64, eps=EPSILON)
    expected = {
        "none": lambda s, t: (s, t),
        "joint": lambda s, t: norm(torch.cat([s, t])).split([12, 9]),
        "separate": lambda s, t: (norm(s), norm(t)),
        "domain": lambda s, t: (norm(s), nn.BatchNorm1d(64, eps=EPSILON)(t)),
        "source": lambda s, t: (norm(s), norm.eval()(t)),
        "split": lambda s, t: norm(torch.cat([s, t])).split([12, 9]),
    }[combine](*torch.cat(seen).split([12, 9]))
    torch.testing.assert_close(source_out.embedding, expected[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(target_out.embedding, expected[1], rtol=1e-4, atol=1e-5)


def test_split_is_joint_in_the_encoder_and_the_sources_in_the_classifier():
    net, entered, left = model("split"), [], []
    assert net.head.joint and net.head.norm.combine == "split" and net.head.classify_norm.combine == "source"
    inputs_of(net.head.classify_norm, entered)
    net.head.classify_norm.register_forward_hook(
        lambda _, arguments, output: left.append((arguments[1], output.detach()))
    )
    net.forward_both(*sides())
    source, target = entered[0].split([12, 9])
    norm = nn.BatchNorm1d(32, eps=EPSILON)
    expected = torch.cat([norm(source), norm.eval()(target)])
    out = next(output for domain, output in left if isinstance(domain, torch.Tensor))  # the layer calls itself twice
    torch.testing.assert_close(out, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(net.head.classify_norm.mean[SOURCE], norm.running_mean)


@WAYS
def test_gradients_of_both_domains_reach_every_weight(combine):
    for side in (0, 1):
        net = model(combine)
        net.forward_both(*sides())[side].logits.square().sum().backward()
        for name, parameter in net.named_parameters():
            unused = combine == "none" and "norm" in name
            assert unused or (parameter.grad.isfinite().all() and parameter.grad.any()), name


@WAYS
def test_a_clip_alone_and_in_a_batch_get_the_same_answer(combine):
    net = model(combine, dropout=0.3)
    source, target = sides()
    for _ in range(3):
        net.forward_both(source, target)
    net.eval()
    for domain, batch in ((SOURCE, source), (TARGET, target)):
        output = net.predict(batch.frames, batch.mask, domain)
        for i, frames in enumerate(batch.frames.split(batch.mask.sum(1).tolist())):
            alone = net.predict(frames, batch.mask[i : i + 1, : len(frames)], domain)
            torch.testing.assert_close(alone.logits[0], output.logits[i], rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(alone.embedding[0], output.embedding[i], rtol=1e-4, atol=1e-5)


@WAYS
def test_in_evaluation_both_at_once_are_the_two_one_by_one(combine):
    net = model(combine, dropout=0.3)
    source, target = sides()
    for _ in range(3):
        net.forward_both(source, target)
    net.eval()
    source_out, target_out = net.forward_both(source, target)
    for batch, domain, output in ((source, SOURCE, source_out), (target, TARGET, target_out)):
        alone = net(batch.frames, batch.mask, domain)
        torch.testing.assert_close(output.logits, alone.logits, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(output.embedding, alone.embedding, rtol=1e-4, atol=1e-5)


@WAYS
def test_only_domain_statistics_answer_the_two_domains_differently(combine):
    net = model(combine)
    source, target = sides()
    for _ in range(3):
        net.forward_both(source, target)
    net.eval()
    a, b = (net.predict(target.frames, target.mask, domain).logits for domain in (SOURCE, TARGET))
    assert torch.equal(a, b) == (combine != "domain")


@WAYS
def test_a_few_steps_on_both_lower_the_loss(combine):
    net = model(combine)
    source, target = sides()
    optimiser, losses = torch.optim.Adam(net.parameters(), 3e-3), []
    for _ in range(25):
        loss = cross_entropy(net.forward_both(source, target)[0], source.labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.2


@pytest.mark.parametrize("norm", COMBINE)
def test_adabn_refuses_networks_it_cannot_adapt(norm, toys):
    """It rewrites the one norm behind the embedding; this network has two."""
    toy = toys("moved")
    model = Model(toy.train.classes, 0, toy.train.pack.dim, Recipe("mel", "conv_gru", {"norm": norm}))
    with pytest.raises(SettingsError, match="AdaBN needs"):
        METHODS["adabn"](model, toy.train, toy.target)


@WAYS
def test_a_mixed_pass_hears_what_two_passes_hear(combine):
    """CORAL's matrix included, which stands between the standardisation and the network."""
    model = Model(CLASSES, 0, 64, Recipe("mel", "conv_gru", {"norm": combine})).eval()
    random = torch.Generator().manual_seed(0)
    model.inputs[TARGET].matrix = torch.randn(64, 64, generator=random)
    batches = [
        Batch(torch.randn(5 * steps, 64, generator=random), torch.ones(5, steps, dtype=torch.bool))
        for steps in (20, 30)
    ]
    for domain, (batch, output) in enumerate(zip(batches, model.forward_both(*batches), strict=True)):
        torch.testing.assert_close(output.logits, model(batch.frames, batch.mask, domain).logits, rtol=1e-4, atol=1e-5)
