"""The intermediate representation: regions over typed nodes. All of it is on this page.

Immutable; a pass makes new nodes where it changes something and keeps the others. Equal instances
of a block share one body, the same object.

Every item has a ``name``, unique among those that it is named with: the attribute in generated
code, the key in a state dict; ``input`` and ``output`` shapes; the ``span`` of its source;
``step``, which numbers the source line's execution: neighbours with the same step stand on one
line; and ``channels``, how the output's channels came about (see :mod:`cnngen.formula`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from cnngen.formula import Formula
from cnngen.ops import Op, Shape
from cnngen.ops.initial import Initial
from cnngen.ops.kinds import Value
from cnngen.record import NamedTuple
from cnngen.source import Source, Span


class Layer(NamedTuple):
    """One op at its place.

    ``formulas`` says how the values of fields came about, ``source`` how the input's channels did.
    """

    name: str
    op: Op
    input: Shape
    output: Shape
    span: Span
    step: int
    channels: Formula
    source: Formula
    formulas: Mapping[str, Formula]


class Loop(NamedTuple):
    """The items from ``start`` up to ``stop`` came from the turns of a loop, one from each."""

    start: int
    stop: int
    times: Formula


class Chain(NamedTuple):
    """Items one after another; ``numbered`` where their names are just their places, 0, 1, ...

    A group, a branch, the body of a block or of a network. Without a name, its items are named
    with those around it.
    """

    name: str
    items: tuple[Item, ...]
    input: Shape
    output: Shape
    span: Span
    step: int
    channels: Formula
    source: Formula
    numbered: bool = False
    loops: tuple[Loop, ...] = ()


class BlockParameter(NamedTuple):
    """A parameter of a block; ``default`` where it is a plain value or a word, else None."""

    name: str
    default: Value | None
    span: Span


class Block(NamedTuple):
    """A definition with parameters, of a layer of the user's own or of a network."""

    name: str
    parameters: tuple[BlockParameter, ...]
    description: str
    span: Span


class Argument(NamedTuple):
    """The value of a block's parameter, and how it came about where the block is used."""

    value: Value
    formula: Formula | None


class Instance(NamedTuple):
    """A use of a block. The names in ``body`` start anew."""

    name: str
    block: Block
    body: Chain
    arguments: Mapping[str, Argument]
    input: Shape
    output: Shape
    span: Span
    step: int
    channels: Formula
    source: Formula


class Residual(NamedTuple):
    """The body's output plus the input, or plus what ``path`` makes of it.

    ``mode`` is what the source says: ``auto``, ``identity``, ``projection``, ``pad``, ``match``,
    ``none``, or ``path`` where it writes the path out. ``stride`` is by how much the body shrinks
    its input. A path that shapes alone do not call for is there all the same once the pass has
    run: other instances of the block may need it. ``init`` is how the weights of one that is
    inserted start.
    """

    name: str
    body: Chain
    mode: str
    path_name: str
    path: Item | None
    stride: Formula
    init: Initial
    input: Shape
    output: Shape
    span: Span
    step: int
    channels: Formula
    source: Formula

    @property
    def fits(self) -> bool:
        """Whether the input can be added as it is."""
        return str(self.input) == str(self.output)

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
    input: Shape
    output: Shape
    span: Span
    step: int
    channels: Formula
    source: Formula


class Gate(NamedTuple):
    """The input times the body's output, which may have a size of 1 where the input has more."""

    name: str
    body: Chain
    input: Shape
    output: Shape
    span: Span
    step: int
    channels: Formula
    source: Formula


class Join(NamedTuple):
    """The current value joined with labelled ones before it: ``kind`` is ``add`` or ``concat``."""

    name: str
    kind: str
    labels: tuple[str, ...]
    input: Shape
    output: Shape
    span: Span
    step: int
    channels: Formula
    source: Formula


class Resume(NamedTuple):
    """The labelled value itself, whatever came after it (``from label``)."""

    name: str
    label: str
    input: Shape
    output: Shape
    span: Span
    step: int
    channels: Formula
    source: Formula


class SideHead(NamedTuple):
    """A classifier on the side, for training only; its input goes on unchanged.

    The loss of ``head``'s output counts ``weight`` times. The item ``head`` bears the name.
    """

    name: str
    head: Item
    weight: float
    input: Shape
    output: Shape
    span: Span
    step: int
    channels: Formula
    source: Formula


Region = Residual | Branches | Gate
Item = Layer | Chain | Instance | Residual | Branches | Gate | Join | Resume | SideHead


class Parameter(NamedTuple):
    """A network's parameter that nothing else depends on; the generated constructor takes it.

    ``default`` is what the layers take: a float where they take one, whole though it may be.
    """

    name: str
    default: int | float
    span: Span


class Network(NamedTuple):
    """A network with all else decided.

    ``base`` is what it is a variant of, or its own definition: variants of one network can share
    what is generated. ``values`` are those of all parameters of the base.
    """

    name: str
    description: str
    base: Block
    parameters: tuple[Parameter, ...]
    values: Mapping[str, Value]
    body: Chain
    span: Span


class Module(NamedTuple):
    """A file's networks; ``used`` are the other files that blocks came from."""

    source: Source
    description: str
    networks: tuple[Network, ...]
    used: tuple[Source, ...] = ()


def inner(item: Item) -> tuple[Chain, ...]:
    """The chains of a region, whose items are named with those around it."""
    if isinstance(item, Branches):
        return item.branches
    return (item.body,) if isinstance(item, Residual | Gate) else ()


def children(item: Item) -> tuple[Item, ...]:
    """The items in an item that bear names of the same namespace or of one below it."""
    if isinstance(item, Chain):
        return item.items
    own = tuple(child for chain in inner(item) for child in chain.items)
    if isinstance(item, Residual) and item.path is not None and item.takes_path:
        return (item.path, *own)
    return (item.head,) if isinstance(item, SideHead) else own


def ending(item: Item) -> Layer | None:
    """The layer that an item ends in, gates aside; None where it ends in a join."""
    if isinstance(item, Layer):
        return item
    items = [child for child in _items(item) if not is_gate(child)]
    return ending(items[-1]) if items else None


def is_gate(item: Item) -> bool:
    """Whether an item only weighs its input: a gate, or a group or block of nothing else."""
    items = _items(item)
    return isinstance(item, Gate) or (bool(items) and all(map(is_gate, items)))


def _items(item: Item) -> tuple[Item, ...]:
    if isinstance(item, Instance):
        return item.body.items
    return item.items if isinstance(item, Chain) else ()


def layers(item: Item, prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """Every layer in an item, in the order of execution, with its path such as ``features.0``.

    A network's own body has no name; neither do regions.
    """
    if isinstance(item, Layer):
        yield prefix + item.name, item
    elif isinstance(item, Instance):
        for child in item.body.items:
            yield from layers(child, f"{prefix}{item.name}.")
    else:
        level = f"{prefix}{item.name}." if isinstance(item, Chain) and item.name else prefix
        for child in children(item):
            yield from layers(child, level)


def total(chain: Chain, of: Callable[[Layer], int]) -> int:
    """The sum of a figure over all layers; a block's body is counted once for all its uses."""
    known: dict[int, int] = {}

    def count(item: Item) -> int:
        if isinstance(item, Layer):
            return of(item)
        if not isinstance(item, Instance):
            return sum(map(count, children(item)))
        key = id(item.body)
        if key not in known:
            known[key] = count(item.body)
        return known[key]

    return count(chain)


def without_blocks(item: Item) -> Iterator[Layer | Instance]:
    """The layers and the uses of blocks in an item, in the order of execution."""
    if isinstance(item, Layer | Instance):
        yield item
    else:
        for child in children(item):
            yield from without_blocks(child)


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
    for child in item.body.items if isinstance(item, Instance) else children(item):
        path = prefix + child.name
        yield path, child
        deeper = isinstance(child, Chain | Instance)
        yield from paths(child, f"{path}." if deeper else prefix)


def named_items(chain: Chain) -> Iterator[Item]:
    """The items of a chain, those in its regions included: all that is named together."""
    for item in chain.items:
        yield item
        if isinstance(item, Residual | Branches | Gate):
            for part in inner(item):
                yield from named_items(part)
            if isinstance(item, Residual) and item.path is not None and item.takes_path:
                yield item.path


def counted_from(items: Sequence[Item]) -> tuple[str, int] | None:
    """What the names of items begin with, and the first number, where they just count on."""
    names = [item.name for item in items]
    stem = names[0].rstrip("0123456789")
    digits = names[0][len(stem) :]
    if not stem or not digits or str(int(digits)) != digits:
        return None
    first = int(digits)
    same = all(name == f"{stem}{first + place}" for place, name in enumerate(names))
    return (stem, first) if same else None


def labels_read(chain: Chain) -> frozenset[str]:
    """The labels whose values are read again further on."""
    found: set[str] = set()
    for item in named_items(chain):
        if isinstance(item, Join):
            found.update(item.labels)
        elif isinstance(item, Resume):
            found.add(item.label)
    return frozenset(found)
