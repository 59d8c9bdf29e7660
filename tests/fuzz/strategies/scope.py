"""What is known where something is drawn: the shape, the names, the labels, the blocks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple

from cnngen.backends import backend
from cnngen.compiler import analyse
from cnngen.diagnostics.codes import INEXPRESSIBLE
from cnngen.elaborate.scope import refusal, words
from cnngen.ir import Network, layers, paths
from cnngen.ops import Map, Shape
from cnngen.ops.kinds import Kind
from cnngen.ops.shapes import POSITIONS
from cnngen.reference import sizes_of
from cnngen.source import Source
from fuzz.strategies.drawer import Drawer
from fuzz.strategies.values import written

NAMES = (
    *("size", "rate", "in_channels", "scale", "index", "x", "times", "self", "part", "layer"),
    *("inputs", "n", "prefix", "out_channels"),
)
"""Names of parameters and variables that no argument suggests; some occur in generated code."""

LABELS = (
    *("a", "b", "left", "wide", "scale", "shortcut", "branch1", "add1", "conv1", "relu2", "body"),
    *("stage", "fc1", "main", "index", "x1"),
)
"""Labels; some are what cnngen itself would call something."""

QUOTED = ("block1-0", "0", "7", "block", "input", "1_conv", "a-b", "x")
"""Labels that have to be quoted."""

LARGEST, MOST_CHANNELS, MOST_ELEMENTS = 13, 16, 900
"""Sides, channels and elements of a map."""

APPLIED, READ = "applied", "read"
"""What can be done with a group: applied again, or its values read outside; never both."""

MOST_ITEMS = 20
"""Layers and regions that one use of a block or one loop makes."""


@dataclass
class Parameter:
    """A parameter of a block or network, with the value that its body was drawn for.

    ``default`` is how its default is written; empty where it has to be given.
    """

    name: str
    kind: Kind
    value: Any
    default: str = ""


@dataclass
class Block:
    """A block as it was drawn, or one that is shipped, whose ``text`` is empty."""

    name: str
    parameters: list[Parameter]
    text: str = ""


class Made(NamedTuple):
    """What a label stands before, and can be applied again.

    ``shape`` came in, and ``after`` went out; ``alone`` where it can be applied to that shape
    alone, as a group can.
    """

    text: str
    shape: Shape
    after: Shape
    alone: bool


Draw = Callable[["Scope"], str]
"""Draws an item at a place."""


class Constructs(NamedTuple):
    """What items there are but layers and groups; ``use`` and ``regions`` can have a label."""

    use: Draw
    reuse: Draw
    regions: tuple[Draw, ...]
    others: tuple[Draw, ...]


class CrashedError(Exception):
    """The compiler crashes on a source, which is what has been drawn then."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass
class Program:
    """A file in the making."""

    constructs: Constructs
    blocks: list[Block] = field(default_factory=list)
    uses: set[str] = field(default_factory=set)
    heads: list[str] = field(default_factory=list)
    layers_left: int = 14

    def head(self) -> str:
        """What stands above the networks."""
        uses = [f"use {name}" for name in sorted(self.uses)]
        return "\n\n".join([*uses, *(block.text for block in self.blocks if block.text)])


@dataclass
class Scope:
    """A place in a body.

    ``names`` are visible, with the values that the body is drawn for; ``parameters`` is where new
    ones may be added. ``labels`` can be read, ``made`` applied again; ``fates`` are what has been
    done with groups; ``taken`` are all labels of the namespace. ``stay``: a map stays a map;
    ``keep``: of the same height and width. ``turn`` is a loop's variable that counts, ``looped``
    whether labels need it. ``top``: directly in a network. ``pending`` are the labels of a
    network's values that have been left and are still to be read.
    """

    drawer: Drawer
    program: Program
    shape: Shape
    names: dict[str, Any]
    used: set[str]
    parameters: list[Parameter] | None
    labels: dict[str, Shape] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)
    fates: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    depth: int = 0
    stay: bool = False
    keep: bool = False
    turn: str | None = None
    looped: bool = False
    top: bool = False
    pending: list[str] = field(default_factory=list)
    final: tuple[Shape, str] | None = None

    def inner(self, **changed: Any) -> Scope:
        """The scope of a region's body: labels are shared, names defined in it are its own."""
        own = {"names": dict(self.names), "depth": self.depth + 1, "top": False}
        return replace(self, **{**own, **changed})

    def group(self, **changed: Any) -> Scope:
        """The scope of a body that is a namespace of its own."""
        own = {"labels": {}, "made": {}, "fates": {}, "taken": set(), "looped": False}
        return self.inner(**{**own, **changed})

    def fresh(self, wanted: str) -> str:
        """A name like the one that is wanted, not used yet in this definition."""
        name, count = wanted, 1
        while name in self.used or not _can_be_name(name):
            count += 1
            name = f"{wanted}_{count}"
        self.used.add(name)
        return name

    def values(self) -> dict[str, Any]:
        """The visible names, those of the shape included."""
        shape = {"channels": self.shape.channels}
        if isinstance(self.shape, Map):
            shape |= dict(zip(POSITIONS[self.shape.axes], self.shape.sizes, strict=True))
        return shape | self.names

    def label(self, *, quoted: bool = True) -> tuple[str, str]:
        """A new label: how it is written, and its name; ``quoted`` where it may be in quotes."""
        wanted = self.drawer.pick(LABELS)
        if self.looped:
            stem = wanted.rstrip("0123456789")
            while any(re.fullmatch(rf"{stem}\d*", name) for name in self.taken):
                stem += "_"
            name = f"{stem}{self.names[self.turn]}"
            self.taken.add(name)
            return f"{stem}[{self.turn}]", name
        wanted = self.drawer.pick(QUOTED) if quoted and self.drawer.chance(6) else wanted
        quote = '"' if wanted in QUOTED else ""
        name, count = wanted, 1
        while name in self.taken or (not quote and refusal(name, of_code=False)):
            count += 1
            name = f"{wanted}_{count}"
        self.taken.add(name)
        return f"{quote}{name}{quote}", f"{quote}{name}{quote}"

    @property
    def parameters_fixed(self) -> bool:
        """Whether the shape here is the only one: in a block, it depends on the use."""
        return self.top or self.final is not None

    def may_label(self) -> bool:
        """Whether a label is possible: in a loop, only where something counts the turns."""
        return not self.looped or self.turn is not None

    def readable(self) -> dict[str, Shape]:
        """The values that can be read: not those in a group that is applied again."""
        return {
            label: shape
            for label, shape in self.labels.items()
            if not any(self.fates.get(group) == APPLIED for group in groups_of(label))
        }

    def note_read(self, label: str) -> None:
        """Remember that values of the groups are read in which the label is."""
        self.fates |= dict.fromkeys(groups_of(label), READ)

    def forget(self, labels: dict[str, Shape], made: dict[str, Made]) -> None:
        """Leave no labels but these: what had the others is not there after all."""
        for own, kept in ((self.labels, labels), (self.made, made)):
            own.clear()
            own.update(kept)  # type: ignore[arg-type]

    def allows(self, y: Shape) -> bool:
        """Whether a value of this shape may come next."""
        x = self.shape
        if self.stay and type(x) is not type(y):
            return False
        return not self.keep or sizes_of(x)[:-1] == sizes_of(y)[:-1]

    def probe(self, text: str) -> Network | None:
        """A network of this text alone on the current shape; None where it is refused.

        What cannot be written yet is none of the user's mistakes, and is drawn to be seen.
        """
        given = ", ".join(f"{name}={written(value)}" for name, value in self.names.items())
        before, after = self._made_before(text)
        lines = (*before, f"input {self.shape}" if not before else f"probe_: input {self.shape}")
        body = "\n".join((*lines, text, *after))
        source = f"{self.program.head()}\n\nnetwork Probe({given}) {{\n{body}\n}}\n"
        try:
            result = analyse(Source("probe.cnn", source))
        except Exception as error:
            raise CrashedError(source) from error
        errors = [each.code for each in result.diagnostics if each.code.severity == "error"]
        if set(errors) - {INEXPRESSIBLE}:
            return None
        network = result.module.networks[0]
        outputs = [item.at.output for _, item in paths(network.body)]
        return network if len(outputs) <= MOST_ITEMS and all(map(small, outputs)) else None

    def _made_before(self, text: str) -> tuple[list[str], list[str]]:
        """The lines that make what a text applies again, and those that read its first value."""
        before: list[str] = []
        ends: list[str] = []
        for label in sorted(set(re.findall(r'reuse ("[^"]*"|\w+(?:\[\w+\])?)', text))):
            if label in self.made:
                made, end = self.made[label], f"probe_end{len(ends)}"
                flat = "flatten, " if isinstance(made.after, Map) else ""
                before += [f"probe_in{len(ends)}: input {made.shape}", f"{label}: {made.text}"]
                before.append(f"{flat}{end}: dense 1")
                ends.append(end)
        return before, ["probe_end: identity", f"output probe_end {' '.join(ends)}"] if ends else []

    def spend(self, network: Network) -> None:
        """Count the layers of what was probed."""
        self.program.layers_left -= sum(1 for _ in layers(network.body))


def groups_of(label: str) -> list[str]:
    """The groups that a value is read out of: ``a`` and ``a.b`` of ``a.b.c``."""
    parts = unquoted(label).split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def inside(group: str, label: str) -> str:
    """The label in a group as it is read outside; in quotes where one of the two is."""
    path = f"{unquoted(group)}.{unquoted(label)}"
    return f'"{path}"' if '"' in group + label else path


def unquoted(label: str) -> str:
    """A label without its quotes."""
    return label.strip('"')


def small(shape: Shape) -> bool:
    """Whether a shape is small enough to be tested quickly."""
    if isinstance(shape, Map) and max(shape.sizes) > LARGEST:
        return False
    channels = shape.channels if isinstance(shape, Map) else 0
    return channels <= MOST_CHANNELS and shape.elements <= MOST_ELEMENTS


@cache
def _can_be_name(name: str) -> bool:
    """Whether a network's and a block's parameter can have the name."""
    if refusal(name) or name in words():  # it would hide the word, which may be drawn too
        return False
    text = (
        f"block b({name}) {{ conv {name} 1x1 }}\n"
        f"network Net({name}=2) {{\ninput 1x1x1\nb {name}, flatten, dense {name}\n}}\n"
    )
    targets = [backend(name) for name in ("torch", "keras")]
    return analyse(Source("name.cnn", text), backends=targets).complete
