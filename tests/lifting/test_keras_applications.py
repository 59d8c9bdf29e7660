"""What is recorded of keras.applications computes what these compute."""

from __future__ import annotations

import pytest
from zoo.applications import SIZE, SIZES, original

from cnngen.lifting.keras import record
from lifting.on_keras import same, unsaid

SMALL = ("VGG16", "ResNet50", "MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "ConvNeXtTiny")
"""One of each kind whose values are computed."""

OTHERS = (
    "DenseNet121",
    "EfficientNetV2B0",
    "InceptionResNetV2",
    "InceptionV3",
    "MobileNet",
    "NASNetMobile",
    "ResNet50V2",
    "Xception",
)
"""One of each kind that is only recorded; `lifting.corpus` lifts them all."""


@pytest.mark.zoo
@pytest.mark.parametrize("name", SMALL)
def test_an_application_computes_the_same(name: str) -> None:
    same(original(name, SIZES.get(name, SIZE)))


@pytest.mark.zoo
@pytest.mark.parametrize("name", OTHERS)
def test_all_of_an_application_is_said(name: str) -> None:
    assert not unsaid(record(original(name, SIZES.get(name, SIZE))))
