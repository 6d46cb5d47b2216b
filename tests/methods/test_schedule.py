"""How long and how fast: rates over the progress and the optimisers that a schedule builds."""

from inspect import signature

import pytest
import torch
from torch.optim.lr_scheduler import OneCycleLR

from xser_demo.methods import METHODS
from xser_demo.methods.schedule import Schedule
from xser_demo.training.loop import Step, run
from xser_demo.utils.errors import SettingsError

WARM = 0.3  # share of the training in which OneCycleLR lets the rate rise


def torchs(steps: int, rate: float) -> list[float]:
    """The rate of each step of torch's scheduler with its default arguments."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    scheduler, rates = OneCycleLR(optimiser, max_lr=rate, total_steps=steps), []
    for _ in range(steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        if len(rates) < steps:
            scheduler.step()
    return rates


@pytest.mark.parametrize("steps", [40, 100, 1000])
def test_onecycle_against_torch(steps):
    """Step i of N in torch is our progress 0.3 i / (0.3 N - 1) while the rate rises, up to i = 0.3 N - 1, and
    (i + 1) / N from then on: exactly."""
    schedule = Schedule(learning_rate=2e-3, decay="onecycle")
    for i, expected in enumerate(torchs(steps, 2e-3)):
        top = WARM * steps - 1
        progress = WARM * i / top if i <= top else (i + 1) / steps
        assert schedule.rate(progress) == pytest.approx(expected, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("steps", [40, 100, 1000])
def test_onecycle_over_a_run_is_torchs_one_step_later(steps):
    """A run calls step i of N with progress i / N: both begin at 1/25 of the rate, ours trails by at most a step."""
    schedule = Schedule(learning_rate=2e-3, decay="onecycle")
    ours, theirs = [schedule.rate(i / steps) for i in range(steps)], torchs(steps, 2e-3)
    assert ours[0] == pytest.approx(theirs[0]) == pytest.approx(2e-3 / 25)
    assert max(ours) == pytest.approx(max(theirs)) == pytest.approx(2e-3)
    assert ours.index(max(ours)) == theirs.index(max(theirs)) + 1
    for i in range(1, steps):
        assert min(theirs[i - 1 : i + 1]) * (1 - 1e-9) <= ours[i] <= max(theirs[i - 1 : i + 1]) * (1 + 1e-9)


def test_onecycle_begins_peaks_and_ends_where_torch_does():
    default = signature(OneCycleLR).parameters
    schedule = Schedule(learning_rate=1.0, decay="onecycle")
    low = 1 / default["div_factor"].default
    assert schedule.rate(0) == pytest.approx(low)
    assert schedule.rate(default["pct_start"].default) == pytest.approx(1.0)
    assert schedule.rate(1) == pytest.approx(low / default["final_div_factor"].default)
    assert schedule.rate(0.3 - 1e-9) == pytest.approx(schedule.rate(0.3 + 1e-9))


def test_a_constant_rate_stays():
    assert {Schedule(learning_rate=3e-4).rate(p) for p in (0.0, 0.3, 0.99, 1.0)} == {3e-4}


@pytest.mark.parametrize(
    ("name", "kind"), [("adamw", torch.optim.AdamW), ("adam", torch.optim.Adam), ("sgd", torch.optim.SGD)]
)
def test_the_optimiser_is_the_named_one_with_the_given_options(name, kind):
    parameter = torch.nn.Parameter(torch.ones(3))
    schedule = Schedule(optimiser=name, learning_rate=0.01, weight_decay=0.02, betas=(0.5, 0.9))
    optimiser = schedule.build([parameter])
    assert type(optimiser) is kind
    (group,) = optimiser.param_groups
    assert group["lr"] == 0.01 and group["weight_decay"] == 0.02 and group["params"] == [parameter]
    assert group["momentum"] == 0.9 if name == "sgd" else group["betas"] == (0.5, 0.9)


@pytest.mark.parametrize("name", ["adamw", "adam", "sgd"])
def test_two_steps_equal_those_of_torchs_optimiser_made_by_hand(name):
    """Among the three, only AdamW lets weights decay apart from the gradient."""
    by_hand = {
        "adamw": lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.3),
        "adam": lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.3),
        "sgd": lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.3, momentum=0.9),
    }[name]
    after = []
    for make in (Schedule(optimiser=name, learning_rate=0.1, weight_decay=0.3).build, by_hand):
        parameter = torch.nn.Parameter(torch.tensor([1.0, -2.0, 3.0]))
        optimiser = make([parameter])
        for _ in range(2):
            optimiser.zero_grad()
            parameter.pow(3).sum().backward()
            optimiser.step()
        after.append(parameter.detach())
    torch.testing.assert_close(after[0], after[1])


@pytest.mark.parametrize("name", ["source_only", "dann", "gan", "gan_synthesis", "nnpm"])
def test_every_step_is_taken_at_the_rate_of_its_progress(name, toys):
    """The discriminators of the GANs too."""
    toy = toys("moved")
    schedule = Schedule(batch=32, optimiser="adam", learning_rate=1e-3, decay="onecycle")
    target = None if name == "source_only" else toy.target
    method = METHODS[name](toy.model(), toy.train, target, schedule=schedule)
    optimisers = [
        method.optimiser,
        *([method.discriminator_optimiser] if hasattr(method, "discriminator_optimiser") else []),
    ]
    assert len(optimisers) == (2 if "gan" in name else 1)
    rates = []
    for event in run(method, toy.train, toy.validation, target, epochs=2):
        if isinstance(event, Step):
            expected = schedule.rate(event.progress)
            assert [group["lr"] for o in optimisers for group in o.param_groups] == [expected] * len(optimisers)
            rates.append(expected)
    assert rates[0] == pytest.approx(1e-3 / 25) and max(rates) > 0.8e-3 and rates[-1] < 0.3e-3


def test_a_run_is_as_long_and_its_batches_as_large_as_the_schedule_says(toys):
    toy = toys("moved")
    method = METHODS["gan"](toy.model(), toy.train, toy.target, schedule=Schedule(epochs=3, batch=40))
    seen, update = [], method.update

    def spied(source, target, progress):
        seen.append((len(source.mask), len(target.mask)))
        return update(source, target, progress)

    method.update = spied
    steps = [event for event in run(method, toy.train, toy.validation, toy.target) if isinstance(event, Step)]
    assert steps[-1].epoch == 3 and len(steps) == 3 * -(-len(toy.train) // 40)
    assert set(seen) == {(40, 40)}


@pytest.mark.parametrize("steps", [40, 1000])
def test_onecycle_takes_adams_momentum_the_other_way_as_torch_does(steps):
    optimiser = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=1e-3)
    scheduler = OneCycleLR(optimiser, max_lr=1e-3, total_steps=steps)
    schedule = Schedule(optimiser="adam", decay="onecycle")
    for i in range(steps):
        top = WARM * steps - 1
        progress = WARM * i / top if i <= top else (i + 1) / steps
        assert schedule.momentum(progress) == pytest.approx(optimiser.param_groups[0]["betas"][0], abs=1e-12)
        optimiser.step()
        if i + 1 < steps:
            scheduler.step()


def test_a_schedule_reaches_its_optimiser():
    schedule = Schedule(optimiser="adam", learning_rate=1.0, decay="onecycle")
    optimiser = schedule.build([torch.nn.Parameter(torch.zeros(1))])
    schedule.set(optimiser, 0.3)
    assert optimiser.param_groups[0]["lr"] == pytest.approx(1.0)
    assert optimiser.param_groups[0]["betas"] == pytest.approx((0.85, 0.999))


@pytest.mark.parametrize("wrong", [{"decay": "cosine"}, {"optimiser": "lion"}])
def test_an_unknown_schedule_is_refused(wrong):
    with pytest.raises(SettingsError, match="must be adamw, adam or sgd and the decay constant or onecycle"):
        Schedule(**wrong)
