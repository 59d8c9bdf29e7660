"""How far arrays are apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from cnngen.record import NamedTuple
from cnngen.reference import Array

K = TypeVar("K")


class Difference(NamedTuple):
    """The largest difference, as it is and relative to a scale; NaN where anything is NaN."""

    absolute: float
    relative: float


def difference(a: Array, b: Array) -> Difference:
    """Relative to the largest value of ``b``."""
    absolute = _away(a, b)
    return Difference(absolute, absolute / (float(np.max(np.abs(b), initial=0.0)) or 1.0))


def of_outputs(a: Mapping[K, Array], b: Mapping[K, Array]) -> Difference:
    """The worst of several arrays, each relative to its own largest value."""
    _same_keys(a, b)
    return worst([difference(a[key], b[key]) for key in a])


def of_gradients(a: Mapping[K, Array], b: Mapping[K, Array], least: float = 0.0) -> Difference:
    """Relative to the length of all of ``b`` together, or to ``least`` where that is more.

    Some gradients are zero but for rounding, as that of a bias before a batch norm, so that none
    can be judged by itself. All of them may be: then ``least`` says what is little.
    """
    _same_keys(a, b)
    absolute = _largest([_away(a[key], b[key]) for key in a])
    away = math.sqrt(sum(_square(a[key], b[key]) for key in a))
    return Difference(absolute, away / (max(length(b), least) or 1.0))


def of_numbers(a: float, b: float) -> Difference:
    """Relative to ``b``."""
    absolute = abs(a - b)
    return Difference(absolute, absolute / (abs(b) or 1.0))


def diverged(a: Iterable[Array], b: Iterable[Array]) -> bool:
    """Whether both have what is no finite number: nothing can be said of the two then."""
    return not (_finite(a) or _finite(b))


def _finite(arrays: Iterable[Array]) -> bool:
    return all(bool(np.all(np.isfinite(array))) for array in arrays)


def size(arrays: Iterable[Array]) -> float:
    """The root of the mean square of all values together."""
    total, count = 0.0, 0
    for array in arrays:
        total += float(np.sum(np.square(array, dtype="float64")))
        count += array.size
    return math.sqrt(total / count) if count else 0.0


def length(of: Mapping[K, Array]) -> float:
    """The Euclidean norm of all values together."""
    return math.sqrt(sum(float(np.sum(np.square(array, dtype="float64"))) for array in of.values()))


def worst(differences: Sequence[Difference]) -> Difference:
    """The largest of each, NaN above all."""
    return Difference(
        _largest([d.absolute for d in differences]), _largest([d.relative for d in differences])
    )


def _largest(values: Sequence[float]) -> float:
    return float(np.max(values, initial=0.0))  # unlike max(), keeps NaN


def _away(a: Array, b: Array) -> float:
    return float(np.max(np.abs(_difference(a, b)), initial=0.0))


def _square(a: Array, b: Array) -> float:
    return float(np.sum(np.square(_difference(a, b))))


def _difference(a: Array, b: Array) -> Array:
    if a.shape != b.shape:  # or NumPy would broadcast
        raise ValueError(f"shapes {a.shape} and {b.shape} are not the same")
    away: Array = a.astype("float64") - b.astype("float64")
    return away


def _same_keys(a: Mapping[K, Array], b: Mapping[K, Array]) -> None:
    if a.keys() != b.keys():
        raise ValueError(f"not the same: {', '.join(map(str, a.keys() ^ b.keys()))}")
