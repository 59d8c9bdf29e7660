"""Activations; those across channels work along axis 1."""

from __future__ import annotations

from typing import Any

from cnngen import ops
from cnngen.backends.onnx.place import TABLE, Place

OPERATORS: dict[type[ops.Op], tuple[str, dict[str, Any]]] = {
    ops.Selu: ("Selu", {}),
    ops.Mish: ("Mish", {}),
    ops.Sigmoid: ("Sigmoid", {}),
    ops.HardSwish: ("HardSwish", {}),
    ops.Abs: ("Abs", {}),
    ops.Tanh: ("Tanh", {}),
    ops.Softsign: ("Softsign", {}),
    ops.Softplus: ("Softplus", {}),
    ops.Softmax: ("Softmax", {"axis": 1}),
    ops.LogSoftmax: ("LogSoftmax", {"axis": 1}),
}
"""Activations that are one operator, always the same."""


def _operator(op: ops.Op, at: Place, x: str) -> str:
    kind, attributes = OPERATORS[type(op)]
    return at.node(kind, x, **attributes)


for _op in OPERATORS:
    TABLE.emits(_op)(_operator)


def _clip(at: Place, x: str, least: float, most: float) -> str:
    return at.node("Clip", x, at.constant("min", least), at.constant("max", most))


@TABLE.emits(ops.Relu)
def _relu(op: ops.Relu, at: Place, x: str) -> str:
    return at.node("Relu", x) if op.max is None else _clip(at, x, 0, op.max)


@TABLE.emits(ops.Relu6)
def _relu6(op: ops.Relu6, at: Place, x: str) -> str:
    return _clip(at, x, 0, 6)


@TABLE.emits(ops.HardTanh)
def _hard_tanh(op: ops.HardTanh, at: Place, x: str) -> str:
    return _clip(at, x, -1, 1)


@TABLE.emits(ops.LeakyRelu)
def _leaky_relu(op: ops.LeakyRelu, at: Place, x: str) -> str:
    return at.node("LeakyRelu", x, alpha=float(op.slope))


@TABLE.emits(ops.PRelu)
def _prelu(op: ops.PRelu, at: Place, x: str) -> str:
    return at.node("PRelu", x, at.weight("slope"))


@TABLE.emits(ops.Elu)
def _elu(op: ops.Elu, at: Place, x: str) -> str:
    return at.node("Elu", x, alpha=float(op.alpha))


@TABLE.emits(ops.Celu)
def _celu(op: ops.Celu, at: Place, x: str) -> str:
    return at.node("Celu", x, alpha=float(op.alpha))


@TABLE.emits(ops.Gelu)
def _gelu(op: ops.Gelu, at: Place, x: str) -> str:
    return at.node("Gelu", x, approximate="none" if op.form == "exact" else "tanh")


@TABLE.emits(ops.Silu)
def _silu(op: ops.Silu, at: Place, x: str) -> str:
    """``Swish`` comes with opset 24 only."""
    return at.node("Mul", x, at.step("sigmoid", "Sigmoid", x))


@TABLE.emits(ops.LogSigmoid)
def _log_sigmoid(op: ops.LogSigmoid, at: Place, x: str) -> str:
    minus = at.step("negative", "Neg", x)
    return at.node("Neg", at.step("softplus", "Softplus", minus))


@TABLE.emits(ops.HardSigmoid)
def _hard_sigmoid(op: ops.HardSigmoid, at: Place, x: str) -> str:
    return at.node("HardSigmoid", x, alpha=1 / 6 if op.slope is None else op.slope, beta=0.5)


@TABLE.emits(ops.Glu)
def _glu(op: ops.Glu, at: Place, x: str) -> str:
    half, whole, axis = at.channels // 2, at.channels, at.integers("axis", [1])
    ends = [at.integers(str(end), [end]) for end in (0, half, whole)]
    values = at.step("values", "Slice", x, ends[0], ends[1], axis)
    weights = at.step("weights", "Slice", x, ends[1], ends[2], axis)
    return at.node("Mul", values, at.step("sigmoid", "Sigmoid", weights))
