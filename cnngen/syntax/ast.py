"""What a ``.cnn`` file says, as a tree. Frozen; every node knows its place."""

from __future__ import annotations

from dataclasses import dataclass

from cnngen.source import Source, Span

# --- expressions -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a string, ``true``/``false``, or a size: ``3x3`` is the tuple (3, 3)."""

    span: Span
    value: int | float | str | bool | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter, a loop variable, a word such as ``same``."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    """``-a`` or ``not a``."""

    span: Span
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """``left operator right``."""

    span: Span
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Size:
    """``a x b`` or ``a x b x c`` where a part is an expression."""

    span: Span
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class List:
    """``[a, b, ...]``."""

    span: Span
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """``value[index]``, counted from 0."""

    span: Span
    value: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """``function(a, b)``."""

    span: Span
    function: Name
    arguments: tuple[Expression, ...]


Expression = Literal | Name | Unary | Binary | Size | List | Index | Call

# --- statements ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Argument:
    """``name=value``."""

    span: Span
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True)
class Layer:
    """``word argument* `` with a label where it has one. Arguments are in source order."""

    span: Span
    word: Name
    arguments: tuple[Expression | Argument, ...]
    label: Name | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """``{ ... }``: statements, from brace to brace."""

    span: Span
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """``label: { ... }``: a chain of its own."""

    span: Span
    body: Body
    label: Name | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """``repeat count { ... }``."""

    span: Span
    count: Expression
    body: Body


@dataclass(frozen=True, slots=True)
class For:
    """``for a, b in rows { ... }``."""

    span: Span
    targets: tuple[Name, ...]
    values: Expression
    body: Body


@dataclass(frozen=True, slots=True)
class If:
    """``if condition { ... } else ...``."""

    span: Span
    condition: Expression
    body: Body
    otherwise: Body | If | None = None


Item = Layer | Group | Repeat | For | If


@dataclass(frozen=True, slots=True)
class Line:
    """``item, item, ... -> shape``: one line of the table in the paper."""

    span: Span
    items: tuple[Item, ...]
    shape: Expression | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """``input HxWxC``."""

    span: Span
    shape: Expression


@dataclass(frozen=True, slots=True)
class Let:
    """``let name = value``."""

    span: Span
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True)
class Broken:
    """Stands where a statement could not be read, so that what follows is not misjudged."""

    span: Span


Statement = Line | Input | Let | Broken

# --- definitions -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameter:
    """``name=default`` in a network's head; without a default it must be given."""

    span: Span
    name: Name
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """``network Name(parameters) { ... }``."""

    span: Span
    name: Name
    parameters: tuple[Parameter, ...]
    body: Body


@dataclass(frozen=True, slots=True)
class Variant:
    """``network Name = Base arguments``."""

    span: Span
    name: Name
    base: Name
    arguments: tuple[Expression | Argument, ...]


Definition = Network | Variant


@dataclass(frozen=True, slots=True)
class File:
    """A whole file, in its own order; ``broken`` where a definition could not be read."""

    source: Source
    definitions: tuple[Definition, ...]
    broken: bool = False
