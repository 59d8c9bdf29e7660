"""Sizes from the literature, and the state dicts of the well-known checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cnngen.backends.base import parameter_count
from generated.modules import ROOT, compiled, imported

DATA = Path(__file__).parent / "data"
EXAMPLES = ROOT / "examples"

PARAMETERS = {
    ("lenet5", "LeNet5"): 61_706,
    ("alexnet", "AlexNet"): 60_965_224,
    ("alexnet", "AlexNetOneTower"): 61_100_840,
    ("vgg", "VGG11"): 132_863_336,
    ("vgg", "VGG13"): 133_047_848,
    ("vgg", "VGG16"): 138_357_544,
    ("vgg", "VGG19"): 143_667_240,
    ("vgg", "VGG11_BN"): 132_868_840,
    ("vgg", "VGG13_BN"): 133_053_736,
    ("vgg", "VGG16_BN"): 138_365_992,
    ("vgg", "VGG19_BN"): 143_678_248,
}
"""Trained values, as the papers' networks and torchvision's have them."""

sizes = pytest.mark.parametrize(
    ("stem", "name", "count"),
    [pytest.param(*key, count, id=key[1]) for key, count in PARAMETERS.items()],
)


def on_meta(stem: str, name: str) -> Any:
    """A torch network without memory for its weights."""
    torch = pytest.importorskip("torch")
    with torch.device("meta"):
        return getattr(imported(EXAMPLES / f"{stem}.cnn", "torch"), name)()


def test_every_network_of_the_examples_is_counted() -> None:
    names = {
        (path.stem, network.name)
        for path in EXAMPLES.glob("*.cnn")
        for network in compiled(path, "torch").networks
    }
    assert names == PARAMETERS.keys()


@sizes
def test_the_compiler_counts_right(stem: str, name: str, count: int) -> None:
    found = {n.name: n for n in compiled(EXAMPLES / f"{stem}.cnn", "torch").networks}
    assert parameter_count(found[name]) == count


@sizes
@pytest.mark.parametrize("target", ["torch", "keras"])
def test_the_docstring_says_it(target: str, stem: str, name: str, count: int) -> None:
    pytest.importorskip(target)
    network = getattr(imported(EXAMPLES / f"{stem}.cnn", target), name)
    assert f" {count:,} parameters" in " ".join(network.__doc__.split())


@sizes
def test_torch_has_as_many(stem: str, name: str, count: int) -> None:
    assert sum(p.numel() for p in on_meta(stem, name).parameters()) == count


@sizes
def test_keras_has_as_many(stem: str, name: str, count: int) -> None:
    keras = pytest.importorskip("keras")
    build = getattr(imported(EXAMPLES / f"{stem}.cnn", "keras"), name)
    model = build()
    found = sum(int(keras.ops.size(v)) for v in model.trainable_variables)
    keras.backend.clear_session()
    assert found == count


@pytest.mark.parametrize(
    ("stem", "name"), [("alexnet", "AlexNetOneTower"), ("vgg", "VGG16"), ("vgg", "VGG16_BN")]
)
def test_the_state_dict_is_that_of_the_checkpoint(stem: str, name: str) -> None:
    expected = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    found = {key: list(value.shape) for key, value in on_meta(stem, name).state_dict().items()}
    assert list(found.items()) == list(expected.items()), "keys in this order, with these shapes"
