"""By how much norms magnify rounding.

A norm divides by the deviation of its values. Where they are all the same, as in a layer norm over
one channel or a batch norm of a constant, it divides their rounding by the root of its epsilon.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnngen.ir import Layer
from cnngen.ops import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, Op
from cnngen.reference import Array


def _batches(op: BatchNorm, x: Array) -> Array:
    return x.reshape(-1, x.shape[-1]).T


def _positions(op: LayerNorm, x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


def _grouped(op: GroupNorm, x: Array) -> Array:
    parted = x.reshape(len(x), -1, op.groups, x.shape[-1] // op.groups)
    return parted.transpose(0, 2, 1, 3).reshape(len(x) * op.groups, -1)


def _channels(op: InstanceNorm, x: Array) -> Array:
    return x.reshape(len(x), -1, x.shape[-1]).swapaxes(1, 2).reshape(len(x) * x.shape[-1], -1)


TOGETHER: dict[type[Op], Callable[[Any, Array], Array]] = {
    BatchNorm: _batches,
    LayerNorm: _positions,
    GroupNorm: _grouped,
    InstanceNorm: _channels,
}
"""What each norm takes together, in rows."""


LITTLE = 30.0
"""A norm that magnifies more is given little but what the one before it leaves of a constant."""

CONSTANT = 1e-2
"""So is one that is given values whose variance is less than this share of its epsilon."""

SUMS = 100.0
"""In a sum of equal values each is rounded the same way, so that there is more of it."""


class Magnification:
    """That of a network, found by looking at what its norms are given in training.

    What the first of several norms of a constant leaves is a constant to the next.
    """

    def __init__(self) -> None:
        self.factor = 1.0
        """By how much rounding is magnified on the way through the network."""
        self._product = SUMS

    def see(self, _path: str, layer: Layer, x: Array, _y: Array) -> None:
        """Take a layer into account."""
        if type(layer.op) in TOGETHER:
            op: Any = layer.op
            rows = TOGETHER[type(op)](op, x)
            variance = np.var(rows, axis=1)
            squares = np.mean(np.square(rows), axis=1) / (variance + op.eps)
            found = float(np.sqrt(np.mean(squares)))
            if found > LITTLE or float(np.mean(variance)) < CONSTANT * op.eps:
                self._product *= found
                found = self._product
            self.factor = max(self.factor, found)  # stays where this is no number
