"""Definitions: blocks and networks as the source says them, over symbols, all on this page.

A definition stands here once, whatever its uses are: loops, conditions and names that are computed
on the way are nodes, and numbers are expressions over its parameters and over the channels that
come in. Generated code is written from this; what each use comes to, with its shapes, stands in
:mod:`cnngen.ir`, and :mod:`cnngen.define.hold` holds one against the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from cnngen.expressions import Expression
from cnngen.ops import Op
from cnngen.ops.kinds import PerAxis
from cnngen.record import NamedTuple
from cnngen.source import Span


class Form(NamedTuple):
    """A shape as far as a definition knows it: ``sizes`` are None where a use decides them.

    ``axes`` are those of its positions: a vector has none, and no sizes. Its features are
    ``channels``.
    """

    axes: int
    sizes: PerAxis | None
    channels: Expression

    @property
    def is_map(self) -> bool:
        """Whether it has positions."""
        return self.axes > 0


class Name(NamedTuple):
    """What an item is called; empty in a numbered body, where its place is its name.

    With ``position``, as the label ``up[i]`` has one, it is part of the name. ``looped`` where each
    turn of a loop makes an item: the name is then that of all of them. ``more`` follows the
    position, as in ``"block{i}-{j}"``: texts and numbers.
    """

    text: str
    position: Expression | None = None
    looped: bool = False
    more: tuple[Expression, ...] = ()

    @property
    def pieces(self) -> tuple[Expression, ...]:
        """Texts and numbers, which make the name one after another."""
        index = () if self.position is None else (self.position,)
        return (self.text, *index, *self.more)

    @property
    def is_indexed(self) -> bool:
        """Whether its value can be read by the index alone, as in ``concat up[i]``."""
        return self.position is not None and not self.more

    @property
    def numbers(self) -> tuple[Expression, ...]:
        """The pieces that are numbers."""
        if self.position is None:
            return ()
        return tuple(piece for piece in self.pieces if not isinstance(piece, str))


class Where(NamedTuple):
    """Where a node stands: what comes in and goes out, and its place in the source.

    ``line`` numbers the source's lines: neighbours of one line stand on one.
    """

    input: Form
    output: Form
    span: Span
    line: int


class Body(NamedTuple):
    """Nodes one after another; ``numbered`` where items are called 0, 1, 2, ... as they come."""

    nodes: tuple[Node, ...]
    numbered: bool = False


class Layer(NamedTuple):
    """One op, whose fields may be expressions.

    ``overwrites`` where it may put its output in its input's place: nothing else reads that.
    """

    name: Name
    op: Op
    at: Where
    overwrites: bool = False


class Use(NamedTuple):
    """A use of another definition, with the values of its parameters."""

    name: Name
    callee: Definition
    arguments: Mapping[str, Expression]
    at: Where


class Group(NamedTuple):
    """A chain with names of its own.

    ``exports`` are the labels in it that are read outside, and the taps of its side heads.
    """

    name: Name
    body: Body
    at: Where
    exports: tuple[str, ...] = ()


class Residual(NamedTuple):
    """The body's output plus the input, or plus what ``path`` makes of it.

    ``mode`` is what the source says of the shortcut, or ``path`` where it writes the path out;
    ``differs`` whether input and output have different shapes. ``path`` is there wherever some
    use may take it. ``overwrites`` where the sum may take the place of the body's output.
    """

    name: Name
    body: Body
    mode: Expression
    differs: Expression
    path_name: Name
    path: Layer | Use | Group | None
    padding: Layer | None
    at: Where
    overwrites: bool = False


class Branch(NamedTuple):
    """One of several chains over one input; ``label`` is what the source calls it, if anything."""

    label: str
    body: Body
    at: Where


class Branches(NamedTuple):
    """The outputs of several chains over one input, joined on channels."""

    name: Name
    body: Body
    at: Where


class Gate(NamedTuple):
    """The input times the body's output."""

    name: Name
    body: Body
    at: Where


class Join(NamedTuple):
    """The current value joined with labelled ones; for the fields see :class:`cnngen.ir.Join`."""

    name: Name
    kind: str
    labels: tuple[Name, ...]
    at: Where
    axis: int | None = None
    mode: str = ""


class Input(NamedTuple):
    """An input of the network under its label: the value itself."""

    name: Name
    at: Where


class Resume(NamedTuple):
    """The labelled value itself (``from label``)."""

    name: Name
    label: Name
    at: Where


class Reuse(NamedTuple):
    """What has the label applied again, with the same weights."""

    name: Name
    label: Name
    at: Where


class SideHead(NamedTuple):
    """A classifier on the side; its loss counts ``weight`` times.

    In a group, it is applied outside of it, to the value of its tap.
    """

    name: Name
    head: Layer | Use | Group
    weight: Expression
    at: Where


class Output(NamedTuple):
    """Labelled values that the network returns; for their losses see :class:`cnngen.ir.Output`."""

    name: Name
    labels: tuple[Name, ...]
    loss: str
    weight: Expression
    at: Where


class Repeat(NamedTuple):
    """``repeat times { ... }``."""

    times: Expression
    body: Body


class For(NamedTuple):
    """``for a, b in values { ... }``."""

    targets: tuple[str, ...]
    values: Expression
    body: Body


class If(NamedTuple):
    """``if condition { ... } else { ... }``."""

    condition: Expression
    body: Body
    otherwise: Body


class Let(NamedTuple):
    """``name = value``, of the source, or of what counts the channels through a loop."""

    name: str
    value: Expression


Item = (
    Layer
    | Use
    | Group
    | Residual
    | Branches
    | Gate
    | Join
    | Input
    | Resume
    | Reuse
    | SideHead
    | Output
)
Control = Repeat | For | If
Node = Item | Branch | Control | Let


class Parameter(NamedTuple):
    """A parameter with its type in Python; ``default`` is None where a value must be given."""

    name: str
    type: str
    default: Expression | None


class Definition:
    """A block or network, ready to be written as a class or function.

    Attributes:
        name: what the source calls it.
        description: the comment above it.
        span: the place of its name.
        parameters: what it takes, in the source's order.
        fixed: the parameters that it cannot take, with their values: it is written for those.
        input: what comes in. Its channels are a symbol, or for a network what its input says.
        output: what goes out, over its parameters and the channels that come in.
        stride: by how much it shrinks a map; None where no stride says so.
        inputs: what a network's inputs say, sizes first, by their names.
        outputs: what it says that it returns, by name.
        overwritable: whether whoever uses it may overwrite what it gives.
        fractions: the names, its own included, that need not be whole numbers.
        mixed: the names that are whole numbers in one place, and any numbers in another.
        words: what tells it from others of its block by the values that it is written for.
        circumstances: what tells it apart beside these.
    """

    def __init__(
        self,
        name: str,
        description: str,
        span: Span,
        parameters: tuple[Parameter, ...],
        fixed: Mapping[str, Expression],
        body: Body,
        input: Form,  # noqa: A002 - what comes in, beside ``output``
        output: Form,
        stride: Expression | None,
        inputs: Mapping[str, tuple[Expression, ...]] | None = None,
        outputs: Mapping[str, Form] | None = None,
        overwritable: bool = False,
        fractions: frozenset[str] = frozenset(),
        mixed: frozenset[str] = frozenset(),
        words: tuple[str, ...] = (),
        circumstances: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.description = description
        self.span = span
        self.parameters = parameters
        self.fixed = fixed
        self.body = body
        self.input = input
        self.output = output
        self.stride = stride
        self.inputs = inputs or {}
        self.outputs = outputs or {}
        self.overwritable = overwritable
        self.fractions = fractions
        self.mixed = mixed
        self.words = words
        self.circumstances = circumstances


def parts(node: Node) -> tuple[Body, ...]:
    """The bodies right inside of a node, in the order of execution; paths and heads aside."""
    if type(node) not in _WITH_BODY:
        return ()
    assert isinstance(node, (Group, Residual, Branch, Branches, Gate, Repeat, For, If))
    return (node.body, node.otherwise) if isinstance(node, If) else (node.body,)


_WITH_BODY = frozenset({Group, Residual, Branch, Branches, Gate, Repeat, For, If})


def beside(node: Node) -> tuple[Layer | Use | Group, ...]:
    """The items that belong to a node beside its bodies: the path of a shortcut, a side head."""
    if isinstance(node, Residual):
        return tuple(path for path in (node.path, node.padding) if path is not None)
    return (node.head,) if isinstance(node, SideHead) else ()


def rebuild(node: Node, change: Callable[[Body], Body], item: Callable[[Node], Node]) -> Node:
    """The node with ``change`` of each body in it, and ``item`` of what is beside them."""
    made = node
    for field in ("body", "otherwise"):
        if hasattr(made, field):
            made = made._replace(**{field: change(getattr(made, field))})  # type: ignore[arg-type]
    for field in ("path", "padding", "head"):
        if getattr(made, field, None) is not None:
            made = made._replace(**{field: item(getattr(made, field))})  # type: ignore[arg-type]
    return made


def nodes(body: Body) -> Iterator[Node]:
    """Every node in a body, those in it too, in the order of execution."""
    for node in body.nodes:
        if type(node) is Layer:  # has nothing in it
            yield node
        else:
            yield from within(node)


def open_nodes(body: Body) -> Iterator[Node]:
    """The nodes of a namespace in the order of execution: those in groups are named apart."""
    for node in body.nodes:
        yield node
        if type(node) in _WITH_BODY and type(node) is not Group:
            for part in parts(node):
                yield from open_nodes(part)


def tap_of(head: str) -> str:
    """The label of the value that a side head takes; no label of the source is like it."""
    return f"{head}.input"


def side_heads_in(group: Group) -> Iterator[tuple[tuple[Name, ...], SideHead]]:
    """The side heads in a group, each with the groups that it is in, the outermost first."""
    if not group.exports:  # where there would be their taps
        return
    for node in open_nodes(group.body):
        if isinstance(node, SideHead):
            yield (group.name,), node
        elif isinstance(node, Group):
            for around, head in side_heads_in(node):
                yield (group.name, *around), head


def within(node: Node) -> Iterator[Node]:
    """A node and every node in it."""
    yield node
    for other in beside(node):
        yield from within(other)
    for part in parts(node):
        yield from nodes(part)


def expressions(node: Node) -> Iterator[Expression]:
    """The expressions of a node itself, as they are read where it is made."""
    if isinstance(node, Layer):
        yield from node.op.__dict__.values()
    elif isinstance(node, Use):
        yield from node.arguments.values()
    elif isinstance(node, Residual):
        yield from (node.mode, node.differs)
    elif isinstance(node, Repeat):
        yield node.times
    elif isinstance(node, For):
        yield node.values
    elif isinstance(node, If):
        yield node.condition
    elif isinstance(node, Let):
        yield node.value
    elif isinstance(node, (SideHead, Output)):
        yield node.weight
    for name in names(node):
        yield from name.numbers


def names(node: Node) -> Iterator[Name]:
    """The names that a node has or reads."""
    if isinstance(node, Layer):  # has its own alone
        yield node.name
        return
    if isinstance(node, (Join, Output)):
        yield from node.labels
    if isinstance(node, (Resume, Reuse)):
        yield node.label
    if isinstance(node, Residual):
        yield node.path_name
    name = getattr(node, "name", None)
    if isinstance(name, Name):
        yield name


def written(name: Name) -> str:
    """A name whose index is a number, as one word."""
    return "".join(map(str, name.pieces))


def label_of(node: Node) -> str:
    """The name of a node without its index; empty where it has none."""
    name = getattr(node, "name", None)
    return name.text if isinstance(name, Name) else ""
