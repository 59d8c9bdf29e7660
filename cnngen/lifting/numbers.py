"""Numbers of weights as someone wrote them."""

from __future__ import annotations

import numpy as np


def as_written(number: np.floating) -> float:
    """The shortest number kept as this one: 1e-6, which is 9.999999974752427e-7 in float32."""
    return float(str(number))
