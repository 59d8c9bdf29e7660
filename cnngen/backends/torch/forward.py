"""The method ``forward``: what a class does with its modules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cnngen import definition as d
from cnngen.backends import lower as low
from cnngen.backends.code import COLUMNS, INDENT, Call, Code, Raw, call, columns, lay_out, string
from cnngen.backends.python import (
    WHOLE,
    Block,
    Condition,
    Let,
    Line,
    Tree,
    laid_out,
    live_names,
    read_rows,
)
from cnngen.backends.torch.emit import TABLE, interpolation
from cnngen.backends.torch.names import LOCALS
from cnngen.backends.torch.places import held, key_of
from cnngen.backends.torch.sequences import Items, has_turns, is_bare, module_names
from cnngen.backends.torch.statements import METHOD, assigned, control, line_of
from cnngen.definition import Body, Name
from cnngen.expressions import Symbol, names
from cnngen.ir import RESIZE
from cnngen.python_names import BUILTINS
from cnngen.record import NamedTuple

if TYPE_CHECKING:
    from cnngen.backends.torch.body import ClassWriter


class _Pending(NamedTuple):
    """Calls of modules inside one another that are not written yet."""

    code: str
    first: Items | d.Reuse
    last: Items | d.Reuse
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
        self.in_training: Block | None = None
        self.head_variables: list[str] = []
        self.depth = 0
        self.taken: set[str] = set()
        self.factors = {
            node.name: TABLE(writer.site(node)).spread
            for node in d.open_nodes(body)
            if isinstance(node, d.Layer) and is_bare(node)
        }
        """By the names of parameters that values are multiplied by, what spreads them."""
        self.places = Counter(
            name.text for node in d.open_nodes(body) for name in module_names(node) if name.looped
        )

    def lines(self, body: Body) -> list[str]:
        """The method's lines."""
        taken = {*LOCALS, *BUILTINS, *self.code.spelling.values(), self.writer.outputs}
        taken |= self.places.keys()  # the names of the lists that loops go through
        labels = [node.name.text for node in body.nodes if isinstance(node, d.Input)]
        inputs: dict[str, str] = {}
        for label in labels:
            inputs[label] = low.free_name(low.identifier(label), {*taken, *inputs.values()})
        first, *_ = self.writer.inputs = tuple(inputs.values()) or ("x",)
        exports: dict[str, str] = {}
        for label in self.writer.exports:
            used = {*taken, *exports.values(), "x"}
            exports[label] = low.free_name(low.identifier(label), used)
        lowered = low.lower(body, first, "x", taken, inputs, exports)
        self.taken = taken | lowered.variables
        last = lowered.statements[-1] if lowered.statements else None
        several = self.writer.outputs or self.writer.exports
        if isinstance(last, low.Combine) and last.kind == "concat" and not several:
            self.returned = last if last.target == lowered.result else None
        tree: Tree = []
        self.tree(lowered.statements, tree)
        reads = live_names(tree)
        free = reads - self.bound(lowered.statements)
        if free:  # what the constructor keeps is read from attributes, which are known by now
            spelling = {name: f"self.{self.writer.attribute(name)}" for name in sorted(free)}
            self.code = self.code.spelled(spelling)
            tree = []
            self.iterators = {}
            self.tree(lowered.statements, tree)
        lines = laid_out(tree, METHOD, self.code)
        if lowered.result not in self.writer.inputs:  # which has its type already
            lines = _with_type(lines, lowered.result)
        result = "" if self.returned is not None else lowered.result
        if exports:
            result = ", ".join([result, *exports.values()])
        if lowered.outputs:
            given = tuple(map(Raw, lowered.outputs.values()))
            returned = lay_out(METHOD, "return ", Call(self.writer.outputs, given))
            return [*self._iterators(), *lines, *returned]
        return [*self._iterators(), *lines, *self._returning(result)]

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
        """Write the statements of a body."""
        pending: _Pending | None = None
        for statement in statements:
            if isinstance(statement, (low.Apply, low.Again)):
                pending = self._apply(statement, pending, tree)
                continue
            self._flush(pending, tree)
            pending = None
            self._statement(statement, tree)
        self._flush(pending, tree)

    def _apply(
        self, statement: low.Apply | low.Again, pending: _Pending | None, tree: Tree
    ) -> _Pending | None:
        target, node, value = statement[:3]
        exports = statement.exports if isinstance(statement, low.Apply) else {}
        called = node.label if isinstance(node, d.Reuse) else node.name
        module, reads = self.module(called)
        if exports:
            self._flush(pending, tree)
            made = Raw(f"{module}({value})")
            targets = ", ".join([target, *exports.values()])
            tree.append(Line(assigned(targets, made), reads))
            return None
        factor = self.factors.get(called)
        if pending is not None:
            applied = _applied(module, pending.code, factor)
            joined = pending.first.at.line == node.at.line and value == pending.target == target
            if joined and len(METHOD) + len(target) + 3 + len(applied) <= COLUMNS:
                return _Pending(applied, pending.first, node, target, pending.reads | reads)
            self._flush(pending, tree)
        return _Pending(_applied(module, value, factor), node, node, target, reads)

    def _flush(self, pending: _Pending | None, tree: Tree) -> None:
        if pending is None:
            return
        note = self.writer.note(pending.first.at.input, pending.last.at.output)
        code, target = Raw(pending.code), pending.target
        tree.append(
            Line(lambda indent: lay_out(indent, f"{target} = ", code, "", note), pending.reads)
        )

    def module(self, name: Name, owner: str = "self") -> tuple[str, frozenset[str]]:
        """How ``forward`` gets at a module, and what it reads for that."""
        holder, own = held(name)
        if holder:
            reads = frozenset().union(*map(names, name.numbers))
            if name in self.factors:  # `get_parameter` takes nothing else, as torch.fx puts there
                around = f"{owner}.get_submodule({string(holder)})"
                return f"getattr({around}, {key_of(own, self.code)})", reads
            if not low.is_attribute(holder):
                return f"{owner}.get_submodule({key_of(name, self.code)})", reads
            return f"{owner}.{holder}[{key_of(own, self.code)}]", reads
        if name.position is not None:
            reads = frozenset().union(*map(names, name.numbers))
            return f"getattr({owner}, {key_of(name, self.code)})", reads
        if not low.is_attribute(name.text):
            return f"getattr({owner}, {string(name.text)})", frozenset()
        if not name.looped:
            return f"{owner}.{name.text}", frozenset()
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
            tree.append(line_of(Raw(f"{statement.target}: list[Tensor] = []")))
        elif isinstance(statement, low.Families):
            tree.append(line_of(Raw(f"{statement.target}: dict[int, Tensor] = {{}}")))
        elif isinstance(statement, low.Append):
            tree.append(line_of(Raw(f"{statement.target}.append({statement.value})")))
        elif isinstance(statement, low.Keep):
            target = f"{statement.target}[{self.code.text(statement.position)}]"
            tree.append(Line(assigned(target, Raw(statement.value)), names(statement.position)))
        elif isinstance(statement, low.Let):
            tree.append(Let(statement.name, statement.value))
        elif isinstance(statement, low.Head):
            self._head(statement, tree)
        else:
            assert isinstance(statement, (low.Loop, low.Condition)), type(statement).__name__
            self._control(statement, tree)

    def _assign(self, target: str, value: str, reads: frozenset[str]) -> Line:
        return Line(assigned(target, Raw(value)), reads)

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
            axis = node.axis if isinstance(node, d.Join) else None
            code = Call("torch.cat", (given, Raw(f"dim={1 if axis is None else 2 + axis}")))
        elif kind == RESIZE:
            assert isinstance(node, d.Join)
            code = self._resized(node, *texts)
        elif kind == "maximum":
            self.writer.names.imports.add(("torch", ""))
            code = _largest(texts)
        else:
            over = len(texts) if kind == "average" else 1
            sign = _SIGNS[kind]
            tree.append(Line(lambda indent: _chain(indent, target, sign, texts, note, over), reads))
            return
        prefix = "return " if statement is self.returned else f"{target} = "
        tree.append(Line(lambda indent: lay_out(indent, prefix, code, "", note), reads))

    def _resized(self, node: d.Join, value: str, like: str) -> Code:
        """A value in the size of another, which is read where the code runs."""
        axes = node.at.input.axes
        if node.mode == "nearest":  # torch's own: see the emission of `resize`
            self.writer.names.needs.add("resize_like")
            given = {} if axes == 2 else {"axes": axes}
            return call("resize_like", Raw(value), Raw(like), **given)
        self.writer.names.imports.add(("torch.nn", "functional"))
        mode = interpolation(node.mode, axes)
        return call("functional.interpolate", Raw(value), Raw(f"{like}.shape[2:]"), mode=mode)

    def _shortcut(self, statement: low.Shortcut, tree: Tree) -> None:
        target, value, source, node, kind, overwrites = statement
        if kind == low.IDENTITY and not self.writer.counts_path(node):
            tree.append(self._add(target, value, source, overwrites, frozenset()))
            return
        if kind == low.MATCH:
            name = self.writer.flags[id(node)]
            test = f"self.{name}"
            if has_turns(node):
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
        target, node, value, groups = statement
        if all(each is not node for each in self.writer.heads):
            self.writer.heads.append(node)
            self.head_variables.append(target)
        module, reads = "self", frozenset[str]()
        for name in (*groups, node.head.name):
            module, own = self.module(name, module)
            reads |= own
        line = self._assign(target, f"{module}({value})", reads)
        if self.in_training is None or not tree or tree[-1] is not self.in_training:
            self.in_training = Block(lambda i, _l: [f"{i}if self.training:"], frozenset(), [])
            tree.append(self.in_training)
        self.in_training.body.append(line)

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
        modules = {name: name for name in own}
        body = self._turn(statement, modules)
        targets = statement.node.targets if isinstance(statement.node, d.For) else ()
        read = {self.code.text(Symbol(each)) for each in live_names(body) & {*targets}}
        if read & modules.keys():  # a variable of the source's has the name of a list
            modules = {name: low.free_name(name, read) for name in own}
            body = self._turn(statement, modules)
        tree.append(self._zipped(statement.node, modules, body))

    def _turn(self, statement: low.Loop, modules: Mapping[str, str]) -> Tree:
        """The statements of a loop, with these variables for the modules of a turn."""
        body: Tree = []
        self.loops.append(dict(modules))
        self.tree(statement.body, body)
        self.loops.pop()
        return body

    def _looped(self, statements: Sequence[low.Statement]) -> list[str] | None:
        """The lists whose modules a loop goes through, one in each turn; None where it does not."""
        found: dict[str, None] = {}
        for statement in statements:
            if isinstance(statement, (low.Loop, low.Condition, low.Head)):
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
            if not live & {*targets}:
                return _for(indent, own, lists)
            spelled, read = read_rows(targets, values, self.code, live)
            shown = self.code.iterated(read, want=WHOLE)
            first = spelled[0] if len(spelled) == 1 else f"({', '.join(spelled)})"
            return _for(indent, [first, *own], [shown, *lists])

        reads = names(values) if live_names(body) & {*targets} else frozenset()
        return Block(head_of, reads, body)


def _applied(module: str, value: str, factor: str | None) -> str:
    """A module that is called with a value, or the product with a parameter."""
    return f"{module}({value})" if factor is None else f"{value} * {module}{factor}"


def _with_type(lines: list[str], result: str) -> list[str]:
    """The lines with the type of the result, which is of any type where modules give it."""
    for place, line in enumerate(lines):
        target = f"{METHOD}{result} = "
        if line.startswith(f"{METHOD}{result}, "):  # among several, which cannot say their types
            return [*lines[:place], f"{METHOD}{result}: Tensor", *lines[place:]]
        if line.startswith(target):
            typed = _typed(line.removeprefix(target), f"{result}: Tensor = ")
            return [*lines[:place], *typed, *lines[place + 1 :]]
    return lines


def _typed(code: str, target: str) -> list[str]:
    """An assignment, whose call is broken where the type leaves it no room on one line."""
    line = f"{METHOD}{target}{code}"
    call, _, note = code.partition("  # ")
    if columns(line) <= COLUMNS or not call.endswith(")"):
        return [line]
    function, _, arguments = call.removesuffix(")").partition("(")
    return lay_out(METHOD, target, Call(function, (Raw(arguments),)), "", note)


def _largest(values: list[str]) -> Code:
    """``torch.maximum`` of several values."""
    code: Code = Raw(values[0])
    for value in values[1:]:
        code = Call("torch.maximum", (code, Raw(value)))
    return code


_SIGNS = {"add": "+", "average": "+", "multiply": "*", "subtract": "-"}
"""What stands between values that are joined."""


def _chain(
    indent: str, target: str, sign: str, values: list[str], note: str, over: int = 1
) -> list[str]:
    """``target = a + b + ...``, in as many statements as it takes lines; ``over`` divides it."""
    lines: list[str] = []
    text, *rest = values
    for value in rest:
        longer = f"{text} {sign} {value}"
        if len(f"{indent}{target} = {longer}") > COLUMNS:
            lines.append(f"{indent}{target} = {text}")
            longer = f"{target} {sign} {value}"
        text = longer
    if over > 1:
        divided = f"({text}) / {over}"
        if len(f"{indent}{target} = {divided}") > COLUMNS:
            lines.append(f"{indent}{target} = {text}")
            divided = f"{target} / {over}"
        text = divided
    return [*lines, *lay_out(indent, f"{target} = ", Raw(text), "", note)]


def _for(indent: str, targets: list[str], values: list[str]) -> list[str]:
    if len(values) == 1:
        return [f"{indent}for {targets[0]} in {values[0]}:"]
    made = Call("zip", (*map(Raw, values), Raw("strict=True")))
    return lay_out(indent, f"for {', '.join(targets)} in ", made, ":")
