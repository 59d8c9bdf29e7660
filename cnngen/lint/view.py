"""What rules look at: a source's tree, and what stands behind what in its networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from functools import cached_property
from itertools import pairwise
from typing import Any

from cnngen.compiler import Result
from cnngen.elaborate.naming import naming_of
from cnngen.elaborate.words import JOINS
from cnngen.ir import (
    Chain,
    Instance,
    Item,
    Layer,
    Network,
    Output,
    Residual,
    SideHead,
    labels_read,
    parts,
)
from cnngen.lint import order
from cnngen.record import NamedTuple
from cnngen.source import Span
from cnngen.syntax import ast
from cnngen.syntax.walk import bodies_in, bodies_of, items_in


class Pair(NamedTuple):
    """A layer and the one that gets what it gives; ``read`` where others get it too."""

    before: Layer
    after: Layer
    read: bool


class View:
    """A source without errors, and its networks.

    Args:
        result: what it has been compiled to.
    """

    def __init__(self, result: Result) -> None:
        self.result = result
        self.file = result.file
        self.source = result.file.source
        self.networks = result.module.networks

    @cached_property
    def words(self) -> Mapping[Span, ast.Layer]:
        """The layers that the source writes, by their place."""
        return {
            item.span: item
            for line in self.lines.values()
            for item in line.items
            if isinstance(item, ast.Layer)
        }

    @cached_property
    def lines(self) -> Mapping[Span, ast.Line]:
        """The line that each layer of the source is written in."""
        return {
            item.span: line
            for body in self._bodies
            for line in body.statements
            if isinstance(line, ast.Line)
            for item in line.items
        }

    @property
    def inputs(self) -> Iterator[ast.Input]:
        """Every ``input`` of the source."""
        for body in self._bodies:
            yield from (each for each in body.statements if isinstance(each, ast.Input))

    @property
    def definitions(self) -> Iterator[ast.Network | ast.Block]:
        """The networks and blocks that have a body."""
        for node in self.file.definitions:
            if isinstance(node, (ast.Network, ast.Block)):
                yield node

    @cached_property
    def names(self) -> Mapping[Span, Span]:
        """Where each name of the source is defined; see :mod:`cnngen.analysis.names`."""
        return self.result.definitions()

    @cached_property
    def _bodies(self) -> list[ast.Body]:
        return [body for node in self.definitions for body in bodies_in(node.body)]

    @cached_property
    def before(self) -> Mapping[Span, Span]:
        """The layer right before another in the same braces; see :func:`cnngen.lint.order.before`.

        In regions whose lines are branches that is none that goes into it: see ``pairs``.
        """
        return order.before(self._bodies)

    @cached_property
    def neighbours(self) -> Set[tuple[Span, Span]]:
        """Two layers, one behind the other for all values of parameters, as ``before`` is."""
        return order.neighbours(self._bodies, self.result.blocks)

    @cached_property
    def ends(self) -> Set[Span]:
        """The layers that networks end in for all values of their parameters."""
        return set(order.ends(self.file, self.result.blocks))

    @cached_property
    def defaults(self) -> Set[str]:
        """The words of layers that something in the source gives a ``default``."""
        statements = (each for body in self._bodies for each in body.statements)
        return {
            each.word.name
            for each in (*self.file.definitions, *statements)
            if isinstance(each, ast.Default)
        }

    @cached_property
    def unseen(self) -> Set[int]:
        """The lines of which no network has all layers: nothing was found there, for now.

        They are those of blocks without a use, and of conditions that are the other way round.
        """
        found: set[int] = set()
        for body in self._bodies:
            items = (each for line in body.statements for each in getattr(line, "items", ()))
            layers = [each for each in items if isinstance(each, ast.Layer)]
            own = [each.span for each in layers if each.word.name not in JOINS]
            if not self.networks or any(place not in self.result.shapes for place in own):
                last = self.source.line_number(body.span.end)
                found.update(range(body.span.line, last + 1))
        return found

    @cached_property
    def counted(self) -> Set[Span]:
        """The items whose namespace calls them by their places, 0, 1, 2, ..., and all in them."""
        spaces = [node.body for node in self.definitions if isinstance(node, ast.Block)]
        for body in self._bodies:
            for line in body.statements:
                for item in line.items if isinstance(line, ast.Line) else ():
                    named = isinstance(item, ast.Group) or getattr(item, "label", None)
                    spaces += bodies_of(item) if named else ()
        return {
            item.span for body in spaces if naming_of(body).numbered for item, _ in items_in(body)
        }

    # --- networks --------------------------------------------------------------------------------

    @cached_property
    def layers(self) -> Mapping[Span, list[Layer]]:
        """Every layer of the networks by its place in the source, each use of a block on its own.

        What a rule says of a place has to hold for all of them.
        """
        found: dict[Span, list[Layer]] = {}
        for run in self._runs:
            for layer, _ in run:
                self._add(found, layer.at.span, layer)
        return found

    @cached_property
    def pairs(self) -> Mapping[tuple[Span, Span], list[Pair]]:
        """Every two layers of which one gets what the other gives, by their places."""
        found: dict[tuple[Span, Span], list[Pair]] = {}
        for run in self._runs:
            for (before, read), (after, _) in pairwise(run):
                if after.at.span.source is self.source:
                    key = (before.at.span, after.at.span)
                    found.setdefault(key, []).append(Pair(before, after, read))
        return found

    def _add(self, found: dict[Span, list[Layer]], span: Span, layer: Layer) -> None:
        if span.source is self.source:
            found.setdefault(span, []).append(layer)

    @cached_property
    def _runs(self) -> list[Run]:
        return [run for network in self.networks for run in _walked(network).runs]


Run = list[tuple[Layer, bool]]
"""Layers one behind another, each with whether anything but the next one gets what it gives.

Those of groups and blocks are among them; regions and joins end a run.
"""


def last_run(network: Network) -> Run:
    """The layers that the network ends in, empty where it ends in a region or a join."""
    return _walked(network).current


def _walked(network: Network) -> _Runs:
    walker = _Runs()
    walker.chain(network.body, labels_read(network.body))
    return walker


class _Runs:
    """Collects the runs of a network; ``current`` is the one that goes on."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._start()

    def _start(self) -> None:
        self.current: Run = []
        self.runs.append(self.current)

    def chain(self, chain: Chain, read: frozenset[str]) -> None:
        for item in chain.items:
            self.item(item, read)
            if item.name in read:
                self._keep()

    def item(self, item: Item, read: frozenset[str]) -> None:
        if isinstance(item, Layer):
            self.current.append((item, False))
        elif isinstance(item, Chain):
            self.chain(item, labels_read(item, read))
        elif isinstance(item, Instance):
            self.chain(item.body, labels_read(item.body))
        elif isinstance(item, Output):
            self._keep()
        elif isinstance(item, SideHead):
            self._keep()
            going_on = self.current
            self._start()
            self.item(item.head, read)
            self.current = going_on
        else:
            self._apart(item, read)

    def _apart(self, item: Item, read: frozenset[str]) -> None:
        """What is in a region, each part on its own; what is inserted stands in no source."""
        written = (item.body,) if isinstance(item, Residual) and item.inserted else parts(item)
        for part in written:
            self._start()
            self.item(part, read)
        self._start()

    def _keep(self) -> None:
        """The value here has other readers too."""
        if self.current:
            self.current[-1] = (self.current[-1][0], True)


def names_used(node: Any) -> Iterator[str]:
    """Every name and word in a part of the tree; not what names an argument that is given."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            yield node.name
        elif isinstance(node, ast.Argument):
            waiting.append(node.value)
        elif type(node) is tuple:
            waiting += node
        elif isinstance(node, tuple):  # a node, whose place comes first
            waiting += node[1:]
