"""Weights and an input that depend on nothing but names and shapes.

A network of any origin gets the same weights where its state dict has the same keys, so what one
machine recorded of torchvision's network, another can compare with a generated one. The values are
uniform, made of the bits of PCG64 alone: NumPy keeps these the same in all versions and on all
machines, which it does not promise of normal values.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Shape = tuple[int, ...]
Values = Mapping[str, NDArray[np.generic]]
"""What a state dict holds, by its keys."""

PATCH = 32
"""The side of the patches of one colour that an image is made of, before noise is added."""


def seeded_input(shape: Shape) -> Array:
    """A batch of images, or of videos, with mean 0 and variance 1, channels first.

    Noise alone would look the same at every place.
    """
    most = math.sqrt(3 / 2)
    *first, height, width = shape
    coarse = _uniform("patches", (*first, -(-height // PATCH), -(-width // PATCH)), -most, most)
    patches = coarse.repeat(PATCH, axis=-2).repeat(PATCH, axis=-1)[..., :height, :width]
    return patches + _uniform("noise", shape, -most, most)


def seeded_state(shapes: Mapping[str, Shape], gain: float = 2) -> dict[str, NDArray[np.generic]]:
    """A value for each key of a state dict; the variance of kernels is ``gain / fan-in``."""
    return {key: _seeded(key, shape, gain) for key, shape in shapes.items()}


def _seeded(key: str, shape: Shape, gain: float) -> NDArray[np.generic]:
    """Kernels have variance 2 / fan-in, and batch norms divide by a little less than they give.

    So values grow slowly with depth. That is enough for each ReLU6 of MobileNetV2 to cut some of
    them off, and little enough for the smallest bias to be seen in the output of ResNet-152. The
    factors of a layer scale, which training begins near zero, are large enough to be seen too. In
    the deepest networks with gates, values would grow into hundreds, of whose rounding a sigmoid
    makes much: these have a smaller gain.
    """
    kind = key.rpartition(".")[2]
    if kind == "num_batches_tracked":
        return np.zeros(shape, np.int64)
    if kind == "running_var":
        return _uniform(key, shape, 0.75, 2.25)
    if kind in ("running_mean", "bias"):
        return _uniform(key, shape, -0.1, 0.1)
    if kind in ("layer_scale", "gamma"):
        return _uniform(key, shape, 0.1, 0.5)
    assert kind == "weight", f"{key}: no rule for `{kind}`"
    if len(shape) == 1:  # of a norm
        return _uniform(key, shape, 0.5, 1.5)
    most = math.sqrt(3 * gain / math.prod(shape[1:]))
    return _uniform(key, shape, -most, most)


def _uniform(key: str, shape: Shape, low: float, high: float) -> Array:
    seed = int.from_bytes(hashlib.sha256(key.encode("utf-8")).digest()[:8], "little")
    values = np.random.Generator(np.random.PCG64(seed)).random(shape)
    values *= high - low  # in place: the largest weight has 100 million values
    values += low
    return values
