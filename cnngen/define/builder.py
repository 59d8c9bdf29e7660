"""A definition from its tree: its statements walked once, over symbols.

The source has been found right for each of its uses before: nothing is reported here. What cannot
be said for all values raises :class:`OpenError` with the names that have to be known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnngen.define import regions
from cnngen.define.symbols import IN_SIZES, OpenError, Symbols, product, stride_with
from cnngen.definition import (
    Body,
    For,
    Form,
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
    Resume,
    Reuse,
    Use,
    Where,
    written,
)
from cnngen.elaborate.arguments import arrange
from cnngen.elaborate.bind import read_default
from cnngen.elaborate.joins import parted
from cnngen.elaborate.layer_values import LayerWord, is_layer, layer_of, parameter_value
from cnngen.elaborate.naming import (
    comes_once,
    has_side_heads,
    is_apart,
    is_join,
    label_read,
    labels_in,
    like_of,
    meeting_labels,
    naming_of,
    shared_families,
    stem_of,
)
from cnngen.elaborate.start import SETTINGS, Start, defaults_in, file_defaults
from cnngen.elaborate.words import JOINS
from cnngen.expressions import (
    IN_CHANNELS,
    Apply,
    Expression,
    Items,
    Operation,
    Symbol,
    apply,
    are_constant,
    choice,
    difference,
    element,
    is_constant,
    is_long,
    names,
    operation,
    rows,
    substitute,
    walk,
)
from cnngen.ir import INPUT, RESIZE, Block, read_inside
from cnngen.ops import LAYERS, Op, OpError, Permute, Pool, Resize, parameters, positional
from cnngen.ops import Parameter as OpParameter
from cnngen.ops import made as built
from cnngen.ops.initial import DEFAULT
from cnngen.ops.kinds import Misfit, PerAxis
from cnngen.ops.shapes import POSITIONS
from cnngen.ops.shapes import product as positions
from cnngen.record import NamedTuple
from cnngen.source import Source
from cnngen.syntax import ast

if TYPE_CHECKING:
    from cnngen.define.registry import Registry

TRACKED = "channels"
"""What a variable is called that follows the channels through a loop."""

MOST_NESTED = 5
"""Loops inside one another that are looked at closely: each doubles the work."""

Nodes = list[Node]


class Value(NamedTuple):
    """The value at one place: its form, and by how much the map has shrunk since the start.

    ``lengths`` are the map's sizes as far as layers say them that no window moves over.
    """

    form: Form
    stride: Expression | None
    lengths: tuple[Expression, ...] | None = None


class Namespace:
    """What is named together, and the labelled values in it; ``families`` are those with an index.

    Only those are kept that are ``read``. ``positions`` are the indices with which families were
    made; ``origins`` say from where strides are counted; ``taps`` are those of its side heads.
    """

    def __init__(
        self, named: ast.Body | ast.Region, *, top: bool = False, exports: Collection[str] = ()
    ) -> None:
        self.naming = naming_of(named, top=top)
        self.read = labels_in(named).union(exports)
        self.labels: dict[str, Value] = {}
        self.families: dict[str, Value] = {}
        self.positions: dict[str, Expression] = {}
        self.origins: dict[str, int] = {}
        self.exports: tuple[str, ...] = ()
        self.taps: list[str] = []
        self.made: dict[str, Layer | Use | Group] = {}
        self.named = named

    @cached_property
    def meeting(self) -> frozenset[str]:
        """The labels with numbers that another may meet."""
        return meeting_labels(self.named)

    def reads(self, label: str) -> bool:
        """Whether a label, or one that is made of it and an index, is read."""
        return any(stem_of(name) == label or name == label for name in self.read) or (
            stem_of(label) in self.read
        )


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
            return self._if(item)
        return self._loop(item)

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
            made = self._join(node, name)
        elif word in LAYERS:
            op = self._op(node, LAYERS[word])
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

    def _op(self, node: ast.Layer, cls: type[Op]) -> Op:
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
        channels = self._shortened(substitute(output.channels, known))
        self.value = Value(
            Form(output.axes, sizes if output.is_map else None, channels),
            self._stride_after(callee.stride, known),
        )
        return Use(name, callee, arguments, self.where(before, node))

    def _hint(self, value: Expression) -> Expression:
        """What a value comes to in the use that asked for this definition, where it is plain."""
        return self.hints.get(value.name, value) if isinstance(value, Symbol) else value

    def _shortened(self, channels: Expression) -> Expression:
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

    def _join(self, node: ast.Layer, name: Name) -> Node:
        before = self.value.form
        if node.word.name == "reuse":
            return self._reuse(node, name)
        if node.word.name == RESIZE:
            return self._resize(node, name)
        given = [each for each in node.arguments if not isinstance(each, ast.Argument)]
        labels = tuple(map(self._label, given))
        if node.word.name == "output":
            return self._output(node, name, labels)
        values = [self._labelled(label) for label in labels]
        if node.word.name == "from":
            self.value = values[0]._replace(stride=self._stride_of(labels[0]))
            return Resume(name, labels[0], self.where(before, node))
        axis = self._axis(node, before)
        if axis is not None:
            form = before._replace(sizes=_along(axis, [before, *(each.form for each in values)]))
            self.value = Value(form, None)
            return Join(name, "concat", labels, self.where(before, node), axis)
        if node.word.name == "concat":
            channels = before.channels
            for value in values:
                channels = operation("+", channels, value.form.channels)
            form = self.value.form._replace(channels=self._shortened(channels))
        elif node.word.name == "multiply":
            form = self._product([before, *(value.form for value in values)])
        else:
            form = self.value.form
            self.check_open([before, *(value.form for value in values)])
        self.value = Value(form, self._joined_stride(node.word.name, labels))
        return Join(name, node.word.name, labels, self.where(before, node))

    def _resize(self, node: ast.Layer, name: Name) -> Join:
        """The current value in the size of a labelled one."""
        before, like = self.value.form, like_of(node)
        assert like is not None
        label = self._label(like.value)
        form = self._labelled(label).form
        if not before.is_map or form.axes != before.axes:
            raise OpenError((), "a map takes the size of a value with other axes")
        others = tuple(each for each in node.arguments if each is not like)
        op: Any = self._op(node._replace(arguments=others), Resize)
        self.value = Value(before._replace(sizes=form.sizes), self._stride_of(label))
        return Join(name, RESIZE, (label,), self.where(before, node), mode=op.mode)

    def _reuse(self, node: ast.Layer, name: Name) -> Reuse:
        """What has been made under a label, applied to the value here."""
        read = label_read(node.arguments[0])
        made = self.namespace.made.get(read.name) if read is not None else None
        if made is None:
            raise OpenError((), "what is applied again has an index, or stands in a condition")
        before = self.value.form
        if isinstance(made, Layer):
            self.value = self.after(made.op)._replace(stride=None)
        elif isinstance(made, Use):
            self.value = self._used_again(made)
        elif before.sizes != made.at.input.sizes:
            raise OpenError((), "a group is applied again to another size")
        else:
            self.value = Value(made.at.output, None)
        return Reuse(name, made.name, self.where(before, node))

    def _used_again(self, made: Use) -> Value:
        """What a use of a block gives for the value here."""
        before, callee = self.value.form, made.callee
        output = callee.output
        known = {**made.arguments, IN_CHANNELS: before.channels}
        sizes = self.registry.sizes_of(callee, made.arguments, before)
        channels = self._shortened(substitute(output.channels, known))
        return Value(Form(output.axes, sizes if output.is_map else None, channels), None)

    def _output(self, node: ast.Layer, name: Name, labels: tuple[Name, ...]) -> Output:
        said = {
            each.name.name: each.value for each in node.arguments if isinstance(each, ast.Argument)
        }
        loss = said["loss"].span.text if "loss" in said else ""
        weight: Expression = 1.0
        if "weight" in said:
            weight = self.symbols.expression(said["weight"], self.value.form)
        decided = [each.position for each in labels if each.position is not None] + [weight]
        if not are_constant(decided):
            open_names = (names(self.symbols.resolve(each)) for each in decided)
            raise OpenError(frozenset().union(*open_names), "what is returned depends on it")
        self.outputs |= {written(label): self._labelled(label).form for label in labels}
        return Output(name, labels, loss, weight, self.where(self.value.form, node))

    def _axis(self, node: ast.Layer, form: Form) -> int | None:
        """The axis of positions that a ``concat`` joins, if not channels."""
        _, word = parted(node)
        if word is None:
            return None
        known = POSITIONS.get(form.axes, ())
        if not isinstance(word, ast.Name) or word.name not in known:
            raise OpenError((), "an axis is joined that a map of other axes has")
        return known.index(word.name)

    def _joined_stride(self, word: str, labels: Sequence[Name]) -> Expression | None:
        """By how much the joined value has shrunk: all of one size have shrunk alike."""
        if word != "multiply":
            return self.value.stride
        known = [self.value.stride, *map(self._stride_of, labels)]
        strides = [stride for stride in known if stride is not None]
        # A factor of one position has no stride, and the whole has that of the others.
        return strides[0] if strides and all(each == strides[0] for each in strides) else None

    def _stride_of(self, label: Name) -> Expression | None:
        """By how much a labelled value has shrunk; None where that is counted from elsewhere."""
        same = self.namespace.origins.get(label.text) == self.origin
        return self._labelled(label).stride if same else None

    def check_open(self, forms: list[Form]) -> None:
        """Where any channels may come in, only equal ones are joined element by element.

        Raises:
            OpenError: they meet others.
        """
        channels = {self.symbols.resolve(form.channels) for form in forms}
        if self.any_shape and len(channels - {1}) > 1:
            raise OpenError((), "the channels that come in meet others")

    def _product(self, forms: list[Form]) -> Form:
        """The form of a product, whose factors may have a size or channels of 1.

        Raises:
            OpenError: which of them has the channels of the product depends on values.
        """
        channels: Expression = 1
        for form in forms:
            own, known = map(self.symbols.resolve, (form.channels, channels))
            if own == known or own == 1:
                continue
            if known != 1:
                raise OpenError(names(own) | names(known), "which value weighs the other differs")
            channels = form.channels
        sizes = [form.sizes for form in forms]
        whole = None
        if forms[0].is_map and None not in sizes:
            known_sizes = [size for size in sizes if size is not None]
            whole = tuple(map(max, zip(*known_sizes, strict=True)))
        return Form(forms[0].axes, whole, channels)

    def _label(self, node: ast.Expression | ast.Argument) -> Name:
        """The label that an argument of a join is."""
        space = self.namespace
        if isinstance(node, ast.Index) and isinstance(node.value, ast.Name):
            text = node.value.name
            position = self.symbols.expression(node.position, self.value.form)
            if type(position) is int and f"{text}{position}" in space.labels:
                return Name(f"{text}{position}")
            if text in space.families:
                return Name(text, position)
            unknown = names(self.symbols.resolve(position))
            raise OpenError(unknown, "which value is read depends on it")
        read = label_read(node)
        assert read is not None
        if read.name in space.labels:
            return Name(read.name)
        stem = stem_of(read.name)
        if stem not in space.families or stem == read.name:
            raise OpenError((), "a label is read that has no value here")
        return Name(stem, int(read.name[len(stem) :]))

    def _labelled(self, name: Name) -> Value:
        space = self.namespace
        if name.position is None:
            return space.labels[name.text]
        value, made = space.families[name.text], space.positions[name.text]
        if not isinstance(made, Symbol) or made == name.position:
            return value
        channels = substitute(value.form.channels, self.enumerated)  # over the position alone
        channels = substitute(channels, {made.name: name.position})
        return value._replace(form=value.form._replace(channels=channels))

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
        form = self.value.form._replace(channels=self._shortened(substitute(channels, known)))
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

    def _loop(self, node: ast.Repeat | ast.For) -> list[Node]:
        if isinstance(node, ast.Repeat):
            times = self.symbols.expression(node.times, self.value.form)
            if times == 0:
                return []
            self.counted(node.body, times)
            if self.flat and type(times) is int:
                return [self._turn(node.body) for _ in range(times)]
            return self._turning(node.body, lambda body: Repeat(times, body), _Turns(times, {}))
        values = self.symbols.rows(node.values, self.value.form)
        whole = self.symbols.resolve(substitute(values, {}))
        self._check_rows(node, whole)
        if is_constant(whole) and not whole:
            return []
        self.counted(node.body, whole)
        if self.flat:
            self.symbols.visible.append({})
            made = self._written_out(node, whole, OpenError((), "a loop is written out"))
            self.symbols.visible.pop()
            return made
        targets = tuple(self.symbols.fresh(target.name).name for target in node.targets)
        if isinstance(values, Apply) and values.function == "enumerate" and len(targets) == 2:
            self.enumerated[targets[1]] = element(values.arguments[0], Symbol(targets[0]))
        shown = {t.name: Symbol(n) for t, n in zip(node.targets, targets, strict=True)}
        self.symbols.visible.append(dict(shown))
        before = self._stand()
        try:
            turns = _turns(targets, whole)
            return self._turning(node.body, lambda body: For(targets, values, body), turns)
        except OpenError as error:
            if not error.names & set(targets):
                raise
            self._stand_at(before)
            return self._written_out(node, whole, error)
        finally:
            self.symbols.visible.pop()

    def _stand(self) -> _Stand:
        """Where the walk is, to come back to when what follows cannot be said."""
        return _Stand(
            self._way([]),
            self.namespace,
            self.line,
            self.regions,
            dict(self.tracked),
            len(self.conditions),
            len(self.symbols.visible),
        )

    def _stand_at(self, before: _Stand) -> None:
        """Go on from there as if nothing had been looked at since."""
        way, self.namespace, self.line, self.regions, tracked, conditions, visible = before
        self._go_back(way)
        self.tracked = dict(tracked)
        del self.conditions[conditions:]
        del self.symbols.visible[visible:]

    def _check_rows(self, node: ast.For, values: Expression) -> None:
        """Refuse what is no list of rows, in a way that is not taken with these values."""
        rows: Any = values.parts if isinstance(values, Items) else values
        if not is_constant(values) and not isinstance(values, Items):
            return
        if not isinstance(rows, tuple):
            raise OpenError((), "a loop goes over no list")
        for row in rows if len(node.targets) > 1 else ():
            parts = row.parts if isinstance(row, Items) else row
            if is_constant(row) and (not isinstance(row, tuple) or len(parts) != len(node.targets)):
                raise OpenError((), "a loop has other names than its rows have items")

    def counted(self, body: ast.Body, turns: Expression) -> None:
        """The turns of a loop have to be known where a second one would take the same label.

        Raises:
            OpenError: they are not.
        """
        turns = self.symbols.resolve(turns)
        if not is_constant(turns) and not isinstance(turns, Items) and comes_once(body):
            raise OpenError(names(turns), "a label can be given once only")

    def _turning(self, body: ast.Body, loop: Callable[[Body], Node], turns: _Turns) -> list[Node]:
        """A loop whose body is the same in each turn, whatever flows into it."""
        before = self.value
        self.loops += 1
        try:
            if self.loops <= MOST_NESTED:
                saved = (self.line, dict(self.tracked))
                used, meanings = set(self.symbols.used), dict(self.symbols.meanings)
                started = self.symbols.resolve(before.form.channels)
                made = self.statements(body)
                after = self.value.form
                unchanged = self.symbols.resolve(after.channels) == started
                if after == before.form and unchanged:
                    self.value = before._replace(stride=self._turned(before))
                    return [loop(Body(made))]
                self.line, self.tracked = saved
                self.symbols.used, self.symbols.meanings = used, meanings
                self._same_kind(before.form, after, frozenset())
                same = after.channels == before.form.channels and unchanged
                sizes = before.form.sizes if after.sizes == before.form.sizes else None
            else:
                same, sizes = False, None
            return self._tracking(body, loop, turns, before, same=same, sizes=sizes)
        finally:
            self.loops -= 1

    def _turned(self, before: Value) -> Expression | None:
        return before.stride if self.value.stride == before.stride else None

    def _same_kind(self, a: Form, b: Form, open_names: frozenset[str]) -> None:
        if a.axes != b.axes:
            raise OpenError(open_names, "here it gives a map, there a vector")

    def _tracking(
        self,
        body: ast.Body,
        loop: Callable[[Body], Node],
        turns: _Turns,
        before: Value,
        *,
        same: bool,
        sizes: PerAxis | None,
    ) -> list[Node]:
        """A loop that changes the channels: a variable follows them."""
        start: list[Node] = []
        channels = before.form.channels
        first = self.symbols.resolve(channels)
        if not same:
            variable, start = self._variable(channels)
            self.symbols.vary(variable)
            self.symbols.settle(variable, Symbol(f"{variable.name} before"))
            channels = variable
        form = before.form._replace(channels=channels, sizes=sizes)
        self.value = Value(form, before.stride)
        made = list(self.statements(body))
        after = self.value
        if after.form.channels != channels:
            if same:
                raise OpenError(names(self.symbols.resolve(after.form.channels)), "channels grow")
            assert isinstance(channels, Symbol)
            made.append(Let(channels.name, after.form.channels))
        if isinstance(channels, Symbol) and not same:
            turned = self.symbols.resolve(after.form.channels)
            self.symbols.vary(channels)
            self.symbols.settle(channels, _last(channels, first, turned, turns))
        stride = before.stride if after.stride == before.stride else None
        self.value = Value(form._replace(channels=self._known(channels)), stride)
        return [*start, loop(Body(tuple(made)))]

    def _known(self, channels: Expression) -> Expression:
        """The channels as a number, where that is what they have become."""
        meaning = self.symbols.resolve(channels)
        return meaning if is_constant(meaning) else channels

    def _variable(self, channels: Expression) -> tuple[Symbol, list[Node]]:
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

    def _written_out(self, node: ast.For, values: Expression, reason: OpenError) -> list[Node]:
        """The turns of a loop one after another, where they differ in more than values."""
        turns = rows(values)
        if turns is None:
            raise OpenError(names(values), reason.reason)
        made: list[Node] = []
        for row in turns:
            parts: Any = row if len(node.targets) > 1 else (row,)
            parts = parts.parts if isinstance(parts, Items) else parts
            for target, part in zip(node.targets, parts, strict=True):
                self.symbols.visible[-1][target.name] = part
            made.append(self._turn(node.body))
        return made

    def _turn(self, body: ast.Body) -> Node:
        """One turn of a loop that is written out: a body of its own, until biases are decided."""
        return Repeat(1, Body(self.statements(body)))

    def _if(self, node: ast.If) -> list[Node]:
        condition = self.symbols.expression(node.condition, self.value.form)
        otherwise = node.otherwise
        if is_constant(condition):
            if condition:
                return list(self.statements(node.body))
            if isinstance(otherwise, ast.If):
                return self._if(otherwise)
            return list(self.statements(otherwise)) if otherwise is not None else []
        before = self._way([])
        self.conditions.append(condition)
        one = self._way(list(self.statements(node.body)))
        self._go_back(before)
        second: list[Node] = []
        if isinstance(otherwise, ast.If):
            second = self._if(otherwise)
        elif otherwise is not None:
            second = list(self.statements(otherwise))
        other = self._way(second)
        self.conditions.pop()
        start = self._meet(condition, before, one, other)
        return [*start, If(condition, Body(tuple(one.nodes)), Body(tuple(other.nodes)))]

    def _way(self, nodes: list[Node]) -> _Way:
        """What is known after these nodes, the last that were made."""
        space = self.namespace
        known = (dict(self.symbols.meanings), dict(space.labels), dict(space.families))
        return _Way(nodes, self.value, *known)

    def _go_back(self, way: _Way) -> None:
        """Know what was known there, and no more."""
        _, self.value, meanings, labels, families = way
        self.symbols.meanings = dict(meanings)
        self.namespace.labels, self.namespace.families = dict(labels), dict(families)

    def _meet(self, condition: Expression, before: _Way, one: _Way, other: _Way) -> list[Node]:
        """Make one value of those of two ways; what has to stand before them is returned."""
        a, b = one.value, other.value
        resolved = self.symbols.resolve(condition)
        self._same_kind(a.form, b.form, names(resolved))
        start: list[Node] = []
        channels = a.form.channels
        self._join_ways(resolved, before, one, other)
        if channels != b.form.channels:
            ways = [substitute(way.value.form.channels, way.meanings) for way in (one, other)]
            variable, start = self._variable(before.value.form.channels)
            self.symbols.vary(variable)
            self.symbols.settle(variable, choice(resolved, *ways))
            channels = variable
            changed = 0
            for way in (one, other):
                own = way.value.form.channels
                if own not in (before.value.form.channels, variable):
                    way.nodes.append(Let(variable.name, own))
                    changed += 1
            start = start if changed < 2 else []
        sizes = a.form.sizes if a.form.sizes == b.form.sizes else None
        stride = a.stride if a.stride == b.stride else None
        self.value = Value(Form(a.form.axes, sizes, channels), stride)
        return start

    def _join_ways(self, condition: Expression, before: _Way, one: _Way, other: _Way) -> None:
        """What names and labels stand for after two ways, of which either may have changed it."""
        for label in one.labels.keys() & other.labels.keys():
            if one.labels[label] != other.labels[label]:
                raise OpenError(names(condition), "what a label stands for depends on it")
        for family in one.families.keys() & other.families.keys():
            if one.families[family] != other.families[family]:
                raise OpenError(names(condition), "what labels stand for depends on it")
        self.namespace.labels = {**one.labels, **other.labels}
        self.namespace.families = {**one.families, **other.families}
        joined: dict[str, Expression] = {}
        for name in {**one.meanings, **other.meanings}:
            found = [way.meanings[name] for way in (one, other) if name in way.meanings]
            if len(found) == 2:
                joined[name] = choice(condition, *found)
            elif name not in before.meanings:  # a name of one way alone
                joined[name] = found[0]
        self.symbols.meanings = {n: m for n, m in joined.items() if not is_long(m)}


class _Way(NamedTuple):
    """What one way of a condition has made, and what is known after it."""

    nodes: list[Node]
    value: Value
    meanings: dict[str, Expression]
    labels: dict[str, Value]
    families: dict[str, Value]


class _Stand(NamedTuple):
    """Where a walk is: what is known, what is named together, and how deep it is in what."""

    way: _Way
    namespace: Namespace
    line: int
    regions: int
    tracked: Mapping[str, int]
    conditions: int
    visible: int


class _Turns(NamedTuple):
    """How often a loop runs, and what its variables are in the last turn."""

    times: Expression
    last: Mapping[str, Expression]


def _turns(targets: tuple[str, ...], values: Expression) -> _Turns:
    times, row = apply("len", (values,)), element(values, -1)
    if isinstance(values, Apply) and values.function == "range" and len(values.arguments) == 1:
        (times,) = values.arguments
        row = operation("-", times, 1)
    if len(targets) == 1:
        return _Turns(times, {targets[0]: row})
    return _Turns(times, {name: element(row, place) for place, name in enumerate(targets)})


def _last(
    variable: Symbol, first: Expression, turned: Expression, turns: _Turns
) -> Expression | None:
    """What a variable is after a loop; None where that cannot be said.

    Each turn makes ``turned`` of it, from ``first`` on.
    """
    before = Symbol(f"{variable.name} before")
    if before.name not in names(turned):
        if any(
            isinstance(part, Apply) and part.function == "slice"
            for last in turns.last.values()
            for part in walk(last)
        ):
            raise OpenError((), "a part of a list may be empty, and so have no last item")
        try:
            return substitute(turned, turns.last)
        except IndexError as error:
            raise OpenError((), "a list has no last item") from error
    added = difference(turned, before)
    if before.name in names(added) or names(added) & turns.last.keys():
        return None
    return operation("+", first, operation("*", turns.times, added))


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


def _along(axis: int, forms: Sequence[Form]) -> PerAxis | None:
    """The sizes of maps that are joined along an axis, where all are known."""
    sizes = [form.sizes for form in forms]
    known = [each for each in sizes if each is not None]
    if len(known) < len(sizes):
        return None
    total = sum(each[axis] for each in known)
    return (*known[0][:axis], total, *known[0][axis + 1 :])
