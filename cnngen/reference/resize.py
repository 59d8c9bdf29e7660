"""Shortcuts without weights."""

from __future__ import annotations

import numpy as np

from cnngen.ops import Subsample
from cnngen.reference.table import TABLE, Array, Weights


@TABLE.means(Subsample)
def _subsample(op: Subsample, weights: Weights, x: Array) -> Array:
    kept = x[(slice(None), *(slice(None, None, step) for step in op.stride))]
    return np.pad(kept, (*((0, 0),) * (x.ndim - 1), (0, op.channels - x.shape[-1])))
