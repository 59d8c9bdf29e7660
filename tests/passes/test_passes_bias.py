"""Where `bias=auto` leaves a bias."""

from __future__ import annotations

import pytest
from lowering import elaborated, ops

from cnngen.ir import layers
from cnngen.ops import Dense
from cnngen.passes import verify
from cnngen.passes.bias import resolve_bias

MAP = "input 16x16x4\n"
VECTOR = "input 16\n"


def biases(body: str) -> dict[str, object]:
    """The bias of each layer that has one, after the pass."""
    network = resolve_bias(elaborated(body))
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
        (MAP + "repeat 2 { conv 8 3x3, bn }", {"conv1": False, "conv2": False}),
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
