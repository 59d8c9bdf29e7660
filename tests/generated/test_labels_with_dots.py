"""Labels with dots: what holds their modules, and the names that the frameworks have."""

from __future__ import annotations

from typing import Any

import pytest

from cnngen.backends import backend
from cnngen.compiler import Result, compile_source
from cnngen.frameworks import framework, places
from cnngen.source import Source

TEXT = """
network Net(n=2, last=true) {
    input 6x8x3
    conv 4 1x1
    "head.cbr": { conv 4 1x1, bn, relu }
    for i in range(n) {
        residual { "lists.convs.{i}": conv 4 1x1, "norms.{i}": bn, relu }
    }
    if last { "head.end{n}": conv 4 1x1 }
    "1-b.c": conv 4 1x1
    "conv1.a": conv 4 1x1
    "own.gamma": layer_scale bare=map
}
"""


@pytest.fixture(scope="module")
def result() -> Result:
    made = compile_source(Source("net.cnn", TEXT), [backend("torch"), backend("keras")])
    assert not made.diagnostics
    return made


def test_paths_are_keys(result: Result) -> None:
    made: Any = framework("torch").module(result.outputs[0].text).Net()
    (network,) = result.module.networks
    keys = [key for key in made.state_dict() if not key.endswith("num_batches_tracked")]
    assert set(keys) == {place.name for place in places("torch", network)}
    assert list(dict.fromkeys(key.rpartition(".")[0] for key in keys)) == [
        "conv2",  # in the network, `conv1` holds something
        "head.cbr.0",
        "head.cbr.1",
        "head.end2",
        "lists.convs.0",
        "lists.convs.1",
        "norms.0",
        "norms.1",
        "1-b.c",
        "conv1.a",
        "own",
    ]


def test_a_dictionary_holds_modules(result: Result) -> None:
    text = result.outputs[0].text
    lines = """
        self.head = nn.ModuleDict()
        self.head["cbr"] = nn.Sequential(
        self.lists["convs"] = nn.ModuleDict()
            self.get_submodule("lists.convs").add_module(
            self.norms[str(i)] = nn.BatchNorm2d(4)
            self.head[f"end{n}"] = nn.Conv2d(4, 4, 1)
        self.add_module("1-b", nn.ModuleDict())
            y = relu1(self.norms[str(i)](self.get_submodule(f"lists.convs.{i}")(x)))
        x = self.get_submodule("1-b.c")(x)
        self.get_submodule("own").register_parameter(
        * getattr(self.get_submodule("own"), "gamma")
    """
    missing = [line for line in lines.strip().splitlines() if line.strip() not in text]
    assert not missing, text


def test_names_of_keras_layers_have_none(result: Result) -> None:
    made: Any = framework("keras").module(result.outputs[1].text).Net()
    names = {layer.name for layer in made.layers}
    assert {"head_cbr_0", "lists_convs_1", "norms_0", "head_end2", "1-b_c"} <= names
    assert not any("." in name for name in names)
