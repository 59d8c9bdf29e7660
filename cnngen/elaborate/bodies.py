"""What regions share: a body that is walked in its place, and what stands around it."""

from __future__ import annotations

from cnngen.diagnostics import codes
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.names import Named
from cnngen.elaborate.place import Place
from cnngen.elaborate.walker import Walker
from cnngen.ir import At, Chain, Item
from cnngen.ops import Shape
from cnngen.record import NamedTuple
from cnngen.source import Span
from cnngen.syntax import ast


class Around(NamedTuple):
    """What every region has: the value that comes in, and where the region stands."""

    x: Shape
    span: Span
    step: int


def walk_body(walker: Walker, body: ast.Body, place: Place) -> None:
    """Walk a region's body at ``place``; refuse one without layers."""
    mistakes, lost = walker.mistakes, walker.flow.shape is None
    walker.regions += 1
    walker.statements(body, place)
    walker.regions -= 1
    made = place.items or (place.fork and place.fork.branches)
    if not made and not lost and not walker.flow.incomplete and walker.mistakes == mistakes:
        fail(
            codes.EMPTY_NETWORK,
            "this body has no layers",
            body.span,
            "empty",
            "put `identity` into it where a value is to pass unchanged",
        )


def inline(items: Named, around: Around, value: Shape) -> Chain:
    """Items that are named with those around them, as a chain without a name."""
    return Chain("", items, At(around.x, value, around.span, around.step))


def alone(chain: Chain) -> Item:
    """The only item of a chain without labels, which then bears the chain's name; or the chain."""
    return chain.items[0] if chain.numbered and len(chain.items) == 1 else chain
