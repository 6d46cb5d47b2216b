"""The networks that can take the attention head's place: shapes, seeds, gradients, padding, learning."""

from itertools import pairwise

import pytest
import torch

from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.networks.heads.conv1d import Conv1d
from xser_demo.networks.heads.conv_gru import ConvGRU
from xser_demo.networks.heads.image import FRAMES, ImageHead, picture
from xser_demo.networks.heads.layers import padded
from xser_demo.networks.heads.mlp import MLP
from xser_demo.networks.heads.resnet50 import ResNet50
from xser_demo.networks.heads.vgg16 import VGG16

HEADS = {  # how it is made, (T, D) of its input, width of its embedding
    "mlp": (lambda seed: MLP(4, seed, 149), (1, 149), 128),
    "mlp of the poster": (
        lambda seed: MLP(4, seed, 149, hidden=(64, 32), classifier=(512, 128), dropout=0),
        (1, 149),
        32,
    ),
    "mlp without norm": (lambda seed: MLP(4, seed, 149, norm=False), (1, 149), 128),
    "conv1d": (lambda seed: Conv1d(4, seed, 149), (1, 149), 128),
    "conv_gru": (lambda seed: ConvGRU(4, seed, 64), (150, 64), 64),
    "vgg16": (lambda seed: ImageHead(4, seed, width=1 / 16, size=32), (150, 64), 256),
    "resnet50": (lambda seed: ImageHead(4, seed, network="resnet50", width=1 / 16, size=32), (150, 64), 128),
    "resnet50 of the poster": (
        lambda seed: ImageHead(4, seed, network="resnet50", width=1 / 16, size=64, classifier=(1024, 512)),
        (150, 64),
        128,
    ),
}


@pytest.fixture(params=HEADS)
def case(request):
    make, (steps, dim), width = HEADS[request.param]
    lengths = torch.tensor([steps, max(1, steps // 2), max(1, steps // 3), 1, 1, steps])
    mask = torch.arange(steps) < lengths[:, None]
    frames = torch.randn(6, steps, dim, generator=torch.Generator().manual_seed(0)) * mask[..., None]
    return make, frames, mask, width


def weights(module):
    return torch.cat([parameter.detach().flatten() for parameter in module.parameters()])


def test_shapes_and_the_width_of_the_embedding(case):
    make, frames, mask, width = case
    head = make(0)
    output = head(frames, mask, SOURCE)
    assert head.embedding == width and output.embedding.shape == (6, width)
    assert output.logits.shape == (6, 4) and output.attention.shape == (6, 0, frames.shape[1])
    assert output.logits.isfinite().all()


def test_weights_and_dropout_come_from_the_seed_alone(case):
    make, frames, mask, _ = case
    heads, outputs = [], []
    for other in (1, 2):
        torch.manual_seed(other)
        heads.append(make(7))
        outputs.append(heads[-1](frames, mask, SOURCE))
    assert torch.equal(weights(heads[0]), weights(heads[1]))
    assert torch.equal(outputs[0].logits, outputs[1].logits)  # in training mode, with dropout
    assert not torch.equal(weights(heads[0]), weights(make(8)))


def test_every_parameter_gets_a_gradient(case):
    make, frames, mask, _ = case
    head = make(0)
    for _ in range(2):  # ResNet's blocks begin as short cuts: one step opens them
        head.zero_grad()
        logits = head(frames, mask, SOURCE).logits
        torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2, 3, 0, 1])).backward()
        with torch.no_grad():
            for parameter in head.parameters():
                parameter -= 1e-3 * parameter.grad
    for name, parameter in head.named_parameters():
        assert parameter.grad is not None and parameter.grad.any(), name


def test_padding_changes_no_answer(case):
    make, frames, mask, _ = case
    head = make(0)
    head(frames, mask, SOURCE)  # running statistics that are not 0 and 1
    head.eval()
    noise = torch.where(mask[..., None], frames, 9.0)  # what stands under the mask must not be read
    batch, dirty = head(frames, mask, SOURCE), head(noise, mask, SOURCE)
    torch.testing.assert_close(batch.logits, dirty.logits)
    for i, length in enumerate(mask.sum(1).tolist()):
        alone = head(frames[i : i + 1, :length], mask[i : i + 1, :length], SOURCE)
        torch.testing.assert_close(batch.embedding[i], alone.embedding[0], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(batch.logits[i], alone.logits[0], rtol=1e-4, atol=1e-5)


def test_the_mlp_of_the_poster_has_its_layers():
    head = HEADS["mlp of the poster"][0](0)
    shapes = [tuple(p.shape) for name, p in head.named_parameters() if p.dim() == 2]
    assert shapes == [(64, 149), (32, 64), (512, 32), (128, 512), (4, 128)]
    norms = [m.num_features for m in head.modules() if isinstance(m, torch.nn.BatchNorm1d)]
    assert norms == [64, 32, 512, 128]


def test_vectors_of_several_frames_enter_as_their_mean():
    head = MLP(4, 0, 5).eval()
    frames, mask = torch.randn(2, 3, 5), torch.tensor([[True, True, False], [True, False, False]])
    mean = torch.stack([frames[0, :2].mean(0), frames[1, 0]])[:, None]
    torch.testing.assert_close(head(frames, mask, SOURCE).logits, head(mean, mask[:, :1], SOURCE).logits)


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 16, 17, 150])
def test_every_eight_frames_become_one_step(length):
    head, seen = ConvGRU(4, 0, 64, width=8).eval(), []
    head.last_conv.register_forward_hook(lambda module, inputs, output: seen.append(output.shape))
    head(torch.randn(1, length, 64), torch.ones(1, length, dtype=torch.bool), SOURCE)
    assert seen == [(1, 8, -(-length // 8))]


def test_the_norms_of_the_gru_network_know_the_domain():
    head = ConvGRU(4, 0, 64)
    mask = torch.ones(8, 20, dtype=torch.bool)
    head(torch.randn(8, 20, 64), mask, TARGET)
    for norm in (head.norm, head.classify_norm):
        assert not norm.mean[SOURCE].any() and norm.mean[TARGET].any()


def test_a_picture_is_padded_with_silence_and_cut_at_three_seconds():
    frames, mask = torch.rand(1, 40, 64) + 1, torch.ones(1, 40, dtype=torch.bool)
    mask[:, 30:] = False
    image = picture(frames, mask, FRAMES)
    assert image.shape == (1, 3, FRAMES, FRAMES)
    assert torch.equal(image[:, 0], image[:, 1]) and torch.equal(image[:, 0], image[:, 2])
    whole = picture(frames, mask, 64)[0, 0]  # bands are not resized at 64
    silence = frames[0, :30].amin(0)
    torch.testing.assert_close(whole[:, 20:], silence[:, None].expand(64, 44))
    long = torch.randn(1, 200, 64)
    valid = torch.ones(1, 200, dtype=torch.bool)
    assert torch.equal(picture(long, valid, 64), picture(long[:, :FRAMES], valid[:, :FRAMES], 64))
    assert not picture(long, ~valid, 64).any()  # no sound at all


def test_a_picture_shows_where_a_sound_is():
    frames, mask = torch.zeros(1, FRAMES, 64), torch.ones(1, FRAMES, dtype=torch.bool)
    frames[0, 120, 16] = 1  # at 80 % of the time, at a quarter of the bands
    row, column = divmod(int(picture(frames, mask, 64)[0, 0].argmax()), 64)
    assert row == 16 and column == 120 * 64 // FRAMES


@pytest.mark.parametrize("size", [64, 112])
def test_grad_cam_finds_its_maps(size):
    for network, cells in (("vgg16", size // 16), ("resnet50", -(-size // 32))):
        head, seen = ImageHead(4, 0, network=network, width=1 / 16, size=size).eval(), []
        head.last_conv.register_forward_hook(lambda module, inputs, output, seen=seen: seen.append(output))
        head(torch.randn(2, 150, 64), torch.ones(2, 150, dtype=torch.bool), SOURCE).logits.sum().backward()
        assert seen[0].shape[2:] == (cells, cells) and seen[0].requires_grad


def test_the_classifier_of_the_poster_replaces_the_last_layer():
    head = ImageHead(4, 0, network="resnet50", width=0.125, classifier=(1024, 512))
    sizes = [(m.in_features, m.out_features) for m in head.backbone.fc if isinstance(m, torch.nn.Linear)]
    assert sizes == [(256, 128), (128, 64), (64, 4)] and head.embedding == 256
    head = ImageHead(4, 0, network="vgg16", width=0.125, classifier=(1024, 512))
    assert head.backbone.classifier[6][0].in_features == 512 == head.embedding


@pytest.mark.parametrize("network", ["vgg16", "resnet50"])
def test_two_kinds_of_picture_are_learnt_in_seconds(network):
    """Low bands louder against high bands louder, in noise as strong as the difference; other clips to train on."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(96) % 2
    frames = torch.randn(96, 150, 64, generator=generator)
    frames[labels == 0, :, :32] += 1
    frames[labels == 1, :, 32:] += 1
    mask = torch.ones(96, 150, dtype=torch.bool)
    head = ImageHead(2, 0, network=network, width=0.125, size=64)
    optimiser = torch.optim.Adam(head.parameters(), 3e-4 if network == "vgg16" else 1e-3)
    for batch in list(torch.arange(64).split(16)) * 6:
        loss = torch.nn.functional.cross_entropy(head(frames[batch], mask[batch], SOURCE).logits, labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.inference_mode():
        guess = head.eval()(frames[64:], mask[64:], SOURCE).logits.argmax(1)
    assert (guess == labels[64:]).float().mean() > 0.9


def test_signals_keep_their_size_through_vgg():
    """He's initialisation: without it 13 convolutions without norm leave nothing to train on."""
    network = VGG16(4, 0.25).eval()
    maps = network.features(torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    assert 0.1 < maps.detach().std() < 10


@pytest.mark.parametrize(("size", "side"), [(64, 2), (128, 4), (224, 7), (448, 7)])
def test_vgg_takes_the_maps_of_a_small_picture_as_they_are(size, side):
    head = ImageHead(4, 0, network="vgg16", width=0.125, size=size)
    assert head.map_shape == (64, side, side)
    assert head.backbone.classifier[0].in_features == 64 * side**2


def test_an_unknown_image_network_is_refused():
    with pytest.raises(ValueError, match=r"no image network '\.\./vgg16'"):
        ImageHead(4, 0, network="../vgg16")


def test_widths_scale_all_channels():
    for network in (VGG16(4, 0.125), ResNet50(4, 0.125)):
        convolutions = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
        assert convolutions[0].out_channels == 8 and convolutions[0].in_channels == 3
        assert all(a.out_channels >= 4 and b.in_channels >= 4 for a, b in pairwise(convolutions))
    assert VGG16(4, 0.01).features[0].out_channels == 4


def test_padded_puts_every_frame_in_its_place():
    frames = torch.arange(1.0, 11.0).view(5, 2)
    mask = torch.tensor([[True, True, False], [True, False, False], [False, True, True]])
    rows, zero = padded(frames, mask), [0.0, 0.0]
    assert rows.tolist() == [[[1, 2], [3, 4], zero], [[5, 6], zero, zero], [zero, [7, 8], [9, 10]]]
    assert torch.equal(rows[mask], frames) and padded(frames.double(), mask).dtype == torch.float64
