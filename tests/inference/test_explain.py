"""Explanations: Grad-CAM against a plain one, exact shares, and a model that is left as it was."""

import threading
from itertools import permutations

import numpy as np
import pytest
import torch
from torch import nn

from xser_demo.data.packs import load_cached
from xser_demo.features import FEATURES
from xser_demo.inference import explain
from xser_demo.inference.predict import EncodedClip, encode_clip, encode_file, from_pack, predict
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.classifier import Model, Recipe
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.networks.memory_bank import MemoryBank
from xser_demo.utils.settings import EXAMPLES, SAMPLE_RATE

VGG = Recipe("mel", "image", {"network": "vgg16", "width": 0.125, "size": 64})
RESNET = Recipe("mel", "image", {"network": "resnet50", "width": 0.125, "size": 64, "classifier": [64]})
GRU = Recipe("mel", "conv_gru", {"norm": "joint"})
MLP = Recipe("gemaps", "mlp", {"hidden": [32, 16], "classifier": [8]})
LAYERS = {"vgg16": "head.backbone.features.22", "resnet50": "head.backbone.layer3"}


def made(recipe: Recipe, classes=("high", "low"), seed=3) -> Model:
    model = Model(tuple(classes), seed, recipe=recipe)
    for number, input_map in enumerate(model.inputs):
        input_map.mean, input_map.std = input_map.mean - 1 - number, input_map.std * 2
    with torch.no_grad():  # residual branches that begin at zero would hide mistakes
        for name, parameter in model.named_parameters():
            if name.endswith("bn3.weight"):
                parameter.fill_(0.5)
    return model.eval().requires_grad_(False)


def sounding(dim: int, frames: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(frames, dim, generator=generator), torch.ones(1, frames, dtype=torch.bool)


def plain_gradcam(model, layer, frames, mask, class_index, domain):
    """Selvaraju et al. 2017, eq. 1 and 2, by hooks."""
    kept = []
    hook = model.get_submodule(layer).register_forward_hook(lambda _m, _i, out: kept.append(out))
    frames = frames.clone().requires_grad_()
    output = model(frames, mask, domain)
    hook.remove()
    logits = output.logits if model.memory is None else model.memory.vote(output.embedding)
    (gradient,) = torch.autograd.grad(logits[0, class_index], kept[0])
    maps, gradient = kept[0][0].detach(), gradient[0]
    weights = gradient.flatten(1).mean(1)  # alpha_k
    return torch.tensordot(weights, maps, dims=1).relu()


@pytest.mark.parametrize("recipe", [VGG, RESNET, GRU], ids=["vgg16", "resnet50", "conv_gru"])
@pytest.mark.parametrize("domain", [SOURCE, TARGET])
def test_gradcam_is_that_of_the_paper(recipe, domain):
    model, (frames, mask) = made(recipe), sounding(64, 97)
    layer = LAYERS.get(recipe.options.get("network"), "head.convolutions.2")
    heat = [explain.gradcam(model, layer, frames, mask, c, domain) for c in (0, 1)]
    for c in (0, 1):
        torch.testing.assert_close(heat[c], plain_gradcam(model, layer, frames, mask, c, domain), rtol=1e-4, atol=1e-7)
    assert heat[0].shape == {"vgg16": (8, 8), "resnet50": (4, 4)}.get(recipe.options.get("network"), (13,))
    assert not torch.equal(heat[0], heat[1])


def test_with_a_memory_the_vote_is_explained():
    model, (frames, mask) = made(GRU), sounding(64, 97)
    rows = torch.randn(40, 64, generator=torch.Generator().manual_seed(1))
    model.memory = MemoryBank(rows, torch.arange(40) % 2, 2)
    voted = explain.gradcam(model, "head.convolutions.2", frames, mask, 0)
    torch.testing.assert_close(voted, plain_gradcam(model, "head.convolutions.2", frames, mask, 0, TARGET))
    model.memory = None
    assert not torch.allclose(voted, explain.gradcam(model, "head.convolutions.2", frames, mask, 0))


class UpperBands(nn.Module):
    """A backbone whose second class is the energy of the upper bands; the rows of a picture begin with the lowest."""

    LAST, outputs = "none", 2

    def __init__(self):
        super().__init__()
        self.layer3 = nn.Sequential(nn.AvgPool2d(8), nn.Conv2d(3, 2, 1, bias=False), nn.ReLU())
        self.layer3[1].weight.data = torch.ones(2, 3, 1, 1)

    def forward(self, images):
        maps = self.layer3(images)  # (B, 2, 8, 8)
        high = (maps[:, 1] * (torch.arange(8) >= 4)[None, :, None]).sum((1, 2))
        return torch.stack([-high, high], dim=1), maps.flatten(1)


def test_a_picture_decided_by_its_upper_bands_is_hot_there():
    model = made(RESNET)
    model.head.backbone = UpperBands()
    model.inputs[TARGET].mean.fill_(-80.0)
    mel = np.full((75, 64), -80, dtype=np.float32)
    mel[30:50, 48:] = 0  # a whistle in the middle of a clip of 1.5 s
    speech = np.zeros(30, dtype=bool)
    speech[10:25] = True  # which begins after a second
    encoded = EncodedClip("whistle", 3.0, np.zeros((30, 512), np.float32), speech, _features={"mel": mel})
    loaded = Loaded("own", model, {})
    explanation = explain.explain(loaded, encoded, predict(loaded, encoded))
    assert isinstance(explanation, explain.Picture) and explanation.heat.shape == (64, 75) == explanation.levels.shape
    assert explanation.heat.max() == 1 and explanation.heat[40:].sum() > 0.9 * explanation.heat.sum()
    assert explanation.places.tolist() == list(range(50, 125)) and explanation.rate_hz == 50
    assert explanation.beyond < 0.05
    assert abs(int(explanation.curve.values.argmax()) - 90) <= 8 and explanation.curve.values.sum() == pytest.approx(1)


def linear(weights: torch.Tensor) -> Model:
    """A model of two classes whose log-odds are linear in the standardised vector."""
    model = made(Recipe("gemaps", "mlp", {"hidden": [4]}))

    class Linear(nn.Module):
        def forward(self, frames, mask, domain):
            from xser_demo.networks.heads.attention import Output

            score = frames[:, 0] @ weights
            return Output(torch.stack([score, -score], 1), frames[:, 0], frames.new_zeros(len(frames), 0, 1))

    model.head = Linear()
    return model


def test_shares_of_a_linear_model_are_known():
    """So small a score that the softmax is linear: a group's share is the sum of weight times value, over two."""
    generator = torch.Generator().manual_seed(0)
    weights, (frames, _) = 1e-5 * torch.randn(88, generator=generator), sounding(88, 1)
    model = linear(weights)
    groups = FEATURES["gemaps"].groups()
    shapley = explain.shapley(model, frames, 0, groups, TARGET)
    each = weights * model.inputs[TARGET](frames[0]) / 2
    for name, dimensions in groups.items():
        assert shapley.shares[name] == pytest.approx(float(each[list(dimensions)].sum()), rel=1e-2, abs=1e-7)
    assert shapley.before == pytest.approx(0.5)


@pytest.mark.parametrize(
    "recipe",
    [MLP, Recipe("averages", "conv1d"), Recipe("averages", "mlp", {"hidden": [8]})],
    ids=["mlp", "conv1d", "averages"],
)
def test_shares_lead_from_the_average_voice_to_the_clip(recipe):
    model, feature = made(recipe, ("a", "b", "c")), FEATURES[recipe.feature]
    frames, mask = sounding(feature.dim, 1)
    for class_index in range(3):
        shapley = explain.shapley(model, frames, class_index, feature.groups())
        assert sum(shapley.shares.values()) == pytest.approx(shapley.after - shapley.before, abs=1e-9)
        assert shapley.after == pytest.approx(
            float(model.predict(frames, mask).logits.softmax(1)[0, class_index]), abs=1e-5
        )
        assert shapley == explain.shapley(model, frames, class_index, feature.groups())


def test_shares_are_shapley_values_and_those_of_captum():
    """Against the definition over all orders, and against captum's exact ones."""
    from captum.attr import ShapleyValues

    model, (frames, mask) = made(MLP), sounding(88, 1)
    groups = {"a": tuple(range(10)), "b": tuple(range(10, 50)), "c": tuple(range(50, 80)), "d": tuple(range(80, 88))}
    shapley = explain.shapley(model, frames, 1, groups)
    average = model.inputs[TARGET].mean[None]

    def share(present) -> float:
        voice = average.clone()
        for name in present:
            voice[..., groups[name]] = frames[..., groups[name]]
        return float(model.predict(voice, mask).logits.softmax(1)[0, 1])

    orders = list(permutations(groups))
    for name in groups:
        steps = [share(o[: o.index(name) + 1]) - share(o[: o.index(name)]) for o in orders]
        assert shapley.shares[name] == pytest.approx(np.mean(steps), abs=1e-6)
    of = torch.tensor([next(i for i, g in enumerate(groups.values()) if d in g) for d in range(88)])[None]
    theirs = ShapleyValues(lambda x: model.predict(x, mask.expand(len(x), 1)).logits.softmax(1)).attribute(
        frames, baselines=average, target=1, feature_mask=of
    )
    for name, dimensions in groups.items():
        assert shapley.shares[name] == pytest.approx(float(theirs[0, dimensions[0]]), abs=1e-6)


def state(model: Model) -> dict:
    return {
        "weights": {name: tensor.clone() for name, tensor in model.state_dict().items()},
        "modes": [module.training for module in model.modules()],
        "grad": [(p.requires_grad, p.grad) for p in model.parameters()],
        "hooks": [len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in model.modules()],
        "draws": [m.generator.get_state() for m in model.modules() if hasattr(m, "generator")],
    }


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("recipe", [VGG, RESNET, GRU, MLP], ids=["vgg16", "resnet50", "conv_gru", "mlp"])
def test_the_model_is_left_as_it_was(recipe, training):
    """Also one in the middle of a training, of the visitor's own."""
    encoded = from_pack(load_cached("emodb"), 0)
    loaded = Loaded("own", made(recipe).train(training).requires_grad_(training), {})
    before, prediction = state(loaded.model), predict(loaded, encoded)
    assert explain.explain(loaded, encoded, prediction) is not None
    torch.testing.assert_close(state(loaded.model), before, rtol=0, atol=0)
    assert predict(loaded, encoded).probabilities == prediction.probabilities


def test_two_visitors_at_once_get_their_own_maps():
    model = made(VGG)
    clips = [sounding(64, 100 + 10 * n, seed=n) for n in range(2)]
    alone = [explain.gradcam(model, LAYERS["vgg16"], *clip, 0) for clip in clips]
    wrong, start = [], threading.Barrier(3)

    def visit(n):
        start.wait()
        for _ in range(15):
            if not torch.allclose(explain.gradcam(model, LAYERS["vgg16"], *clips[n], 0), alone[n], rtol=1e-4):
                wrong.append(n)

    def answers():
        start.wait()
        for _ in range(30):
            model.predict(*clips[1])

    threads = [threading.Thread(target=visit, args=(n,)) for n in range(2)] + [threading.Thread(target=answers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_every_shipped_model_explains_a_clip_and_a_stored_utterance():
    kinds = {"attention": explain.Curve, "image": explain.Picture, "conv_gru": explain.Curve}
    for encoded in (encode_file(EXAMPLES / "en-fast-high.flac"), from_pack(load_cached("emodb"), 5)):
        for card in checkpoints.cards():
            loaded = checkpoints.load(card["id"])
            explanation = explain.explain(loaded, encoded, predict(loaded, encoded))
            assert isinstance(explanation, kinds.get(loaded.model.recipe.head, explain.Groups))
            if isinstance(explanation, explain.Curve):
                assert (explanation.values >= 0).all() and (
                    explanation.values.sum() == pytest.approx(1, abs=1e-4) or not explanation.values.any()
                )
                assert len(explanation.values) / explanation.rate_hz < encoded.duration_s + 0.2


def test_a_curve_has_one_value_for_each_moment_up_to_the_last_that_the_network_hears():
    for encoded in (encode_file(EXAMPLES / "en-fast-high.flac"), from_pack(load_cached("emodb"), 5)):
        loaded = Loaded("own", made(GRU), {})
        explanation = explain.explain(loaded, encoded, predict(loaded, encoded))
        heard = len(encoded.feature("mel")[0])
        last = int(np.flatnonzero(encoded.speech)[(heard - 1) // 5])
        assert 5 * last < len(explanation.values) <= 5 * (last + 1) and np.count_nonzero(explanation.values) <= heard


def test_maps_begin_where_the_speech_does():
    clip = encode_file(EXAMPLES / "de-fast-high.flac").clip
    quiet = np.zeros(SAMPLE_RATE, dtype=np.float32)
    samples = np.concatenate([quiet, clip.samples, quiet])
    encoded = encode_clip(type(clip)(**{**clip.__dict__, "samples": samples}))
    loaded = Loaded("own", made(GRU), {})
    explanation = explain.explain(loaded, encoded, predict(loaded, encoded))
    assert len(explanation.values) / 50 > 1.5 and not explanation.values[:45].any() and explanation.values[45:].any()


def test_a_pause_that_was_cut_has_no_weight_and_what_follows_it_keeps_its_time():
    voice = encode_file(EXAMPLES / "de-fast-high.flac").clip
    pause = np.zeros(2 * SAMPLE_RATE, dtype=np.float32)
    word = voice.samples[: SAMPLE_RATE // 2]
    encoded = encode_clip(type(voice)(**{**voice.__dict__, "samples": np.concatenate([word, pause, voice.samples])}))
    loaded = Loaded("own", made(GRU), {})
    values = explain.explain(loaded, encoded, predict(loaded, encoded)).values
    assert values[:25].any() and not values[30:120].any() and values[125:].any()
