"""Which flattens are the same in every target."""

from __future__ import annotations

import pytest
from lowering import elaborated, ops

from cnngen.ir import Network, layers
from cnngen.ops import Flatten, Vector
from cnngen.passes import run_passes, verify
from cnngen.passes.flatten_order import order_flattens

MAP = "input 4x6x3\n"


def ordered(body: str) -> list[bool]:
    """For each flatten whether the pass marks it; the result is valid."""
    network = order_flattens(elaborated(body))
    verify(network)
    return [op.ordered for op in ops(network).values() if isinstance(op, Flatten)]


def factors(network: Network) -> dict[str, object]:
    """What each layer's output says of its order."""
    return {
        path: layer.output.factors
        for path, layer in layers(network.body)
        if isinstance(layer.output, Vector)
    }


@pytest.mark.parametrize(
    "body",
    [
        "flatten",
        "flatten -> 72",
        "flatten, relu",
        "flatten, relu, dropout 0.5",
        "flatten, softmax",
        "flatten, bn",
        "flatten, layernorm",
        "flatten, prelu",
        "g: { flatten }",
        "g: { flatten }\nh: { relu }",
        "conv 8 1x1, relu, flatten",
        "flatten, groupnorm 3",
        "flatten, groupnorm 3, dense 10",
        "flatten, relu, groupnorm 3, relu, dense 10",
        "flatten, groupnorm 3, bn, dense 10",
        "flatten, groupnorm 1, dense 10, dense 10",
    ],
)
def test_an_order_that_shows(body: str) -> None:
    assert ordered(MAP + body) == [True]


@pytest.mark.parametrize(
    "body",
    [
        "flatten, dense 10",
        "flatten, dense 10, groupnorm 2",
        "flatten, relu, dense 10",
        "flatten, dropout 0.5, bn, prelu, dense 10",
        "flatten, layernorm, dense 10",
        "flatten, softmax, dense 10",
        "groupnorm 3, flatten, dense 10",
        "g: { flatten }\nh: { relu, dense 10 }",
        "flatten, dense 10, dense 10, relu",
    ],
)
def test_an_order_that_only_weights_see(body: str) -> None:
    network = elaborated(MAP + body)
    assert ordered(MAP + body) == [False]
    assert order_flattens(network) is network


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("flatten, flatten", [True, False]),
        ("flatten, flatten, dense 10", [False, False]),
        ("flatten, dense 10, flatten", [False, False]),
    ],
)
def test_a_flatten_of_a_vector_does_nothing(body: str, expected: list[bool]) -> None:
    assert ordered(MAP + body) == expected


@pytest.mark.parametrize("shape", ["1x1x8", "4x6x1", "1x1x1"])
@pytest.mark.parametrize("rest", ["", ", relu", ", dense 10", ", groupnorm 1, dense 10"])
def test_one_position_or_one_channel_has_one_order(shape: str, rest: str) -> None:
    network = run_passes(elaborated(f"input {shape}\nflatten{rest}"), debug=True)
    assert set(factors(network).values()) == {None}


def test_the_order_is_gone_from_the_shapes_up_to_the_dense() -> None:
    body = MAP + "flatten, relu\ng: { groupnorm 3, dense 10 }\nrelu"
    before = elaborated(body)
    assert factors(before) == {
        "flatten1": (4, 6, 3),
        "relu1": (4, 6, 3),
        "g.0": (4, 6, 3),
        "g.1": None,
        "relu2": None,
    }
    after = order_flattens(before)
    verify(after)
    assert set(factors(after).values()) == {None}
    inputs = [layer.input for _, layer in layers(after.body)]
    assert inputs == [(4, 6, 3), Vector(72), Vector(72), Vector(72), Vector(10)]
    assert after.body.items[2].input == Vector(72)


def test_a_second_time_changes_nothing() -> None:
    once = order_flattens(elaborated(MAP + "flatten, relu"))
    assert order_flattens(once) == once


def test_only_the_vectors_of_the_flatten_change() -> None:
    before = elaborated(MAP + "conv 4 1x1\ng: { relu }\nflatten, relu")
    after = order_flattens(before)
    same = [new is old for new, old in zip(after.body.items, before.body.items, strict=True)]
    assert same == [True, True, False, False]
