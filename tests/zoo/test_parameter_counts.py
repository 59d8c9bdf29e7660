"""Sizes from the literature: what the compiler, the docstrings and both frameworks count."""

from __future__ import annotations

from typing import Any

import pytest
from generated.modules import EXAMPLES, ROOT, compiled, imported

from cnngen.backends.base import parameter_count
from zoo.networks import ZOO, Example
from zoo.recorded import Record

PARAMETERS = {
    Example("lenet5", "LeNet5"): 61_706,
    Example("alexnet", "AlexNet"): 60_965_224,
    **{example: Record.read(model).parameters for model, example in ZOO.items()},
}
"""Trained values, as the papers' networks have them and, where it has the network, torchvision."""

sizes = pytest.mark.parametrize(
    ("stem", "name", "count"),
    [pytest.param(*example, count, id=example.network) for example, count in PARAMETERS.items()],
)


def source(stem: str) -> Any:
    return ROOT / "examples" / f"{stem}.cnn"


def test_every_network_of_the_examples_is_counted() -> None:
    names = {
        (path.stem, network.name)
        for path in EXAMPLES
        for network in compiled(path, "torch").networks
    }
    assert names == PARAMETERS.keys()


@sizes
def test_the_compiler_counts_right(stem: str, name: str, count: int) -> None:
    found = {n.name: n for n in compiled(source(stem), "torch").networks}
    assert parameter_count(found[name]) == count


@sizes
@pytest.mark.parametrize("target", ["torch", "keras"])
def test_the_docstring_says_it(target: str, stem: str, name: str, count: int) -> None:
    network = getattr(imported(source(stem), target), name)
    assert f" {count:,} parameters" in " ".join(network.__doc__.split())


@sizes
def test_torch_has_as_many(stem: str, name: str, count: int) -> None:
    import torch

    with torch.device("meta"):
        model = getattr(imported(source(stem), "torch"), name)()
    assert sum(p.numel() for p in model.parameters()) == count


@sizes
def test_keras_has_as_many(stem: str, name: str, count: int) -> None:
    import keras

    build = getattr(imported(source(stem), "keras"), name)
    model = build()
    found = sum(int(keras.ops.size(v)) for v in model.trainable_variables)
    keras.backend.clear_session()
    assert found == count
