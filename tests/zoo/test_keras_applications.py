"""Cards of the zoo against keras.applications: what they hold and what they compute."""

from __future__ import annotations

import keras
import pytest

from zoo.applications import Application, applications, compared
from zoo.cards import LARGE

pytestmark = pytest.mark.zoo

TOLERANCE = 1e-10
"""Relative to the logits' root mean square; another order of summing makes about 1e-14."""

NORMALIZATION = {
    "normalization.mean": (3,),
    "normalization.variance": (3,),
    "normalization.count": (),
}
"""Weights of EfficientNet that are not trained. The cards have constants in their place."""

every_application = pytest.mark.parametrize(
    "of", [pytest.param(of, id=of.name) for of in applications() if of.name not in LARGE]
)


def test_every_application_has_a_card() -> None:
    names = {name for name in dir(keras.applications) if name[0].isupper()}
    assert {of.name for of in applications()} == names


SHORTCUT_FIRST = {"ResNet50", "ResNet101", "ResNet152", "ResNet50V2", "ResNet101V2", "ResNet152V2"}
"""Keras adds the body to the shortcut: of layers at one depth, those of the shortcut come first."""

DEEPER = {"NASNetMobile", "NASNetLarge"}
"""What brings the value before the last one to a cell makes its layers come earlier here."""


@every_application
def test_an_application(of: Application) -> None:
    """All of one network in one test, which a worker compares once."""
    found = compared(of)
    more = 7 if of.card == "keras_efficientnet" else 0  # what normalises images
    assert found.left == (NORMALIZATION if more else {})
    assert found.theirs == (found.ours[0], found.ours[1] + more)
    assert found.keras < TOLERANCE
    assert found.torch < TOLERANCE
    # Where names do not, `cnngen verify` goes by the order of layers with equal shapes.
    assert bool(found.misplaced) == (of.name in SHORTCUT_FIRST | DEEPER), found.misplaced
    # `weights convert --match order` refuses where that is wrong; by graph, it is right.
    assert found.warned or not found.misplaced
