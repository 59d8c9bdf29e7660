"""An op says whether its slope jumps: the reference's own slopes show where it does."""

from __future__ import annotations

import numpy as np
import pytest

import cnngen.reference  # noqa: F401 - registers what ops mean
from cnngen.ops import LAYERS, activation
from cnngen.reference.table import TABLE

STEP = 1e-4
SMOOTH = 1e-2
"""Slopes at neighbouring places differ by less where a function is smooth."""

ACTIVATIONS = {word: cls for word, cls in LAYERS.items() if issubclass(cls, activation.Activation)}


def jumps(word: str) -> bool:
    """Whether the slope of an activation jumps between -8 and 8, for its own or another slope."""
    cls = ACTIVATIONS[word]
    given = {"elu": {"alpha": 0.5}}.get(word, {})
    x = np.repeat(np.arange(-8, 8, STEP)[:, None] + STEP / 3, 2, axis=1)  # glu takes two
    means = TABLE(cls(**given), {"slope": np.array([0.25])}, x)
    return bool(np.abs(np.diff(means, n=2, axis=0)).max() / STEP > SMOOTH)


@pytest.mark.parametrize("word", ACTIVATIONS)
def test_an_activation_whose_slope_jumps_says_so(word: str) -> None:
    assert jumps(word) == ACTIVATIONS[word].has_kink


def test_a_maximum_has_a_kink() -> None:
    assert LAYERS["maxpool"].has_kink
    assert not LAYERS["avgpool"].has_kink
