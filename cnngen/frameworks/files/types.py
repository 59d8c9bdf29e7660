"""The NumPy types of weights by name; ``bfloat16`` is an addition to NumPy's own."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from cnngen.reference import Array

BFLOAT16: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)


def numpy_type(name: str) -> np.dtype[Any]:
    """The type of this name, as :data:`cnngen.frameworks.files.FLOATS` has it, or ``int64``."""
    return BFLOAT16 if name == "bfloat16" else np.dtype(name)


def same_bits(a: Array, b: Array) -> bool:
    """Whether two arrays have the same shape, type and bits: NaNs and signs of zeros count."""
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
