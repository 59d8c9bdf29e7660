"""What a ``.cnn`` file says, as a tree. Every node knows its place.

Named tuples: immutable, and the quickest to define and to make, which a start of the compiler
and a file of ten thousand layers both notice.
"""

from __future__ import annotations

from cnngen.record import NamedTuple
from cnngen.source import Source, Span

# --- expressions -----------------------------------------------------------------------------


class Literal(NamedTuple):
    """A number, a string, ``true``/``false``, or a size: ``3x3`` is the tuple (3, 3)."""

    span: Span
    value: int | float | str | bool | tuple[int, ...]


class Name(NamedTuple):
    """A parameter, a loop variable, a word such as ``same``."""

    span: Span
    name: str


class Unary(NamedTuple):
    """``-a`` or ``not a``."""

    span: Span
    operator: str
    operand: Expression


class Binary(NamedTuple):
    """``left operator right``."""

    span: Span
    operator: str
    left: Expression
    right: Expression


class Conditional(NamedTuple):
    """``first if condition else second``."""

    span: Span
    first: Expression
    condition: Expression
    second: Expression


class Size(NamedTuple):
    """``a x b`` or ``a x b x c`` where a part is an expression."""

    span: Span
    parts: tuple[Expression, ...]


class List(NamedTuple):
    """``[a, b, ...]``."""

    span: Span
    items: tuple[Expression, ...]


class Index(NamedTuple):
    """``value[index]``, counted from 0, or with a minus from the end: -1 is the last."""

    span: Span
    value: Expression
    position: Expression


class Slice(NamedTuple):
    """``value[first:stop]``, as Python has it; either may be missing."""

    span: Span
    value: Expression
    first: Expression | None
    stop: Expression | None


class Call(NamedTuple):
    """``function(a, b)``."""

    span: Span
    function: Name
    arguments: tuple[Expression, ...]


Expression = Literal | Name | Unary | Binary | Conditional | Size | List | Index | Slice | Call

# --- statements ------------------------------------------------------------------------------


class Argument(NamedTuple):
    """``name=value``."""

    span: Span
    name: Name
    value: Expression


class Label(NamedTuple):
    """``name:`` or ``name[position]:`` before an item; the position is added to the name.

    ``quoted`` where it is written ``"name":``, as what is no name elsewhere has to be. ``pieces``
    are those of ``"block{i}-{j}":``, texts and numbers in turn; empty where it has no numbers.
    """

    span: Span
    name: Name
    position: Expression | None = None
    quoted: bool = False
    pieces: tuple[str | Expression, ...] = ()

    @property
    def numbers(self) -> tuple[Expression, ...]:
        """What is worked out to make the name; nothing where the source gives all of it."""
        index = () if self.position is None else (self.position,)
        return (*index, *(piece for piece in self.pieces if not isinstance(piece, str)))


class Layer(NamedTuple):
    """``word argument* `` with a label where it has one. Arguments are in source order."""

    span: Span
    word: Name
    arguments: tuple[Expression | Argument, ...]
    label: Label | None = None


class Body(NamedTuple):
    """``{ ... }``: statements, from brace to brace."""

    span: Span
    statements: tuple[Statement, ...]


class Group(NamedTuple):
    """``label: { ... }``: a chain of its own."""

    span: Span
    body: Body
    label: Label | None = None


class Region(NamedTuple):
    """``word argument* { ... }``; a residual's ``} shortcut { ... }`` is ``otherwise``.

    ``second`` is the word between the two bodies.
    """

    span: Span
    word: Name
    arguments: tuple[Expression | Argument, ...]
    body: Body
    second: Name | None = None
    otherwise: Body | None = None
    label: Label | None = None


class Repeat(NamedTuple):
    """``repeat count { ... }``."""

    span: Span
    times: Expression
    body: Body


class For(NamedTuple):
    """``for a, b in rows { ... }``."""

    span: Span
    targets: tuple[Name, ...]
    values: Expression
    body: Body


class If(NamedTuple):
    """``if condition { ... } else ...``."""

    span: Span
    condition: Expression
    body: Body
    otherwise: Body | If | None = None


Item = Layer | Region | Group | Repeat | For | If


class Line(NamedTuple):
    """``item, item, ... -> shape``: one line of the table in the paper."""

    span: Span
    items: tuple[Item, ...]
    shape: Expression | None = None


class Input(NamedTuple):
    """``input HxWxC``, with a label where it has one."""

    span: Span
    shape: Expression
    label: Label | None = None


class Let(NamedTuple):
    """``let name = value``."""

    span: Span
    name: Name
    value: Expression


class Default(NamedTuple):
    """``default word arguments``: what such layers have where they say nothing else."""

    span: Span
    word: Name
    arguments: tuple[Argument, ...]


class Broken(NamedTuple):
    """Stands where a statement could not be read, so that what follows is not misjudged."""

    span: Span


Statement = Line | Input | Let | Default | Broken

# --- definitions -----------------------------------------------------------------------------


class Parameter(NamedTuple):
    """``name=default`` in a network's or block's head; without a default it must be given."""

    span: Span
    name: Name
    default: Expression | None = None


class Network(NamedTuple):
    """``network Name(parameters) settings { ... }``."""

    span: Span
    name: Name
    parameters: tuple[Parameter, ...]
    settings: tuple[Argument, ...]
    body: Body


class Block(NamedTuple):
    """``block name(parameters) settings { ... }``."""

    span: Span
    name: Name
    parameters: tuple[Parameter, ...]
    settings: tuple[Argument, ...]
    body: Body


class Use(NamedTuple):
    """``use "file.cnn"``, or ``use std.name`` for a file of the library that is shipped.

    ``target`` is the path as written, or the dotted name.
    """

    span: Span
    target: str
    shipped: bool


class Variant(NamedTuple):
    """``network Name = Base arguments``."""

    span: Span
    name: Name
    base: Name
    arguments: tuple[Argument, ...]


Definition = Network | Variant | Block | Use | Default


class File(NamedTuple):
    """A whole file, in its own order; ``broken`` where a definition could not be read."""

    source: Source
    definitions: tuple[Definition, ...]
    broken: bool = False
