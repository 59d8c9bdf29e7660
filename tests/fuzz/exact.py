"""Framework functions that are not exact in float64, in exact forms of the same meaning.

The frameworks keep constants of these in float32, or cut where a rest of 1e-9 remains
(docs/targets.md). Deep in a network such an error grows to any size, so that no tolerance would be
right; tests/numeric tests the frameworks' own functions, one layer at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from cnngen.frameworks import RUNNERS, framework


@contextmanager
def exact() -> Iterator[None]:
    """Exact forms of both frameworks' functions."""
    with ExitStack() as stack:
        for patched in (*_torch(), *_keras(), *_tolerances()):
            stack.enter_context(patched)
        yield


def _torch() -> Iterator[Any]:
    import torch
    from torch.nn import functional

    def hardsigmoid(x: Any, inplace: bool = False) -> Any:
        return functional.relu6(x + 3) / 6

    def softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
        return torch.logaddexp(beta * x, torch.zeros_like(x)) / beta

    yield patch.object(functional, "hardsigmoid", hardsigmoid)
    yield patch.object(functional, "softplus", softplus)


def _keras() -> Iterator[Any]:
    import tensorflow as tf
    from keras.src.backend.tensorflow import nn

    def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
        return tf.where(x > 0, x, negative_slope * x)

    def gelu(x: Any, approximate: bool = True) -> Any:
        if approximate:
            inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
            return 0.5 * x * (1 + tf.tanh(inner))
        return 0.5 * x * (1 + tf.math.erf(x / math.sqrt(2)))

    yield patch.object(nn, "leaky_relu", leaky_relu)
    yield patch.object(nn, "gelu", gelu)


def _tolerances() -> Iterator[Any]:
    """Nothing is allowed for these functions any more."""
    for target in RUNNERS:
        yield patch.object(type(framework(target)), "inexact", {})
