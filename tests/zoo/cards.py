"""The cards of the zoo: the facts beside each, and the modules that they compile to."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from cnngen.backends import backend
from cnngen.compiler import compile_source
from cnngen.ir import Module
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

AUXILIARY = {"googlenet": ("aux1", "aux2"), "inception_v3": ("AuxLogits",)}
"""Submodules that give outputs beside the network's own, by torchvision's name of the model."""


RENAMED = {"convnext": (("layer_scale", "layer_scale.gamma"),)}
"""By the card, ends of keys that are others in a generated network than in torchvision's.

A layer scale is a layer here, with one value for each channel. In torchvision it is a parameter of
the block, with axes of length 1 for height and width, and so it comes first in the state dict.
"""


def renamed(card: str, key: str) -> str:
    """The key of a generated network that stands for this one of torchvision's."""
    for theirs, own in RENAMED.get(card, ()):
        if key.endswith(f".{theirs}"):
            return key.removesuffix(theirs) + own
    return key


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
def imported(card: str, target: str) -> ModuleType:
    """The module that a card compiles to."""
    from cnngen.frameworks import framework

    return framework(target).module(compiled(card, target).text)
