"""A definition's body as statements with variables named: one lowering for every target.

A target prints them. What a statement applies (a module that was made before, a layer that is
made on the spot) is the target's business, and so is how its lines are laid out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from cnngen import definition as d
from cnngen.backends.taken import Taken
from cnngen.define.bias import labels_read
from cnngen.definition import Body, Form, Name
from cnngen.elaborate.words import SHORTCUTS
from cnngen.expressions import Expression, is_constant, operation
from cnngen.ops.kinds import PerAxis
from cnngen.record import NamedTuple


class Apply(NamedTuple):
    """``target = node(value)``; ``taken`` are the variables that hold something there.

    ``exports`` are the variables of the labelled values in a group that are read after it. With
    ``applied``, what the node stands for is applied again further on, by an :class:`Again`: to
    inputs of the ``same`` size or of ``any``.
    """

    target: str
    node: d.Layer | d.Use | d.Group
    value: str
    taken: frozenset[str] = frozenset()
    exports: Mapping[str, str] = {}
    applied: str = ""


class Again(NamedTuple):
    """``target = label(value)``: what the label of ``node`` names was applied before."""

    target: str
    node: d.Reuse
    value: str


class Copy(NamedTuple):
    """``target = value``."""

    target: str
    value: str


class Combine(NamedTuple):
    """``target`` is made of values: ``kind`` says how, see :class:`cnngen.ir.Join`.

    With ``listed``, the only value is a list of them. ``overwrites`` where the result may take the
    place of the first value, which is the target then.
    """

    target: str
    kind: str
    values: tuple[str, ...]
    node: d.Residual | d.Gate | d.Branches | d.Join
    listed: bool = False
    overwrites: bool = False


class Shortcut(NamedTuple):
    """``target`` is ``value`` plus what the shortcut of ``node`` makes of ``source``.

    Where it is open whether there is anything to add, ``target`` is ``value`` already.
    """

    target: str
    value: str
    source: str
    node: d.Residual
    kind: str
    overwrites: bool


class Collect(NamedTuple):
    """``target`` is an empty list."""

    target: str


class Append(NamedTuple):
    """``value`` is added to the list ``target``."""

    target: str
    value: str


class Keep(NamedTuple):
    """``target[position] = value``: a labelled value with an index; ``start`` makes it empty."""

    target: str
    position: Expression
    value: str


class Families(NamedTuple):
    """``target`` is an empty dictionary of labelled values."""

    target: str


class Let(NamedTuple):
    """``name = value``, over the names of the definition."""

    name: str
    value: Expression


class Loop(NamedTuple):
    """The statements in each turn; ``modules`` are the names of which each turn makes an item."""

    node: d.Repeat | d.For
    body: tuple[Statement, ...]


class Condition(NamedTuple):
    """The statements of one of two ways."""

    condition: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


class Head(NamedTuple):
    """``target`` is what a side head in ``groups`` makes of ``value``, in training."""

    target: str
    node: d.SideHead
    value: str
    groups: tuple[Name, ...] = ()


Statement = (
    Apply
    | Again
    | Copy
    | Combine
    | Shortcut
    | Collect
    | Append
    | Keep
    | Families
    | Let
    | Loop
    | Condition
    | Head
)

IDENTITY, PATH, OPEN, MATCH, WORD, NONE = "identity", "path", "undecided", "match", "word", "none"


def shortcut_kind(node: d.Residual) -> str:
    """What the shortcut is: decided already, or in code.

    ``identity`` and ``path`` are always added, ``none`` never; ``undecided``: the path or the input
    itself; ``match``: the input or nothing; ``word``: a parameter says which of all these.
    """
    if not is_constant(node.mode):
        return WORD
    if node.mode in (NONE, IDENTITY):
        return str(node.mode)
    if node.mode in ("path", "projection"):
        return PATH
    if is_constant(node.differs):
        if node.mode == MATCH:
            return NONE if node.differs else IDENTITY
        return PATH if node.differs else IDENTITY
    return MATCH if node.mode == MATCH else OPEN


WITH_PATH = (PATH, OPEN, WORD)


def shortcut_path(node: d.Residual) -> d.Layer | d.Use | d.Group | None:
    """The path that a mode which is decided takes."""
    return node.padding if node.mode == "pad" else node.path


class Ways(NamedTuple):
    """When nothing is added, and when which path is taken; else it is the input itself."""

    nothing: Expression
    paths: tuple[tuple[Expression, d.Layer | d.Use | d.Group], ...]


def shortcut_words(node: d.Residual) -> tuple[str, ...]:
    """The modes that a parameter of a definition may name."""
    given = {"auto": node.path, "pad": node.padding, "projection": node.path}
    if node.differs is False:
        given = {"projection": node.path}
    return tuple(word for word in sorted(SHORTCUTS) if word not in given or given[word] is not None)


def shortcut_ways(node: d.Residual, differs: Expression) -> Ways:
    """What a shortcut's mode and whether its shapes differ come to, as conditions."""

    def way(word: str, test: Expression) -> Expression:
        return operation("and", operation("==", node.mode, word), test)

    taken = operation("or", operation("==", node.mode, "projection"), way("auto", differs))
    paths = ((way("pad", differs), node.padding), (node.mode == "path" or taken, node.path))
    ways = tuple((test, path) for test, path in paths if path is not None and test is not False)
    nothing = operation("or", operation("==", node.mode, "none"), way("match", differs))
    return Ways(nothing, ways)


def has_path_named(body: Body, name: d.Name) -> bool:
    """Whether a body has a path of this name, in a loop that a definition writes out by turns."""
    return any(
        isinstance(node, d.Residual)
        and node.path_name.text == name.text
        and shortcut_kind(node) in WITH_PATH
        for node in d.open_nodes(body)
    )


def shortcut_comment(node: d.Residual) -> str:
    """What stands above a path that the source does not write out."""
    kind = "Zeros for the channels that the shortcut lacks" if node.mode == "pad" else ""
    return f"{kind or 'Projection shortcut'}, to match the residual branch."


def is_attribute(name: str) -> bool:
    """Whether a name can stand after a point; labels in quotes may be others."""
    return name.isidentifier()


def identifier(name: str) -> str:
    """A name for a variable that is like a label."""
    if name[0].isdigit():
        name = f"value_{name}"
    return re.sub(r"[-.]", "_", name)


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, with underscores after it where it is taken."""
    while name in taken:
        name += "_"
    return name


class Lowered(NamedTuple):
    """The statements of a body, the variable that holds its result, and all that it uses.

    ``outputs`` are the variables of what a network says that it returns, by name; one with an index
    as Python has it.
    """

    statements: tuple[Statement, ...]
    result: str
    variables: frozenset[str]
    outputs: Mapping[str, str]


def lower(
    body: Body,
    value: str,
    target: str,
    taken: Collection[str],
    inputs: Mapping[str, str] | None = None,
    exports: Mapping[str, str] | None = None,
) -> Lowered:
    """The statements of a body that starts from ``value``.

    Args:
        body: a namespace of its own.
        value: the variable that comes in.
        target: the variable that results go into.
        taken: names that no variable can have.
        inputs: the variables of a network's inputs, by their labels, where it has several.
        exports: the variables that labelled values go into which are read outside.
    """
    inputs, exports = inputs or {}, exports or {}
    fixed = Taken(taken, {*inputs.values(), *exports.values(), value, target})
    lowering = _Lowering(body, fixed, inputs, exports)
    statements, result = lowering.run(body, value, target)
    statements = [*lowering.families(), *statements]
    return Lowered(tuple(statements), result, frozenset(lowering.used), lowering.outputs)


class _Lowering:
    def __init__(
        self,
        body: Body,
        taken: Taken,
        inputs: Mapping[str, str],
        exports: Mapping[str, str],
    ) -> None:
        self.inputs = inputs
        self.exports = exports
        self.outputs: dict[str, str] = {}
        self.taken = taken
        self.used: set[str] = set()
        self.needed: list[str] = []
        self.targets: list[str] = []
        self.read = labels_read(body).union(exports)
        self.applied = _applied(body)
        self.kept: dict[str, str] = dict(exports)
        self.indexed: dict[str, str] = {}
        for node in d.open_nodes(body):
            name = getattr(node, "name", None)
            family = name.text if isinstance(name, Name) and name.is_indexed else ""
            if family in self.read and family not in self.indexed:
                self.indexed[family] = self.fresh(family)

    def families(self) -> list[Statement]:
        """What labelled values with an index are kept in."""
        return [Families(target) for target in self.indexed.values()]

    def fresh(self, name: str) -> str:
        """A variable that is not in use."""
        name = identifier(name)
        free, number = name, 1
        while free in self.taken:
            number += 1
            free = f"{name}_{number}"
        self.taken.add(free)
        self.used.add(free)
        return free

    def run(self, body: Body, value: str, target: str) -> tuple[list[Statement], str]:
        made: list[Statement] = []
        self.targets.append(target)
        for node in body.nodes:
            before, value = value, self._node(node, value, target, made)
            if before != value:
                self.forget(before)
        self.targets.pop()
        return made, value

    def _node(self, node: d.Node, value: str, target: str, made: list[Statement]) -> str:
        label = d.label_of(node)
        if isinstance(node, d.Input):
            value = self.inputs.get(label, value)
            self._keep_input(label, value, target, made)
            return value
        if isinstance(node, d.Output):
            for each in node.labels:
                variable = self._labelled(each)
                if isinstance(variable, Indexed):
                    variable = f"{variable.family}[{variable.position}]"
                self.outputs[d.written(each)] = variable
            return value
        name = getattr(node, "name", None)
        kept = label in self.read and label != ""
        indexed = kept and isinstance(name, Name) and name.is_indexed
        to = target
        if kept and not indexed:  # the other way of a condition may have the same label
            to = self.kept.get(label) or self.fresh(label)
        result = self._made(node, value, to, made)
        if kept and not indexed:
            if result != to:
                made.append(Copy(to, result))
            self.kept[label] = result = to
        elif indexed:
            assert isinstance(name, Name)
            assert name.position is not None
            made.append(Keep(self.indexed[label], name.position, result))
        return result

    def _keep_input(self, label: str, value: str, target: str, made: list[Statement]) -> None:
        """What comes in has a variable already; it is copied where that is the target of others."""
        if value == target and label in self.read:
            copy = Copy(self.fresh(label), value)
            made.append(copy)
            value = copy.target
        self.kept[label] = value

    def _made(self, node: d.Node, value: str, target: str, made: list[Statement]) -> str:
        label = d.label_of(node)
        if isinstance(node, (d.Layer, d.Use, d.Group)):
            exports: dict[str, str] = {}
            for own in node.exports if isinstance(node, d.Group) else ():
                path = f"{node.name.text}.{own}"
                exports[own] = self.kept[path] = self.kept.get(path) or self.fresh(own)
            taken = frozenset(self.taken) if isinstance(node, d.Group) else frozenset[str]()
            applied = self.applied.get(label, [])
            sizes = {node.at.input.sizes, *applied} if applied else set()
            how = "" if not sizes else "same" if len(sizes) == 1 and None not in sizes else "any"
            made.append(Apply(target, node, value, taken, exports, how))
            if isinstance(node, d.Group):
                self._heads_in(node, made)
            return target
        if isinstance(node, d.Reuse):
            made.append(Again(target, node, value))
            return target
        if isinstance(node, d.Let):
            made.append(Let(node.name, node.value))
            return value
        if isinstance(node, (d.Repeat, d.For, d.If)):
            return self._control(node, value, target, made)
        if isinstance(node, d.Residual):
            return self._residual(node, value, target, made)
        if isinstance(node, d.Branches):
            return self._branches(node, value, target, made)
        if isinstance(node, d.Gate):
            variable = self.fresh("scale")
            inner, scale = self.while_needed(value, node.body, variable)
            made += inner
            self.taken.discard([variable])
            made.append(Combine(target, "multiply", (value, scale), node))
            return target
        if isinstance(node, d.Join):
            values = (value, *(self._labelled(label) for label in node.labels))
            made.append(Combine(target, node.kind, values, node))
            return target
        if isinstance(node, d.Resume):
            variable = self._labelled(node.label)
            if variable.isidentifier():
                return variable
            made.append(Copy(target, variable))
            return target
        assert isinstance(node, d.SideHead)
        tap = d.tap_of(node.name.text)
        if tap in self.exports:
            made.append(Copy(self.exports[tap], value))
        else:
            made.append(Head(self.fresh(node.name.text), node, value))
        return value

    def _heads_in(self, group: d.Group, made: list[Statement]) -> None:
        """Apply the side heads of a group, unless what is lowered is a group, which gives taps."""
        for groups, head in d.side_heads_in(group):
            tap = d.tap_of(".".join(name.text for name in (*groups, head.name)))
            if tap not in self.exports:
                target = self.fresh(head.name.text)
                made.append(Head(target, head, self.kept[tap], groups))

    def _labelled(self, name: Name) -> str:
        """The variable of a labelled value; one with an index is written with its position."""
        if name.position is None:
            return self.kept[name.text]
        return Indexed(self.indexed[name.text], name.position)

    def _control(
        self, node: d.Repeat | d.For | d.If, value: str, target: str, made: list[Statement]
    ) -> str:
        if value != target:
            made.append(Copy(target, value))
        body, result = self.run(node.body, target, target)
        if result != target:
            body.append(Copy(target, result))
        if not isinstance(node, d.If):
            made.append(Loop(node, tuple(body)))
            return target
        otherwise, result = self.run(node.otherwise, target, target)
        if result != target:
            otherwise.append(Copy(target, result))
        made.append(Condition(node.condition, tuple(body), tuple(otherwise)))
        return target

    def _residual(self, node: d.Residual, value: str, target: str, made: list[Statement]) -> str:
        kind = shortcut_kind(node)
        if kind == NONE:
            inner, result = self.run(node.body, value, target)
            made += inner
            return result
        variable = self.fresh("y")
        inner, result = self.while_needed(value, node.body, variable)
        made += inner
        if result != variable:
            made.append(Copy(variable, result))
        overwrites = node.overwrites and result == variable
        to = variable if overwrites or kind in (MATCH, WORD) else target
        made.append(Shortcut(to, variable, value, node, kind, overwrites))
        self.forget(variable if to != variable else value)
        return to

    def while_needed(self, value: str, body: Body, variable: str) -> tuple[list[Statement], str]:
        """The statements of a part that starts from a value which is read again after it."""
        self.needed.append(value)
        made = self.run(body, value, variable)
        self.needed.pop()
        return made

    def forget(self, variable: str) -> None:
        """Let a variable be used again where nothing needs what it holds."""
        kept = (self.needed, self.targets, self.kept.values(), self.indexed.values())
        if not any(variable in names for names in kept):
            self.taken.discard([variable])

    def _branches(self, node: d.Branches, value: str, target: str, made: list[Statement]) -> str:
        rows = [each for each in node.body.nodes if isinstance(each, d.Branch)]
        if len(rows) < len([each for each in node.body.nodes if not isinstance(each, d.Let)]):
            variable = self.fresh("branches")
            made.append(Collect(variable))
            self._rows(node.body, value, variable, made)
            self.taken.discard([variable])
            made.append(Combine(target, "concat", (variable,), node, listed=True))
            return target
        results: list[str] = []
        names: list[str] = []
        for each in node.body.nodes:
            if isinstance(each, d.Let):
                made.append(Let(each.name, each.value))
                continue
            assert isinstance(each, d.Branch)
            names.append(self.fresh(each.label or f"branch{len(names) + 1}"))
            inner, result = self.while_needed(value, each.body, names[-1])
            made += inner
            results.append(result)
        self.taken.discard(set(names) - set(self.kept.values()))
        made.append(Combine(target, "concat", tuple(results), node))
        return target

    def _rows(self, body: Body, value: str, listed: str, made: list[Statement]) -> None:
        for node in body.nodes:
            if isinstance(node, d.Repeat):
                inner: list[Statement] = []
                self._rows(node.body, value, listed, inner)
                made.append(Loop(node, tuple(inner)))
            elif isinstance(node, d.Branch):
                variable = self.fresh("branch")
                rows, result = self.while_needed(value, node.body, variable)
                made += rows
                self.taken.discard([variable])
                made.append(Append(listed, result))
            elif isinstance(node, d.Let):
                made.append(Let(node.name, node.value))


def _applied(body: Body) -> dict[str, list[PerAxis | None]]:
    """The sizes that what has a label is applied to again, as far as they are known."""
    found: dict[str, list[PerAxis | None]] = {}
    for node in d.open_nodes(body):
        if isinstance(node, d.Reuse):
            found.setdefault(node.label.text, []).append(node.at.input.sizes)
    return found


class Indexed(str):
    """A labelled value with an index, as a variable: ``down`` and the position in it."""

    family: str
    position: Expression

    def __new__(cls, family: str, position: Expression) -> Indexed:
        """The value at ``position`` of ``family``."""
        made = super().__new__(cls, f"{family}[...]")
        made.family = family
        made.position = position
        return made


def form_of(node: d.Node) -> tuple[Form, Form]:
    """What comes into a node and what goes out."""
    assert not isinstance(node, (d.Let, d.Repeat, d.For, d.If))
    return node.at.input, node.at.output
