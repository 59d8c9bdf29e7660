"""Where the names of a file are defined, by their places: what an editor goes to."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping, Sequence

from cnngen.elaborate.evaluate import names_in
from cnngen.elaborate.joins import labels_of
from cnngen.elaborate.naming import (
    head_name,
    is_join,
    label_arguments,
    label_read,
    shortcut_name,
    stem_of,
)
from cnngen.elaborate.place import Namespace
from cnngen.ir import Block
from cnngen.ops import LAYERS
from cnngen.record import NamedTuple
from cnngen.source import Span
from cnngen.syntax import ast
from cnngen.syntax.walk import items_in

DEEPEST = 200
"""Levels of braces that are looked into: more than a network may have."""


def definitions(file: ast.File, blocks: Mapping[str, Block]) -> dict[Span, Span]:
    """For the span of each name the span of its definition's name, which may be in another file.

    Parameters, variables, labels, blocks, the arguments of blocks and of variants, and networks;
    a definition's own name is there too. Names of the language, and unknown ones, are left out.

    Args:
        file: a file's tree, which may be broken.
        blocks: those that the file knows, its own and those of the files that it uses.
    """
    networks = {
        d.name.name: d for d in file.definitions if isinstance(d, (ast.Network, ast.Variant))
    }
    finder = _Finder(blocks, networks)
    for definition in file.definitions:
        if isinstance(definition, ast.Variant):
            finder.variant(definition)
        elif isinstance(definition, (ast.Network, ast.Block)):
            finder.definition(definition)
    return finder.found


Visible = MutableMapping[str, Span]


class _Around(NamedTuple):
    """What is around a statement: the names that it sees, and the namespace of its labels."""

    visible: Visible
    namespace: Namespace
    depth: int = 0

    def inside(self) -> _Around:
        return self._replace(visible=ChainMap({}, self.visible), depth=self.depth + 1)

    def apart(self, named: ast.Body | ast.Region) -> _Around:
        return self.inside()._replace(namespace=Namespace(named))


class _Finder:
    def __init__(
        self, blocks: Mapping[str, Block], networks: Mapping[str, ast.Network | ast.Variant]
    ) -> None:
        self.blocks = blocks
        self.networks = networks
        self.found: dict[Span, Span] = {}

    def define(self, name: ast.Name, visible: Visible) -> None:
        visible[name.name] = name.span
        self.found[name.span] = name.span

    def refer(self, name: ast.Name, known: Mapping[str, Span]) -> None:
        if name.name in known:
            self.found[name.span] = known[name.name]

    def expression(self, expression: ast.Expression, around: _Around) -> None:
        for name in names_in(expression):
            self.refer(name, around.visible)

    # --- definitions -----------------------------------------------------------------------------

    def definition(self, node: ast.Network | ast.Block) -> None:
        self.found[node.name.span] = node.name.span
        around = _Around({}, Namespace(node.body, top=True))
        for parameter in node.parameters:
            if parameter.default is not None:
                self.expression(parameter.default, around)
            self.define(parameter.name, around.visible)
        for setting in node.settings:
            self.expression(setting.value, around)
        self.body(node.body, around)

    def variant(self, node: ast.Variant) -> None:
        self.found[node.name.span] = node.name.span
        named = {name: each.name.span for name, each in self.networks.items()}
        self.refer(node.base, named)
        base = self._base(node)
        parameters = _spans(base.parameters if base else ())
        for argument in node.arguments:
            self.refer(argument.name, parameters)

    def _base(self, node: ast.Network | ast.Variant | None) -> ast.Network | None:
        """The network with the body; None where it is missing or variants go round in a circle."""
        seen: set[str] = set()
        while isinstance(node, ast.Variant) and node.name.name not in seen:
            seen.add(node.name.name)
            node = self.networks.get(node.base.name)
        return node if isinstance(node, ast.Network) else None

    # --- statements ------------------------------------------------------------------------------

    def body(self, body: ast.Body, around: _Around) -> None:
        if around.depth > DEEPEST:
            return
        inner = around.inside()
        for statement in body.statements:
            if isinstance(statement, ast.Let):
                self.expression(statement.value, inner)
                self.define(statement.name, inner.visible)
            elif isinstance(statement, ast.Default):
                for argument in statement.arguments:
                    self.expression(argument.value, inner)
            elif isinstance(statement, ast.Input):
                if statement.label is not None:
                    self.found[statement.label.name.span] = statement.label.name.span
                self.expression(statement.shape, inner)
            elif isinstance(statement, ast.Line):
                for item in statement.items:
                    self.item(item, inner)
                if statement.shape is not None:
                    self.expression(statement.shape, inner)

    def item(self, item: ast.Item, around: _Around) -> None:
        label = getattr(item, "label", None)
        if isinstance(label, ast.Label):
            self.found[label.name.span] = label.name.span
            for number in label.numbers:
                self.expression(number, around)
        if isinstance(item, (ast.Layer, ast.Region)):
            self._word(item, around)
        if isinstance(item, ast.Region):
            place = around.apart(item) if label is not None else around
            self.body(item.body, place)
            if item.otherwise is not None:
                self.body(item.otherwise, around.apart(item.otherwise))
        elif isinstance(item, ast.Group):
            self.body(item.body, around.apart(item.body))
        elif isinstance(item, ast.Repeat):
            self.expression(item.times, around)
            self.body(item.body, around)
        elif isinstance(item, ast.For):
            self.expression(item.values, around)
            inner = around.inside()
            for target in item.targets:
                self.define(target, inner.visible)
            self.body(item.body, inner)
        elif isinstance(item, ast.If):
            self._if(item, around)

    def _if(self, node: ast.If, around: _Around) -> None:
        branch: ast.If | ast.Body | None = node
        while isinstance(branch, ast.If):
            self.expression(branch.condition, around)
            self.body(branch.body, around)
            branch = branch.otherwise
        if branch is not None:
            self.body(branch, around)

    def _word(self, node: ast.Layer | ast.Region, around: _Around) -> None:
        """A word and its arguments: labels are what joins read, a block's have its parameters."""
        if isinstance(node, ast.Layer) and is_join(node):
            labels = [each for each in label_arguments(node) if not isinstance(each, ast.Argument)]
            for label in labels:
                self._label(label, around)
            for argument in node.arguments:
                value = argument.value if isinstance(argument, ast.Argument) else argument
                if value not in labels:
                    self.expression(value, around)
            return
        block = self.blocks.get(node.word.name)
        if block is None and node.word.name not in LAYERS:
            self.refer(node.word, around.visible)  # a parameter that stands for a layer
        parameters: dict[str, Span] = {}
        if block is not None:
            self.found[node.word.span] = block.span
            parameters = _spans(block.node.parameters)
        given = [] if isinstance(node, ast.Layer) else [shortcut_name(node), head_name(node)]
        for argument in node.arguments:
            if isinstance(argument, ast.Argument):
                self.refer(argument.name, parameters)
            value = argument.value if isinstance(argument, ast.Argument) else argument
            if value in given:  # a name that the region gives, not one that it reads
                self.found[value.span] = value.span
            else:
                self.expression(value, around)

    def _label(self, argument: ast.Expression | ast.Argument, around: _Around) -> None:
        if isinstance(argument, ast.Index):
            self.expression(argument.position, around)
        read = label_read(argument)
        if read is None:
            return
        labels = labels_of(around.namespace)
        if "." in read.name and read.name not in labels:
            found = _in_groups(around.namespace.body, read.name.split("."))
            if found is not None:
                self.found[read.span] = found
            return
        for name in (read.name, stem_of(read.name)):
            if name in labels:
                self.found[read.span] = labels[name][0]
                return


def _in_groups(body: ast.Body, path: Sequence[str]) -> Span | None:
    """The place of a label in a group, or in one of a group in it."""
    group, *rest = path
    for item, inside in items_in(body):
        label = getattr(item, "label", None)
        if label is not None and label.name.name == group and not inside:
            if not rest:
                found: Span = label.span
                return found
            inner = getattr(item, "body", None)
            return _in_groups(inner, rest) if isinstance(inner, ast.Body) else None
    return None


def _spans(parameters: Iterable[ast.Parameter]) -> dict[str, Span]:
    return {parameter.name.name: parameter.name.span for parameter in parameters}
