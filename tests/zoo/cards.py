"""The cards of the zoo: the facts beside each, and the modules that they compile to."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from cnngen.backends import backend
from cnngen.compiler import compile_source
from cnngen.ir import Module, Network
from cnngen.source import Source

ROOT = Path(__file__).parents[2]
ZOO = ROOT / "cnngen" / "zoo"

CARDS = tuple(sorted(path.stem for path in ZOO.glob("*.cnn")))


class Entry(NamedTuple):
    """A network of a card, with what its facts say of it."""

    card: str
    network: str
    facts: dict[str, Any]


class Compiled(NamedTuple):
    """A card's networks, the text of its module for a target, and what that was made from."""

    module: Module
    text: str


@cache
def facts(card: str) -> dict[str, Any]:
    """What stands in the file beside a card; nothing where there is none."""
    path = ZOO / f"{card}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


ENTRIES = tuple(
    Entry(card, network, said)
    for card in CARDS
    for network, said in facts(card).get("networks", {}).items()
)

TORCHVISION = {
    entry.facts["torchvision"]: entry for entry in ENTRIES if "torchvision" in entry.facts
}
"""By the name that torchvision has for the model."""

for _entry in ENTRIES:
    if _entry.network == "ResNet50FPN":
        TORCHVISION["resnet50_fpn"] = _entry
        """A part of torchvision's detectors, which is no model with a name there."""

RENAMED: dict[str, dict[str, str]] = {
    "resnet50_fpn": {
        **{rf"^fpn\.inner_blocks\.{i}\.0": f"inner{i + 1}" for i in range(4)},
        **{rf"^fpn\.layer_blocks\.{i}\.0": f"p{i + 2}" for i in range(4)},
        **{rf"^{i}$": f"p{i + 2}" for i in range(4)},
        "^pool$": "p6",
    },
}
"""What has other names in a card than in torchvision."""


def called(model: str, name: str) -> str:
    """What a card calls a key of the state dict, or an output, of torchvision's ``model``."""
    for pattern, instead in RENAMED.get(model, {}).items():
        name = re.sub(pattern, instead, name)
    return name


LARGE = {
    *("vgg13", "vgg16", "vgg19", "vgg13_bn", "vgg19_bn", "VGG19"),
    *("convnext_large", "efficientnet_v2_l", "regnet_x_32gf", "regnet_y_32gf"),
    *("resnext101_64x4d", "wide_resnet101_2"),
    *("ConvNeXtLarge", "ConvNeXtXLarge", "EfficientNetB7", "EfficientNetV2L", "NASNetLarge"),
}
"""Large networks with a sibling that is tested: `python -m tests.zoo` alone moves their weights."""

TIMM = {entry.facts["timm"]: entry for entry in ENTRIES if "timm" in entry.facts}
"""By the name that timm has for the model."""

LATER = {
    "googlenet": r"^aux[12]\.",
    "regnet": r"\.proj\.",
    "lraspp": ".",
    "resnet50_fpn": ".",
}
"""By the beginning of torchvision's name, keys that stand elsewhere in a card's state dict.

Side heads stand where they branch off, in torchvision after the trunk. The path of a shortcut comes
after the layers that it passes by.
"""

AUXILIARY = {"googlenet": ("aux1", "aux2"), "inception_v3": ("AuxLogits",)}
"""Submodules that give outputs beside the network's own, by torchvision's name of the model."""


@cache
def compiled(card: str, target: str) -> Compiled:
    """A card for a target; fails on any diagnostic."""
    path = ZOO / f"{card}.cnn"
    source = Source(str(path), path.read_text(encoding="utf-8"))
    result = compile_source(source, [backend(target)], debug=True)
    assert not result.diagnostics, [d.message for d in result.diagnostics]
    assert result.complete
    (output,) = result.outputs
    return Compiled(result.module, output.text)


@cache
def networks(card: str) -> dict[str, Network]:
    """The networks of a card by their names."""
    return {network.name: network for network in compiled(card, "keras").module.networks}


@cache
def imported(card: str, target: str) -> ModuleType:
    """The module that a card compiles to."""
    from cnngen.frameworks import framework

    return framework(target).module(compiled(card, target).text)
