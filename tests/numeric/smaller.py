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
    "alexnet.cnn": {"227x227x3": "99x99x3", "4096": "64"},
    "attention.cnn": {},
    "audio.cnn": {"8000x1": "2400x1"},
    "googlenet.cnn": {"224x224x3": "96x96x3"},
    "inception_module.cnn": {"28x28x192": "14x14x192"},
    "initial_weights.cnn": {},
    "lenet5.cnn": {},
    "multi_task.cnn": {"64x64x1": "32x32x1"},
    "network_in_network.cnn": {},
    "pyramid.cnn": {"128x128x3": "64x64x3", "256": "48", "64": "8", "4": "2"},
    "residual_block.cnn": {"56x56x128": "14x14x128"},
    "resnet.cnn": {"224x224x3": "64x64x3"},
    "siamese.cnn": {"105x105x1": "77x77x1", "64": "8", "128": "12", "256": "16", "4096": "32"},
    "super_resolution.cnn": {"48x48x3": "12x12x3", "32": "8"},
    "unet3d.cnn": {
        "32x32x32x3": "16x16x16x3",
        "512": "32",
        "256": "16",
        "128": "8",
        "64": "4",
        "32": "2",
    },
    "unet_bilinear.cnn": {"75x100x3": "27x20x3", "16": "4"},
    "vgg.cnn": {"224x224x3": "64x64x3", "4096": "64"},
}
"""What is written for other words and numbers, by example."""

SOME = {
    "resnet.cnn": ("PlainNet18", "CifarResNet20", "CifarResNet32_Projection", "CifarPlainNet20"),
}
"""Which networks are trained of a file whose networks are much alike, and many or large."""


ZOO = EXAMPLES.parent / "cnngen" / "zoo"

IMAGENET = {"224x224x3": "64x64x3", "4096": "64"}
"""The same for cards of the zoo."""


def networks(path: Path) -> tuple[str, ...]:
    """The names of an example's networks that are trained."""
    found = tuple(compiled(smaller(path), path.name, targets=()).networks)
    some = SOME.get(path.name, found)
    assert set(some) <= set(found)
    return some


def smaller(path: Path) -> str:
    """The text of an example, or of a card, with smaller numbers."""
    text = re.sub(r"[ \t]*->.*", "", path.read_text(encoding="utf-8"))
    text = re.sub(r"(drop\w*=)0\.\d+", r"\g<1>0", text)
    instead = SMALLER[path.name] if path.parent == EXAMPLES else IMAGENET
    return re.sub(r"\b\w+\b", lambda word: instead.get(word[0], word[0]), text)
