"""What a lifted network is made of before it is text: the language's constructs.

Every item knows the step whose value it gives, and the channels that come into it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnngen.ops import Shape
from cnngen.record import NamedTuple


class Formula(NamedTuple):
    """An argument that depends on a block's parameters, as the language writes it."""

    text: str


class Layer(NamedTuple):
    """A layer with all of its arguments, those that are defaults too.

    ``weighted`` where it has weights, ``before_norm`` where a batch norm takes what it gives, and
    ``normed`` where that follows it in the same chain.
    """

    word: str
    arguments: Mapping[str, Any]
    channels: int
    value: int
    label: str = ""
    weighted: bool = False
    before_norm: bool = False
    normed: bool = False


class Group(NamedTuple):
    """A chain with a name: what a module holds.

    ``kind`` is the module's class and ``identity`` what tells it from others of that name; both
    are empty where the module only holds. ``made`` is what it was constructed with. Where it
    ``is_read``, labels in it are read outside of it: it is no block then.
    """

    items: tuple[Item, ...]
    channels: int
    value: int
    label: str = ""
    kind: str = ""
    identity: str = ""
    made: Mapping[str, Any] = {}
    is_read: bool = False


class Use(NamedTuple):
    """A block that is used; ``of`` is what the block stands for here."""

    block: str
    arguments: Mapping[str, Any]
    of: Group
    label: str = ""

    @property
    def channels(self) -> int:
        """The channels that come in."""
        return self.of.channels

    @property
    def value(self) -> int:
        """The step whose value it gives."""
        return self.of.value


class Residual(NamedTuple):
    """``shortcut`` is a word of the language, or the path that is written out."""

    body: tuple[Item, ...]
    channels: int
    value: int
    shortcut: str | tuple[Item, ...] = "identity"
    shortcut_name: str = ""
    label: str = ""


class Gate(NamedTuple):
    """The input times what the body makes of it."""

    body: tuple[Item, ...]
    channels: int
    value: int
    label: str = ""


class Branches(NamedTuple):
    """Branches over one input, joined on channels."""

    branches: tuple[tuple[Item, ...], ...]
    channels: int
    value: int
    label: str = ""


class Read(NamedTuple):
    """``add a b``, ``from a``: a word that reads values before it, by steps or by their labels."""

    word: str
    of: tuple[int | str, ...]
    channels: int
    value: int
    label: str = ""
    axis: str = ""


class Reuse(NamedTuple):
    """What gave the step ``of``, or has that label, once more."""

    of: int | str
    channels: int
    value: int
    label: str = ""


class Head(NamedTuple):
    """A side head, which only training returns."""

    name: str
    items: tuple[Item, ...]
    channels: int
    value: int
    label: str = ""


class Missing(NamedTuple):
    """What the language cannot say."""

    operator: str
    why: str
    place: str
    channels: int
    value: int
    label: str = ""


class Optional(NamedTuple):
    """What some uses of a block have and others have not: this one where it is ``present``."""

    items: tuple[Item, ...]
    present: bool
    channels: int
    value: int
    label: str = ""


class If(NamedTuple):
    """What is there under a condition, and what else."""

    condition: str
    items: tuple[Item, ...]
    otherwise: tuple[Item, ...]
    channels: int
    value: int
    label: str = ""


class Given(NamedTuple):
    """A layer that is a parameter of the block."""

    name: str
    channels: int
    value: int
    label: str = ""


class Loop(NamedTuple):
    """Items several times: ``targets`` take the ``values`` in turn; without any, a ``repeat``.

    Without values, a target counts from 0.
    """

    items: tuple[Item, ...]
    times: int | Formula
    targets: tuple[str, ...] = ()
    values: str = ""
    label: str = ""

    @property
    def value(self) -> int:
        """The step whose value its last turn gives."""
        return -1

    @property
    def channels(self) -> int:
        """The channels that come into the first turn."""
        return self.items[0].channels


Item = (
    Layer
    | Group
    | Use
    | Residual
    | Gate
    | Branches
    | Read
    | Reuse
    | Head
    | Missing
    | Optional
    | If
    | Given
    | Loop
)

INSIDE = (Residual, Gate, Branches, Optional, If, Loop)
"""What is in these is named with what is around them."""

Shapes = Mapping[int, Shape]
"""The shapes of the values, by step."""


def parts(item: Item) -> tuple[tuple[Item, ...], ...]:
    """The bodies of an item, in the order in which the source has them."""
    match item:
        case Group(items=items) | Head(items=items) | Loop(items=items) | Optional(items=items):
            return (items,)
        case If(items=items, otherwise=otherwise):
            return (items, otherwise)
        case Use(of=group):
            return (group.items,)
        case Residual(body=body, shortcut=tuple() as path):
            return (body, path)
        case Residual(body=body) | Gate(body=body):
            return (body,)
        case Branches(branches=branches):
            return branches
        case _:
            return ()


def rebuild(item: Item, bodies: tuple[tuple[Item, ...], ...]) -> Item:
    """The item with other bodies."""
    match item:
        case Group() | Head() | Loop() | Optional():
            return item._replace(items=bodies[0])
        case If():
            return item._replace(items=bodies[0], otherwise=bodies[1])
        case Use():
            return item._replace(of=item.of._replace(items=bodies[0]))
        case Residual(shortcut=tuple()):
            return item._replace(body=bodies[0], shortcut=bodies[1])
        case Residual() | Gate():
            return item._replace(body=bodies[0])
        case Branches():
            return item._replace(branches=bodies)
        case _:
            return item


def same_namespace(items: tuple[Item, ...]) -> Iterator[Item]:
    """Items that are named together: regions add no level."""
    for item in items:
        yield item
        if isinstance(item, INSIDE):
            for body in parts(item):
                yield from same_namespace(body)


def everything(items: tuple[Item, ...], *, uses: bool = True) -> Iterator[Item]:
    """All items, in the order of the source, with what is in them; also in ``uses`` of blocks."""
    for item in items:
        yield item
        for body in parts(item) if uses or not isinstance(item, Use) else ():
            yield from everything(body, uses=uses)


def in_execution_order(items: tuple[Item, ...]) -> Iterator[Item]:
    """All items, in the order of the IR: what is beside a residual's body comes before it."""
    for item in items:
        yield item
        bodies = parts(item)
        for body in reversed(bodies) if isinstance(item, Residual) else bodies:
            yield from in_execution_order(body)


def with_norms(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Items whose layers know whether a batch norm follows directly."""
    made: list[Item] = []
    for place, item in enumerate(items):
        after = items[place + 1] if place + 1 < len(items) else None
        item = rebuild(item, tuple(map(with_norms, parts(item))))
        if isinstance(item, Layer):
            item = item._replace(normed=isinstance(after, Layer) and after.word == "bn")
        made.append(item)
    return tuple(made)
