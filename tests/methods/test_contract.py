"""What every method in the table promises."""

import threading
from math import isfinite

import pytest
import torch

from xser_demo.methods import METHODS, get
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.networks.heads.attention import EMBEDDING, HEADS
from xser_demo.training.loop import Epoch, Finished, Step, run, run_to_end, train_source

EVERY = pytest.mark.parametrize("name", METHODS)
TRAINING = pytest.mark.parametrize("name", [name for name, method in METHODS.items() if method.trains])


def target_of(toy, name: str):
    return None if name == "source_only" else toy.target


def start(toy, name: str, epochs: int = 2, seed: int = 0):
    method = METHODS[name](toy.model(), toy.train, target_of(toy, name), seed=seed)
    return method, run(method, toy.train, toy.validation, target_of(toy, name), seed, epochs)


def weights(model) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@EVERY
def test_runs_and_describes_itself(name, toys):
    method, events = start(toys("moved"), name)
    events = list(events)
    assert method.name == name and method.title and method.idea.endswith(".")
    assert (method.strength is None) == (method.strength_label == "")
    assert isinstance(events[-1], Finished) and events[-1].model is method.model and not method.model.training
    assert sum(isinstance(event, Finished) for event in events) == 1
    if method.trains:
        assert [event.epoch for event in events if isinstance(event, Epoch)] == [1, 2]
        progress = [event.progress for event in events if isinstance(event, Step)]
        assert progress == sorted(progress) and 0 <= progress[0] < progress[-1] < 1
    else:
        assert len(events) == 1 and events[0].chosen is None


@TRAINING
def test_update_returns_named_finite_numbers_and_changes_weights(name, toys):
    toy = toys("moved")
    method, _ = start(toy, name)
    before = weights(method.model)
    method.model.train()
    some = torch.arange(16)
    method.start_epoch()
    losses = method.update(toy.train.batch(some), toy.target.batch(some) if target_of(toy, name) else None, 0.5)
    assert "total" in losses and all(type(value) is float and isfinite(value) for value in losses.values())
    assert not same(before, weights(method.model))


@EVERY
def test_predict_shapes_attention_and_padding(name, toys):
    toy = toys("moved")
    method, events = start(toy, name)
    run_to_end(events)
    frames, mask = toy.target.pack.batch(toy.target.rows[:9])
    first = int(mask[0].sum())  # frames of the first clip
    for domain in (SOURCE, TARGET):
        output = method.predict(frames, mask, domain)
        assert output.logits.shape == (9, 4) and output.embedding.shape == (9, EMBEDDING)
        assert output.attention.shape == (9, HEADS, mask.shape[1])
        torch.testing.assert_close(output.attention.sum(-1), torch.ones(9, HEADS))
        assert (output.attention.transpose(1, 2)[~mask] == 0).all()
        assert all(torch.isfinite(part).all() for part in output)

        padded = method.predict(frames, torch.nn.functional.pad(mask, (0, 6)), domain)
        torch.testing.assert_close(padded.logits, output.logits, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(padded.attention[..., :-6], output.attention, atol=1e-5, rtol=1e-4)
        alone = method.predict(frames[:first], mask[:1, :first], domain)
        torch.testing.assert_close(alone.logits[0], output.logits[0], atol=1e-4, rtol=1e-4)
        loud = 1000 * torch.randn(len(frames) - first, frames.shape[1], generator=torch.Generator().manual_seed(0))
        among = method.predict(torch.cat([frames[:first], loud]), mask, domain)
        torch.testing.assert_close(among.logits[0], output.logits[0], atol=1e-4, rtol=1e-4)


@EVERY
def test_predict_leaves_the_mode_as_it_was(name, toys):
    toy = toys("moved")
    method, _ = start(toy, name)
    for mode in (True, False):
        method.model.train(mode)
        method.predict(*toy.target.pack.batch(toy.target.rows[:3]))
        assert method.model.training is mode and method.model.head.dropout.training is mode


@TRAINING
def test_same_seed_same_weights_whatever_other_threads_do(name, toys):
    toy = toys("moved")
    quiet = run_to_end(start(toy, name)[1])
    stop = threading.Event()

    def disturb():
        while not stop.is_set():
            torch.manual_seed(torch.randint(100, ()).item())
            torch.randn(100)

    def train_too():
        while not stop.is_set():
            run_to_end(start(toy, name, epochs=1, seed=5)[1])

    threads = [threading.Thread(target=work) for work in (disturb, train_too)]
    for thread in threads:
        thread.start()
    try:
        busy = run_to_end(start(toy, name)[1])
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert same(weights(quiet.model), weights(busy.model)) and quiet.chosen.epoch == busy.chosen.epoch
    assert not same(weights(quiet.model), weights(run_to_end(start(toy, name, seed=1)[1]).model))


@TRAINING
@pytest.mark.parametrize("after", [1, 4])
def test_closing_after_a_step_leaves_a_usable_model(name, after, toys):
    toy = toys("moved")
    method, events = start(toy, name)
    for _ in range(after):
        next(events)
    events.close()
    assert next(events, None) is None
    assert torch.isfinite(method.predict(*toy.target.pack.batch(toy.target.rows[:3])).logits).all()


@EVERY
def test_training_batches_are_not_changed(name, toys):
    toy = toys("moved")
    before = [toy.train.pack.values.clone(), toy.train.labels.clone(), toy.target.pack.values.clone()]
    run_to_end(start(toy, name, epochs=1)[1])
    assert all(
        torch.equal(a, b)
        for a, b in zip(before, [toy.train.pack.values, toy.train.labels, toy.target.pack.values], strict=True)
    )


@EVERY
def test_adapted_model_can_be_saved_and_loaded(name, toys):
    toy = toys("moved")
    model = run_to_end(start(toy, name)[1]).model
    saved = weights(model)
    fresh = toy.model()
    fresh.load_state_dict(saved)
    assert torch.equal(fresh.predict_all(toy.target)[0], model.predict_all(toy.target)[0])
    fresh.load_state_dict(toy.source_model.state_dict())
    assert torch.equal(fresh.predict_all(toy.target)[0], toy.source_model.predict_all(toy.target)[0])
    model.load_state_dict(toy.source_model.state_dict())
    assert torch.equal(model.predict_all(toy.target)[0], toy.source_model.predict_all(toy.target)[0])


def test_source_only_learns_nothing_from_a_target_it_is_given(toys):
    toy = toys("turned")
    without = run_to_end(start(toy, "source_only")[1]).model
    method = METHODS["source_only"](toy.model(), toy.train, toy.target)
    given = run_to_end(run(method, toy.train, toy.validation, toy.target, 0, 2)).model
    assert same(weights(given), weights(without))


def test_unknown_method_is_said_in_one_sentence():
    with pytest.raises(ValueError, match="no method 'magic'; choose one of: source_only, "):
        get("magic")


@TRAINING
def test_a_model_that_was_just_trained_goes_on_like_one_that_was_loaded(name, toys):
    """Dropout draws go on where training ended; a method must begin at their beginning all the same."""
    toy = toys("moved")
    trained = run_to_end(train_source(toy.train, toy.validation, epochs=1)).model
    loaded = toy.model()
    loaded.load_state_dict(trained.state_dict())
    done = []
    for model in (trained, loaded):
        method = METHODS[name](model, toy.train, target_of(toy, name))
        done.append(weights(run_to_end(run(method, toy.train, toy.validation, target_of(toy, name), 0, 1)).model))
    assert same(*done)
