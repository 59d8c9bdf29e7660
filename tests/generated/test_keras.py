"""Generated Keras modules in the hands of Keras: built, named, saved and loaded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cnngen.analysis.cost import parameter_count
from cnngen.backends import backend
from cnngen.backends.base import site
from cnngen.backends.keras import module as keras_module
from cnngen.backends.keras.emit import TABLE
from cnngen.backends.keras.names import layer_name
from cnngen.backends.keras.sized import SIZED
from cnngen.compiler import compile_source
from cnngen.ir import Network, layers
from cnngen.ops import Map
from cnngen.source import Source
from generated.modules import (
    EXAMPLES,
    ROOT,
    Compiled,
    all_compiled,
    imported,
    plain_arguments,
)

keras = pytest.importorskip("keras")
np = pytest.importorskip("numpy")

PAIRS = [
    (module, network)
    for module in all_compiled("keras")
    if module.source not in EXAMPLES or module.source.stem == "lenet5"
    for network in module.networks
]
small = pytest.mark.parametrize(
    ("module", "network"),
    [pytest.param(*pair, id=f"{pair[0].source.stem}-{pair[1].name}") for pair in PAIRS],
)

HELPERS = (
    "AdaptivePooling",
    "BlurPooling",
    "DilatedMaxPooling",
    "GlobalResponseNorm",
    "LayerScale",
    "LocalResponseNorm",
    "PaddedAveragePooling",
    "ResizeCubic",
    "ResizeLinear",
    "StandardizedConv2D",
)
"""Layers that some modules define: saving them is the generated code's business."""


def made(module: Compiled, network: Network, **arguments: object) -> Any:
    keras.utils.set_random_seed(0)
    return getattr(imported(module.source, "keras"), network.name)(**arguments)


@small
def test_models_are_named_as_the_source_is(module: Compiled, network: Network) -> None:
    model = made(module, network)
    assert model.name == network.name
    names = [layer.name for layer in model._flatten_layers(include_self=False)]
    for path, layer in layers(network.body):
        # An op that is a function in Keras has no name of ours.
        if not TABLE(site(layer)).parts[-1].function:
            assert layer_name(path) in names
    outer = [layer.name for layer in model.layers]
    assert len(set(outer)) == len(outer)


def test_helpers_that_read_sizes_are_known() -> None:
    """What a `reuse` applies to several sizes must not need one when the model is made."""
    reading: dict[str, str] = {}
    for path in Path(keras_module.HELPERS).glob("*.py"):
        text = path.read_text(encoding="utf-8")
        reads = re.search(r"x\.shape\[(?!-1\])|= x\.shape$", text, re.MULTILINE)
        for name in re.findall(r"^(?:def|class) (\w+)", text, re.MULTILINE) if reads else ():
            reading[name] = text
    callers = {"pool3d": {"average_pool3d", "max_pool3d"}, "ResizeLinear": {"ResizeCubic"}}
    expected = {name for names in callers.values() for name in names} | {*reading} - {"pool3d"}
    assert expected == SIZED


SEVERAL_SIZES = """
block up() {{
    full: conv 4 3x3 pad=1
    maxpool 2x2
    resize {how}
}}
network Net {{
    a: input 8x8x3
    b: input 4x4x3
    from a
    one: up
    first: avgpool global
    from b
    two: reuse one
    avgpool global
    add first
}}
"""


@pytest.mark.parametrize("how", ["like=full", "like=full mode=linear", "2 mode=linear"])
def test_what_has_to_know_a_size_is_not_applied_to_several(how: str) -> None:
    text = SEVERAL_SIZES.format(how=how)
    (found,) = compile_source(Source("net.cnn", text), [backend("keras")]).diagnostics
    assert found.message.startswith("Keras makes `resize` for one size of map")
    assert found.span is not None
    assert found.span.text == f"resize {how}"


@small
def test_models_have_as_many_weights_as_counted(module: Compiled, network: Network) -> None:
    model = made(module, network)
    found = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    assert found == parameter_count(network)


@small
def test_the_function_takes_what_the_source_leaves_open(module: Compiled, network: Network) -> None:
    arguments = plain_arguments(network)
    outputs = made(module, network, **arguments).outputs
    assert all(output.shape[0] is None for output in outputs)
    with pytest.raises(TypeError):
        made(module, network, no_such_parameter=1)


@pytest.mark.parametrize("helper", HELPERS)
def test_saved_models_load_with_their_helpers(helper: str, tmp_path: Path) -> None:
    module, network = next(
        (module, network)
        for module, network in PAIRS
        if f"class {helper}(" in module.text and f"{helper}(" in network_text(module, network)
    )
    model = made(module, network)
    x = network.body.at.input
    assert isinstance(x, Map)
    given = np.random.default_rng(0).random((1, *x.sizes, x.channels), "float32")
    expected = model(given)
    path = tmp_path / "model.keras"
    model.save(path)
    loaded = keras.models.load_model(path)
    np.testing.assert_array_equal(loaded(given), expected)
    assert any(type(layer).__name__ == helper for layer in loaded.layers)


def network_text(module: Compiled, network: Network) -> str:
    """A network's own function."""
    return module.text.partition(f"\ndef {network.name}(")[2].partition("\ndef ")[0]


def test_two_models_stand_in_one_process() -> None:
    build = imported(ROOT / "examples" / "lenet5.cnn", "keras").LeNet5
    both = keras.Sequential([build(classes=32), keras.layers.Reshape((8, 4, 1))])
    assert build(classes=7).output_shape == (None, 7)
    assert both.layers[0].name == "LeNet5"
