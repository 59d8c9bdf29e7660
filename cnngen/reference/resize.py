"""Layers without weights that change the size of a map."""

from __future__ import annotations

import numpy as np

from cnngen.ops import PixelShuffle, PixelUnshuffle, Resize, Subsample
from cnngen.reference.table import TABLE, Array, Weights, positions_of


@TABLE.means(Resize)
def _resize(op: Resize, weights: Weights, x: Array) -> Array:
    """One axis after another, each by a matrix from its positions to those of the output."""
    sizes = positions_of(x)
    for axis, (size, wanted) in enumerate(zip(sizes, op.out_sizes(sizes), strict=True), 1):
        matrix = MATRICES[op.mode](size, wanted).astype(x.dtype)
        x = np.moveaxis(np.moveaxis(x, axis, -1) @ matrix.T, -1, axis)
    return x


def _nearest(size: int, wanted: int) -> Array:
    places = np.arange(wanted) * size // wanted
    matrix: Array = np.eye(size)[places]
    return matrix


def _linear(size: int, wanted: int) -> Array:
    """Each position of the input counts by 1 - its distance, where that is less than 1."""
    centres = np.clip((np.arange(wanted) + 0.5) * size / wanted - 0.5, 0, size - 1)
    matrix: Array = np.maximum(1 - np.abs(centres[:, None] - np.arange(size)), 0)
    return matrix


def _cubic(size: int, wanted: int) -> Array:
    """Four positions count, by Keys' kernel; those beyond the edge are added to the edge's."""
    centres = (np.arange(wanted) + 0.5) * size / wanted - 0.5
    places = np.floor(centres).astype(int)[:, None] + np.arange(-1, 3)
    matrix = np.zeros((wanted, size))
    rows = np.arange(wanted)[:, None]
    np.add.at(matrix, (rows, places.clip(0, size - 1)), _keys(np.abs(centres[:, None] - places)))
    return matrix


def _keys(d: Array, a: float = -0.75) -> Array:
    """The kernel of cubic convolution at a distance of at most 2 (Keys, 1981, equation 4)."""
    near = (a + 2) * d**3 - (a + 3) * d**2 + 1
    return np.where(d <= 1, near, a * (d**3 - 5 * d**2 + 8 * d - 4))


MATRICES = {"nearest": _nearest, "linear": _linear, "cubic": _cubic}
"""What each mode makes of the positions along an axis."""


@TABLE.means(PixelShuffle)
def _pixel_shuffle(op: PixelShuffle, weights: Weights, x: Array) -> Array:
    n, height, width, _ = x.shape
    squares = x.reshape(n, height, width, -1, op.factor, op.factor).transpose(0, 1, 4, 2, 5, 3)
    return squares.reshape(n, height * op.factor, width * op.factor, -1)


@TABLE.means(PixelUnshuffle)
def _pixel_unshuffle(op: PixelUnshuffle, weights: Weights, x: Array) -> Array:
    n, height, width, channels = x.shape
    rows, columns = height // op.factor, width // op.factor
    squares = x.reshape(n, rows, op.factor, columns, op.factor, channels)
    return squares.transpose(0, 1, 3, 5, 2, 4).reshape(n, rows, columns, -1)


@TABLE.means(Subsample)
def _subsample(op: Subsample, weights: Weights, x: Array) -> Array:
    kept = x[(slice(None), *(slice(None, None, step) for step in op.stride))]
    return np.pad(kept, (*((0, 0),) * (x.ndim - 1), (0, op.channels - x.shape[-1])))
