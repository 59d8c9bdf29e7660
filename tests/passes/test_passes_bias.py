"""Where `bias=auto` leaves a bias."""

from __future__ import annotations

import pytest
from lowering import elaborated, ops

from cnngen.ir import Instance, layers, named_items
from cnngen.ops import Dense
from cnngen.passes import verify
from cnngen.passes.bias import resolve_bias
from cnngen.passes.shortcuts import resolve_shortcuts

MAP = "input 16x16x4\n"
VECTOR = "input 16\n"


def biases(body: str, blocks: str = "") -> dict[str, object]:
    """The bias of each layer that has one, after the pass."""
    network = resolve_bias(resolve_shortcuts(elaborated(body, blocks=blocks)))
    verify(network)
    return {path: op.__dict__["bias"] for path, op in ops(network).items() if hasattr(op, "bias")}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (MAP + "conv 8 3x3, bn", {"conv1": False}),
        (MAP + "conv 8 3x3\nbn", {"conv1": False}),
        (MAP + "conv 8 3x3, bn affine=false", {"conv1": False}),
        (MAP + "conv 8 3x3", {"conv1": True}),
        (MAP + "conv 8 3x3, relu", {"conv1": True}),
        (MAP + "conv 8 3x3, relu, bn", {"conv1": True}),
        (MAP + "conv 8 3x3, identity, bn", {"conv1": True}),
        (MAP + "conv 8 3x3, groupnorm 2", {"conv1": True}),
        (MAP + "conv 8 3x3, layernorm", {"conv1": True}),
        (MAP + "bn, conv 8 3x3", {"conv1": True}),
        (MAP + "depthwise_conv 3x3, bn", {"conv1": False}),
        (MAP + "conv_transpose 8 3x3, bn", {"conv1": False}),
        (VECTOR + "dense 8, bn", {"fc1": False}),
        (VECTOR + "dense 8, relu, bn", {"fc1": True}),
        (VECTOR + "dense 8", {"fc1": True}),
        (MAP + "conv 8 3x3, conv 8 3x3, bn", {"conv1": True, "conv2": False}),
        (MAP + "repeat 2 { conv 8 3x3, bn }", {"conv1.0": False, "conv1.1": False}),
        (MAP + "repeat 2 { conv 8 3x3 }\nbn", {"conv1.0": True, "conv1.1": True}),
        (MAP + "repeat 2 { bn, conv 8 3x3 }", {"conv1.0": True, "conv1.1": True}),
        (MAP + "if true { conv 8 3x3 }\nbn", {"conv1": False}),
    ],
)
def test_no_bias_right_before_a_batch_norm(body: str, expected: dict[str, bool]) -> None:
    assert biases(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (MAP + "a: { conv 8 3x3 }\nbn", {"a.0": False}),
        (MAP + "a: { conv 8 3x3 }\nb: { bn }", {"a.0": False}),
        (MAP + "conv 8 3x3\nb: { bn, relu }", {"conv1": False}),
        (MAP + "a: { b: { c: { conv 8 3x3 } } }\nd: { e: { bn } }", {"a.b.c.0": False}),
        (MAP + "a: { conv 8 3x3 }\nb: { relu, bn }", {"a.0": True}),
        (MAP + "a: { conv 8 3x3, relu }\nbn", {"a.0": True}),
    ],
)
def test_directly_means_in_the_order_of_execution(body: str, expected: dict[str, bool]) -> None:
    assert biases(body) == expected


C = "conv 4 3x3 pad=1"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"residual {{ {C}, bn }}", {"conv1": False}),
        (f"residual {{ {C} }}\nbn", {"conv1": True}),
        (f"residual {{ {C}, residual {{ bn }} }}", {"conv1": True}),
        (f"residual {{ residual {{ {C} }}\nbn }}", {"conv1": True}),
        (f"residual {{ g: {{ {C} }}\nbn }}", {"g.0": False}),
        (f"residual {{ g: {{ {C} }} }}\nbn", {"g.0": True}),
        (f"g: {{ residual {{ {C} }} }}\nbn", {"g.conv1": True}),
        (f"{C}\nresidual {{ bn }}", {"conv1": True}),
        (f"residual shortcut=none {{ {C} }}\nbn", {"conv1": True}),
        ("residual { conv 8 1x1 }\nbn", {"conv1": True, "shortcut1": False}),
        (f"residual {{ relu }} shortcut {{ {C} }}\nbn", {"shortcut1": True}),
        (f"residual {{ relu }} shortcut {{ {C}, bn }}", {"shortcut1.0": False}),
        (f"residual {{ relu }} shortcut {{ {C}, relu }}", {"shortcut1.0": True}),
        (f"concat {{\n{C}\n{C}, bn\n}}\nbn", {"conv1": True, "conv2": False}),
        (f"concat {{\na: {{ {C} }}\n{C}\n}}\nbn", {"a.0": True, "conv1": True}),
        (f"{C}\nconcat {{\nbn\nbn\n}}", {"conv1": True}),
        (f"gate {{ {C} }}\nbn", {"conv1": True}),
        (f"{C}, gate {{ bn, sigmoid }}", {"conv1": True}),
        (f"gate {{ {C}, bn }}", {"conv1": False}),
        ("flatten, dense 8\naux h weight=1 { bn, dense 8 }\nbn", {"fc1": True, "h.1": True}),
        ("flatten\naux h weight=1 { dense 8, bn }\ndense 8, bn", {"h.0": False, "fc1": False}),
        ("flatten\naux h weight=1 { dense 8 }\nbn, dense 8", {"h": True, "fc1": True}),
    ],
)
def test_what_ends_a_region_is_not_followed_by_what_comes_after(
    body: str, expected: dict[str, bool]
) -> None:
    assert biases(MAP + body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"a: {C}\nbn, add a", {"a": True}),
        (f"a: {C}\nbn, relu, concat a", {"a": True}),
        (f"a: {C}\nb: bn, from a, add b", {"a": True}),
        (f"a: {C}\nbn\nresidual {{ add a }}", {"a": True}),
        (f"residual {{ a: {C}, bn }}\nadd a", {"a": True}),
        (f"concat {{\na: {C}\nrelu\n}}\nadd_it: concat a", {"a": True}),
        (f"g: {{ {C} }}\nbn, add g", {"g.0": True}),
        (f"g: {{ relu, h: {{ {C} }} }}\nbn, add g", {"g.h.0": True}),
        (f"g: {{ a: {C}, bn, add a }}", {"g.a": True}),
        (f"a: {C}\nbn", {"a": False}),
        (f"a: {C}\nb: bn\nadd b", {"a": False}),
        (f"g: {{ {C}, relu }}\n{C}, bn, add g", {"g.0": True, "conv1": False}),
        (f"g: {{ {C}, bn }}\nrelu, add g", {"g.0": False}),
        (f"relu\ng: {{ a: {C}, bn }}\na: relu\nadd a", {"g.a": False}),
    ],
)
def test_what_is_read_again_keeps_its_bias(body: str, expected: dict[str, bool]) -> None:
    assert biases(MAP + body) == expected


@pytest.mark.parametrize(
    ("blocks", "body", "expected"),
    [
        (f"block b() {{ {C} }}", "b\nbn", {"b1.0": True}),
        (f"block b() {{ {C} }}", "g: { b }\nbn", {"g.0.0": True}),
        ("block b() { bn }", f"{C}\nb", {"conv1": True}),
        (f"block b() {{ {C}, bn }}", "b", {"b1.0": False}),
        (f"block b() {{ g: {{ {C} }}\nbn }}", "b", {"b1.g.0": False}),
        (f"block b() {{ a: {C}, bn, add a }}", "b", {"b1.a": True}),
        (f"block b() {{ a: {C}, bn }}", "a: relu\nb\nadd a", {"b1.a": False}),
        (f"block b() {{ {C} }}", "b, bn\nb, relu", {"b1.0": True, "b2.0": True}),
    ],
)
def test_a_block_decides_for_itself(blocks: str, body: str, expected: dict[str, bool]) -> None:
    assert biases(MAP + body, blocks) == expected


def test_equal_uses_still_share_one_body() -> None:
    blocks = f"block b() {{ {C}, bn }}\nblock c() {{ residual {{ b, b }} }}"
    made = resolve_bias(elaborated(f"{MAP}b\nbn\nb\nc", blocks=blocks))
    uses = [item for item in named_items(made.body) if isinstance(item, Instance)]
    assert uses[0].body is uses[1].body
    assert {id(item.body) for item in named_items(uses[2].body) if isinstance(item, Instance)} == {
        id(uses[0].body)
    }


@pytest.mark.parametrize("layer", ["conv 8 3x3", "depthwise_conv 3x3", "conv_transpose 8 3x3"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("after", ["bn", "relu"])
def test_an_explicit_bias_is_kept(layer: str, bias: bool, after: str) -> None:
    body = f"{MAP}{layer} bias={str(bias).lower()}, {after}"
    assert biases(body) == {"conv1": bias}


def test_nothing_to_decide_changes_nothing() -> None:
    network = elaborated(MAP + "conv 8 3x3 bias=true, bn\ng: { relu }")
    assert resolve_bias(network).body is network.body


def test_a_second_time_changes_nothing() -> None:
    once = resolve_bias(elaborated(MAP + "conv 8 3x3, bn, conv 8 3x3"))
    assert resolve_bias(once).body is once.body


def test_all_but_the_bias_is_kept() -> None:
    before = elaborated(VECTOR + "g: { dense n, relu }", "n=8")
    after = resolve_bias(before)
    assert after.parameters == before.parameters
    (old, old_relu), (new, new_relu) = (
        [layer for _, layer in layers(network.body)] for network in (before, after)
    )
    assert new_relu is old_relu
    assert new._replace(op=old.op) == old
    assert (old.op, new.op) == (Dense(8), Dense(8, bias=True))
