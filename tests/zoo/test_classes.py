"""A card's module has one class or function for each block and each network, and no copies."""

from __future__ import annotations

import ast

import pytest

from cnngen import shipped
from cnngen.syntax import ast as tree
from cnngen.syntax.parser import parse
from zoo.cards import CARDS, ROOT, compiled

GROUPS = {
    "deeplabv3": {"Backbone", "Backbone2", "Convs"},  # of a ResNet, of a MobileNet, of the pyramid
    "fcn": {"Backbone"},
    "inception_resnet_v2": {"Mixed5b", "Mixed6a", "Mixed7a"},
    "lraspp": {"Backbone"},
    "resnet_fpn": {"Body"},
}
"""Groups that are no plain chain: branches are in them, or their values are read outside."""

OF_OUTPUTS = ("Outputs", "Model")
"""The ends of names of what networks with several outputs have beside their class or function."""

HELPERS = {
    node.name
    for folder in ("torch/helpers", "keras/helpers", "shared")
    for path in (ROOT / "cnngen" / "backends" / folder).glob("*.py")
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.ClassDef | ast.FunctionDef)
}


def plain(name: str) -> str:
    """The name of a block as it is in both targets, and in a card."""
    return name.replace("_", "").lower()


def definitions(name: str) -> tuple[list[str], list[str]]:
    """What a card defines, and the blocks of the cards that it uses, which need not all be used."""
    source = shipped.source(name)
    assert source is not None
    own, used = [], []
    for node in parse(source)[0].definitions:
        if isinstance(node, tree.Block):
            own.append(plain(node.name.name))
        elif isinstance(node, tree.Network | tree.Variant):
            own.append(node.name.name)
        elif isinstance(node, tree.Use):
            used += [block for blocks in definitions(node.target) for block in blocks]
    return own, used


@pytest.mark.parametrize("target", ["torch", "keras"])
@pytest.mark.parametrize("card", CARDS)
def test_a_class_for_each_definition(card: str, target: str) -> None:
    made = ast.parse(compiled(card, target).text).body
    names = [node.name for node in made if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    own, used = definitions(f"zoo.{card}")
    found = [
        name if name in own else plain(name)
        for name in names
        if name not in HELPERS and not name.endswith(OF_OUTPUTS)
    ]
    groups = list(map(plain, GROUPS.get(card, ()))) if target == "torch" else []
    assert sorted(found) == sorted({*own, *(name for name in used if name in found), *groups})


def test_every_exception_is_needed() -> None:
    for card, groups in GROUPS.items():
        text = compiled(card, "torch").text
        assert all(f"class {group}(" in text for group in groups), card
