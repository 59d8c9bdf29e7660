"""The body of a class: what its constructor makes; see ``forward`` for what it does with that."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cnngen import definition as d
from cnngen.backends import lower as low
from cnngen.backends.base import InexpressibleError, Site
from cnngen.backends.code import (
    Call,
    Code,
    Keyword,
    Raw,
    Repeated,
    Symbolic,
    call,
    lay_out,
    names_in,
    string,
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
    laid_out,
    live_names,
    one_of,
    refuse_others,
)
from cnngen.backends.taken import Taken
from cnngen.backends.torch.emit import TABLE
from cnngen.backends.torch.forward import Forward
from cnngen.backends.torch.names import ATTRIBUTES, LOCALS
from cnngen.backends.torch.places import (
    ATTRIBUTE,
    PARAMETER,
    Added,
    Appended,
    Place,
    holders,
    typed,
    typed_none,
)
from cnngen.backends.torch.sequences import (
    Items,
    has_turns,
    is_bare,
    is_expression,
    is_sequence,
    is_sequence_of,
    is_simple,
    leading,
    module_names,
)
from cnngen.backends.torch.statements import METHOD, assigned, comment_line, control, laid, line_of
from cnngen.definition import Body, Form, Name
from cnngen.elaborate.naming import stem_of
from cnngen.expressions import Expression, Operation, Symbol, is_constant, names, negated
from cnngen.python_names import BUILTINS
from cnngen.record import NamedTuple

DIFFERS = "differs"
"""Whether what is added has another shape than what it is added to."""


class Class(NamedTuple):
    """A class without its head.

    ``constructor`` are the lines of ``__init__``, ``forward`` those of the method, none where it
    is a sequence; ``reads`` are the symbols that it takes, ``heads`` the side heads that it
    returns in training, ``inputs`` what ``forward`` takes.
    """

    constructor: list[str]
    forward: list[str]
    reads: frozenset[str]
    heads: list[d.SideHead]
    inputs: tuple[str, ...]


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
    return f"({', '.join(map(str, ('N', channels, *form.sizes)))})" if form.sizes else ""


class ClassWriter:
    """Writes one class.

    ``writer`` writes its expressions, ``names`` knows what others are called; ``outputs`` is the
    class of what a network with several outputs returns; ``exports`` are the labels of what a group
    gives beside its result. ``building`` are the local
    variables of sequences that are being built, ``declared`` all there have been, and whether they
    are lists: a variable is declared once and has one type. ``holders`` are those that are made of
    what labels with dots name.
    """

    def __init__(
        self,
        writer: Writer,
        names_: Names,
        parameters: Sequence[str],
        *,
        outputs: str = "",
        exports: Sequence[str] = (),
    ) -> None:
        self.writer = writer
        self.names = names_
        self.parameters = parameters
        self.outputs = outputs
        self.exports = exports
        self.heads: list[d.SideHead] = []
        self.stored: dict[str, str] = {}
        self.attributes: set[str] = set()
        self.indexed: set[str] = set()
        self.inputs: tuple[str, ...] = ("x",)
        self.flags: dict[int, str] = {}
        self.groups: list[GroupClass] = []
        self.building: list[str] = []
        self.declared: dict[str, bool] = {}
        self.holders: set[str] = set()
        self.body = Body(())

    def write(self, body: Body, *, sequential: bool) -> Class:
        """The class for a body; ``sequential`` where it may be a plain sequence."""
        if sequential and is_sequence(body):
            if body.numbered:
                return self._sequence(body)
            if any(isinstance(node, (d.Repeat, d.For)) for node in body.nodes):
                return self._named_sequence(body)
        self.body = body
        named = [name for node in d.open_nodes(body) for name in d.names(node)]
        self.attributes = {name.text for name in named if not name.position}
        self.attributes |= {name.text.partition(".")[0] for name in named if "." in name.text}
        self.indexed = {name.text for name in named if name.position}
        self._flags(body)
        forward = Forward(self, body)
        lines = forward.lines(body)
        tree: Tree = []
        self._lists(body, tree)
        self._constructor(body, tree, ATTRIBUTE)
        for symbol, attribute in self.stored.items():
            code = self.writer.code(Symbol(symbol))
            tree.append(Line(assigned(f"self.{attribute}", code), frozenset({symbol})))
        return self._finished(tree, lines)

    def _finished(self, tree: Tree, forward: list[str]) -> Class:
        reads = live_names(tree)
        lines = laid_out(tree, METHOD, self.writer)
        return Class(lines, forward, reads, self.heads, self.inputs)

    def _sequence(self, body: Body) -> Class:
        if is_simple(body):
            arguments, notes = self.elements(body)
            made = Call("super().__init__", tuple(arguments), notes)
            return self._finished([line_of(made)], [])
        tree: Tree = []
        variable = self._local("layers", is_list=True)
        self.building.append(variable)
        self._appending(variable, body, tree)
        tree.append(line_of(Call("super().__init__", (Raw(f"*{variable}"),))))
        return self._finished(tree, [])

    def _appending(self, variable: str, body: Body, tree: Tree) -> None:
        """A list of the modules of a sequence."""
        first = leading(body)
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
            run = leading(Body(body.nodes[place:]))
            if len(run) > 1:
                made = self.listed(run)
                target = f"{variable} += "
                tree.append(laid(target, made))
                place += len(run)
                continue
            place += 1
            if isinstance(node, d.Let):
                tree.append(Let(node.name, node.value))
            elif isinstance(node, (d.Repeat, d.For, d.If)):
                inner: Tree = []
                other: Tree = []
                self._appended(variable, node.body, inner)
                if isinstance(node, d.If):
                    self._appended(variable, node.otherwise, other)
                tree.append(control(node, inner, other, self.writer))
            else:
                assert isinstance(node, (d.Layer, d.Use, d.Group))
                self._item(node, tree, Appended(variable))

    def _named_sequence(self, body: Body) -> Class:
        tree: Tree = [line_of(Raw("super().__init__()"))]
        self._constructor(body, tree, Added("self"))
        return self._finished(tree, [])

    # --- the constructor -------------------------------------------------------------------------

    def _constructor(self, body: Body, tree: Tree, place: Place) -> None:
        """What makes the modules of a body, each put in its place."""
        for node in body.nodes:
            self._holders(node, tree)
            if isinstance(node, d.Let):
                tree.append(Let(node.name, node.value))
            elif isinstance(node, (d.Layer, d.Use, d.Group)):
                self._item(node, tree, place)
            elif isinstance(node, (d.Repeat, d.For, d.If)):
                tree.append(self._block(node, place))
            elif isinstance(node, d.SideHead):
                self._item(node.head, tree, place)
            elif isinstance(node, d.Residual):
                self._constructor(node.body, tree, place)
                self._shortcut(node, tree, place)
            elif isinstance(node, (d.Branches, d.Branch, d.Gate)):
                self._constructor(node.body, tree, place)
            elif not isinstance(node, (d.Input, d.Join, d.Resume, d.Reuse, d.Output)):
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
        if is_bare(node):
            _check_name(node)
            place = PARAMETER
        tree.append(Line(place(self.writer, node.name, value), _reads(self, node, value)))

    def _built_group(self, node: d.Group, tree: Tree, place: Place) -> None:
        """A sequence with loops or conditions in it, built by statements."""
        numbered = node.body.numbered
        variable = self._local(low.identifier(node.name.text or "layers"), is_list=numbered)
        self.building.append(variable)
        if numbered:
            self._appending(variable, node.body, tree)
            value = Raw(f"nn.Sequential(*{variable})")
        else:
            self.declared[variable] = False
            first = leading(node.body)
            start: Code = Raw("nn.Sequential()")
            if first:
                start = self.module(node._replace(body=Body(first)))
            tree.append(laid(f"{variable} = ", start))
            rest = Body(node.body.nodes[len(first) :])
            self._constructor(rest, tree, Added(variable))
            value = Raw(variable)
        self.building.pop()
        note = self.note(node.at.input, node.at.output)
        tree.append(Line(place(self.writer, node.name, value, note), _reads(self, node, value)))

    def _variables(self) -> set[str]:
        """The names of what the source computes or takes, as they are in code."""
        return {*self.parameters, *self.writer.spelling.values()}

    def _local(self, stem: str, *, is_list: bool) -> str:
        """A variable for a sequence that is being built."""
        own = {*self._variables(), *self.names.texts.values(), *self.building}
        taken = Taken(own, LOCALS, BUILTINS, self.names.definitions)
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
            name.text for node in d.open_nodes(body) for name in module_names(node) if name.looped
        )
        for name in found:
            tree.append(line_of(Raw(f"self.{name} = nn.ModuleList()")))
        for node in d.open_nodes(body):
            if id(node) in self.flags and has_turns(node):
                tree.append(line_of(Raw(f"self.{self.flags[id(node)]}: list[bool] = []")))

    def _holders(self, node: d.Node, tree: Tree) -> None:
        """What holds the modules that labels with dots name, before the first of them is made."""
        names_ = (name for each in d.open_nodes(Body((node,))) for name in module_names(each))
        for holder in dict.fromkeys(each for name in names_ for each in holders(name)):
            if holder not in self.holders:
                self.holders.add(holder)
                place = ATTRIBUTE(self.writer, Name(holder), Raw("nn.ModuleDict()"))
                tree.append(Line(place, frozenset()))

    # --- shortcuts -------------------------------------------------------------------------------

    def _flags(self, body: Body) -> None:
        """Attributes that say whether there is anything to add: a list where a loop has turns."""
        matches = [
            node
            for node in d.open_nodes(body)
            if isinstance(node, d.Residual) and low.shortcut_kind(node) == low.MATCH
        ]
        for node in matches:
            name = "has_shortcut" if len(matches) == 1 else f"has_{node.path_name.text}"
            name += "s" if has_turns(node) else ""
            name = low.free_name(name, self.attributes)
            self.attributes.add(name)
            self.flags[id(node)] = name

    def _shortcut(self, node: d.Residual, tree: Tree, place: Place) -> None:
        kind = low.shortcut_kind(node)
        code = self.writer
        if kind == low.PATH:
            if node.mode != "path":
                tree.append(comment_line(low.shortcut_comment(node)))
            self._path(node, low.shortcut_path(node), tree, place)
        elif kind == low.IDENTITY and self.counts_path(node):
            tree.append(Line(place(self.writer, node.path_name, Raw("nn.Identity()")), frozenset()))
        elif kind == low.MATCH:
            value = code.code(negated(node.differs))
            target = f"self.{self.flags[id(node)]}"
            if has_turns(node):
                tree.append(line_of(Call(f"{target}.append", (as_code(value),))))
            else:
                tree.append(laid(f"{target} = ", as_code(value)))
        elif kind == low.OPEN:
            tree.append(comment_line(low.shortcut_comment(node)))
            first: Tree = []
            self._path(node, low.shortcut_path(node), first, typed(place))
            second: Tree = []
            second.append(
                Line(place(self.writer, node.path_name, Raw("nn.Identity()")), frozenset())
            )
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
        none: Tree = [Line(place(self.writer, node.path_name, Raw("None")), frozenset())]
        identity: Tree = [
            Line(typed_none(place)(self.writer, node.path_name, Raw("nn.Identity()")), frozenset())
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
            if emission.multiplies:
                self.names.imports.add(("torch", ""))
            return emission.module
        if isinstance(node, d.Use):
            return calls(node, self.names, self.writer, torch=True)
        if not is_sequence_of(node):
            return self._group(node)
        elements, notes = self.elements(node.body)
        if node.body.numbered:
            return Call("nn.Sequential", tuple(elements), notes)
        self.names.imports.add(("collections", "OrderedDict"))
        labels = [d.label_of(child) for child in node.body.nodes]
        if not all(map(low.is_attribute, labels)):
            pairs = zip(map(string, labels), elements, strict=True)
            listed = Call("", tuple(Call("", pair) for pair in pairs), notes, brackets="[]")
            return Call("nn.Sequential", (Call("OrderedDict", (listed,)),))
        named: list[Code] = []
        for label, value in zip(labels, elements, strict=True):
            assert isinstance(value, Call)
            named.append(Keyword(label, value))
        return Call("nn.Sequential", (Call("OrderedDict", tuple(named), notes),))

    def site(self, node: d.Layer) -> Site:
        """A layer as its emission sees it."""
        form = node.at.input
        return Site(
            node.op,
            form.axes,
            form.sizes,
            form.channels,
            node.at.output.channels,
            self.writer.code,
            node.overwrites,
        )

    def _group(self, node: d.Group) -> Call:
        """A class of its own, which takes what it reads of the names around it."""
        inner = ClassWriter(self.writer, self.names, self.parameters, exports=node.exports)
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
                assert isinstance(only, (d.Layer, d.Use, d.Group))
                times = Symbolic(self.writer.text(node.times), names(node.times))
                elements.append(Repeated(self.module(only), times))
                notes.append(self.note(only.at.input, only.at.output))
            else:
                assert isinstance(node, (d.Layer, d.Use, d.Group))
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
            if stem_of(name) in self.indexed:  # so a label with an index may be called
                name += "_"
            name = low.free_name(name, self.attributes | ATTRIBUTES)
            self.attributes.add(name)
            self.stored[symbol] = name
        return self.stored[symbol]


def _check_name(node: Items) -> None:
    """Refuse a parameter without a name, in a way that no value takes.

    Raises:
        InexpressibleError: with the place of the layer.
    """
    if not node.name.text:
        error = InexpressibleError("a parameter of a module needs a name", "give it a label")
        error.span = node.at.span
        raise error


def _reads(writer: ClassWriter, node: d.Node, value: Code) -> frozenset[str]:
    return names_in(value).union(*(names(n) for name in d.names(node) for n in name.numbers))


__all__ = ["Class", "ClassWriter", "GroupClass", "shape_text"]
