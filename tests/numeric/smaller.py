"""The examples, made small enough to train: the same text with other numbers in it.

Blocks, depths, joins and names stay. The input is smaller, dropout rates are 0, and where a
network is wide, so are its numbers of channels. Stated shapes, which would be others, are left out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

EXAMPLES = Path(__file__).parents[2] / "examples"


class Numbers(NamedTuple):
    """What is written for other things: words as a whole, wherever they stand."""

    instead: dict[str, str]
    networks: frozenset[str] = frozenset()
    """Which networks are tested of a file whose networks are much alike; all if empty."""


SMALLER = {
    "alexnet.cnn": Numbers({"227x227x3": "99x99x3", "224x224x3": "95x95x3", "4096": "64"}),
    "densenet.cnn": Numbers({"224x224x3": "64x64x3"}),
    "googlenet.cnn": Numbers({"224x224x3": "96x96x3"}),
    "inception_module.cnn": Numbers({"28x28x192": "14x14x192"}),
    "lenet5.cnn": Numbers({}),
    "mobilenet_v2.cnn": Numbers({"224x224x3": "64x64x3"}),
    "network_in_network.cnn": Numbers({}),
    "residual_block.cnn": Numbers({"56x56x128": "14x14x128"}),
    "resnet.cnn": Numbers(
        {"224x224x3": "64x64x3"},
        frozenset(
            {
                "ResNet18",
                "ResNet50",
                "PlainNet18",
                "CifarResNet20",
                "CifarResNet20_Projection",
                "CifarPlainNet20",
            }
        ),
    ),
    "resnext.cnn": Numbers({"224x224x3": "64x64x3"}, frozenset({"ResNeXt50"})),
    "se_resnet.cnn": Numbers({"224x224x3": "64x64x3"}),
    "squeezenet.cnn": Numbers({"224x224x3": "64x64x3"}),
    "unet.cnn": Numbers(
        {
            "256x256x1": "32x32x1",
            "1024": "64",
            "512": "32",
            "256": "16",
            "128": "8",
            "64": "4",
        }
    ),
    "vgg.cnn": Numbers(
        {"224x224x3": "64x64x3", "4096": "64"}, frozenset({"VGG11", "VGG11_BN", "VGG16_BN"})
    ),
}


def smaller(path: Path) -> str:
    """The text of an example with smaller numbers."""
    text = re.sub(r"[ \t]*->.*", "", path.read_text(encoding="utf-8"))
    text = re.sub(r"(dropout=)0\.\d+", r"\g<1>0", text)
    instead = SMALLER[path.name].instead
    return re.sub(r"\b\w+\b", lambda word: instead.get(word[0], word[0]), text)
