"""What networks come to: typed nodes in the order of execution. All of it is on this page.

Immutable; a pass makes new nodes where it changes something and keeps the others. Loops and
conditions have been run here and uses of blocks are expanded, each with its shapes; how the source
says it stands in :mod:`cnngen.definition`. Equal uses of a block share one body, the same object.

Every item has a ``name``, unique among those that it is named with: the attribute in generated
code, the key in a state dict; and ``at``, where it stands. :func:`parts` and :func:`rebuild` alone
know what is inside of each kind.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeGuard

from cnngen.ops import Op, Shape
from cnngen.ops.initial import Initial
from cnngen.ops.kinds import Value
from cnngen.record import NamedTuple
from cnngen.source import Source, Span
from cnngen.syntax import ast
from cnngen.syntax.walk import items_in


class At(NamedTuple):
    """Where an item stands: the shapes that come in and go out, and its place in the source.

    ``step`` numbers the source line's execution: neighbours of one step stand on one line.
    """

    input: Shape
    output: Shape
    span: Span
    step: int


class Layer(NamedTuple):
    """One op at its place."""

    name: str
    op: Op
    at: At

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one input."""
        return self.op.macs(self.at.input, self.at.output)


class Chain(NamedTuple):
    """Items one after another; ``numbered`` where their names are just their places, 0, 1, ...

    A group, a branch, the body of a block or of a network. Without a name, its items are named
    with those around it.
    """

    name: str
    items: tuple[Item, ...]
    at: At
    numbered: bool = False


class BlockParameter(NamedTuple):
    """A parameter of a definition; ``default`` where it is a plain value or a word, else None."""

    name: str
    default: Value | None
    span: Span


class Block:
    """A definition as its file has it: a layer of the user's own, or a network.

    ``known`` are the blocks that its own file knows, by their names; ``defaults`` stand in it.
    """

    def __init__(
        self,
        node: ast.Block | ast.Network,
        parameters: tuple[BlockParameter, ...],
        description: str,
        known: Mapping[str, Block],
        defaults: tuple[ast.Default, ...] = (),
    ) -> None:
        self.node = node
        self.parameters = parameters
        self.description = description
        self.known = known
        self.defaults = defaults

    @property
    def name(self) -> str:
        """What the source calls it."""
        return self.node.name.name

    @property
    def span(self) -> Span:
        """The place of its name."""
        return self.node.name.span

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of layers, regions and blocks in it, also of layers that are values."""
        found: set[str] = set()
        given = [each.default for each in self.node.parameters]
        for item, _ in items_in(self.node.body):
            word = getattr(item, "word", None)
            if word is not None:
                found.add(word.name)
                given += [getattr(each, "value", each) for each in getattr(item, "arguments", ())]
        for value in given:
            word = value.function if isinstance(value, ast.Call) else value
            if isinstance(word, ast.Name):
                found.add(word.name)
        return frozenset(found)


def used_blocks(first: Iterable[Block]) -> Iterator[Block]:
    """These definitions and all blocks that they use, in ways that no value takes too."""
    waiting = list(first)
    found: dict[Span, Block] = {}
    while waiting:
        block = waiting.pop()
        if block.span not in found:
            found[block.span] = block
            waiting += [block.known[word] for word in sorted(block.words & block.known.keys())]
    yield from found.values()


class Instance(NamedTuple):
    """A use of a block, with the values of its parameters. The names in ``body`` start anew."""

    name: str
    block: Block
    body: Chain
    arguments: Mapping[str, Value]
    at: At


WITHOUT_PATH = ("none", "match")
"""The modes of a residual whose shortcut is the input or nothing, never a path."""


class Residual(NamedTuple):
    """The body's output plus the input, or plus what ``path`` makes of it.

    ``mode`` is what the source says: ``auto``, ``identity``, ``projection``, ``pad``, ``match``,
    ``none``, or ``path`` where it writes the path out. Once :mod:`cnngen.passes.shortcuts` has run
    it is what comes of it: ``none``, ``identity`` or ``path``, which that pass may have
    ``inserted``. ``init`` is how the weights of such a path start.
    """

    name: str
    body: Chain
    mode: str
    path_name: str
    path: Item | None
    init: Initial
    at: At
    inserted: bool = False

    @property
    def fits(self) -> bool:
        """Whether the input can be added as it is."""
        return str(self.at.input) == str(self.at.output)

    @property
    def joined(self) -> bool:
        """Whether there is a shortcut at all."""
        return self.mode != "none" and (self.mode != "match" or self.fits)

    @property
    def takes_path(self) -> bool:
        """Whether the shortcut is the path, not the input itself."""
        if self.mode in ("auto", "pad"):
            return not self.fits
        return self.mode in ("projection", "path")


class Branches(NamedTuple):
    """The outputs of several chains over one input, joined on channels.

    ``labels`` are what the branches are called in the source, where they are.
    """

    name: str
    branches: tuple[Chain, ...]
    labels: tuple[str, ...]
    at: At


class Gate(NamedTuple):
    """The input times the body's output, which may have a size of 1 where the input has more."""

    name: str
    body: Chain
    at: At


RESIZE = "resize"
"""The kind of a join that reads no more than the size of the other value."""


class Join(NamedTuple):
    """The current value joined with labelled ones before it.

    ``kind`` is ``add``, ``average``, ``concat``, ``maximum``, ``multiply`` or ``subtract``. With an
    ``axis`` of positions, counted from 0, that is what is joined, else the channels are.
    ``resize`` brings the current value to the size of a labelled one, in a ``mode`` of
    :class:`cnngen.ops.Resize`.
    """

    name: str
    kind: str
    labels: tuple[str, ...]
    at: At
    axis: int | None = None
    mode: str = ""


class Input(NamedTuple):
    """An input of the network under its label (``image: input 32x32x3``): the value itself.

    The first of a network, or one that the value goes on from.
    """

    name: str
    at: At


class Resume(NamedTuple):
    """The labelled value itself, whatever came after it (``from label``)."""

    name: str
    label: str
    at: At


class Reuse(NamedTuple):
    """The item of this label applied again, with the same weights, which are counted there.

    ``item`` is that item, for the shapes that are here.
    """

    name: str
    label: str
    item: Item
    at: At


class SideHead(NamedTuple):
    """A classifier on the side, for training only; its input goes on unchanged.

    The loss of ``head``'s output counts ``weight`` times. The item ``head`` bears the name.
    """

    name: str
    head: Item
    weight: float
    at: At


class Output(NamedTuple):
    """Labelled values that the network returns under their labels; its input goes on unchanged.

    Of each the loss is that called ``loss``, which counts ``weight`` times; none where that is
    empty.
    """

    name: str
    labels: tuple[str, ...]
    loss: str
    weight: float
    at: At


Region = Residual | Branches | Gate
Item = (
    Layer
    | Chain
    | Instance
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


class Network(NamedTuple):
    """A network with all else decided.

    ``base`` is what it is a variant of, or its own definition; ``given`` are the parameters that
    the variant gives a value. ``values`` are those of all parameters.
    """

    name: str
    description: str
    base: Block
    given: frozenset[str]
    values: Mapping[str, Value]
    body: Chain
    span: Span

    @property
    def is_variant(self) -> bool:
        """Whether its body is another network's."""
        return self.name != self.base.name

    @property
    def parameters(self) -> tuple[str, ...]:
        """What the generated constructor takes: all parameters of a network with a body of its own.

        A variant takes the numbers that it does not give itself.
        """
        own = (p.name for p in self.base.parameters)
        if not self.is_variant:
            return tuple(own)
        free = (name for name in own if name not in self.given)
        return tuple(name for name in free if type(self.values[name]) in (int, float))


class Module(NamedTuple):
    """A file's networks; ``used`` are the other files that blocks came from.

    ``brought`` are the names of the blocks that each ``use`` brings in, by its place.
    """

    source: Source
    description: str
    networks: tuple[Network, ...]
    used: tuple[Source, ...] = ()
    brought: Mapping[Span, Collection[str]] = {}


def parts(item: Item) -> tuple[Item, ...]:
    """The items right inside of an item, in the order of execution."""
    if type(item) is Layer:  # what most items are
        return ()
    if isinstance(item, Chain):
        return item.items
    if isinstance(item, (Instance, Gate)):
        return (item.body,)
    if isinstance(item, Residual):
        return (item.body,) if item.path is None else (item.path, item.body)
    if isinstance(item, Branches):
        return item.branches
    if isinstance(item, Reuse):
        return (item.item,)
    return (item.head,) if isinstance(item, SideHead) else ()


def rebuild(item: Item, new: tuple[Item, ...]) -> Item:
    """The item with other parts; itself where they are the same objects."""
    if all(a is b for a, b in zip(new, parts(item), strict=True)):
        return item
    if isinstance(item, Chain):
        return item._replace(items=new)
    if isinstance(item, (Instance, Gate)):
        return item._replace(body=_chain(new[0]))
    if isinstance(item, Residual):
        path = new[0] if item.path is not None else None
        return item._replace(path=path, body=_chain(new[-1]))
    if isinstance(item, Branches):
        return item._replace(branches=tuple(map(_chain, new)))
    if isinstance(item, Reuse):
        return item._replace(item=new[0])
    assert isinstance(item, SideHead)
    return item._replace(head=new[0])


def _chain(item: Item) -> Chain:
    assert isinstance(item, Chain)
    return item


def is_unnamed(part: Item) -> TypeGuard[Chain]:
    """Whether a part is a chain whose items are named with those around it."""
    return isinstance(part, Chain) and not part.name


def children(item: Item) -> tuple[Item, ...]:
    """The items in an item that have names: the chains of regions and of blocks have none.

    What is applied again has its names where it stands first.
    """
    found: list[Item] = []
    for part in () if isinstance(item, Reuse) else parts(item):
        found += part.items if is_unnamed(part) else (part,)
    return tuple(found)


def ending(item: Item) -> Layer | None:
    """The layer that an item ends in, gates and factors aside; None where it ends in a join."""
    if isinstance(item, Layer):
        return item
    items = [child for child in _chained(item) if not only_weighs(child)]
    return ending(items[-1]) if items else None


def only_weighs(item: Item) -> bool:
    """Whether an item only weighs its input: a gate, a factor, or several of them."""
    if isinstance(item, Layer):
        return item.op.only_weighs
    items = _chained(item)
    return isinstance(item, Gate) or (bool(items) and all(map(only_weighs, items)))


def _chained(item: Item) -> tuple[Item, ...]:
    """The items one after another of a group, or of a block."""
    return children(item) if isinstance(item, (Chain, Instance)) else ()


def layers(item: Item, prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """Every layer in an item, in the order of execution, with its path such as ``features.0``.

    A network's own body has no name; neither do regions.
    """
    if isinstance(item, Layer):
        yield prefix + item.name, item
    else:
        deeper = isinstance(item, (Chain, Instance)) and item.name
        for child in children(item):
            yield from layers(child, f"{prefix}{item.name}." if deeper else prefix)


def total(item: Item, of: Callable[[Layer], int], *, again: bool) -> int:
    """The sum of a figure over all layers; what is applied ``again`` counts too, or once only.

    A block's body is worked out once for all its uses.
    """
    known: dict[int, int] = {}

    def count(item: Item) -> int:
        if isinstance(item, Layer):
            return of(item)
        if isinstance(item, Reuse) and not again:
            return 0
        if not isinstance(item, Instance):
            return sum(map(count, parts(item)))
        key = id(item.body)
        if key not in known:
            known[key] = count(item.body)
        return known[key]

    return count(item)


def without_blocks(item: Item) -> Iterator[Layer | Instance]:
    """The layers and the uses of blocks in an item, in the order of execution."""
    if isinstance(item, (Layer, Instance)):
        yield item
    else:
        for part in parts(item):
            yield from without_blocks(part)


def distinct(chain: Chain) -> Iterator[Layer | Instance]:
    """The layers and uses of blocks, those in a block's body once for all its uses."""
    seen: set[int] = set()
    waiting = [chain]
    while waiting:
        for item in without_blocks(waiting.pop()):
            yield item
            if isinstance(item, Instance) and id(item.body) not in seen:
                seen.add(id(item.body))
                waiting.append(item.body)


def paths(item: Item, prefix: str = "") -> Iterator[tuple[str, Item]]:
    """Every item in an item with its path; a network's own body and branches have none."""
    for child in children(item):
        path = prefix + child.name
        yield path, child
        deeper = isinstance(child, (Chain, Instance))
        yield from paths(child, f"{path}." if deeper else prefix)


def applied_again(network: Network) -> frozenset[str]:
    """The paths of what is applied more than once with the same weights."""
    return frozenset(
        path.removesuffix(item.name) + item.label
        for path, item in paths(network.body)
        if isinstance(item, Reuse)
    )


def side_heads(network: Network) -> tuple[SideHead, ...]:
    """Its side heads, which stand in its body or in groups."""
    return tuple(head for _, head in heads_in(network.body))


def heads_in(chain: Chain, prefix: str = "") -> Iterator[tuple[str, SideHead]]:
    """The side heads in a network's body, each with its path."""
    for item in chain.items:
        if isinstance(item, SideHead):
            yield prefix + item.name, item
        elif isinstance(item, Chain):
            yield from heads_in(item, f"{prefix}{item.name}.")


INPUT = "x"
"""What the only input of a network is called that has no label."""

MAIN = "main"
"""What the only output of a network is called beside those of side heads."""


def inputs(network: Network) -> dict[str, Shape]:
    """The shapes of its inputs by their names, in the order of the source."""
    items = network.body.items
    found = {item.name: item.at.output for item in items if isinstance(item, Input)}
    return found or {INPUT: network.body.at.input}


def outputs(network: Network) -> dict[str, Shape]:
    """The shapes of what it returns in evaluation, by name, in the order of the source."""
    items = network.body.items
    shapes = {item.name: item.at.output for item in named_items(network.body)}
    labels = [label for item in items if isinstance(item, Output) for label in item.labels]
    return {label: shapes[label] for label in labels} or {MAIN: network.body.at.output}


def has_named_outputs(network: Network) -> bool:
    """Whether it says what it returns."""
    return any(isinstance(item, Output) for item in network.body.items)


def named_items(chain: Chain) -> Iterator[Item]:
    """The items of a chain, those in its regions included: all that is named together."""
    for item in chain.items:
        yield item
        if isinstance(item, (Residual, Branches, Gate)):
            for part in parts(item):
                if is_unnamed(part):
                    yield from named_items(part)
                else:
                    yield part


def read_inside(labels: Iterable[str], group: str) -> set[str]:
    """Of labels that are read, those in a group, without its name."""
    return {label.removeprefix(f"{group}.") for label in labels if label.startswith(f"{group}.")}


def labels_read(chain: Chain, around: frozenset[str] = frozenset()) -> frozenset[str]:
    """The labels that are read again further on, those in groups as ``group.label``.

    What is applied again is among them: it must not depend on what follows it here.
    ``around`` are those read where the chain stands, if it is a group there.
    """
    found = read_inside(around, chain.name) if chain.name else set()
    for item in named_items(chain):
        if isinstance(item, (Join, Output)):
            found.update(item.labels)
        elif isinstance(item, (Resume, Reuse)):
            found.add(item.label)
    return frozenset(found)
