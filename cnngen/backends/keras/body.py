"""The body of a function: the layers that it applies, one assignment for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from cnngen import definition as d
from cnngen.backends import lower as low
from cnngen.backends.base import InexpressibleError, Site
from cnngen.backends.code import (
    COLUMNS,
    INDENT,
    Call,
    Code,
    Raw,
    Symbolic,
    call,
    comment,
    lay_out,
    lay_out_applied,
    names_in,
    string,
)
from cnngen.backends.keras.emit import INTERPOLATED, TABLE, Emission, Part, resizing
from cnngen.backends.keras.names import LOCALS, layer_name
from cnngen.backends.keras.sized import first_sized, sized_word
from cnngen.backends.page import Names, calls
from cnngen.backends.python import (
    Block,
    Condition,
    Let,
    Line,
    Tree,
    Writer,
    for_lines,
    is_enumeration,
    is_range,
    one_of,
    refuse_others,
)
from cnngen.backends.taken import Taken
from cnngen.definition import Body, Form, Name
from cnngen.expressions import Expression, Symbol, is_constant, names, negated, operation
from cnngen.ir import RESIZE
from cnngen.ops import Flatten
from cnngen.python_names import BUILTINS
from cnngen.record import NamedTuple

_MERGES = {
    "add": "Add",
    "average": "Average",
    "concat": "Concatenate",
    "maximum": "Maximum",
    "multiply": "Multiply",
    "subtract": "Subtract",
}
"""The layers that join values."""


class Prefix(NamedTuple):
    """How the names of layers begin; ``in_text`` where variables are part of them, in braces.

    ``reads`` are the symbols among these.
    """

    text: str
    in_text: bool = False
    reads: frozenset[str] = frozenset()


def shape_text(form: Form, parameters: Collection[str]) -> str:
    """The shape with the batch, as Keras orders it; empty where it is not known."""
    channels = _channels(form, parameters)
    if not channels:
        return ""
    if not form.is_map:
        return f"(N, {channels})"
    return f"({', '.join(map(str, ('N', *form.sizes, channels)))})" if form.sizes else ""


def _channels(form: Form, parameters: Collection[str]) -> str:
    channels = form.channels
    if isinstance(channels, Symbol) and channels.name in parameters:
        return channels.name
    return str(channels) if is_constant(channels) else ""


class FunctionWriter:
    """Writes the lines of one function."""

    def __init__(
        self,
        writer: Writer,
        names_: Names,
        parameters: Sequence[str],
        *,
        ordered: Mapping[int, bool],
        reserved: Collection[str] = (),
        any_shape: bool = False,
    ) -> None:
        self.writer = writer
        self.names = names_
        self.parameters = parameters
        self.ordered = ordered
        self.any_shape = any_shape
        own = {*parameters, *reserved, *writer.spelling.values()}
        self.reserved = Taken(LOCALS, BUILTINS, own, names_.definitions)
        self.taken = Taken(self.reserved)
        self.made: set[str] = set()
        self.heads: list[tuple[d.SideHead, str]] = []
        self.outputs: Mapping[str, str] = {}
        self.counters: dict[str, str] = {}
        self.values: dict[str, Form] = {}

    def write(
        self, body: Body, value: str, prefix: Prefix, inputs: Mapping[str, str] | None = None
    ) -> tuple[Tree, str]:
        """The statements of a body, and the variable that holds its result."""
        tree: Tree = []
        lowered = self.lower(body, value, "x", (), inputs)
        self.outputs = lowered.outputs
        self.namespace(body, lowered.statements, prefix, tree)
        return tree, lowered.result

    def lower(
        self,
        body: Body,
        value: str,
        target: str,
        taken: Collection[str],
        inputs: Mapping[str, str] | None = None,
        exports: Mapping[str, str] | None = None,
    ) -> low.Lowered:
        """A body lowered; its variables are none of those that this function makes up itself."""
        taken = Taken(self.reserved, self.made, taken)
        lowered = low.lower(body, value, target, taken, inputs, exports)
        self.taken.add(*lowered.variables)
        return lowered

    def namespace(
        self, body: Body, statements: Sequence[low.Statement], prefix: Prefix, tree: Tree
    ) -> None:
        """The statements of a body whose names start anew."""
        _Namespace(self, body, prefix).write(statements, tree)

    def fresh(self, name: str, other: str = "") -> str:
        """A variable that is not in use."""
        if other and name in self.taken:
            name = other
        free, number = name, 1
        while free in self.taken:
            number += 1
            free = f"{name}_{number}"
        self.taken.add(free)
        self.made.add(free)
        return free

    def free(self, variable: str) -> None:
        """Let a variable that is done be used again."""
        self.taken.discard([variable])
        self.made.discard(variable)

    def note(self, before: Form, after: Form) -> str:
        """The shape after an item as the source states it, whose order is that of Keras too."""
        if before == after:
            return ""
        channels = _channels(after, self.parameters)
        if not channels or (after.is_map and after.sizes is None):
            return ""
        return "x".join(map(str, (*(after.sizes or ()), channels)))


class _Namespace:
    """Writes what is named together."""

    def __init__(self, function: FunctionWriter, body: Body, prefix: Prefix) -> None:
        self.function = function
        self.code = function.writer
        self.body = body
        self.prefix = prefix
        self.numbered = body.numbered
        self.place = 0
        self.counter = ""
        self.uncounted = False
        self.turns: dict[str, str] = {}
        self.depth = 0
        self.index = ""
        self.index_reads: frozenset[str] = frozenset()
        self.start: Tree = []
        self.shared_variables: dict[str, str] = {}

    def write(self, statements: Sequence[low.Statement], tree: Tree) -> None:
        """Write the statements, and before them what counts names."""
        made: Tree = []
        self.uncounted = self.numbered and _needs_counter(self.body)
        self.statements(statements, made)
        tree += self.start
        tree += made

    def count(self, tree: Tree) -> None:
        """From the first loop or condition on, count the items of a namespace without labels."""
        if self.uncounted:
            self.uncounted = False
            self.counter = self.function.fresh("places")
            self.function.names.imports.add(("itertools", "count"))
            tree.append(_plain(f"{self.counter} = count({self.place or ''})"))

    def statements(self, statements: Sequence[low.Statement], tree: Tree) -> None:
        for statement in statements:
            write: Any = _WRITE[type(statement)]
            write(self, statement, tree)

    # --- names -----------------------------------------------------------------------------------

    def name(self, name: Name, suffix: str = "") -> tuple[Raw, frozenset[str]]:
        """The name of a layer as code, and what it reads."""
        text, reads, in_text = self.own(name)
        reads |= self.prefix.reads
        whole = self.prefix.text + text + suffix
        if self.prefix.in_text or in_text:
            return _formatted(whole), reads
        return string(whole), reads

    def own(self, name: Name) -> tuple[str, frozenset[str], bool]:
        """A name without what it begins with; whether there are braces in it."""
        if self.numbered:
            counted = self.index or self.counter
            return (self.number() if counted else str(self.place)), self.index_reads, bool(counted)
        if name.position is not None:
            reads = frozenset().union(*map(names, name.numbers))
            return layer_name(self.code.formatted(name)), reads, True
        if name.looped:
            return f"{name.text}_{{{self.turn(name.text)}}}", self.index_reads, True
        return layer_name(name.text), frozenset(), False

    def number(self) -> str:
        """The number of an item in a namespace without labels, as part of an f-string."""
        return f"{{{self.index or f'next({self.counter})'}}}"

    def turn(self, name: str) -> str:
        """The number of this turn among all that make an item of this name."""
        if self.index:
            return self.index
        if name not in self.turns:
            self.turns[name] = self.function.fresh(f"{name}_turns")
            self.function.names.imports.add(("itertools", "count"))
            self.start.append(_plain(f"{self.turns[name]} = count()"))
        return f"next({self.turns[name]})"

    def below(self, name: Name) -> tuple[Prefix, Tree]:
        """How the names of what is in an item begin; a beginning that counts is kept."""
        text, reads, in_text = self.own(name)
        whole, reads = f"{self.prefix.text}{text}", reads | self.prefix.reads
        if "next(" in text:
            variable = self.function.fresh("prefix")
            kept = _assign(variable, Symbolic(_formatted(whole), reads))
            return Prefix(f"{{{variable}}}_", True, frozenset()), [kept]
        return Prefix(f"{whole}_", self.prefix.in_text or in_text, reads), []

    # --- statements ------------------------------------------------------------------------------

    def apply(self, statement: low.Apply, tree: Tree) -> None:
        target, node, value, taken, exports, applied = statement
        if applied:
            self.shared(statement, tree)
            self.place += 1
            return
        if isinstance(node, d.Layer):
            self.layer(target, node, value, tree)
        elif isinstance(node, d.Use):
            self.use(target, node, value, tree)
        else:
            self.group(target, node, value, tree, taken, exports)
        self.place += 1

    def shared(self, statement: low.Apply, tree: Tree) -> None:
        """What is applied several times: a layer, or a model of its own around several."""
        target, node, value, *_ = statement
        note = self.function.note(node.at.input, node.at.output)
        emission = self.emission(node) if isinstance(node, d.Layer) else None
        if emission is not None and len(emission.parts) == 1 and not emission.parts[0].function:
            assert isinstance(node, d.Layer)
            variable = self.shared_variable(node.name.text, "layer")
            self.layer(variable, node, "", tree)
        else:
            variable = self.shared_variable(node.name.text, "model")
            inputs = self.function.fresh(f"{low.identifier(node.name.text)}_input")
            shape = Raw(f"{value}.shape[1:]")
            if self.function.any_shape:
                statement = statement._replace(applied="any")
            if statement.applied == "any" and node.at.input.is_map:
                _refuse_sized(node)
                sizes = ", ".join(["None"] * node.at.input.axes)
                shape = Raw(f"({sizes}, {value}.shape[-1])")
            tree.append(_assign(inputs, call("keras.Input", shape)))
            result = self.function.fresh(f"{low.identifier(node.name.text)}_output")
            if statement.applied == "any":  # the size that a note would show is one of several
                output = node.at.output._replace(sizes=None)
                statement = statement._replace(
                    node=node._replace(at=node.at._replace(output=output))
                )
            self.apply(statement._replace(target=result, value=inputs, applied=""), tree)
            self.place -= 1
            self.function.free(inputs)
            self.function.free(result)
            name, reads = self.name(node.name)
            named = Symbolic(f"name={name}", reads)
            model = Call("keras.Model", (Raw(inputs), Raw(result), named))
            tree.append(_assign(variable, model))
        tree.append(_assign(target, Call(variable, (Raw(value),)), "", note))

    def shared_variable(self, label: str, what: str) -> str:
        """The variable of what is applied several times: one for all ways of a condition."""
        if label not in self.shared_variables:
            self.shared_variables[label] = self.function.fresh(f"{low.identifier(label)}_{what}")
        return self.shared_variables[label]

    def again(self, statement: low.Again, tree: Tree) -> None:
        """A layer or model that was applied before."""
        target, node, value = statement
        note = self.function.note(node.at.input, node.at.output)
        variable = self.shared_variables[node.label.text]
        tree.append(_assign(target, Call(variable, (Raw(value),)), "", note))

    def layer(self, target: str, node: d.Layer, value: str, tree: Tree) -> None:
        """The lines of one layer; the last one notes the shape where it changes."""
        note = self.function.note(node.at.input, node.at.output) if value else ""
        emission = self.emission(node)
        self.function.names.needs.update(set(emission.needs) - {"ops", "math"})
        for condition, message in emission.refused:
            tree.append(Condition(condition, [_plain(f"raise ValueError({string(message)})")]))
        named = sum(not part.function for part in emission.parts)
        several = named > 1
        if self.counter and not named:  # it has no name, but its number
            tree.append(_plain(f"next({self.counter})"))
        fixed = None
        if several:
            prefix, before = self.below(node.name)
            tree += before
            fixed = prefix._replace(text=prefix.text.removesuffix("_"))
        for part in emission.parts:
            last = note if part is emission.parts[-1] else ""
            self.part(part, node, target, value, fixed, last, tree)
            value = target

    def emission(self, node: d.Layer) -> Emission:
        """What stands for a layer.

        Raises:
            InexpressibleError: with its place; in a way that no condition takes with these values.
        """
        try:
            return TABLE(self.site(node))
        except InexpressibleError as error:
            error.span = node.at.span
            raise

    def site(self, node: d.Layer) -> Site:
        """A layer as its emission sees it."""
        op = node.op
        if self.function.ordered.get(id(node.op)):
            op = Flatten(ordered=True)
        form = node.at.input
        sizes = None if self.function.any_shape else form.sizes
        return Site(op, form.axes, sizes, form.channels, node.at.output.channels, self.code.code)

    def part(
        self,
        part: Part,
        node: d.Layer,
        target: str,
        value: str,
        fixed: Prefix | None,
        note: str,
        tree: Tree,
    ) -> None:
        function, arguments, *_ = part.call
        self.needs(function)
        if part.function:
            made = Call(function, (Raw(value), *arguments))
            tree.append(_assign(target, made, "", note))
            return
        if fixed is not None:
            text = fixed.text + part.suffix
            name, reads = (_formatted(text) if fixed.in_text else string(text)), fixed.reads
        else:
            name, reads = self.name(node.name, part.suffix)
        named = Symbolic(f"name={name}", reads)
        tree.append(_assign(target, Call(function, (*arguments, named)), value, note))

    def needs(self, function: str) -> None:
        """Note what a call needs of the framework."""
        if function.startswith("ops."):
            self.function.names.imports.add(("keras", "ops"))
        elif function.startswith("layers."):
            self.function.names.imports.add(("keras", "layers"))

    def use(self, target: str, node: d.Use, value: str, tree: Tree) -> None:
        made = calls(node, self.function.names, self.code, torch=False)
        name, reads = self.name(node.name)
        arguments = (Raw(value), *made.arguments, Symbolic(f"name={name}", reads))
        note = self.function.note(node.at.input, node.at.output)
        tree.append(_assign(target, made._replace(arguments=arguments), "", note))

    def group(
        self,
        target: str,
        node: d.Group,
        value: str,
        tree: Tree,
        taken: Collection[str] | None = None,
        exports: Mapping[str, str] | None = None,
    ) -> None:
        """A group's layers stand under its own name."""
        prefix, before = self.below(node.name)
        tree += before
        taken = self.function.taken if taken is None else taken
        lowered = self.function.lower(node.body, value, target, taken, exports=exports)
        set_off = not prefix.in_text and node.name.text != ""
        if set_off:
            tree += [_plain(""), _plain(_heading(prefix.text))]
        self.function.namespace(node.body, lowered.statements, prefix, tree)
        if lowered.result != target:
            tree.append(_assign(target, Raw(lowered.result)))
        if set_off:
            tree.append(_plain(""))

    def copy(self, statement: low.Copy, tree: Tree) -> None:
        value, reads = self.variable(statement.value)
        tree.append(_assign(statement.target, Symbolic(value, reads)))

    def variable(self, value: str) -> tuple[str, frozenset[str]]:
        if isinstance(value, low.Indexed):
            position = value.position
            text = f"{value.family}[{self.code.text(position)}]"
            return text, names(position)
        return value, frozenset()

    def combine(self, statement: low.Combine, tree: Tree) -> None:
        target, kind, values, node, listed, _ = statement
        if kind == RESIZE:
            self.resize(statement, tree)
            return
        function = _MERGES[kind]
        note = self.function.note(node.at.input, node.at.output)
        shown = [self.variable(value) for value in values]
        reads = frozenset().union(*(r for _, r in shown))
        texts = tuple(Symbolic(text, reads) for text, _ in shown)
        given: Code = texts[0] if listed else Call("", texts, brackets="[]")
        axis = node.axis if isinstance(node, d.Join) else None
        own = () if axis is None else (Raw(f"axis={1 + axis}"),)
        self.merge(target, call(f"layers.{function}", *own), node.name, given, note, tree)

    def resize(self, statement: low.Combine, tree: Tree) -> None:
        """A value in the size of another, which is known when the model is made."""
        target, _, values, node, *_ = statement
        assert isinstance(node, d.Join)
        note = self.function.note(node.at.input, node.at.output)
        (value, _), (like, reads) = map(self.variable, values)
        size = Symbolic(f"{like}.shape[1:-1]", reads)
        function = resizing(node.mode)
        self.function.names.needs.add(function)
        if function not in INTERPOLATED.values():
            tree.append(_assign(target, Call(function, (Raw(value), size)), "", note))
            return
        code, read = self.name(node.name)
        named = Symbolic(f"name={code}", read)
        tree.append(_assign(target, Call(function, (size, named)), Raw(value), note))

    def merge(
        self, target: str, merging: Call, name: Name, given: Code, note: str, tree: Tree
    ) -> None:
        self.needs(merging.function)
        code, reads = self.name(name)
        named = Symbolic(f"name={code}", reads)
        made = merging._replace(arguments=(*merging.arguments, named))
        tree.append(_assign(target, made, given, note))

    def shortcut(self, statement: low.Shortcut, tree: Tree) -> None:
        target, value, source, node, kind, _ = statement
        if kind == low.IDENTITY:
            if node.path_name.looped and low.has_path_named(self.body, node.path_name):
                tree += self.below(node.path_name)[1]
            self.add(target, [value, source], node, tree)
        elif kind == low.MATCH:
            body: Tree = []
            self.add(value, [value, source], node, body)
            tree.append(Condition(negated(node.differs), body))
            if target != value:
                tree.append(_assign(target, Raw(value)))
        elif kind == low.WORD:
            self.word(statement, tree)
        else:
            variable = self.function.fresh("shortcut", "skip")
            if node.mode != "path":
                tree.append(_plain(comment(low.shortcut_comment(node))))
            prefix, before = self.below(node.path_name)
            tree += before
            path = low.shortcut_path(node)
            if kind == low.PATH:
                self.path(path, source, prefix, variable, tree)
            else:
                tree.append(_assign(variable, Raw(source)))
                body = []
                self.path(path, source, prefix, variable, body)
                tree.append(Condition(node.differs, body))
            self.function.free(variable)
            self.add(target, [value, variable], node, tree)

    def add(self, target: str, values: list[str], node: d.Residual, tree: Tree) -> None:
        given = Call("", tuple(map(Raw, values)), brackets="[]")
        self.merge(target, call("layers.Add"), node.name, given, "", tree)

    def path(
        self,
        path: d.Layer | d.Use | d.Group | None,
        source: str,
        prefix: Prefix,
        variable: str,
        tree: Tree,
    ) -> None:
        """The layers of a path, without a heading of their own, under names that begin so."""
        assert path is not None
        if isinstance(path, d.Group):
            lowered = self.function.lower(path.body, source, variable, self.function.taken)
            self.function.namespace(path.body, lowered.statements, prefix, tree)
            if lowered.result != variable:
                tree.append(_assign(variable, Raw(lowered.result)))
            return
        alone = _Namespace(self.function, Body(()), prefix._replace(text=prefix.text[:-1]))
        named = path._replace(name=Name(""))
        alone.apply(low.Apply(variable, named, source), tree)

    def word(self, statement: low.Shortcut, tree: Tree) -> None:
        """The shortcut that a parameter names: nothing, the input, or a path."""
        target, value, source, node, _, _ = statement
        differs = node.differs
        tree += refuse_others(node.mode, low.shortcut_words(node), "shortcut", self.code)
        if not is_constant(differs):
            name = low.free_name(
                "differs", {*self.function.parameters, *self.code.spelling.values()}
            )
            tree.append(Let(name, differs))
            differs = Symbol(name)
        variable = self.function.fresh("shortcut", "skip")
        tree.append(_assign(variable, Raw(source)))
        prefix, before = self.below(node.path_name)
        tree += before

        ways = low.shortcut_ways(node, differs)
        written: list[tuple[Expression, Tree]] = []
        for test, path in ways.paths:
            body: Tree = []
            self.path(path, source, prefix, variable, body)
            written.append((test, body))
        if written:
            tree.append(one_of(written))
        joined: Tree = []
        self.add(value, [value, variable], node, joined)
        tree.append(Condition(negated(ways.nothing), joined))
        self.function.free(variable)
        if target != value:
            tree.append(_assign(target, Raw(value)))

    def collect(self, statement: low.Collect, tree: Tree) -> None:
        tree.append(_plain(f"{statement.target} = []"))

    def families(self, statement: low.Families, tree: Tree) -> None:
        tree.append(_plain(f"{statement.target} = {{}}"))

    def append(self, statement: low.Append, tree: Tree) -> None:
        tree.append(_plain(f"{statement.target}.append({statement.value})"))

    def keep(self, statement: low.Keep, tree: Tree) -> None:
        target = f"{statement.target}[{self.code.text(statement.position)}]"
        value = Symbolic(statement.value, names(statement.position))
        tree.append(_assign(target, value))

    def let(self, statement: low.Let, tree: Tree) -> None:
        tree.append(Let(statement.name, statement.value))

    def head(self, statement: low.Head, tree: Tree) -> None:
        target, node, value, groups = statement
        if groups:
            prefix, before = self.below(groups[0])
            tree += before
            inner = _Namespace(self.function, self.body, prefix)
            inner.head(statement._replace(groups=groups[1:]), tree)
            return
        head = node.head
        if isinstance(head, d.Group):
            self.group(target, head, value, tree)
        elif isinstance(head, d.Layer):
            self.layer(target, head, value, tree)
        else:
            self.use(target, head, value, tree)
        self.function.heads.append((node, target))

    def loop(self, statement: low.Loop, tree: Tree) -> None:
        node, code = statement.node, self.code
        body: Tree = []
        self.count(tree)
        first = self._counts(node)
        if first is not None:
            tree.append(self._counted(statement, first))
            return
        if isinstance(node, d.For) and self._counts_turns(node):
            tree.append(self._enumerated(statement, node))
            return
        self.depth += 1
        self.statements(statement.body, body)
        self.depth -= 1
        if isinstance(node, d.Repeat):
            text = code.text(node.times)
            head = Block(lambda i, _l: [f"{i}for _ in range({text}):"], names(node.times), body)
        else:
            targets, values = node.targets, node.values
            head = Block(
                lambda i, live: for_lines(i, targets, values, code, live), names(values), body
            )
        tree.append(head)

    def _counts(self, node: d.Repeat | d.For) -> Expression | None:
        """The number of the first item of a loop that makes one in each turn; else None.

        The loop's own variable can give the numbers of such items.
        """
        if not isinstance(node, d.Repeat) or self.depth:
            return None
        if self.numbered and not self.counter:
            return self.place
        return 0 if self._counts_turns(node) else None

    def _counts_turns(self, node: d.Repeat | d.For) -> bool:
        """Whether the turn of this loop alone tells apart what it makes."""
        if self.numbered:
            return not self.counter
        looped = [name.text for name in _made_names(node.body) if name.looped]
        inner = [each for each in d.nodes(node.body) if isinstance(each, (d.Repeat, d.For, d.If))]
        if self.depth or not looped or inner:
            return False
        whole = Counter(name.text for name in _made_names(self.body))
        return all(whole[name] == 1 for name in looped)

    def _counted(self, statement: low.Loop, first: Expression) -> Block:
        node = statement.node
        assert isinstance(node, d.Repeat)
        index = self.function.fresh("i")
        stop = operation("+", node.times, first)
        bounds = [self.code.text(bound) for bound in (first, stop) if bound != 0]
        body: Tree = []
        self.index = index
        self.statements(statement.body, body)
        self.index = ""
        self.function.free(index)
        head = f"for {index} in range({', '.join(bounds)}):"
        return Block(lambda i, _l: [f"{i}{head}"], names(stop), body)

    def _enumerated(self, statement: low.Loop, node: d.For) -> Block:
        """A loop whose turns are counted beside what it goes over."""
        targets, values, code = node.targets, node.values, self.code
        body: Tree = []
        if is_range(values) or is_enumeration(values, targets):  # the variable is the turn
            self.index = code.text(Symbol(targets[0]))
            self.index_reads = frozenset(targets[:1])
            self.statements(statement.body, body)
            self.index, self.index_reads = "", frozenset()
            return Block(
                lambda indent, live: for_lines(indent, targets, values, code, live),
                names(values),
                body,
            )
        index = self.function.fresh("i")
        self.index = index
        self.statements(statement.body, body)
        self.index = ""
        self.function.free(index)
        return Block(
            lambda indent, live: for_lines(indent, targets, values, code, live, index),
            names(values),
            body,
        )

    def condition(self, statement: low.Condition, tree: Tree) -> None:
        body: Tree = []
        other: Tree = []
        self.count(tree)
        place = self.place
        self.statements(statement.body, body)
        self.place = place
        self.statements(statement.otherwise, other)
        tree.append(Condition(statement.condition, body, other))


def _refuse_sized(node: d.Layer | d.Use | d.Group) -> None:
    """Refuse to apply to several sizes what has to know the size.

    Raises:
        InexpressibleError: with the place of a layer.
    """
    found = first_sized([node])
    if found is not None:
        error = InexpressibleError(
            f"Keras makes `{sized_word(found)}` for one size of map, and here it is applied to "
            "several with the same weights",
            "apply it to maps of one size, or with weights of their own",
        )
        error.span = found.at.span
        raise error


def _made_names(body: Body) -> Iterator[Name]:
    """The names of what a body makes; a path has that of its shortcut."""
    every = list(d.nodes(body))
    paths = {id(path) for node in every for path in d.beside(node) if isinstance(node, d.Residual)}
    for node in every:
        makes = not isinstance(node, (d.Input, d.Output, d.Resume, d.Reuse))
        if id(node) not in paths and makes:
            yield from d.names(node)


def _needs_counter(body: Body) -> bool:
    """Whether the number of an item in a numbered body depends on what ran before it."""
    control = [node for node in body.nodes if _items_made(node) is None]
    if not control:
        return False
    only, made = control[0], _without_lets(body)
    if len(control) > 1 or not isinstance(only, d.Repeat | d.For) or made[-1] is not only:
        return True
    if isinstance(only, d.For) and len(made) > 1:  # its turns are counted from zero
        return True
    turn = _without_lets(only.body)
    return len(turn) != 1 or isinstance(turn[0], d.Repeat | d.For | d.If)


def _without_lets(body: Body) -> list[d.Node]:
    """What is in a body, but what only names a value."""
    return [node for node in body.nodes if not isinstance(node, d.Let)]


def _items_made(node: d.Node) -> int | None:
    """How many items a node makes; None where that is decided when the code runs."""
    if isinstance(node, (d.Repeat, d.For)):
        return None
    if not isinstance(node, d.If):
        return int(not isinstance(node, d.Let))
    ways = [[_items_made(each) for each in way.nodes] for way in (node.body, node.otherwise)]
    if None in ways[0] + ways[1]:
        return None
    first, second = (sum(count or 0 for count in way) for way in ways)
    return first if first == second else None


def _formatted(text: str) -> Raw:
    """Text with names in braces as Python: `name` itself where there is nothing else."""
    return Raw("name" if text == "{name}" else f'f"{text}"')


def _plain(text: str) -> Line:
    return Line(lambda indent: [f"{indent}{text}" if text else ""])


class Assignment(NamedTuple):
    """``target = value(applied_to)  # note``, among the statements of a function."""

    target: str
    written: Callable[[str], list[str]]
    returned: Callable[[str], list[str]]
    reads: frozenset[str]


def return_last(tree: Tree, result: str) -> list[str]:
    """Let the last statement return what it makes; the line that does so where it cannot."""
    last = tree[-1]
    if isinstance(last, Assignment) and last.target == result:
        tree[-1] = Line(last.returned, last.reads)
        return []
    return [f"{INDENT}return {result}"]


def _assign(target: str, value: Code, applied_to: Code = "", note: str = "") -> Assignment:
    """``target = value(applied_to)  # note``."""

    def written(indent: str, prefix: str = f"{target} = ") -> list[str]:
        if isinstance(applied_to, Call) and isinstance(value, Call):
            return lay_out_applied(indent, prefix, value, applied_to, note)
        suffix = f"({applied_to})" if applied_to else ""
        return lay_out(indent, prefix, value, suffix, note)

    reads = names_in(value) | names_in(applied_to)
    return Assignment(target, written, lambda indent: written(indent, "return "), reads)


def _heading(name: str) -> str:
    """A comment with a group's name, or with the end of a very long one."""
    shown = name.removesuffix("_")
    room = COLUMNS - len(INDENT) - len("# ")
    return comment(shown if len(shown) <= room else "..." + shown[3 - room :])


_WRITE = {
    low.Apply: _Namespace.apply,
    low.Again: _Namespace.again,
    low.Copy: _Namespace.copy,
    low.Combine: _Namespace.combine,
    low.Shortcut: _Namespace.shortcut,
    low.Collect: _Namespace.collect,
    low.Families: _Namespace.families,
    low.Append: _Namespace.append,
    low.Keep: _Namespace.keep,
    low.Let: _Namespace.let,
    low.Head: _Namespace.head,
    low.Loop: _Namespace.loop,
    low.Condition: _Namespace.condition,
}
