"""Which flattens are the same in every target."""

from __future__ import annotations

import pytest
from lowering import elaborated, ops

from cnngen.ir import Instance, Network, distinct, layers
from cnngen.ops import Flatten, Map, Vector
from cnngen.passes import run_passes, verify
from cnngen.passes.flatten_order import order_flattens

MAP = "input 4x6x3\n"


def ordered(body: str, blocks: str = "") -> list[bool]:
    """For each flatten whether the pass marks it; the result is valid."""
    network = order_flattens(elaborated(body, blocks=blocks))
    verify(network)
    return [op.ordered for op in ops(network).values() if isinstance(op, Flatten)]


def factors(network: Network) -> dict[str, object]:
    """What each layer's output says of its order."""
    return {
        path: layer.at.output.factors
        for path, layer in layers(network.body)
        if isinstance(layer.at.output, Vector)
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
    assert order_flattens(network).body is network.body


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


@pytest.mark.parametrize("shape", ["1x1x8", "4x6x1"])
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
    inputs = [layer.at.input for _, layer in layers(after.body)]
    assert inputs == [Map((4, 6), 3), Vector(72), Vector(72), Vector(72), Vector(10)]
    assert after.body.items[2].at.input == Vector(72)


def test_a_second_time_changes_nothing() -> None:
    once = order_flattens(elaborated(MAP + "flatten, relu"))
    assert order_flattens(once) == once


def test_only_the_vectors_of_the_flatten_change() -> None:
    before = elaborated(MAP + "conv 4 1x1\ng: { relu }\nflatten, relu")
    after = order_flattens(before)
    same = [new is old for new, old in zip(after.body.items, before.body.items, strict=True)]
    assert same == [True, True, False, False], "only these are new objects"


# --- with regions, labels and blocks ---------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "flatten\nresidual { relu }\ndense 10",
        "flatten\nresidual { dense 72 }\ndense 10",
        "flatten\nresidual shortcut=none { relu }\ndense 10",
        "flatten\nresidual { relu } shortcut { tanh }\ndense 10",
        "flatten\nresidual { dense 9 } shortcut { dense 9 }",
        "flatten\nconcat {\nrelu\ntanh\n}\ndense 10",
        "flatten\nconcat {\ndense 5\ndense 6\n}",
        "flatten\ngate { sigmoid }\ndense 10",
        "flatten\ngate { dense 72 }\ndense 10",
        "flatten\naux h weight=1 { dense 10 }\ndense 10",
        "flatten\na: relu\ntanh, add a\ndense 10",
        "flatten\na: relu\ntanh, concat a\ndense 10",
        "a: flatten\ndense 72, add a",
        "a: flatten\nb: dense 72, from a, add b",
        "a: flatten\nb: dense 5, from a, dense 5, add b",
        "g: { flatten }\ndense 72, add g",
        "g: { relu, h: { flatten } }\nb: dense 10, from g, concat b",
        "concat {\nflatten\n}\ndense 10",
        "residual { relu, flatten } shortcut { dropout 0.5, conv 3 1x1, g: { relu }\nflatten }",
    ],
)
def test_a_vector_that_is_joined_or_read_twice_shows_its_order(body: str) -> None:
    found = ordered(MAP + body)
    assert found
    assert all(found)


@pytest.mark.parametrize(
    "body",
    [
        "flatten\na: relu\ndense 72, add a",
        "flatten\na: relu\nb: dense 10, from a, concat b",
        "flatten\na: relu\ndense 10, concat a",
        "flatten\na: relu\nb: dense 5, from a, dense 5, add b",
        "flatten\nrelu, a: relu, tanh\ndense 72, add a",
        "flatten\ng: { relu }\ndense 72, add g",
        "flatten\ng: { a: relu\ndense 72, add a }",
        "flatten\ng: { relu\nh: { a: tanh\ndense 72, add a } }",
        "g: { flatten, relu }\ndense 72, add g",
    ],
)
def test_a_later_value_that_is_read_again_has_the_order_of_the_flatten(body: str) -> None:
    assert ordered(MAP + body) == [True]


@pytest.mark.parametrize(
    "body",
    [
        "flatten\na: dense 72\nrelu, add a",
        "a: relu\nflatten, dense 10",
        "a: relu\ntanh, add a\nflatten, dense 10",
        "residual { relu }\nflatten, dense 10",
        "residual { flatten, dense 5 } shortcut { flatten, dense 5 }",
        "concat {\nflatten, dense 5\nflatten, relu, dense 6\n}",
        "aux h weight=1 { flatten, dense 10 }\nflatten, dense 10",
        "aux h weight=1 { g: { flatten, relu }\ndense 10 }\nflatten, dense 10",
        "gate { avgpool global }\nflatten, dense 10",
        "flatten\ng: { relu, dense 8, residual { dense 8 } }",
    ],
)
def test_a_dense_layer_before_the_join_takes_the_order_in(body: str) -> None:
    found = ordered(MAP + body)
    assert found
    assert not any(found)


@pytest.mark.parametrize(
    ("blocks", "body", "expected"),
    [
        ("block b() { flatten, dense 10 }", "b", [False]),
        ("block b() { dense 10 }", "flatten, b", [False]),
        ("block b() { relu }", "flatten, b, dense 10", [False]),
        ("block b() { relu }", "flatten, b", [True]),
        ("block b() { g: { relu }\nh: { dense 10 } }", "flatten, b", [False]),
        ("block c() { dense 10 }\nblock b() { relu, c }", "flatten, b", [False]),
        ("block b() { flatten }", "b, dense 10", [True]),
        ("block b() { flatten }", "b", [True]),
        ("block b() { groupnorm 2, dense 10 }", "flatten, b", [True]),
        ("block b() { residual { dense 72 } }", "flatten, b", [True]),
        ("block b() { relu, residual { dense 72 } }", "flatten, b", [True]),
        ("block b() { dense 72, residual { dense 72 } }", "flatten, b", [False]),
        ("block b() { a: relu, dense 72, add a }", "flatten, b", [True]),
        ("block c() { a: relu, dense 72, add a }\nblock b() { relu, c }", "flatten, b", [True]),
        ("block b() { relu }", "flatten\na: b\ndense 72, add a", [True]),
        ("block b(n) { flatten, dense n }", "aux h weight=1 { b 10 }\nb 10", [False, False]),
    ],
)
def test_blocks(blocks: str, body: str, expected: list[bool]) -> None:
    assert ordered(MAP + body, blocks) == expected


def test_a_body_is_there_once_for_each_order_of_its_input() -> None:
    blocks = "block b() { relu, dense 24 }"
    fork = "flatten, b\nflatten, groupnorm 3, b\nflatten, groupnorm 3, b"
    body = f"input 2x4x3\nconcat {{\n{fork}\n}}"
    network = order_flattens(elaborated(body, blocks=blocks))
    verify(network)
    uses = [item for item in distinct(network.body) if isinstance(item, Instance)]
    assert [use.at.input.factors for use in uses] == [(2, 4, 3), None, None]  # type: ignore[union-attr]
    first, *others = uses
    assert first.body is not others[0].body
    assert len({id(use.body) for use in others}) == 1


@pytest.mark.parametrize("region", ["residual { relu }", "gate { relu }", "concat {\nrelu\n}"])
def test_no_order_is_left_after_a_region(region: str) -> None:
    """The weights of what follows are not permuted once more."""
    after = order_flattens(elaborated(f"{MAP}flatten\n{region}\ndense 10"))
    assert set(factors(after).values()) == {None}
    assert [layer.at.input for path, layer in layers(after.body) if path == "fc1"] == [Vector(72)]
