"""What a network with a mistake comes to up to it."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.elaborate.names import Items, name_items
from cnngen.elaborate.naming import naming_of
from cnngen.elaborate.place import Place
from cnngen.ir import At, Chain
from cnngen.record import NamedTuple
from cnngen.source import Span
from cnngen.syntax import ast

UNFINISHED = "(unfinished)"
"""What a body is called that a mistake has ended: no label can be this."""


class Open(NamedTuple):
    """A body that was being walked, and how many items it had then."""

    span: Span
    place: Place
    items: int


class OpenBodies:
    """The bodies that are being walked, outermost first."""

    def __init__(self) -> None:
        self.bodies: list[tuple[Span, Place]] = []
        self.at_mistake: list[Open] | None = None

    def enter(self, body: ast.Body, place: Place) -> None:
        """Go into a body."""
        self.bodies.append((body.span, place))

    def leave(self) -> None:
        """Go out of the innermost."""
        self.bodies.pop()

    def mistake(self) -> None:
        """Keep how far the walk had come before the first mistake."""
        if self.at_mistake is None:
            self.at_mistake = [Open(span, at, len(at.items)) for span, at in self.bodies]

    def reached(self) -> Chain | None:
        """The items before the first mistake, those of unfinished bodies in chains of their own."""
        inner: Chain | None = None
        for opened in reversed(_distinct(self.at_mistake or [])):
            inner = _chain(opened, inner) or inner
        return inner._replace(name="") if inner else None


def _distinct(bodies: Sequence[Open]) -> list[Open]:
    """Without the bodies of loops and conditions, which add to what is around them."""
    found: dict[int, Open] = {}
    for opened in bodies:
        found.setdefault(id(opened.place.items), opened)
    return list(found.values())


def _chain(opened: Open, inner: Chain | None) -> Chain | None:
    namespace = opened.place.namespace
    items: Items = opened.place.items[: opened.items]
    naming = naming_of(namespace.named, top=namespace.top)
    named = (*name_items(items, lambda _: None, naming), *((inner,) if inner else ()))
    if not named:
        return None
    at = At(named[0].at.input, named[-1].at.output, opened.span, 0)
    return Chain(UNFINISHED, named, at)
