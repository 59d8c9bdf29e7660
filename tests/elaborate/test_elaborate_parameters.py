"""Which parameters the generated constructor takes, and which are decided when compiling."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from elaborating import free, module, network, networks, settings

from cnngen.backends.sharing import network_context
from cnngen.elaborate import Choice
from cnngen.formula import Symbol
from cnngen.ir import Layer, Network, layers

MAP = "input 32x32x4\n"
VECTOR = "input 16\n"


def written(made: Network) -> dict[str, Layer]:
    """The layers with the formulas that generated code has, by path."""
    context = network_context(made)
    return {path: context.layer(layer) for path, layer in layers(made.body)}


@pytest.mark.parametrize(
    "body",
    [
        VECTOR + "dense n",
        VECTOR + "dense n, relu, dropout 0.5",
        VECTOR + "dense 32, relu\nhead: { dense n }",
        VECTOR + "dense (n)",
        VECTOR + "dense units=n",
        VECTOR + "dense n, softmax",
        VECTOR + "dense n -> n",
        VECTOR + "dense n, relu -> n",
        VECTOR + "if true { dense n }",
        VECTOR + "repeat 1 { dense n }",
        MAP + "conv n 3x3",
        MAP + "conv n 3x3, relu, maxpool 2x2",
        MAP + "conv n 1x1, avgpool global, flatten -> n",
        MAP + "conv n 3x3 pad=1 -> 32x32x n",
        MAP + "conv n 3x3 pad=1 -> height x width x n",
        MAP + "conv_transpose n 2x2 stride=2",
        MAP + "flatten, dense n",
    ],
)
def test_a_size_that_nothing_depends_on_stays(body: str) -> None:
    body = body.replace("32x32x n", "32 x 32 x n")
    made = network(body, "n=8")
    assert free(made) == {"n": 8}
    assert made.body.channels == Symbol("n")
    marked = [layer for layer in written(made).values() if layer.formulas]
    assert len(marked) == 1
    assert set(marked[0].formulas.values()) == {Symbol("n")}


@pytest.mark.parametrize(
    "body",
    [
        VECTOR + "dense n, dense 10",
        VECTOR + "dense n, dense n",
        VECTOR + "dense n, bn",
        VECTOR + "dense n, prelu",
        VECTOR + "dense n, layernorm",
        VECTOR + "dense n + 0",
        VECTOR + "let units = n\ndense units",
        VECTOR + "for units in [n] { dense units }",
        VECTOR + "dense 4, pad_channels n",
        VECTOR + "dense n, pad_channels 9",
        VECTOR + "if n > 3 { relu }\ndense n",
        VECTOR + "dense n\nif n > 3 { relu }",
        VECTOR + "dense n, if channels > 3 { relu }",
        VECTOR + "repeat n { relu }\ndense n",
        VECTOR + "dense n -> 8",
        VECTOR + "dense n, relu -> 8",
        VECTOR + "dense n -> m",
        VECTOR + "dense n -> channels",
        VECTOR + "dense n -> n + 0",
        VECTOR + "head: { dense n } -> 8",
        "input n\ndense n",
        MAP + "conv n 3x3, conv 8 3x3",
        MAP + "conv n 3x3, depthwise_conv 3x3",
        MAP + "conv n 3x3, bn",
        MAP + "conv n 3x3, groupnorm 2",
        MAP + "conv n 3x3 groups=4",
        MAP + "conv n 3x3 groups=2",
        MAP + "conv_transpose n 2x2 groups=2",
        MAP + "conv n 3x3, flatten",
        MAP + "conv n 1x1, avgpool global, flatten, dense 10",
        MAP + "conv 8 n",
        MAP + "conv 8 3x3 stride=n",
        MAP + "conv 8 3x3 pad=n",
        MAP + "conv 8 3x3 dilation=n",
        MAP + "conv 8 n x n",
        MAP + "maxpool n",
        MAP + "lrn n",
        MAP + "groupnorm n / 2",
        MAP + "depthwise_conv 3x3 multiplier=n",
        MAP + "conv n 3x3 pad=1 -> 32x32x8",
        MAP + "conv n n",
    ],
)
def test_what_anything_depends_on_is_fixed(body: str) -> None:
    made = network(body, "n=8, m=8")
    assert "n" not in free(made)
    for layer in written(made).values():
        assert Symbol("n") not in [*layer.formulas.values(), layer.channels, layer.source]


def test_a_number_stated_as_a_height_fixes_it() -> None:
    """The statement is true of one n only."""
    assert free(network("input 8x8x3\nconv n 3x3 pad=1 -> n x n x n", "n=8")) == {}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (VECTOR + "dropout rate, dense classes", {"classes": 10, "rate": 0.5}),
        (VECTOR + "dropout rate, dense 4, dropout rate", {"rate": 0.5}),
        (VECTOR + "dropout rate / 2, dense classes", {"classes": 10}),
        (VECTOR + "if rate > 0 { dropout rate }, dense classes", {"classes": 10}),
        (VECTOR + "dropout rate, dense classes, dense 2", {"rate": 0.5}),
        (VECTOR + "dense 3", {}),
    ],
)
def test_parameters_are_independent(body: str, expected: Mapping[str, int | float]) -> None:
    made = network(body, "classes=10, rate=0.5, unused=3")
    assert free(made) == expected
    assert list(free(made)) == list(expected), "in the order of the head"


def test_a_symbol_is_at_its_field_and_along_its_channels() -> None:
    made = network(VECTOR + "dropout p\ndense 4, relu\ndense n, relu, dropout p", "n=8, p=0.25")
    found = {path: (layer.formulas, layer.channels) for path, layer in written(made).items()}
    n, p = Symbol("n"), Symbol("p")
    assert found == {
        "dropout1": ({"rate": p}, 16),
        "fc1": ({}, 4),
        "relu1": ({}, 4),
        "fc2": ({"units": n}, n),
        "relu2": ({}, n),
        "dropout2": ({"rate": p}, n),
    }


def test_a_whole_rate_is_a_number_with_a_point() -> None:
    (rate,) = network(VECTOR + "dropout rate", "rate=0").parameters
    assert rate.default == 0.0
    assert type(rate.default) is float


@pytest.mark.parametrize(
    ("given", "expected"), [("classes=100", {"classes": 100}), ("rate=0.1", {"classes": 10})]
)
def test_set_gives_the_default(given: str, expected: Mapping[str, int]) -> None:
    text = f"network Net(classes=10, rate=0.5) {{\n{VECTOR}dropout rate + 0, dense classes\n}}"
    (made,) = module(text, Choice(settings=settings(given))).networks
    assert free(made) == expected


def test_a_variant_gives_the_default() -> None:
    text = f"network Net(n, m=4) {{\n{VECTOR}dense n\n}}\nnetwork V = Net n=7\n"
    assert free(networks(text)["V"]) == {"n": 7}


@pytest.mark.parametrize(
    "text",
    [
        f"network Net(n=10, rate=n / 100) {{\n{VECTOR}dropout rate, dense n\n}}",
        f"network V = Base rate=n / 50\n"
        f"network Base(n=10, rate=0.5) {{\n{VECTOR}dropout rate, dense n\n}}",
    ],
    ids=["default", "variant"],
)
def test_a_parameter_that_another_one_is_made_of_is_fixed(text: str) -> None:
    """`Net(n=20)` in Python has to be what `--set n=20` compiles."""
    assert "n" not in free(module(text).networks[0])
