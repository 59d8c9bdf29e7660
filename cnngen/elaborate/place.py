"""Where a statement is executed: the names that it sees, and what its items are added to."""

from __future__ import annotations

from cnngen.elaborate.names import Items
from cnngen.elaborate.scope import Scope
from cnngen.ops import Shape
from cnngen.record import NamedTuple
from cnngen.source import Span
from cnngen.syntax import ast


class Applied(NamedTuple):
    """Where a labelled item stands, so that it can be applied again.

    ``node`` is what the source has there, ``scope`` what it sees, ``named`` the body that it is
    named in; it is the item at ``position`` of ``items``.
    """

    node: ast.Layer | ast.Region | ast.Group
    scope: Scope
    named: ast.Body | ast.Region
    items: Items
    position: int


class Labelled(NamedTuple):
    """A labelled value of a namespace; None where a mistake has made its shape unknown.

    ``inside`` is the namespace of a group, whose values can be read too; ``applied`` says what has
    weights, or might have. ``position`` is the length of the trail that led to it.
    """

    value: Shape | None
    span: Span
    inside: Namespace | None = None
    applied: Applied | None = None
    position: int = 0


class Namespace:
    """The body of a network, of a block or of a group: what is named together.

    ``top`` where it is a network's own; ``labels`` holds the values that can be joined or resumed,
    ``read`` those that are, and ``left`` the places where another value was gone on from.
    ``groups`` are those in it, whose values may be read until it ends. Of a group, ``outside`` is
    where one of its values is read outside, and ``again`` where it is applied again. ``written``
    are all labels of the body, once a mistake has asked for them. ``is_head`` marks a side head's.
    """

    def __init__(
        self,
        named: ast.Body | ast.Region,
        *,
        top: bool = False,
        around: Namespace | None = None,
    ) -> None:
        self.around = around
        self.is_head = False
        self.groups: list[Namespace] = []
        self.outside: Span | None = None
        self.again: Span | None = None
        if around is not None:
            around.groups.append(self)
        self.named = named
        self.body = named.body if isinstance(named, ast.Region) else named
        self.top = top
        self.labels: dict[str, Labelled] = {}
        self.read: set[str] = set()
        self.sizes_read: set[str] = set()
        self.left: dict[str, Span] = {}
        self.written: dict[str, tuple[Span, bool]] | None = None


class Branch(NamedTuple):
    """One branch of a fork: its items, their value, and where it stands."""

    items: Items
    value: Shape | None
    span: Span
    step: int


class Fork(NamedTuple):
    """Branches over ``start``: each line makes one."""

    start: Shape | None
    branches: list[Branch]


class Place(NamedTuple):
    """``items`` are those of the innermost chain; with a ``fork``, each line is a branch of it."""

    scope: Scope
    items: Items
    namespace: Namespace
    fork: Fork | None = None

    def inside(self, scope: Scope) -> Place:
        """The same place with more names in sight."""
        return self._replace(scope=scope)

    def branch(self, fork: Fork | None = None) -> Place:
        """A chain of its own, named with what is around it."""
        return Place(Scope(self.scope), [], self.namespace, fork)

    def group(self, body: ast.Body | ast.Region) -> Place:
        """A chain with a namespace of its own: a body, or a region that stands alone in it."""
        return Place(Scope(self.scope), [], Namespace(body, around=self.namespace))
