"""The official weights: names and shapes as published, all or nothing, fetched whole or not at all."""

import hashlib
import http.server
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import torch
from safetensors.torch import save_file

from xser_demo.networks import imagenet
from xser_demo.networks.heads.image import ImageHead
from xser_demo.networks.heads.resnet50 import ResNet50
from xser_demo.networks.heads.vgg16 import VGG16
from xser_demo.utils.errors import ModelError

NORM = ("weight", "bias", "running_mean", "running_var")


def vgg16_layout() -> dict[str, tuple[int, ...]]:
    """Simonyan and Zisserman 2015, table 1, column D, in torchvision's numbering of layers."""
    names, inputs, index = {}, 3, 0
    for block, convolutions in zip((64, 128, 256, 512, 512), (2, 2, 3, 3, 3), strict=True):
        for _ in range(convolutions):
            names[f"features.{index}.weight"] = (block, inputs, 3, 3)
            names[f"features.{index}.bias"] = (block,)
            inputs, index = block, index + 2  # a ReLU without parameters
        index += 1  # a pool
    for index, (outputs, inputs) in {0: (4096, 512 * 7 * 7), 3: (4096, 4096), 6: (1000, 4096)}.items():
        names[f"classifier.{index}.weight"] = (outputs, inputs)
        names[f"classifier.{index}.bias"] = (outputs,)
    return names


def resnet50_layout() -> dict[str, tuple[int, ...]]:
    """He et al. 2016, table 1: 3, 4, 6 and 3 bottlenecks, the first of each stage with a projected short cut."""
    names = {}

    def convolution(name: str, norm: str, outputs: int, inputs: int, kernel: int) -> None:
        names[f"{name}.weight"] = (outputs, inputs, kernel, kernel)
        names.update({f"{norm}.{part}": (outputs,) for part in NORM})
        names[f"{norm}.num_batches_tracked"] = ()

    convolution("conv1", "bn1", 64, 3, 7)
    inputs = 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        planes = 64 * 2**stage
        for block in range(blocks):
            prefix = f"layer{stage + 1}.{block}"
            convolution(f"{prefix}.conv1", f"{prefix}.bn1", planes, inputs, 1)
            convolution(f"{prefix}.conv2", f"{prefix}.bn2", planes, planes, 3)
            convolution(f"{prefix}.conv3", f"{prefix}.bn3", 4 * planes, planes, 1)
            if block == 0:
                convolution(f"{prefix}.downsample.0", f"{prefix}.downsample.1", 4 * planes, inputs, 1)
            inputs = 4 * planes
    names["fc.weight"], names["fc.bias"] = (1000, 2048), (1000,)
    return names


@pytest.mark.parametrize(
    ("network", "layout", "parameters"),
    [(VGG16, vgg16_layout, 138_357_544), (ResNet50, resnet50_layout, 25_557_032)],
)
def test_names_shapes_and_parameters_at_full_width(network, layout, parameters):
    with torch.device("meta"):  # shapes without the 528 MB
        model = network()
    assert {name: tuple(value.shape) for name, value in model.state_dict().items()} == layout()
    assert sum(p.numel() for p in model.parameters()) == parameters


@pytest.mark.parametrize(("network", "layout"), [(VGG16, vgg16_layout), (ResNet50, resnet50_layout)])
def test_a_file_of_the_published_layout_fits(network, layout):
    with torch.device("meta"):
        model, state = network(classes=4), {name: torch.empty(shape) for name, shape in layout().items()}
    imagenet.copy(model, state, "the official file")
    for name in ("num_batches_tracked", network.LAST):  # old files lack the one, other tasks the other
        imagenet.copy(model, {n: v for n, v in state.items() if name not in n}, "the official file")


@pytest.fixture
def saved(tmp_path):
    """A small network and the file of its weights, by their kind."""

    def make(network, suffix: str = ".pth", **changes):
        other = network(classes=10, width=0.125, seed=1)
        state = other.state_dict() | changes
        path = tmp_path / f"weights{suffix}"
        if suffix == ".safetensors":
            save_file(state, path)
        else:
            torch.save(state, path)
        return other, path

    return make


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("network", [VGG16, ResNet50])
def test_loading_gives_the_other_network(network, suffix, saved):
    other, path = saved(network, suffix)
    model = network(classes=10, width=0.125, seed=0)
    imagenet.load(model, path)
    for name, value in other.state_dict().items():
        assert torch.equal(model.state_dict()[name], value), name


@pytest.mark.parametrize("network", [VGG16, ResNet50])
def test_the_last_layer_stays_with_other_classes(network, saved):
    other, path = saved(network)
    model = network(classes=4, width=0.125, seed=0)
    before = model.get_submodule(model.LAST).weight.clone()
    imagenet.load(model, path)
    assert torch.equal(model.get_submodule(model.LAST).weight, before)
    first = next(iter(model.state_dict()))
    assert torch.equal(model.state_dict()[first], other.state_dict()[first])


def test_a_head_with_a_larger_classifier_loads_too(saved):
    other, path = saved(ResNet50)
    head = ImageHead(10, 0, network="resnet50", width=0.125, classifier=(1024, 512))
    imagenet.load(head.backbone, path)
    assert torch.equal(head.backbone.conv1.weight, other.conv1.weight)


def refused(model, path, match: str) -> None:
    """Loading fails with these words and leaves every weight as it was."""
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(ModelError, match=match):
        imagenet.load(model, path)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_a_wrong_shape_is_named_and_nothing_is_copied(saved):
    _, path = saved(VGG16, **{"features.28.bias": torch.zeros(3)})
    refused(VGG16(10, 0.125), path, r"features\.28\.bias is \(3,\) there and \(64,\) here")
    _, path = saved(VGG16)
    refused(VGG16(10, 0.25), path, r"features\.0\.weight .* need width 1")
    refused(ResNet50(10, 0.125), path, "conv1.weight is missing")


def test_a_missing_or_unknown_name_is_told(saved):
    _, path = saved(ResNet50, **{"extra.weight": torch.zeros(3)})
    refused(ResNet50(10, 0.125), path, "extra.weight")
    state = torch.load(path)
    del state["extra.weight"], state["layer4.2.bn3.running_var"]
    torch.save(state, path)
    refused(ResNet50(10, 0.125), path, "layer4.2.bn3.running_var is missing")


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
def test_what_is_no_state_dict_is_refused(name, tmp_path):
    path, model = tmp_path / name, VGG16(4, 0.125)
    refused(model, path, "cannot be read")  # no such file
    path.write_bytes(b"")
    refused(model, path, "cannot be read")
    path.write_bytes(b"not weights at all")
    refused(model, path, "cannot be read")


def test_a_pickle_that_would_execute_something_is_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return (tmp_path.joinpath("was_here").touch, ())

    path = tmp_path / "weights.pth"
    torch.save({"features.0.weight": Evil()}, path)
    refused(VGG16(4, 0.125), path, "cannot be read")
    torch.save([1, 2], path)
    refused(VGG16(4, 0.125), path, "no state dict")
    assert not (tmp_path / "was_here").exists()


CONTENT = b"weights" * 300_000  # more than one block


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A server on this machine with one file named after its checksum."""
    folder = tmp_path / "site"
    folder.mkdir()
    name = f"vgg16-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"
    (folder / name).write_bytes(CONTENT)
    monkeypatch.setitem(imagenet.FILES, "vgg16", name)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append(self.path)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder / name, asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_fetching_gives_the_whole_file_once(site, tmp_path):
    base, original, asked = site
    path = imagenet.fetch("vgg16", tmp_path / "new" / "folder", base)
    assert path.name == original.name and path.read_bytes() == CONTENT
    assert imagenet.fetch("vgg16", path.parent, base) == path
    assert len(asked) == 1  # the second time nothing is asked
    path.write_bytes(CONTENT[:-1])  # a damaged copy is replaced
    assert imagenet.fetch("vgg16", path.parent, base).read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir() if p.name != "lock"] == [path.name]


def test_two_downloads_at_once_fetch_the_file_once(site, tmp_path):
    base, _, asked = site
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: imagenet.fetch("vgg16", tmp_path, base), range(4)))
    assert {path.read_bytes() for path in paths} == {CONTENT} and len(asked) == 1


def test_a_wrong_checksum_leaves_nothing(site, tmp_path):
    base, original, _ = site
    original.write_bytes(CONTENT + b"!")
    with pytest.raises(ModelError, match="wrong checksum"):
        imagenet.fetch("vgg16", tmp_path / "weights", base)
    assert not list((tmp_path / "weights").glob("vgg16*"))


def test_without_a_network_the_way_out_is_told(site, tmp_path):
    base, original, _ = site
    original.unlink()
    with pytest.raises(ModelError, match=r"cannot be downloaded: .*404.*download it yourself and give its path"):
        imagenet.fetch("vgg16", tmp_path, base)
    with pytest.raises(ModelError, match=r"cannot be downloaded: 127\.0\.0\.1 cannot be reached"):
        imagenet.fetch("resnet50", tmp_path, "http://127.0.0.1:9")
    assert not list(tmp_path.glob("*.p*"))


def test_only_the_two_networks_have_weights(tmp_path):
    with pytest.raises(ModelError, match="vgg16 and resnet50, not for 'alexnet'"):
        imagenet.fetch("alexnet", tmp_path)


def test_the_official_addresses():
    """As published; the digits at the end of a name begin the file's SHA-256."""
    assert f"{imagenet.BASE}/{imagenet.FILES['vgg16']}" == "https://download.pytorch.org/models/vgg16-397923af.pth"
    assert (
        f"{imagenet.BASE}/{imagenet.FILES['resnet50']}" == "https://download.pytorch.org/models/resnet50-0676ba61.pth"
    )
