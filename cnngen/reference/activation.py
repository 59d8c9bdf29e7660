"""Activations; the formulas are those of the ops' docstrings, in a form that cannot overflow."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from cnngen import ops
from cnngen.reference.table import TABLE, Array, Weights


def _softplus(x: Array) -> Array:
    return np.logaddexp(0, x)


def _sigmoid(x: Array) -> Array:
    return np.exp(-_softplus(-x))


def _relu6(x: Array) -> Array:
    return np.clip(x, 0, 6)


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
"""Klambauer et al., 2017, appendix A1: what maps mean 0 and variance 1 to themselves."""


def _selu(x: Array) -> Array:
    y: Array = SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0)))
    return y


def _log_softmax(x: Array) -> Array:
    away = x - x.max(axis=-1, keepdims=True)
    y: Array = away - np.log(np.exp(away).sum(axis=-1, keepdims=True))
    return y


FUNCTIONS: dict[type[ops.Op], Callable[[Array], Array]] = {
    ops.Relu6: _relu6,
    ops.Selu: _selu,
    ops.Silu: lambda x: x * _sigmoid(x),
    ops.Mish: lambda x: x * np.tanh(_softplus(x)),
    ops.Sigmoid: _sigmoid,
    ops.LogSigmoid: lambda x: -_softplus(-x),
    ops.HardSwish: lambda x: x * _relu6(x + 3) / 6,
    ops.Abs: np.abs,
    ops.Tanh: np.tanh,
    ops.HardTanh: lambda x: np.clip(x, -1, 1),
    ops.Softsign: lambda x: x / (1 + np.abs(x)),
    ops.Softplus: _softplus,
    ops.Softmax: lambda x: np.exp(_log_softmax(x)),
    ops.LogSoftmax: _log_softmax,
}
"""Activations without parameters or weights."""


def _register(op: type[ops.Op], function: Callable[[Array], Array]) -> None:
    TABLE.means(op)(lambda _op, _weights, x: function(x))


for _op, _function in FUNCTIONS.items():
    _register(_op, _function)


@TABLE.means(ops.Relu)
def _relu(op: ops.Relu, weights: Weights, x: Array) -> Array:
    return np.clip(x, 0, op.max)


@TABLE.means(ops.HardSigmoid)
def _hard_sigmoid(op: ops.HardSigmoid, weights: Weights, x: Array) -> Array:
    if op.slope is None:
        return _relu6(x + 3) / 6
    return np.clip(op.slope * x + 0.5, 0, 1)


@TABLE.means(ops.LeakyRelu)
def _leaky_relu(op: ops.LeakyRelu, weights: Weights, x: Array) -> Array:
    return np.where(x > 0, x, op.slope * x)


@TABLE.means(ops.PRelu)
def _prelu(op: ops.PRelu, weights: Weights, x: Array) -> Array:
    return np.where(x > 0, x, weights["slope"] * x)


@TABLE.means(ops.Elu)
def _elu(op: ops.Elu, weights: Weights, x: Array) -> Array:
    return np.where(x > 0, x, op.alpha * np.expm1(np.minimum(x, 0)))


@TABLE.means(ops.Celu)
def _celu(op: ops.Celu, weights: Weights, x: Array) -> Array:
    return np.where(x > 0, x, op.alpha * np.expm1(np.minimum(x, 0) / op.alpha))


@TABLE.means(ops.Glu)
def _glu(op: ops.Glu, weights: Weights, x: Array) -> Array:
    half = x.shape[-1] // 2
    y: Array = x[..., :half] * _sigmoid(x[..., half:])
    return y


_erf = np.vectorize(math.erf, otypes=[np.float64])


@TABLE.means(ops.Gelu)
def _gelu(op: ops.Gelu, weights: Weights, x: Array) -> Array:
    """Hendrycks & Gimpel, 2016, section 2: the definition, and its approximation by tanh."""
    if op.form == "exact":
        sign: Array = _erf(x / math.sqrt(2)).astype(x.dtype)
    else:
        sign = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
    y: Array = x * (1 + sign) / 2
    return y
