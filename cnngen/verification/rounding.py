"""What rounding alone does to a network, measured where two models are not the same.

Some units in the last place are added here and there, and what comes of it is compared. A network
that magnifies them beyond what is allowed cannot be judged more closely than that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cnngen.frameworks import Loss, Step, Weights
from cnngen.reference import Array
from cnngen.verification.subjects import Subject
from cnngen.verification.tolerances import ULPS

Shake = Callable[[Array], Array]


def shaken(dtype: str, seed: int = 0) -> Shake:
    """Moves each value up or down, at random."""
    random = np.random.default_rng([seed, 7])
    far = ULPS * float(np.finfo(dtype).eps)

    def shake(y: Array) -> Array:
        moved: Array = y * (1 + far * random.choice((-1.0, 1.0), y.shape))
        return moved

    return shake


def shaken_step(
    subject: Subject, weights: Weights, given: Mapping[str, Array], loss: Loss, dtype: str
) -> Step:
    """A step of a model whose weights and inputs are shaken, which it keeps."""
    shake = shaken(dtype)
    moved = {
        path: {name: shake(array) for name, array in own.items()} for path, own in weights.items()
    }
    subject.model.load(moved)
    return subject.step({name: shake(x) for name, x in given.items()}, loss)
