"""A definition from its tree: its statements walked once, over symbols.

The source has been found right for each of its uses before: nothing is reported here. What cannot
be said for all values raises :class:`OpenError` with the names that have to be known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cnngen.define import conditions, joins, loops, regions
from cnngen.define.namespace import Namespace, Value
from cnngen.define.symbols import IN_SIZES, OpenError, Symbols, product, stride_with
from cnngen.definition import (
    Body,
    Form,
    Group,
    Input,
    Layer,
    Let,
    Name,
    Node,
    Use,
    Where,
)
from cnngen.elaborate.arguments import arrange
from cnngen.elaborate.bind import read_default
from cnngen.elaborate.layer_values import LayerWord, is_layer, layer_of, parameter_value
from cnngen.elaborate.naming import (
    has_side_heads,
    is_apart,
    is_join,
    shared_families,
    stem_of,
)
from cnngen.elaborate.start import SETTINGS, Start, defaults_in, file_defaults
from cnngen.elaborate.words import JOINS
from cnngen.expressions import (
    IN_CHANNELS,
    Expression,
    Operation,
    Symbol,
    are_constant,
    is_constant,
    is_long,
    names,
    operation,
    substitute,
)
from cnngen.ir import INPUT, Block, read_inside
from cnngen.ops import LAYERS, Op, OpError, Permute, Pool, parameters, positional
from cnngen.ops import Parameter as OpParameter
from cnngen.ops import made as built
from cnngen.ops.initial import DEFAULT
from cnngen.ops.kinds import Misfit, PerAxis
from cnngen.ops.shapes import product as positions
from cnngen.source import Source
from cnngen.syntax import ast

if TYPE_CHECKING:
    from cnngen.define.registry import Registry

TRACKED = "channels"
"""What a variable is called that follows the channels through a loop."""

Nodes = list[Node]


class Builder:
    """Walks one definition."""

    def __init__(
        self,
        block: Block,
        symbols: Symbols,
        form: Form,
        start: Start,
        registry: Registry,
        *,
        flat: bool = False,
        any_shape: bool = False,
    ) -> None:
        self.block = block
        self.flat = flat
        self.any_shape = any_shape
        self.symbols = symbols
        self.registry = registry
        self.start = start
        self.value = Value(form, 1)
        self.origin = 0
        self.inputs: dict[str, tuple[Expression, ...]] = {}
        self.outputs: dict[str, Form] = {}
        is_network = isinstance(block.node, ast.Network)
        self.namespace = Namespace(block.node.body, top=is_network)
        self.line = 0
        self.loops = 0
        self.regions = 0
        self.tracked: dict[str, int] = {}
        self.conditions: list[Expression] = []
        self.hints: Mapping[str, Expression] = {}
        self.enumerated: dict[str, Expression] = {}  # items of lists, by what stands for them

    def body(self) -> Body:
        """The nodes of the definition's body."""
        for _, (_, name), expression in self.block.node.settings:
            if name not in SETTINGS:  # a mistake that is reported
                continue
            kind = SETTINGS[name].kind
            value = self.symbols.argument(expression, kind, self.value.form)
            if not is_constant(value):
                raise OpenError(names(self.symbols.resolve(value)), "how weights start is decided")
            self.start = self.start._replace(**{name: value})
        for default in defaults_in(self.block.node):
            self.start = _with_default(self.start, default, self.symbols)
        return Body(self.statements(self.block.node.body), self.namespace.naming.numbered)

    # --- statements ------------------------------------------------------------------------------

    def statements(self, body: ast.Body) -> tuple[Node, ...]:
        """The nodes of a body whose names are visible in it alone."""
        self.symbols.visible.append({})
        made: Nodes = []
        for statement in body.statements:
            if isinstance(statement, ast.Let):
                value = self.symbols.expression(statement.value, self.value.form)
                symbol = self.symbols.let(statement.name.name, value)
                if symbol is not None:
                    made.append(Let(symbol.name, value))
            elif isinstance(statement, ast.Input):
                made += self._input(statement)
            elif isinstance(statement, ast.Line):
                self.line += 1
                self.items(statement, made)
        self.symbols.visible.pop()
        return tuple(made)

    def _input(self, statement: ast.Input) -> list[Node]:
        if self.conditions:
            decided = (names(self.symbols.resolve(each)) for each in self.conditions)
            raise OpenError(frozenset().union(*decided), "what comes in depends on it")
        shape = self.symbols.resolve(self.symbols.expression(statement.shape, self.value.form))
        known: Any = shape if is_constant(shape) else getattr(shape, "parts", (shape,))
        parts = known if isinstance(known, tuple) else (known,)
        called = statement.label.name.name if statement.label else INPUT
        self.inputs[called] = tuple(parts)
        *sizes, channels = parts
        fixed = all(type(self.symbols.resolve(size)) is int for size in sizes)
        form = Form(len(sizes), tuple(sizes) if sizes and fixed else None, channels)
        if self.any_shape:
            form = Form(len(sizes), None, Symbol(IN_CHANNELS))
        first, before = len(self.inputs) == 1, self.value.form
        self.value = Value(form, 1)
        if statement.label is None:
            return []
        if not first:
            self.origin = id(statement)  # strides are counted from here
        name = Name(called)
        self.keep(name, True)
        return [Input(name, Where(form if first else before, form, statement.span, self.line))]

    def items(self, line: ast.Line, made: Nodes) -> None:
        """The items of a line; what it states may say how many features a flattened map has."""
        for item in line.items:
            last = item is line.items[-1]
            stated = line.shape if last else None
            made += self.item(item, stated)
            self._advance(made)

    def _advance(self, made: Nodes) -> None:
        """Let the variable that follows the channels go on, rather than compute from it twice."""
        channels = self.value.form.channels
        if not isinstance(channels, Operation):
            return
        for name in sorted(names(channels) & self.tracked.keys()):
            if self._goes_on(Symbol(name)):
                made.append(Let(name, channels))
                meaning = self.symbols.resolve(channels)
                self.symbols.vary(Symbol(name))
                self.symbols.settle(Symbol(name), meaning)
                form = self.value.form._replace(channels=Symbol(name))
                self.value = self.value._replace(form=form)
                return

    def item(self, item: ast.Item, stated: ast.Expression | None = None) -> list[Node]:
        """The nodes of one item."""
        if isinstance(item, ast.Layer):
            return self._word(item, stated)
        if isinstance(item, ast.Group):
            return [self.group(item, item.body, self.name(item))]
        if isinstance(item, ast.Region):
            return [self.region(item)]
        if isinstance(item, ast.If):
            return conditions.conditional(self, item)
        return loops.loop(self, item)

    def name(self, node: ast.Layer | ast.Region | ast.Group, label: bool = True) -> Name:
        """What a node is called; without ``label``, by its place alone."""
        naming = self.namespace.naming
        if label and node.label is not None:
            if node.label.pieces:
                return self._of_pieces(node.label)
            text, position = node.label.name.name, node.label.position
            made = None if position is None else self.symbols.expression(position, self.value.form)
            if type(made) is int and made >= 0:
                return Name(f"{text}{made}")
            if position is not None and text in shared_families(self.namespace.named):
                raise OpenError((), "labels with an index stand in several places")
            if made is not None and is_constant(made):
                raise OpenError((), "an index is no whole number")
            return Name(text, made)
        if naming.numbered:
            return Name("")
        return Name(naming.names[id(node)], None, id(node) in naming.looped)

    def _of_pieces(self, label: ast.Label) -> Name:
        """The name that a label with numbers in it gives.

        Raises:
            OpenError: for other values it may be what another turn or label gives.
        """
        text, made = "", list[Expression]()
        for piece in map(self._written, label.pieces):
            if not isinstance(piece, str):
                if made and not isinstance(made[-1], str):
                    raise OpenError((), "numbers in a label stand side by side")
                made.append(piece)
            elif not made:
                text += piece
            elif isinstance(made[-1], str):
                made[-1] += piece
            elif piece:
                made.append(piece)
        if made and label.name.name in self.namespace.meeting:
            raise OpenError((), "with other numbers, two labels may be the same")
        return Name(text, made[0], more=tuple(made[1:])) if made else Name(text)

    def _written(self, piece: str | ast.Expression) -> Expression:
        """A piece of a label: a text, also of a number that is known, or a number."""
        if isinstance(piece, str):
            return piece
        number = self.symbols.expression(piece, self.value.form)
        return str(number) if is_constant(number) else number

    def keep(self, name: Name, labelled: bool) -> None:
        """Remember the current value under the label that it has."""
        if not labelled or name.more or not self.namespace.reads(name.text):
            return
        self.namespace.origins[name.text] = self.origin
        if name.position is None:
            self.namespace.labels[name.text] = self.value
        else:
            self.namespace.families[name.text] = self.value
            self.namespace.positions[name.text] = name.position

    def _remember(self, node: Node) -> None:
        """What has a label may be applied again, if it is the same wherever the code is used."""
        if isinstance(node, (Layer, Use, Group)) and node.name.position is None:
            self.namespace.made[node.name.text] = node

    def where(self, before: Form, node: ast.Item) -> Where:
        """Where a node stands whose output is the current value."""
        return Where(before, self.value.form, node.span, self.line)

    # --- layers, uses, joins ---------------------------------------------------------------------

    def _word(self, node: ast.Layer, stated: ast.Expression | None) -> list[Node]:
        name = self.name(node)
        meant = self._meant(node)
        if meant is None:  # a parameter says that there is no layer
            self.keep(name, node.label is not None)
            return []
        labelled, node = node.label is not None, meant
        word = node.word.name
        before = self.value.form
        made: Node
        if is_join(node):
            made = joins.join(self, node, name)
        elif word in LAYERS:
            op = self.op_of(node, LAYERS[word])
            self.value = self.after(op, stated)
            made = Layer(name, op, self.where(before, node))
        else:
            made = self._use(node, name, self.block.known[word])
        self.keep(name, labelled)
        self._remember(made)
        return [made]

    def _meant(self, node: ast.Layer) -> ast.Layer | None:
        """The layer that a name stands for where it is a value; None for none."""
        word = node.word.name
        found = self.symbols.find(word)
        if word in LAYERS or word in JOINS or word in self.block.known or found is None:
            return node
        value = self.symbols.resolve(found)
        if not is_constant(value):
            raise OpenError(names(value), "which layer it is depends on it")
        if not is_layer(value):
            raise OpenError((), "a value that is no layer stands where one does")
        return layer_of(node, value)

    def _parameter(
        self, expression: ast.Expression, symbols: Symbols, use: ast.Layer | None = None
    ) -> Expression:
        """What a parameter of a block is given."""

        def read(each: ast.Expression) -> Any:
            return symbols.expression(each, self.value.form)

        made = parameter_value(expression, read, symbols, use)
        open_ = [each for each in getattr(made, "arguments", ()) if not is_constant(each)]
        if isinstance(made, LayerWord) and open_:
            unknown = (names(symbols.resolve(each)) for each in open_)
            raise OpenError(frozenset().union(*unknown), "a layer's argument depends on it")
        return plain(made)

    def op_of(self, node: ast.Layer, cls: type[Op]) -> Op:
        """The op of a layer with its arguments, over symbols."""
        known = parameters(cls)
        written = arrange(node, [p.name for p in positional(cls)], known, "")
        given = {
            name: self.symbols.argument(
                expression, known[name].kind.on_axes(self.value.form.axes), self.value.form
            )
            for name, expression in written.items()
        }
        in_force = self.start.of(cls.word)
        for name in in_force.keys() - given.keys():
            given[name] = _read(known[name], self.value.form.axes, in_force[name])
        op = built(cls, given, self.value.form.axes)
        inherits = "init" not in given and self.start.init != DEFAULT
        return op.replace(init=self.start.init) if inherits and hasattr(op, "init") else op

    def names_in(self, expressions: Sequence[Expression]) -> frozenset[str]:
        """The names that have to be known for expressions to be numbers."""
        found = (names(self.symbols.resolve(each)) for each in expressions)
        return frozenset().union(*found)

    def after(self, op: Op, stated: ast.Expression | None = None) -> Value:
        """The value behind a layer."""
        form, stride, lengths = self.value
        if op.needs_map and not form.is_map:  # in a way that is not taken with this value
            raise OpenError((), "a layer that needs a map stands on a vector")
        if op.reads_sizes and form.is_map and form.sizes is None:
            raise OpenError([IN_SIZES], "it has weights for each cell of a map of open size")
        channels = op.out_channels(form.channels)
        if op.makes_vector:
            if op.word == "flatten" and form.is_map:
                channels = self._features(form, stated)
            return Value(Form(0, None, channels), None)
        if isinstance(op, Permute):
            return self._permuted(op)
        own: Any = op.own_sizes
        if own is not None:
            known = are_constant(own)
            return Value(Form(len(own), own if known else None, channels), None, own)
        if not op.moves_window:
            return Value(form._replace(channels=channels), stride, lengths)
        by = op.shrinks_by
        total = None if stride is None or by is None else product(stride, by)
        return Value(Form(form.axes, self._sizes(op, form), channels), total)

    def _permuted(self, op: Permute) -> Value:
        """The map with its axes in another order.

        Raises:
            OpenError: an axis whose size is not known becomes the channels.
        """
        form, _, lengths = self.value
        if not form.is_map or len(op.order) != form.axes + 1:
            raise OpenError((), "it permutes the axes that another map has")
        places = op.places(form.axes)
        sizes = form.sizes or lengths
        if sizes is None and places[-1] == form.axes:
            return Value(form, None)
        if sizes is None:
            raise OpenError([IN_SIZES], "it makes channels of an axis of open size")
        *after, channels = ((*sizes, form.channels)[place] for place in places)
        known: Any = tuple(after) if are_constant(after) else None
        return Value(Form(form.axes, known, channels), None, tuple(after))

    def _sizes(self, op: Op, form: Form) -> PerAxis | None:
        if (
            isinstance(op, Pool)
            and op.has_output
            and (op.adaptive is None or is_constant(op.adaptive))
        ):
            return op.out_sizes((1,) * form.axes)
        fixed = are_constant({**op.__dict__, "channels": 0, "bias": 0}.values())
        if form.sizes is None or not fixed:
            return None
        try:
            return op.out_sizes(form.sizes)
        except OpError as error:  # in a way that is not taken with this size
            raise OpenError((), error.message) from error

    def _features(self, form: Form, stated: ast.Expression | None) -> Expression:
        """How many features a flattened map has: what its size says, or the source itself."""
        if form.sizes is not None:
            return operation("*", form.channels, positions(form.sizes))
        if stated is not None:
            return self.symbols.expression(stated, form)
        raise OpenError([IN_SIZES], "it flattens a map whose size depends on the place of use")

    def _use(self, node: ast.Layer, name: Name, block: Block) -> Use:
        names_ = [p.name.name for p in block.node.parameters]
        written = arrange(node, names_, names_, "")
        arguments: dict[str, Expression] = {}
        for parameter in block.node.parameters:
            own = parameter.name.name
            if own in written:
                arguments[own] = self._parameter(written[own], self.symbols, node)
            else:
                assert parameter.default is not None
                arguments[own] = self._parameter(parameter.default, Symbols(arguments))
        before = self.value.form
        meanings = {key: self.symbols.resolve(value) for key, value in arguments.items()}
        start = entered(self.start, block, self.block.span.source)
        hints = {key: self._hint(value) for key, value in meanings.items()}
        callee = self.registry.definition(block, meanings, before, start, hints=hints)
        sizes = self.registry.sizes_after(block, meanings, before, start)
        known = {**arguments, IN_CHANNELS: before.channels}
        output = callee.output
        channels = self.shortened(substitute(output.channels, known))
        self.value = Value(
            Form(output.axes, sizes if output.is_map else None, channels),
            self._stride_after(callee.stride, known),
        )
        return Use(name, callee, arguments, self.where(before, node))

    def _hint(self, value: Expression) -> Expression:
        """What a value comes to in the use that asked for this definition, where it is plain."""
        return self.hints.get(value.name, value) if isinstance(value, Symbol) else value

    def shortened(self, channels: Expression) -> Expression:
        """The channels as they are.

        Raises:
            OpenError: they are too long to be written.
        """
        if is_long(channels):
            raise OpenError(names(self.symbols.resolve(channels)), "an expression is too long")
        return channels

    def _stride_after(
        self, stride: Expression | None, known: Mapping[str, Any]
    ) -> Expression | None:
        if stride is None or self.value.stride is None:
            return None
        own = stride_with(stride, known)
        return None if own is None else product(self.value.stride, own)

    # --- namespaces ------------------------------------------------------------------------------

    @contextmanager
    def inside(self, named: ast.Body | ast.Region, name: Name) -> Iterator[Namespace]:
        """A namespace of its own for what is in a group; its labels may be read outside."""
        around = self.namespace
        exports = read_inside(around.read, name.text)
        self.namespace = Namespace(named, exports=exports)
        # What may be a class changes no variable of what is around it.
        apart = bool(exports) or is_apart(named) or has_side_heads(named)
        outside = set(self.symbols.used)
        self.regions += apart
        yield self.namespace
        self.regions -= apart
        inner, self.namespace = self.namespace, around
        self._export(inner, name, exports)
        if apart:
            self._leave(outside)

    def _export(self, inner: Namespace, name: Name, exports: Collection[str]) -> None:
        """Let what is read of a group be read outside of it."""
        inner.exports = tuple(
            label for label in inner.labels if label in exports or stem_of(label) in exports
        )
        found = {*inner.exports, *map(stem_of, inner.exports)}
        if exports and (name.position is not None or not found.issuperset(exports)):
            raise OpenError((), "values with an index are read outside of a group")
        for label in inner.exports:
            value = inner.labels[label]._replace(stride=None)
            if not names(value.form.channels) <= self.symbols.given:
                raise OpenError((), "the channels of a value in a group are computed in it")
            self.namespace.labels[f"{name.text}.{label}"] = value
        self._export_taps(inner, name)

    def _export_taps(self, inner: Namespace, name: Name) -> None:
        """Let the side heads of a group be applied outside of it."""
        if inner.taps and name.position is not None:
            raise OpenError((), "a side head is in a group with an index")
        inner.exports = (*inner.exports, *inner.taps)
        self.namespace.taps += [f"{name.text}.{tap}" for tap in inner.taps]

    def _leave(self, outside: set[str]) -> None:
        """Say what channels come out of a group without the names that it computes inside."""
        channels = self.value.form.channels
        own = names(channels).difference(outside, self.symbols.given)
        if not own:
            return
        if not own <= self.symbols.meanings.keys():
            raise OpenError((), "the channels of a group are computed in it")
        known = {name: self.symbols.meanings[name] for name in own}
        form = self.value.form._replace(channels=self.shortened(substitute(channels, known)))
        self.value = self.value._replace(form=form)

    def group(self, node: ast.Item, body: ast.Body, name: Name) -> Group:
        """A chain with names of its own."""
        before = self.value.form
        with self.inside(body, name) as space:
            made = Body(self.statements(body), space.naming.numbered)
        if not made.nodes:
            raise OpenError((), "a group is empty")
        group = Group(name, made, self.where(before, node), space.exports)
        self.keep(name, getattr(node, "label", None) is not None)
        self._remember(group)
        return group

    def region(self, node: ast.Region) -> Node:
        """A region; with a label, a group of that name with the region in it."""
        if node.label is None or node.word.name == "aux":
            return regions.region(self, node)
        name, before = self.name(node), self.value.form
        with self.inside(node, name) as space:
            inner = Body((regions.region(self, node),))
        group = Group(name, inner, self.where(before, node), space.exports)
        self.keep(name, True)
        self._remember(group)
        return group

    # --- loops and conditions --------------------------------------------------------------------

    def same_kind(self, a: Form, b: Form, open_names: frozenset[str]) -> None:
        """See to it that both are maps of as many axes, or vectors.

        Raises:
            OpenError: they are not.
        """
        if a.axes != b.axes:
            raise OpenError(open_names, "here it gives a map, there a vector")

    def variable(self, channels: Expression) -> tuple[Symbol, list[Node]]:
        """A variable for the channels, and what starts it.

        One that has followed them so far goes on, unless something may read what it was before.
        """
        if isinstance(channels, Symbol) and self._goes_on(channels):
            return channels, []
        variable = self.symbols.fresh(TRACKED)
        self.tracked[variable.name] = self.regions
        return variable, [Let(variable.name, channels)]

    def _goes_on(self, variable: Symbol) -> bool:
        """Whether a variable can change: nothing may read what it was before."""
        if self.tracked.get(variable.name) != self.regions:
            return False
        kept = [*self.namespace.labels.values(), *self.namespace.families.values()]
        return all(variable.name not in names(value.form.channels) for value in kept)


def plain(expression: Expression) -> Expression:
    """A size as one number where all axes have the same: every layer takes that too."""
    if type(expression) is tuple and len(expression) > 1 and len(set(expression)) == 1:
        number: Expression = expression[0]
        return number
    return expression


def entered(around: Start, block: Block, used_in: Source | None) -> Start:
    """What is in force where a block is used, or where a network begins."""
    for default in file_defaults(block, used_in):
        around = _with_default(around, default, Symbols({}))
    return around


def _with_default(around: Start, node: ast.Default, symbols: Symbols) -> Start:
    """What is in force with a ``default``, which is known when code is written."""
    known = parameters(LAYERS[node.word.name])
    given: dict[str, Any] = {}
    for _, (_, name), expression in node.arguments:
        value = symbols.resolve(symbols.value(expression, known[name].kind, Form(2, None, 0)))
        if not is_constant(value):
            raise OpenError(names(value), "what layers have by default is decided")
        given[name] = value
    return around.with_layer(node.word.name, given)


def _read(parameter: OpParameter, axes: int, value: Any) -> Any:
    try:
        return read_default(parameter, axes, value)
    except Misfit as misfit:  # in a way that is not taken
        raise OpenError((), "a layer cannot take its default") from misfit
