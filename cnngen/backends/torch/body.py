"""The body of a class: what its constructor makes, and what ``forward`` does with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

from cnngen import definition as d
from cnngen.backends import lower as low
from cnngen.backends.base import Site, square
from cnngen.backends.code import (
    COLUMNS,
    INDENT,
    Call,
    Code,
    Keyword,
    Raw,
    Repeated,
    Symbolic,
    call,
    lay_out,
    names_in,
)
from cnngen.backends.code import code as as_code
from cnngen.backends.page import Names, bound_names, calls
from cnngen.backends.python import (
    Block,
    Condition,
    Let,
    Line,
    Tree,
    Writer,
    for_lines,
    laid_out,
    live_names,
    one_of,
    refuse_others,
    rows_without,
)
from cnngen.backends.torch.emit import TABLE
from cnngen.backends.torch.names import ATTRIBUTES, LOCALS
from cnngen.define.bias import labels_read
from cnngen.definition import Body, Form, Name
from cnngen.expressions import (
    Expression,
    Operation,
    Symbol,
    is_constant,
    listed,
    names,
    negated,
)
from cnngen.python_names import BUILTINS
from cnngen.record import NamedTuple

METHOD = " " * 8
DIFFERS = "differs"
"""Whether what is added has another shape than what it is added to."""


Items = d.Layer | d.Use | d.Group


class Class(NamedTuple):
    """A class without its head.

    ``constructor`` are the lines of ``__init__``, ``forward`` those of the method, none where it
    is a sequence; ``reads`` are the symbols that it takes, ``heads`` the side heads that it
    returns in training.
    """

    constructor: list[str]
    forward: list[str]
    reads: frozenset[str]
    heads: list[d.SideHead]


class GroupClass(NamedTuple):
    """The class of a group that is no plain sequence."""

    name: str
    group: d.Group
    written: Class
    parameters: tuple[str, ...]


def shape_text(form: Form, parameters: Collection[str]) -> str:
    """The shape with the batch, as torch orders it; empty where it is not known.

    Channels may be one of ``parameters``.
    """
    channels = form.channels
    if isinstance(channels, Symbol) and channels.name in parameters:
        channels = channels.name
    elif not is_constant(channels):
        return ""
    if not form.is_map:
        return f"(N, {channels})"
    return f"(N, {channels}, {form.sizes[0]}, {form.sizes[1]})" if form.sizes else ""


def is_sequence(body: Body) -> bool:
    """Whether ``nn.Sequential`` does what the body does.

    Beside names of its own it cannot: there each turn of a loop adds to a list.
    """
    plain = (d.Layer, d.Use, d.Group, d.Let, d.Repeat, d.For, d.If)
    inside = list(_open_nodes(body))
    lists = any(name.looped and name.position is None for node in inside for name in d.names(node))
    if lists and not body.numbered:
        return False
    return all(isinstance(node, plain) for node in inside) and not labels_read(body)


def _open_nodes(body: Body) -> Iterator[d.Node]:
    """The nodes of a namespace, those of groups aside."""
    for node in body.nodes:
        yield node
        if not isinstance(node, d.Group):
            for part in d.parts(node):
                yield from _open_nodes(part)


def is_simple(body: Body) -> bool:
    """Whether the modules of a sequence can stand as arguments, one after another."""
    return all(
        is_expression(node)
        or (
            isinstance(node, d.Repeat)
            and len(node.body.nodes) == 1
            and body.numbered
            and is_expression(node.body.nodes[0])
        )
        for node in body.nodes
    )


def is_expression(node: d.Node) -> bool:
    """Whether one expression makes the module of a node: no statements need to build it."""
    if isinstance(node, d.Group):
        return not is_sequence(node.body) or is_simple(node.body)
    return isinstance(node, d.Layer | d.Use)


class ClassWriter:
    """Writes one class.

    ``writer`` writes its expressions, ``names`` knows what others are called; ``outputs`` is the
    class of what a network with side heads returns in training. ``building`` are the local
    variables of sequences that are being built, ``declared`` all there have been, and whether they
    are lists: a variable is declared once and has one type.
    """

    def __init__(
        self, writer: Writer, names_: Names, parameters: Sequence[str], *, outputs: str = ""
    ) -> None:
        self.writer = writer
        self.names = names_
        self.parameters = parameters
        self.outputs = outputs
        self.heads: list[d.SideHead] = []
        self.stored: dict[str, str] = {}
        self.attributes: set[str] = set()
        self.indexed: set[str] = set()
        self.flags: dict[int, str] = {}
        self.groups: list[GroupClass] = []
        self.building: list[str] = []
        self.declared: dict[str, bool] = {}
        self.body = Body(())

    def write(self, body: Body, *, sequential: bool) -> Class:
        """The class for a body; ``sequential`` where it may be a plain sequence."""
        if sequential and is_sequence(body):
            if body.numbered:
                return self._sequence(body)
            if any(isinstance(node, d.Repeat | d.For) for node in body.nodes):
                return self._named_sequence(body)
        self.body = body
        self.attributes = {
            name.text for node in _open_nodes(body) for name in d.names(node) if not name.position
        }
        self.indexed = {
            name.text for node in _open_nodes(body) for name in d.names(node) if name.position
        }
        self._flags(body)
        forward = Forward(self, body)
        lines = forward.lines(body)
        tree: Tree = []
        self._lists(body, tree)
        self._constructor(body, tree, _attribute)
        for symbol, attribute in self.stored.items():
            code = self.writer.code(Symbol(symbol))
            tree.append(Line(_assigned(f"self.{attribute}", code), frozenset({symbol})))
        return self._finished(tree, lines)

    def _finished(self, tree: Tree, forward: list[str]) -> Class:
        reads = live_names(tree)
        lines = laid_out(tree, METHOD, self.writer)
        return Class(lines, forward, reads, self.heads)

    def _sequence(self, body: Body) -> Class:
        if is_simple(body):
            arguments, notes = self.elements(body)
            made = Call("super().__init__", tuple(arguments), notes)
            return self._finished([_line(made)], [])
        tree: Tree = []
        variable = self._local("layers", is_list=True)
        self.building.append(variable)
        self._appending(variable, body, tree)
        tree.append(_line(Call("super().__init__", (Raw(f"*{variable}"),))))
        return self._finished(tree, [])

    def _appending(self, variable: str, body: Body, tree: Tree) -> None:
        """A list of the modules of a sequence."""
        first = _leading(body)
        made = self.listed(first)
        annotation = "" if variable in self.declared else ": list[nn.Module]"
        target = f"{variable}{annotation} = "
        self.declared[variable] = True
        tree.append(Line(lambda indent: lay_out(indent, target, made), names_in(made)))
        rest = Body(body.nodes[len(first) :], body.numbered)
        self._appended(variable, rest, tree)

    def listed(self, nodes: Sequence[Items]) -> Call:
        """A list of modules with their notes."""
        elements, notes = self.elements(Body(tuple(nodes), True))
        return Call("", tuple(elements), notes, brackets="[]")

    def _appended(self, variable: str, body: Body, tree: Tree) -> None:
        """Modules added to a list, neighbours at once."""
        place = 0
        while place < len(body.nodes):
            node = body.nodes[place]
            run = _leading(Body(body.nodes[place:]))
            if len(run) > 1:
                made = self.listed(run)
                target = f"{variable} += "
                tree.append(_laid(target, made))
                place += len(run)
                continue
            place += 1
            if isinstance(node, d.Let):
                tree.append(Let(node.name, node.value))
            elif isinstance(node, d.Repeat | d.For | d.If):
                inner: Tree = []
                other: Tree = []
                self._appended(variable, node.body, inner)
                if isinstance(node, d.If):
                    self._appended(variable, node.otherwise, other)
                tree.append(control(node, inner, other, self.writer))
            else:
                assert isinstance(node, d.Layer | d.Use | d.Group)
                self._item(node, tree, _Appended(variable))

    def _named_sequence(self, body: Body) -> Class:
        tree: Tree = [_line(Raw("super().__init__()"))]
        self._constructor(body, tree, _Added("self"))
        return self._finished(tree, [])

    # --- the constructor -------------------------------------------------------------------------

    def _constructor(self, body: Body, tree: Tree, place: Place) -> None:
        """What makes the modules of a body, each put in its place."""
        for node in body.nodes:
            if isinstance(node, d.Let):
                tree.append(Let(node.name, node.value))
            elif isinstance(node, d.Layer | d.Use | d.Group):
                self._item(node, tree, place)
            elif isinstance(node, d.Repeat | d.For | d.If):
                tree.append(self._block(node, place))
            elif isinstance(node, d.SideHead):
                self._item(node.head, tree, place)
            elif isinstance(node, d.Residual):
                self._constructor(node.body, tree, place)
                self._shortcut(node, tree, place)
            elif isinstance(node, d.Branches | d.Branch | d.Gate):
                self._constructor(node.body, tree, place)
            elif not isinstance(node, d.Join | d.Resume):
                raise AssertionError(f"{type(node).__name__} makes nothing here")

    def _block(self, node: d.Repeat | d.For | d.If, place: Place) -> Block | Condition:
        inner: Tree = []
        other: Tree = []
        self._constructor(node.body, inner, place)
        if isinstance(node, d.If):
            self._constructor(node.otherwise, other, place)
        return control(node, inner, other, self.writer)

    def _item(self, node: Items, tree: Tree, place: Place) -> None:
        if isinstance(node, d.Group) and not is_expression(node):
            self._built_group(node, tree, place)
            return
        value = self.module(node)
        tree.append(Line(place(self, node.name, value), _reads(self, node, value)))

    def _built_group(self, node: d.Group, tree: Tree, place: Place) -> None:
        """A sequence with loops or conditions in it, built by statements."""
        numbered = node.body.numbered
        variable = self._local(node.name.text or "layers", is_list=numbered)
        self.building.append(variable)
        if numbered:
            self._appending(variable, node.body, tree)
            value = Raw(f"nn.Sequential(*{variable})")
        else:
            self.declared[variable] = False
            first = _leading(node.body)
            start: Code = Raw("nn.Sequential()")
            if first:
                start = self.module(node._replace(body=Body(first)))
            tree.append(_laid(f"{variable} = ", start))
            rest = Body(node.body.nodes[len(first) :])
            self._constructor(rest, tree, _Added(variable))
            value = Raw(variable)
        self.building.pop()
        note = self.note(node.at.input, node.at.output)
        tree.append(Line(place(self, node.name, value, note), _reads(self, node, value)))

    def _variables(self) -> set[str]:
        """The names of what the source computes or takes, as they are in code."""
        return {*self.parameters, *self.writer.spelling.values()}

    def _local(self, stem: str, *, is_list: bool) -> str:
        """A variable for a sequence that is being built."""
        taken = {*self._variables(), *LOCALS, *BUILTINS, *self.names.called.values()}
        taken |= {*self.names.texts.values(), *self.building}
        if stem in taken and stem not in self.building:
            stem += "_layers"
        variable, number = stem, 1
        while variable in taken or self.declared.get(variable, is_list) != is_list:
            number += 1
            variable = f"{stem}_{number}"
        return variable

    def _lists(self, body: Body, tree: Tree) -> None:
        """Lists for the modules of which each turn of a loop makes one."""
        found = dict.fromkeys(
            name.text for node in _open_nodes(body) for name in _module_names(node) if name.looped
        )
        for name in found:
            tree.append(_line(Raw(f"self.{name} = nn.ModuleList()")))
        for node in _open_nodes(body):
            if id(node) in self.flags and _has_turns(node):
                tree.append(_line(Raw(f"self.{self.flags[id(node)]}: list[bool] = []")))

    # --- shortcuts -------------------------------------------------------------------------------

    def _flags(self, body: Body) -> None:
        """Attributes that say whether there is anything to add: a list where a loop has turns."""
        matches = [
            node
            for node in _open_nodes(body)
            if isinstance(node, d.Residual) and low.shortcut_kind(node) == low.MATCH
        ]
        for node in matches:
            name = "has_shortcut" if len(matches) == 1 else f"has_{node.path_name.text}"
            name += "s" if _has_turns(node) else ""
            while name in self.attributes:
                name += "_"
            self.attributes.add(name)
            self.flags[id(node)] = name

    def _shortcut(self, node: d.Residual, tree: Tree, place: Place) -> None:
        kind = low.shortcut_kind(node)
        code = self.writer
        if kind == low.PATH:
            if node.mode != "path":
                tree.append(_comment(low.shortcut_comment(node)))
            self._path(node, low.shortcut_path(node), tree, place)
        elif kind == low.IDENTITY and self.counts_path(node):
            tree.append(Line(place(self, node.path_name, Raw("nn.Identity()")), frozenset()))
        elif kind == low.MATCH:
            value = code.code(negated(node.differs))
            target = f"self.{self.flags[id(node)]}"
            line = _assigned(target, value)
            if _has_turns(node):
                added = Call(f"{target}.append", (as_code(value),))
                line = lambda indent: lay_out(indent, "", added)  # noqa: E731
            tree.append(Line(line, names(node.differs)))
        elif kind == low.OPEN:
            tree.append(_comment(low.shortcut_comment(node)))
            first: Tree = []
            self._path(node, low.shortcut_path(node), first, _typed(place))
            second: Tree = []
            second.append(Line(place(self, node.path_name, Raw("nn.Identity()")), frozenset()))
            tree.append(Condition(node.differs, first, second))
        elif kind == low.WORD:
            self._word_shortcut(node, tree, place)

    def counts_path(self, node: d.Residual) -> bool:
        """Whether the turns of a loop count the paths of this shortcut, and others have one."""
        return node.path_name.looped and low.has_path_named(self.body, node.path_name)

    def _path(self, node: d.Residual, path: Items | None, tree: Tree, place: Place) -> None:
        assert path is not None
        self._item(path._replace(name=node.path_name), tree, place)

    def _word_shortcut(self, node: d.Residual, tree: Tree, place: Place) -> None:
        """The shortcut that a parameter names: nothing, the input, or a path."""
        differs = node.differs
        tree += refuse_others(node.mode, low.shortcut_words(node), "shortcut", self.writer)
        if isinstance(differs, Operation) and differs.sign == "or":
            # A name of its own: a path that changes nothing is the input.
            name = low.free_name(DIFFERS, self._variables())
            tree.append(Let(name, differs))
            differs = Symbol(name)
        none: Tree = [Line(place(self, node.path_name, Raw("None")), frozenset())]
        identity: Tree = [
            Line(_typed_none(place)(self, node.path_name, Raw("nn.Identity()")), frozenset())
        ]
        tree += identity
        ways = low.shortcut_ways(node, differs)
        written: list[tuple[Expression, Tree]] = [(ways.nothing, none)]
        for test, path in ways.paths:
            body: Tree = []
            self._path(node, path, body, place)
            written.append((test, body))
        tree.append(one_of(written))

    # --- modules ---------------------------------------------------------------------------------

    def module(self, node: Items) -> Call:
        """The expression that makes a module."""
        if isinstance(node, d.Layer):
            emission = TABLE(self.site(node))
            self.names.needs.update(emission.needs)
            return emission.module
        if isinstance(node, d.Use):
            return calls(node, self.names, self.writer, torch=True)
        if not is_sequence(node.body):
            return self._group(node)
        elements, notes = self.elements(node.body)
        if node.body.numbered:
            return Call("nn.Sequential", tuple(elements), notes)
        named: list[Code] = []
        for child, value in zip(node.body.nodes, elements, strict=True):
            assert isinstance(value, Call)
            named.append(Keyword(d.label_of(child), value))
        self.names.imports.add(("collections", "OrderedDict"))
        return Call("nn.Sequential", (Call("OrderedDict", tuple(named), notes),))

    def site(self, node: d.Layer) -> Site:
        """A layer as its emission sees it."""
        form = node.at.input
        return Site(
            node.op,
            form.is_map,
            form.sizes,
            form.channels,
            node.at.output.channels,
            self.writer.code,
            node.overwrites,
        )

    def _group(self, node: d.Group) -> Call:
        """A class of its own, which takes what it reads of the names around it."""
        inner = ClassWriter(self.writer, self.names, self.parameters)
        written = inner.write(node.body, sequential=False)
        parameters = tuple(sorted(written.reads.difference(bound_names(node.body))))
        hidden = self._variables()
        name = self.names.group_class(node, hidden, written.constructor, written.forward)
        made = GroupClass(name, node, written, parameters)
        if all(each.name != name for each in [*self.groups, *self.names.groups]):
            self.names.groups += [*inner.groups, made]
        return call(name, *(self.writer.code(Symbol(each)) for each in parameters))

    def elements(self, body: Body) -> tuple[list[Code], tuple[str, ...]]:
        """The modules of a sequence, with their notes."""
        elements: list[Code] = []
        notes: list[str] = []
        for node in body.nodes:
            if isinstance(node, d.Repeat):
                only = node.body.nodes[0]
                assert isinstance(only, d.Layer | d.Use | d.Group)
                times = Symbolic(self.writer.text(node.times), names(node.times))
                elements.append(Repeated(self.module(only), times))
                notes.append(self.note(only.at.input, only.at.output))
            else:
                assert isinstance(node, d.Layer | d.Use | d.Group)
                elements.append(self.module(node))
                notes.append(self.note(node.at.input, node.at.output))
        return elements, tuple(notes) if any(notes) else ()

    def note(self, before: Form, after: Form) -> str:
        """The shape after an item, where it is another one and known."""
        if before == after or (after.is_map and after.sizes is None):
            return ""
        return shape_text(after, self.parameters)

    # --- what forward reads ----------------------------------------------------------------------

    def attribute(self, symbol: str) -> str:
        """The attribute that keeps a parameter for ``forward``."""
        if symbol not in self.stored:
            name = self.writer.text(Symbol(symbol))
            while (
                name in self.attributes
                or name in ATTRIBUTES
                or name.rstrip("0123456789") in self.indexed
            ):
                name += "_"
            self.attributes.add(name)
            self.stored[symbol] = name
        return self.stored[symbol]


Written = Callable[[str], list[str]]


class Place(Protocol):
    """Where a module goes: called with the writer, its name, its code and a note."""

    def __call__(self, writer: ClassWriter, name: Name, value: Code, note: str = "") -> Written:
        """What lays the statement out."""


class _Attribute:
    def __init__(self, annotation: str = "") -> None:
        self.annotation = annotation

    def __call__(self, writer: ClassWriter, name: Name, value: Code, note: str = "") -> Written:
        if name.position is not None:
            text = writer.writer.text(name.position)
            made = Call("self.add_module", (Raw(f'f"{name.text}{{{text}}}"'), value))
            return lambda indent: lay_out(indent, "", made, "", note)
        if name.looped:
            made = Call(f"self.{name.text}.append", (value,))
            return lambda indent: lay_out(indent, "", made, "", note)
        target = f"self.{name.text}{self.annotation}"
        return lambda indent: lay_out(indent, f"{target} = ", value, "", note)


_attribute = _Attribute()


def _typed(place: Place) -> Place:
    return _Attribute(": nn.Module") if isinstance(place, _Attribute) else place


def _typed_none(place: Place) -> Place:
    return _Attribute(": nn.Module | None") if isinstance(place, _Attribute) else place


class _Appended:
    def __init__(self, variable: str) -> None:
        self.variable = variable

    def __call__(self, writer: ClassWriter, name: Name, value: Code, note: str = "") -> Written:
        made = Call(f"{self.variable}.append", (value,))
        return lambda indent: lay_out(indent, "", made, "", note)


class _Added:
    def __init__(self, variable: str) -> None:
        self.variable = variable

    def __call__(self, writer: ClassWriter, name: Name, value: Code, note: str = "") -> Written:
        key: Raw
        if name.position is not None:
            key = Raw(f'f"{name.text}{{{writer.writer.text(name.position)}}}"')
        else:
            key = Raw(f'"{name.text}"')
        made = Call(f"{self.variable}.add_module", (key, value))
        return lambda indent: lay_out(indent, "", made, "", note)


def _reads(writer: ClassWriter, node: d.Node, value: Code) -> frozenset[str]:
    own = names_in(value)
    for name in d.names(node):
        if name.position is not None:
            own |= names(name.position)
    return own


def _has_turns(node: d.Node) -> bool:
    """Whether a shortcut stands in a loop, each turn of which decides on its own."""
    return isinstance(node, d.Residual) and node.path_name.looped


def _module_names(node: d.Node) -> Iterator[Name]:
    if isinstance(node, d.Layer | d.Use | d.Group):
        yield node.name
    elif isinstance(node, d.Residual) and low.shortcut_kind(node) in low.WITH_PATH:
        yield node.path_name


def _leading(body: Body) -> tuple[Items, ...]:
    """The items that a body begins with."""
    found: list[Items] = []
    for node in body.nodes:
        if not isinstance(node, d.Layer | d.Use | d.Group):
            break
        if node.name.position is not None or not is_expression(node):
            break
        found.append(node)
    return tuple(found)


def _laid(prefix: str, made: Code) -> Line:
    return Line(lambda indent: lay_out(indent, prefix, made), names_in(made))


def _line(made: Code) -> Line:
    return Line(lambda indent: lay_out(indent, "", made), names_in(made))


def _comment(text: str) -> Line:
    return Line(lambda indent: [f"{indent}# {text}"])


def _assigned(target: str, value: Code) -> Written:
    return lambda indent: lay_out(indent, f"{target} = ", as_code(value))


def control(
    node: d.Repeat | d.For | d.If, body: Tree, otherwise: Tree, writer: Writer
) -> Block | Condition:
    """A loop or a condition around statements."""
    if isinstance(node, d.If):
        return Condition(node.condition, body, otherwise)
    if isinstance(node, d.Repeat):
        text = writer.text(node.times)
        return Block(
            lambda indent, _live: [f"{indent}for _ in range({text}):"], names(node.times), body
        )
    values = node.values
    targets = node.targets

    def head_of(indent: str, live: frozenset[str]) -> list[str]:
        return for_lines(indent, targets, values, writer, live)

    return Block(head_of, names(values), body)


# --- forward -------------------------------------------------------------------------------------


class _Pending(NamedTuple):
    """Calls of modules inside one another that are not written yet."""

    code: str
    first: Items
    last: Items
    target: str
    reads: frozenset[str]


class Forward:
    """The lines of ``forward``: one for each line of the source, split where it is too long."""

    def __init__(self, writer: ClassWriter, body: Body) -> None:
        self.writer = writer
        self.body = body
        self.code = writer.writer
        self.loops: list[dict[str, str]] = []
        self.iterators: dict[str, str] = {}
        self.returned: low.Combine | None = None
        self.head_variables: list[str] = []
        self.depth = 0
        self.taken: set[str] = set()
        self.places = Counter(
            name.text for node in _open_nodes(body) for name in _module_names(node) if name.looped
        )

    def lines(self, body: Body) -> list[str]:
        """The method's lines."""
        taken = {*LOCALS, *BUILTINS, *self.code.spelling.values(), self.writer.outputs}
        taken |= self.local_names()
        lowered = low.lower(body, "x", "x", taken)
        self.taken = taken | lowered.variables
        last = lowered.statements[-1] if lowered.statements else None
        if isinstance(last, low.Combine) and last.kind == "concat" and not self.writer.outputs:
            self.returned = last if last.target == lowered.result else None
        tree: Tree = []
        self.tree(lowered.statements, tree)
        reads = live_names(tree)
        free = reads - self.bound(lowered.statements)
        spelling = {name: f"self.{self.writer.attribute(name)}" for name in sorted(free)}
        code = self.code.spelled(spelling)
        tree = []
        self.code = code
        self.iterators = {}
        self.tree(lowered.statements, tree)
        lines = _with_type(laid_out(tree, METHOD, code), lowered.result)
        result = "" if self.returned is not None else lowered.result
        return [*self._iterators(), *lines, *self._returning(result)]

    def local_names(self) -> set[str]:
        return {
            name.text
            for node in _open_nodes(self.body)
            for name in _module_names(node)
            if name.looped
        }

    def bound(self, statements: Sequence[low.Statement]) -> frozenset[str]:
        """The symbols that the statements themselves give values."""
        found: set[str] = set()
        for statement in statements:
            if isinstance(statement, low.Let):
                found.add(statement.name)
            elif isinstance(statement, low.Loop):
                if isinstance(statement.node, d.For):
                    found.update(statement.node.targets)
                found |= self.bound(statement.body)
            elif isinstance(statement, low.Condition):
                found |= self.bound(statement.body) | self.bound(statement.otherwise)
        return frozenset(found)

    def _iterators(self) -> list[str]:
        return [f"{METHOD}{v} = iter(self.{name})" for name, v in self.iterators.items()]

    def _returning(self, result: str) -> list[str]:
        lines: list[str] = []
        if self.writer.heads:
            given = [result, *(self.head_variables)]
            outputs = Call(self.writer.outputs, tuple(map(Raw, given)))
            lines.append(f"{METHOD}if self.training:")
            lines += lay_out(METHOD + INDENT, "return ", outputs)
        if result:
            lines.append(f"{METHOD}return {result}")
        return lines

    # --- statements ------------------------------------------------------------------------------

    def tree(self, statements: Sequence[low.Statement], tree: Tree) -> None:
        pending: _Pending | None = None
        for statement in statements:
            if isinstance(statement, low.Apply):
                pending = self._apply(statement, pending, tree)
                continue
            self._flush(pending, tree)
            pending = None
            self._statement(statement, tree)
        self._flush(pending, tree)

    def _apply(self, statement: low.Apply, pending: _Pending | None, tree: Tree) -> _Pending:
        target, node, value, _ = statement
        module, reads = self.module(node.name)
        if pending is not None:
            applied = f"{module}({pending.code})"
            joined = pending.first.at.line == node.at.line and value == pending.target == target
            if joined and len(METHOD) + len(target) + 3 + len(applied) <= COLUMNS:
                return _Pending(applied, pending.first, node, target, pending.reads | reads)
            self._flush(pending, tree)
        return _Pending(f"{module}({value})", node, node, target, reads)

    def _flush(self, pending: _Pending | None, tree: Tree) -> None:
        if pending is None:
            return
        note = self.writer.note(pending.first.at.input, pending.last.at.output)
        code, target = Raw(pending.code), pending.target
        tree.append(
            Line(lambda indent: lay_out(indent, f"{target} = ", code, "", note), pending.reads)
        )

    def module(self, name: Name) -> tuple[str, frozenset[str]]:
        """How ``forward`` gets at a module, and what it reads for that."""
        if name.position is not None:
            text = self.code.text(name.position)
            return f'getattr(self, f"{name.text}{{{text}}}")', names(name.position)
        if not name.looped:
            return f"self.{name.text}", frozenset()
        for loop in reversed(self.loops):
            if name.text in loop:
                return loop[name.text], frozenset()
        return f"next({self._iterator(name.text, 'modules')})", frozenset()

    def _iterator(self, name: str, of: str) -> str:
        """The variable that goes through a list of the module's."""
        if name not in self.iterators:
            self.iterators[name] = low.free_name(f"{name}_{of}", self.taken)
        return self.iterators[name]

    def _statement(self, statement: low.Statement, tree: Tree) -> None:
        if isinstance(statement, low.Copy):
            tree.append(self._assign(statement.target, *self._variable(statement.value)))
        elif isinstance(statement, low.Combine):
            self._combine(statement, tree)
        elif isinstance(statement, low.Shortcut):
            self._shortcut(statement, tree)
        elif isinstance(statement, low.Collect):
            tree.append(_line(Raw(f"{statement.target}: list[Tensor] = []")))
        elif isinstance(statement, low.Families):
            tree.append(_line(Raw(f"{statement.target}: dict[int, Tensor] = {{}}")))
        elif isinstance(statement, low.Append):
            tree.append(_line(Raw(f"{statement.target}.append({statement.value})")))
        elif isinstance(statement, low.Keep):
            target = f"{statement.target}[{self.code.text(statement.position)}]"
            tree.append(Line(_assigned(target, Raw(statement.value)), names(statement.position)))
        elif isinstance(statement, low.Let):
            tree.append(Let(statement.name, statement.value))
        elif isinstance(statement, low.Head):
            self._head(statement, tree)
        else:
            assert isinstance(statement, low.Loop | low.Condition), type(statement).__name__
            self._control(statement, tree)

    def _assign(self, target: str, value: str, reads: frozenset[str]) -> Line:
        return Line(_assigned(target, Raw(value)), reads)

    def _variable(self, value: str) -> tuple[str, frozenset[str]]:
        if isinstance(value, low.Indexed):
            position = value.position
            return f"{value.family}[{self.code.text(position)}]", names(position)
        return value, frozenset()

    def _combine(self, statement: low.Combine, tree: Tree) -> None:
        target, kind, values, node, listed, _ = statement
        note = self.writer.note(node.at.input, node.at.output)
        shown = [self._variable(value) for value in values]
        reads = frozenset().union(*(r for _, r in shown))
        texts = [text for text, _ in shown]
        code: Code
        if kind == "concat":
            self.writer.names.imports.add(("torch", ""))
            given = Raw(texts[0]) if listed else Call("", tuple(map(Raw, texts)), brackets="[]")
            code = Call("torch.cat", (given, Raw("dim=1")))
        else:
            sign = "+" if kind == "add" else "*"
            tree.append(Line(lambda indent: _chain(indent, target, sign, texts, note), reads))
            return
        prefix = "return " if statement is self.returned else f"{target} = "
        tree.append(Line(lambda indent: lay_out(indent, prefix, code, "", note), reads))

    def _shortcut(self, statement: low.Shortcut, tree: Tree) -> None:
        target, value, source, node, kind, overwrites = statement
        if kind == low.IDENTITY and not self.writer.counts_path(node):
            tree.append(self._add(target, value, source, overwrites, frozenset()))
            return
        if kind == low.MATCH:
            name = self.writer.flags[id(node)]
            test = f"self.{name}"
            if _has_turns(node):
                test = f"next({self._iterator(name, 'turns')})"
            body: Tree = [self._add(target, value, source, overwrites, frozenset())]
            tree.append(Block(lambda i, _l: [f"{i}if {test}:"], frozenset(), body))
            return
        module, reads = self.module(node.path_name)
        added = self._add(target, value, f"{module}({source})", overwrites, reads)
        if kind == low.WORD:
            test = f"if {module} is not None:"
            tree.append(Block(lambda i, _l: [f"{i}{test}"], reads, [added]))
            return
        tree.append(added)

    def _add(
        self, target: str, value: str, source: str, overwrites: bool, reads: frozenset[str]
    ) -> Line:
        if overwrites and target == value:
            return Line(lambda indent: [f"{indent}{value} += {source}"], reads)
        return self._assign(target, f"{value} + {source}", reads)

    def _head(self, statement: low.Head, tree: Tree) -> None:
        target, node, value = statement
        if all(each is not node for each in self.writer.heads):
            self.writer.heads.append(node)
            self.head_variables.append(target)
        module, reads = self.module(node.head.name)
        body: Tree = [self._assign(target, f"{module}({value})", reads)]
        tree.append(Block(lambda i, _l: [f"{i}if self.training:"], frozenset(), body))

    def _control(self, statement: low.Loop | low.Condition, tree: Tree) -> None:
        body: Tree = []
        if isinstance(statement, low.Condition):
            other: Tree = []
            self.tree(statement.body, body)
            self.tree(statement.otherwise, other)
            tree.append(Condition(statement.condition, body, other))
            return
        own = self._looped(statement.body) if not self.depth else None
        if own is None:
            self.depth += 1
            self.tree(statement.body, body)
            self.depth -= 1
            tree.append(control(statement.node, body, [], self.code))
            return
        # A loop's own variable may have the name of a list, whose modules have another then.
        spelled = set(self.code.spelling.values())
        modules = {name: low.free_name(name, spelled) for name in own}
        self.loops.append(modules)
        self.tree(statement.body, body)
        self.loops.pop()
        tree.append(self._zipped(statement.node, modules, body))

    def _looped(self, statements: Sequence[low.Statement]) -> list[str] | None:
        """The lists whose modules a loop goes through, one in each turn; None where it does not."""
        found: dict[str, None] = {}
        for statement in statements:
            if isinstance(statement, low.Loop | low.Condition | low.Head):
                return None
            name: Name | None = None
            if isinstance(statement, low.Apply):
                name = statement.node.name
            elif isinstance(statement, low.Shortcut) and statement.kind not in (
                low.IDENTITY,
                low.MATCH,
            ):
                name = statement.node.path_name
            if isinstance(statement, low.Shortcut) and statement.kind in (low.MATCH, low.WORD):
                return None
            if name is not None and name.looped:
                if self.places[name.text] > 1:
                    return None
                found[name.text] = None
        return list(found) or None

    def _zipped(self, node: d.Repeat | d.For, modules: Mapping[str, str], body: Tree) -> Block:
        lists, own = [f"self.{name}" for name in modules], list(modules.values())
        if isinstance(node, d.Repeat):

            def head(indent: str, _live: frozenset[str]) -> list[str]:
                return _for(indent, own, lists)

            return Block(head, frozenset(), body)
        values, targets = node.values, node.targets

        def head_of(indent: str, live: frozenset[str]) -> list[str]:
            read = [t for t in targets if t in live]
            if not read:
                return _for(indent, own, lists)
            unread = [place for place, t in enumerate(targets) if t not in live]
            shown = self.code.text(rows_without(values, unread) if len(targets) > 1 else values)
            kept = (
                read
                if listed(values) is not None and len(targets) > 1
                else [t if t in live else "_" for t in targets]
            )
            spelled = [self.code.text(Symbol(t)) if t != "_" else t for t in kept]
            first = spelled[0] if len(spelled) == 1 else f"({', '.join(spelled)})"
            return _for(indent, [first, *own], [shown, *lists])

        reads = names(values) if live_names(body) & {*targets} else frozenset()
        return Block(head_of, reads, body)


def _with_type(lines: list[str], result: str) -> list[str]:
    """The lines with the type of the result, which is of any type where modules give it."""
    if result == "x":
        return lines
    for place, line in enumerate(lines):
        target = f"{METHOD}{result} = "
        if line.startswith(target):
            typed = f"{METHOD}{result}: Tensor = "
            return [*lines[:place], typed + line.removeprefix(target), *lines[place + 1 :]]
    return lines


def _chain(indent: str, target: str, sign: str, values: list[str], note: str) -> list[str]:
    """``target = a + b + ...``, in as many statements as it takes lines."""
    lines: list[str] = []
    text, *rest = values
    for value in rest:
        longer = f"{text} {sign} {value}"
        if len(f"{indent}{target} = {longer}") > COLUMNS:
            lines.append(f"{indent}{target} = {text}")
            longer = f"{target} {sign} {value}"
        text = longer
    return [*lines, *lay_out(indent, f"{target} = ", Raw(text), "", note)]


def _for(indent: str, targets: list[str], values: list[str]) -> list[str]:
    if len(values) == 1:
        return [f"{indent}for {targets[0]} in {values[0]}:"]
    made = Call("zip", (*map(Raw, values), Raw("strict=True")))
    return lay_out(indent, f"for {', '.join(targets)} in ", made, ":")


__all__ = ["Class", "ClassWriter", "GroupClass", "is_sequence", "shape_text", "square"]
