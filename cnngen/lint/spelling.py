"""W116: names of well-known networks in another spelling."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen import shipped
from cnngen.diagnostics import Diagnostic, Edit, Fix, codes
from cnngen.lint.rule import UNSAFE, Rule
from cnngen.lint.view import View
from cnngen.source import Span
from cnngen.syntax import ast


def _spellings(view: View) -> Iterator[Diagnostic]:
    known: dict[str, set[str]] = {}
    for family in shipped.index():
        for network in family["networks"]:
            known.setdefault(_plain(network["name"]), set()).add(network["name"])
    for node in view.file.definitions:
        if not isinstance(node, (ast.Network, ast.Variant)):
            continue
        name = node.name.name
        usual = known.get(_plain(name), {name})
        if name not in usual:
            yield Diagnostic(
                codes.NETWORK_SPELLING,
                f"`{name}` is known as `{min(usual)}`",
                node.name.span,
                "spelt otherwise",
                hint=f"write `{min(usual)}`: the class and the function are called so too",
                fix=_renamed(view, node.name.span, min(usual)),
            )


def _renamed(view: View, name: Span, usual: str) -> Fix:
    """The source with another name wherever this one stands."""
    places = [place for place, own in view.names.items() if own == name]
    return Fix(tuple(Edit(place, usual) for place in sorted(places)))


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


NETWORK_SPELLING = Rule(codes.NETWORK_SPELLING, _spellings, UNSAFE)
