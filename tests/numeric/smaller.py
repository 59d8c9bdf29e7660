"""The examples, made small enough to train: the same text with other numbers in it.

Blocks, joins and names stay. The input is smaller, rates of dropout are 0, and where a network is
wide or deep, so are its numbers of channels or of blocks. Stated shapes, which would be others,
are left out.
"""

from __future__ import annotations

import re
from pathlib import Path

from numeric.harness import compiled

EXAMPLES = Path(__file__).parents[2] / "examples"


SMALLER: dict[str, dict[str, str]] = {
    "alexnet.cnn": {"227x227x3": "99x99x3", "224x224x3": "95x95x3", "4096": "64"},
    "cbam.cnn": {},
    "convnext.cnn": {
        "224x224x3": "32x32x3",
        "9": "2",
        "96": "12",
        "192": "24",
        "384": "48",
        "768": "96",
    },
    "dcgan.cnn": {"64": "8"},
    "densenet.cnn": {"224x224x3": "64x64x3"},
    "efficientnet.cnn": {"224": "32"},
    "googlenet.cnn": {"224x224x3": "96x96x3"},
    "inception_module.cnn": {"28x28x192": "14x14x192"},
    "initial_weights.cnn": {},
    "lenet5.cnn": {},
    "m5.cnn": {"32000x1": "2400x1"},
    "mobilenet_v2.cnn": {"224x224x3": "64x64x3"},
    "mobilenet_v3.cnn": {"224x224x3": "64x64x3"},
    "multi_task.cnn": {"64x64x1": "32x32x1"},
    "network_in_network.cnn": {},
    "pyramid.cnn": {"128x128x3": "64x64x3", "256": "48", "64": "8", "4": "2"},
    "residual_block.cnn": {"56x56x128": "14x14x128"},
    "resnet.cnn": {"224x224x3": "64x64x3"},
    "resnext.cnn": {"224x224x3": "64x64x3"},
    "se_resnet.cnn": {"224x224x3": "64x64x3"},
    "siamese.cnn": {"105x105x1": "77x77x1", "64": "8", "128": "12", "256": "16", "4096": "32"},
    "shufflenet.cnn": {
        "224x224x3": "64x64x3",
        "8": "2",
        "4": "1",
        "240": "48",
        "480": "96",
        "960": "192",
    },
    "squeezenet.cnn": {"224x224x3": "64x64x3"},
    "super_resolution.cnn": {},
    "unet.cnn": {
        "256x256x1": "32x32x1",
        "1024": "64",
        "512": "32",
        "256": "16",
        "128": "8",
        "64": "4",
    },
    "unet3d.cnn": {
        "32x32x32x3": "16x16x16x3",
        "512": "32",
        "256": "16",
        "128": "8",
        "64": "4",
        "32": "2",
    },
    "vgg.cnn": {"224x224x3": "64x64x3", "4096": "64"},
}
"""What is written for other words and numbers, by example."""

SOME = {
    "efficientnet.cnn": ("EfficientNetB0",),
    "resnet.cnn": (
        "ResNet18",
        "ResNet50",
        "PlainNet18",
        "CifarResNet20",
        "CifarResNet32_Projection",
        "CifarPlainNet20",
    ),
    "resnext.cnn": ("ResNeXt50",),
    "vgg.cnn": ("VGG11", "VGG13_BN"),
}
"""Which networks are trained of a file whose networks are much alike, and many or large."""


def networks(path: Path) -> tuple[str, ...]:
    """The names of an example's networks that are trained."""
    found = tuple(compiled(smaller(path), path.name, targets=()).networks)
    some = SOME.get(path.name, found)
    assert set(some) <= set(found)
    return some


def smaller(path: Path) -> str:
    """The text of an example with smaller numbers."""
    text = re.sub(r"[ \t]*->.*", "", path.read_text(encoding="utf-8"))
    text = re.sub(r"(drop\w*=)0\.\d+", r"\g<1>0", text)
    instead = SMALLER[path.name]
    return re.sub(r"\b\w+\b", lambda word: instead.get(word[0], word[0]), text)
