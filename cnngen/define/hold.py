"""Each use held against what its own expansion says: names, ops, channels, shortcuts.

Code is written from a definition; a network is what its expansion is. This runs the definition
for the values of a use and compares, item by item, so that no code is written which is another
network than the one that was checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from cnngen import ir
from cnngen.definition import (
    Body,
    Branch,
    Branches,
    Definition,
    For,
    Form,
    Gate,
    Group,
    If,
    Input,
    Join,
    Layer,
    Let,
    Name,
    Node,
    Output,
    Repeat,
    Residual,
    Resume,
    Reuse,
    SideHead,
    Use,
)
from cnngen.expressions import (
    IN_CHANNELS,
    Apply,
    Choice,
    Expression,
    Operation,
    is_constant,
    names,
    substitute,
    walk,
)
from cnngen.ops import Flatten, Map, Shape

Values = dict[str, Any]

ORDERED = "ordered"
"""A field of a flatten that a pass sets for each use."""


class HeldError(Exception):
    """A use comes to something else than its definition says."""

    def __init__(self, definition: Definition, why: str) -> None:
        super().__init__(f"{definition.name}: {why}")
        self.definition = definition


class Holder:
    """Holds uses against definitions, each pair once.

    ``ordered`` collects, by the identity of an op, whether the flatten that it is gives
    channels first in every target.
    """

    def __init__(self) -> None:
        self.done: set[tuple[int, int, bool]] = set()
        self.ordered: dict[int, bool] = {}

    def hold(
        self,
        definition: Definition,
        body: ir.Chain,
        values: Mapping[str, Any],
        *,
        again: bool = False,
    ) -> None:
        """Compare a definition with a body that it comes to for these values.

        Args:
            definition: what code is written from.
            body: what a use of it is.
            values: those of its parameters there.
            again: it is applied again there, perhaps to another size than it is written for: then
                all that counts is that its layers are the same.

        Raises:
            HeldError: they differ.
        """
        key = (id(definition), id(body), again)
        if key in self.done:
            return
        self.done.add(key)
        known: Values = {**values, IN_CHANNELS: body.at.input.channels}
        try:
            run = _Run(self, definition, known, again)
            run.namespace(definition.body, body)
            run.form(definition.output, body.at.output)
        except (ArithmeticError, LookupError, TypeError, ValueError, StopIteration) as error:
            raise HeldError(definition, f"{type(error).__name__}: {error}") from error


class _Run:
    """One definition run for one use."""

    def __init__(self, holder: Holder, definition: Definition, values: Values, again: bool) -> None:
        self.holder = holder
        self.again = again
        self.definition = definition
        self.values = values
        self.turns: Counter[str] = Counter()
        self.labelled: dict[str, Layer | Use | Group] = {}
        self.numbered = False
        self.place = 0

    def fail(self, why: str) -> None:
        raise HeldError(self.definition, why)

    def value(self, expression: Expression, *, whole: bool = False) -> Any:
        """A value; ``whole`` where code takes every quotient in it for a whole number."""
        made = substitute(expression, self.values)
        if whole and any(self.is_broken(each) for each in walk(expression)):
            self.fail(f"{expression} is no whole number on the way")
        if not is_constant(made):
            self.fail(f"{made} is unknown")
        return made

    def is_broken(self, part: Expression) -> bool:
        """Whether a part is a quotient that is no whole number."""
        if not isinstance(part, Operation) or part.sign != "/":
            return False
        quotient = substitute(part, self.values)
        return type(quotient) is float and not names(part) & self.definition.fractions

    def namespace(self, body: Body, chain: ir.Chain) -> None:
        """A body whose names start anew."""
        around = (self.turns, self.numbered, self.place)
        labelled, self.labelled = self.labelled, {}
        self.turns, self.numbered, self.place = Counter(), body.numbered, 0
        if body.numbered != chain.numbered:
            self.fail("a body is numbered in one of the two")
        self.chain(body, chain.items)
        self.turns, self.numbered, self.place = around
        self.labelled = labelled

    def chain(self, body: Body, items: tuple[ir.Item, ...]) -> None:
        """Nodes that make all of these items."""
        left = iter(items)
        self.nodes(body, left)
        if next(left, None) is not None:
            self.fail("an item is missing")

    def nodes(self, body: Body, items: Iterator[ir.Item]) -> None:
        for node in body.nodes:
            if isinstance(node, Let):
                whole = node.name not in self.definition.fractions
                self.values[node.name] = self.value(node.value, whole=whole and _plain(node.value))
            elif isinstance(node, Repeat):
                for _ in range(self.value(node.times, whole=_plain(node.times))):
                    self.nodes(node.body, items)
            elif isinstance(node, For):
                for row in self.value(node.values):
                    parts = row if len(node.targets) > 1 else (row,)
                    self.values.update(zip(node.targets, parts, strict=True))
                    self.nodes(node.body, items)
            elif isinstance(node, If):
                way = node.body if self.value(node.condition) else node.otherwise
                self.nodes(way, items)
            else:
                self.item(node, next(items))

    def name(self, name: Name) -> str:
        if name.position is not None:
            return "".join(p if isinstance(p, str) else str(self.value(p)) for p in name.pieces)
        if name.looped:
            self.turns[name.text] += 1
            return f"{name.text}.{self.turns[name.text] - 1}"
        return name.text

    def item(self, node: Node, item: ir.Item) -> None:
        """A node and the item that it makes."""
        assert not isinstance(node, (Let, Repeat, For, If, Branch))
        if type(item) is not _MAKES[type(node)]:
            self.fail(f"{type(node).__name__} stands for {type(item).__name__}")
        if not isinstance(node, Residual):
            self.form(node.at.input, item.at.input)
        _CHECKS[type(node)](self, node, item)
        self.form(node.at.output, item.at.output)
        named = str(self.place) if self.numbered else self.name(node.name)
        self.place += 1
        if named != item.name:
            self.fail(f"{named} is called {item.name}")
        if isinstance(node, (Layer, Use, Group)):
            self.labelled[named] = node

    def form(self, form: Form, shape: Shape) -> None:
        """A form and the shape that it is here."""
        if form.axes != shape.axes or self.value(form.channels) != shape.channels:
            self.fail(f"{form} is {shape}")
        if form.sizes is None or not isinstance(shape, Map) or self.again:
            return
        if form.sizes != shape.sizes:
            self.fail(f"{form} is {shape}")

    def layer(self, node: Layer, item: ir.Layer) -> None:
        if type(node.op) is not type(item.op):
            self.fail(f"{node.op} is {item.op}")
        same = node.op.__dict__ == item.op.__dict__  # as where nothing in it is open
        for field, value in () if same else node.op.__dict__.items():
            wanted = getattr(item.op, field)
            own = value if is_constant(value) else self.value(value)
            if isinstance(wanted, tuple) and type(own) is int:
                own = (own,) * len(wanted)
            if field != ORDERED and own != wanted:
                self.fail(f"{field} of {node.op} is {own}, not {wanted}")
        if isinstance(item.op, Flatten) and (
            item.op.ordered or Flatten().infer(item.at.input) != item.at.output
        ):
            self.flatten(node, item.op.ordered)
        elif isinstance(item.op, Flatten) and getattr(item.at.output, "factors", None):
            self.flatten(node, False)

    def flatten(self, node: Layer, ordered: bool) -> None:
        if self.holder.ordered.setdefault(id(node.op), ordered) != ordered:
            self.fail("the order of what is flattened shows in some uses")

    def use(self, node: Use, item: ir.Instance) -> None:
        given = {name: self.value(value) for name, value in node.arguments.items()}
        for name, value in node.callee.fixed.items():
            if name in given and given[name] != value:
                self.fail(f"{name} is {given[name]}, written for {value}")
        self.holder.hold(node.callee, item.body, given, again=self.again)

    def group(self, node: Group, item: ir.Chain) -> None:
        self.namespace(node.body, item)

    def residual(self, node: Residual, item: ir.Residual) -> None:
        self.form(node.at.input, item.at.input)
        differs = self.value(node.differs)
        self.chain(node.body, item.body.items)
        mode = self.value(node.mode)
        decided = _decided(str(mode), bool(differs))
        if decided != item.mode:
            self.fail(f"the shortcut {mode} is {decided}, not {item.mode}")
        if item.path is None:
            if mode not in ir.WITHOUT_PATH:
                self.name(node.path_name)
            return
        path = node.padding if mode == "pad" else node.path
        if path is None:
            self.fail("the shortcut has no path")
            return
        numbered, self.numbered = self.numbered, False
        self.item(path, item.path)
        self.numbered, self.place = numbered, self.place - 1

    def branches(self, node: Branches, item: ir.Branches) -> None:
        left = iter(zip(item.branches, item.labels, strict=True))
        self.rows(node.body, left)
        if next(left, None) is not None:
            self.fail("a branch is missing")

    def rows(self, body: Body, left: Iterator[tuple[ir.Chain, str]]) -> None:
        for node in body.nodes:
            if isinstance(node, Let):
                self.values[node.name] = self.value(node.value)
            elif isinstance(node, Repeat):
                for _ in range(self.value(node.times)):
                    self.rows(node.body, left)
            else:
                assert isinstance(node, Branch)
                chain, _ = next(left)
                self.chain(node.body, chain.items)

    def gate(self, node: Gate, item: ir.Gate) -> None:
        self.chain(node.body, item.body.items)

    def input(self, node: Input, item: ir.Input) -> None:
        """There is nothing to it but what every item has."""

    def join(self, node: Join, item: ir.Join) -> None:
        said = (node.kind, node.axis, node.mode, tuple(map(self.name, node.labels)))
        if said != (item.kind, item.axis, item.mode, item.labels):
            self.fail("other values are joined")

    def resume(self, node: Resume, item: ir.Resume) -> None:
        if self.name(node.label) != item.label:
            self.fail("it goes on from another value")

    def reuse(self, node: Reuse, item: ir.Reuse) -> None:
        first = self.labelled.get(self.name(node.label))
        if first is None or self.name(node.label) != item.label:
            self.fail("something else is applied again")
        else:
            around, self.again = self.again, True
            _CHECKS[type(first)](self, first, item.item)
            self.again = around

    def output(self, node: Output, item: ir.Output) -> None:
        said = (node.loss, self.value(node.weight))
        if (tuple(map(self.name, node.labels)), *said) != (item.labels, item.loss, item.weight):
            self.fail("other values are returned")

    def side_head(self, node: SideHead, item: ir.SideHead) -> None:
        if self.value(node.weight) != item.weight:
            self.fail("a side head has another weight")
        self.item(node.head, item.head)


def _plain(expression: Expression) -> bool:
    """Whether no function that takes fractions, and no comparison, stands around a quotient."""
    return not any(isinstance(part, (Apply, Choice)) for part in walk(expression))


def _decided(mode: str, differs: bool) -> str:
    """What comes of a shortcut: nothing, the identity, or a path."""
    if mode in ("none", "identity", "path"):
        return mode
    if mode == "projection":
        return "path"
    if mode == "match":
        return "none" if differs else "identity"
    return "path" if differs else "identity"


_MAKES: dict[type, type] = {
    Layer: ir.Layer,
    Use: ir.Instance,
    Group: ir.Chain,
    Residual: ir.Residual,
    Branches: ir.Branches,
    Gate: ir.Gate,
    Input: ir.Input,
    Join: ir.Join,
    Resume: ir.Resume,
    Output: ir.Output,
    Reuse: ir.Reuse,
    SideHead: ir.SideHead,
}
"""The item that a node makes."""

_CHECKS: dict[type, Any] = {
    Layer: _Run.layer,
    Use: _Run.use,
    Group: _Run.group,
    Residual: _Run.residual,
    Branches: _Run.branches,
    Gate: _Run.gate,
    Input: _Run.input,
    Join: _Run.join,
    Resume: _Run.resume,
    Output: _Run.output,
    Reuse: _Run.reuse,
    SideHead: _Run.side_head,
}
