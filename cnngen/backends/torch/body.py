"""The body of a class: its submodules, and what ``forward`` does with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count

from cnngen.backends.base import SPELLING, symbolic
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
from cnngen.backends.loops import Runs
from cnngen.backends.sharing import Context, Units
from cnngen.backends.torch.emit import TABLE
from cnngen.backends.torch.names import LOCALS
from cnngen.formula import Formula, Symbol, names, operation, text
from cnngen.ir import (
    Branches,
    Chain,
    Gate,
    Instance,
    Item,
    Join,
    Layer,
    Residual,
    Resume,
    SideHead,
    counted_from,
    labels_read,
)
from cnngen.ops import Map, Shape
from cnngen.record import NamedTuple

METHOD = " " * 8
RESULT = "output: Tensor = "
INSERTED = "Inserted: what is added must have the shape of what it is added to."


class Class(NamedTuple):
    """A class without its head: constructor and ``forward``.

    ``names`` are the parameters that it reads. ``is_sequential`` where it has no ``forward`` of
    its own; ``heads`` are the side heads that it returns in training.
    """

    submodules: list[str]
    forward: list[str]
    names: frozenset[str]
    is_sequential: bool
    heads: list[SideHead]

    @property
    def text(self) -> str:
        """All of it, to compare."""
        return "\n".join([*self.submodules, *self.forward])


class Group(NamedTuple):
    """The class of a group that is no plain sequence."""

    name: str
    chain: Chain
    written: Class
    context: Context


class Groups:
    """Classes that come up while others are written.

    Those of groups that are no plain sequence, by what is written in them; and ``needs``, the
    helper classes that layers use.
    """

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.needs: set[str] = set()
        self.classes: dict[str, Group] = {}
        self.shown = 0

    def name(self, chain: Chain, written: Class, context: Context) -> str:
        """The name of the class for a group; groups of the same text share it."""
        if written.text not in self.classes:
            stem = camel(chain.name if chain.name.isidentifier() else f"group_{chain.name}")
            free = next(n for n in _numbered(stem, "") if n not in self.taken)
            self.taken.add(free)
            self.classes[written.text] = Group(free, chain, written, context)
        return self.classes[written.text].name

    def new(self) -> list[Group]:
        """The classes that have come up since the last time."""
        found = list(self.classes.values())[self.shown :]
        self.shown += len(found)
        return found

    @property
    def text(self) -> str:
        """All classes, to compare."""
        return "\n".join(self.classes)


def camel(name: str) -> str:
    """``conv_bn`` as a class is called: ``ConvBn``."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _numbered(stem: str, between: str) -> Iterator[str]:
    yield stem
    yield from (f"{stem}{between}{number}" for number in count(2))


def shape_text(shape: Shape, channels: Formula | None = None) -> str:
    """The shape with the batch, as torch orders it."""
    width = shape.channels if channels is None else symbolic(channels)
    if isinstance(shape, Map):
        return f"(N, {width}, {shape.height}, {shape.width})"
    return f"(N, {width})"


def is_sequence(chain: Chain) -> bool:
    """Whether ``nn.Sequential`` does what the chain does."""
    return all(isinstance(item, Layer | Chain | Instance) for item in chain.items)


class Writer:
    """Writes one class.

    ``noted`` where shapes stand behind the lines; ``outputs`` is the class of what a network with
    side heads returns in training.
    """

    def __init__(
        self,
        context: Context,
        units: Units,
        groups: Groups,
        *,
        noted: bool,
        outputs: str = "",
    ) -> None:
        self.context = context
        self.units = units
        self.groups = groups
        self.noted = noted
        self.outputs = outputs
        self.names: set[str] = set()

    def write(self, chain: Chain, *, sequential: bool) -> Class:
        """The class for a body; ``sequential`` where it may be a plain sequence of numbers."""
        if sequential and chain.numbered:
            arguments, notes = self._elements(chain)
            call_ = Call("super().__init__", tuple(arguments), notes)
            self.names |= names_in(call_)
            return Class(lay_out(METHOD, "", call_), [], frozenset(self.names), True, [])
        if sequential and is_sequence(chain) and not labels_read(chain):
            counted = self._counted(chain)
            if counted:
                start = f"{METHOD}super().__init__()"
                return Class([start, *counted], [], frozenset(self.names), True, [])
        submodules = [line for item in chain.items for line in self._submodules(item)]
        forward = Forward(self, chain)
        lines = forward.lines_of(chain)
        heads = [item for item, _ in forward.heads]
        return Class(submodules, lines, frozenset(self.names), False, heads)

    # --- submodules --------------------------------------------------------------------------

    def _submodules(self, item: Item, indent: str = METHOD) -> Iterator[str]:
        """The assignments for an item; those in regions are the class's own."""
        if isinstance(item, Layer | Chain | Instance):
            yield from self._submodule(item.name, self.module(item), indent)
        elif isinstance(item, SideHead):
            yield from self._submodules(item.head, indent)
        elif isinstance(item, Branches):
            for branch in item.branches:
                for child in branch.items:
                    yield from self._submodules(child, indent)
        elif isinstance(item, Residual | Gate):
            for child in item.body.items:
                yield from self._submodules(child, indent)
            if isinstance(item, Residual):
                yield from self._shortcut(item, indent)

    def _counted(self, chain: Chain) -> list[str]:
        """The submodules of a sequence with a loop whose names count on; none without a loop."""
        lines: list[str] = []
        place, has_loop = 0, False
        while place < len(chain.items):
            loop = self._counting_loop(chain, place)
            item = chain.items[place]
            if loop:
                lines += loop[0]
                place, has_loop = loop[1], True
            else:
                lines += self._submodules(item)
                place += 1
        return lines if has_loop else []

    def _counting_loop(self, chain: Chain, place: int) -> tuple[list[str], int] | None:
        """The lines of a loop that starts here, and where it stops."""
        for start, stop, times in chain.loops:
            turns = chain.items[start:stop]
            uses = [item for item in turns if isinstance(item, Instance)]
            counted = counted_from(turns)
            times = self.context.formula(times)
            if start != place or len(uses) != stop - start or not counted or stop - start < 2:
                continue
            unit = self.units[id(uses[0].body)]
            if any(self.units[id(use.body)] is not unit for use in uses):
                continue
            index = Symbol("i")
            given = unit.arguments_over(uses, self.context, index)
            if given is None or "i" in self.context.values:
                continue
            stem, first = counted
            number = text(operation("+", index, first), SPELLING)
            made = unit.call(given)
            added = Call("self.add_module", (Raw(f'f"{stem}{{{number}}}"'), made))
            self.names |= (names_in(made) | names(times)) - {"i"}
            head = f"{METHOD}for i in range({text(times, SPELLING)}):"
            return [head, *lay_out(METHOD + INDENT, "", added)], stop
        return None

    def _submodule(self, name: str, value: Code, indent: str) -> list[str]:
        self.names |= names_in(value)
        return lay_out(indent, f"self.{name} = ", value)

    def _shortcut(self, item: Residual, indent: str) -> Iterator[str]:
        name = item.path_name
        if not self.context.is_open(item):
            if item.joined and item.takes_path and item.path is not None:
                if item.mode != "path":
                    yield f"{indent}# {INSERTED}"
                yield from self._submodules(item.path, indent)
            return
        if item.mode == "match":
            yield f"{indent}self.{name} = {self._condition(item, '==', 'and')}"
            return
        assert item.path is not None
        yield f"{indent}# {INSERTED}"
        yield f"{indent}if {self._condition(item, '!=', 'or')}:"
        module = self.module(item.path)
        self.names |= names_in(module)
        # Annotated, since it is one of two kinds of module.
        yield from lay_out(indent + INDENT, f"self.{name}: nn.Module = ", module)
        yield f"{indent}else:"
        yield f"{indent}    self.{name} = nn.Identity()"

    def _condition(self, item: Residual, sign: str, between: str) -> str:
        pairs = self.context.differs(item)
        self.names.update(*(names(formula) for pair in pairs for formula in pair))
        compared = (f"{text(a, SPELLING)} {sign} {text(b, SPELLING)}" for a, b in pairs)
        return f" {between} ".join(compared)

    def module(self, item: Item) -> Call:
        """The expression that makes an item's module."""
        if isinstance(item, Layer):
            emission = TABLE(self.context.layer(item))
            self.groups.needs.update(emission.needs)
            return emission.module
        if isinstance(item, Instance):
            return self._instance(item)
        assert isinstance(item, Chain)
        if not is_sequence(item):
            return self._group(item)
        elements, notes = self._elements(item)
        if item.numbered:
            return Call("nn.Sequential", tuple(elements), notes)
        assert all(isinstance(element, Call) for element in elements), "loops are numbered"
        named = tuple(
            Keyword(child.name, value)
            for child, value in zip(item.items, elements, strict=True)
            if isinstance(value, Call)
        )
        self.groups.needs.add("OrderedDict")
        return Call("nn.Sequential", (Call("OrderedDict", named, notes),))

    def _instance(self, item: Instance) -> Call:
        unit = self.units[id(item.body)]
        return unit.call(unit.arguments(item, self.context))

    def _group(self, chain: Chain) -> Call:
        """A class of its own, which takes what it reads of the parameters around it."""
        inner = Writer(self.context, self.units, self.groups, noted=self.noted)
        written = inner.write(chain, sequential=False)
        name = self.groups.name(chain, written, self.context)
        return call(name, *(symbolic(Symbol(each)) for each in sorted(written.names)))

    def _elements(self, chain: Chain) -> tuple[list[Code], tuple[str, ...]]:
        """The modules of a sequence, runs of equal ones as a loop, and their notes."""
        modules = [self.module(item) for item in chain.items]
        notes = [self.note(item.input, item) for item in chain.items]
        elements: list[Code] = []
        behind: list[str] = []
        runs = Runs(chain, partial(self._continues, chain, modules), self.context.formula)
        place = 0
        while place < len(modules):
            loop = runs.at(place)
            stop = loop.stop if loop else place + 1
            once = modules[place]
            elements.append(Repeated(once, _raw(loop.times)) if loop else once)
            behind.append("; ".join(filter(None, dict.fromkeys(notes[place:stop]))))
            place = stop
        return elements, tuple(behind) if any(behind) else ()

    def _continues(self, chain: Chain, modules: list[Call], place: int) -> bool:
        """Whether the next module of a numbered sequence is made in the same way.

        Of layers, only those of a loop of the source become one.
        """
        item = chain.items[place]
        if not chain.numbered or not (isinstance(item, Instance) or chain.loops):
            return False
        return modules[place] == modules[place + 1]

    def note(self, before: Shape, item: Item) -> str:
        """The shape after an item, where it is another one."""
        if not self.noted or before == item.output:
            return ""
        return shape_text(item.output, self.context.formula(item.channels))


def _raw(formula: Formula) -> Raw:
    return Symbolic(text(formula, SPELLING), names(formula))


class Line(NamedTuple):
    """``target = value``; without a target, a statement.

    ``calls`` where the value is what calling a module gives, or made of that: of any type.
    """

    target: str
    value: Code
    note: str = ""
    indent: str = METHOD
    calls: bool = False

    def laid_out(self) -> list[str]:
        """The line with its note behind or above it."""
        prefix = f"{self.target} = " if self.target else ""
        if self.target == "return":
            prefix = "return "
        return lay_out(self.indent, prefix, self.value, "", self.note)


class Forward:
    """The lines of ``forward``: one for each line of the source, split where it is too long."""

    def __init__(self, writer: Writer, chain: Chain) -> None:
        self.writer = writer
        self.read = labels_read(chain)
        self.taken = {*LOCALS, writer.outputs}
        self.kept: dict[str, str] = {}
        self.lines: list[Line] = []
        self.heads: list[tuple[SideHead, str]] = []
        self.outputs = writer.outputs

    def lines_of(self, chain: Chain) -> list[str]:
        """The method's lines."""
        result = self.run(chain, "x", "x")
        return [line for row in self._returning(result) for line in row.laid_out()]

    def _returning(self, result: str) -> Iterator[Line]:
        """The lines, the last of which returns what it makes."""
        *before, last = self.lines or [Line("", "")]
        if last.target != result or last.indent != METHOD:
            yield from self.lines
        elif last.calls or self.heads:
            yield from before
            # An annotation, since what is of any type must not be returned as it is.
            yield last._replace(target=RESULT.removesuffix(" = "))
            result = "output"
        else:
            yield from before
            yield Line("return", last.value, last.note)
            return
        if self.heads:
            given = [result, *(variable for _, variable in self.heads)]
            yield Line("", Raw("if self.training:"))
            outputs = Call(self.outputs, tuple(map(Raw, given)))
            yield Line("return", outputs, indent=METHOD + INDENT)
        yield Line("", Raw(f"return {result}"))

    # --- items -------------------------------------------------------------------------------

    def run(self, chain: Chain, value: str, target: str) -> str:
        """Write the items of a chain; returns the variable that holds the result."""
        pending = _Pending(value)
        for item in chain.items:
            if isinstance(item, Layer | Chain | Instance):
                value = self._apply(item, pending, value, target)
            else:
                value = self._flush(pending, value, target)
                value = self._region(item, value, target)
                pending = _Pending(value)
            if item.name in self.read:
                value = self._keep(item, pending, value, target)
                pending = _Pending(value)
        return self._flush(pending, value, target)

    def _apply(self, item: Item, pending: _Pending, value: str, target: str) -> str:
        applied = f"self.{item.name}({pending.value})"
        too_long = len(METHOD) + len(RESULT) + len(applied) > COLUMNS
        if pending.first is not None and (pending.step != item.step or too_long):
            value = self._flush(pending, value, target)
            pending.restart(value)
            applied = f"self.{item.name}({value})"
        pending.add(item, applied)
        return value

    def _flush(self, pending: _Pending, value: str, target: str) -> str:
        if pending.first is None or pending.last is None:
            return value
        note = self.writer.note(pending.first.input, pending.last)
        self.lines.append(Line(target, Raw(pending.value), note, calls=True))
        return target

    def _keep(self, item: Item, pending: _Pending, value: str, target: str) -> str:
        """Hold a value in a variable of its own, which later lines read."""
        name = self._fresh(item.name)
        if pending.first is not None:
            self._flush(pending, value, name)
        else:
            self.lines.append(Line(name, Raw(value)))
        self.kept[item.name] = name
        return name

    def _fresh(self, name: str) -> str:
        free = next(n for n in _numbered(name, "_") if n not in self.taken)
        self.taken.add(free)
        return free

    # --- regions -----------------------------------------------------------------------------

    def _region(self, item: Item, value: str, target: str) -> str:
        if isinstance(item, Residual):
            return self._residual(item, value, target)
        if isinstance(item, Branches):
            return self._branches(item, value, target)
        if isinstance(item, Gate):
            return self._gate(item, value, target)
        if isinstance(item, Join):
            return self._join(item, value, target)
        if isinstance(item, Resume):
            return self.kept[item.label]
        assert isinstance(item, SideHead)
        variable = self._fresh(item.name)
        self.heads.append((item, variable))
        self.lines.append(Line("", Raw("if self.training:")))
        applied = Raw(f"self.{item.name}({value})")
        self.lines.append(Line(variable, applied, indent=METHOD + INDENT))
        return value

    def _residual(self, item: Residual, value: str, target: str) -> str:
        is_open = self.writer.context.is_open(item)
        if not item.joined and not is_open:
            return self.run(item.body, value, target)
        shortcut = value
        takes_path = item.mode != "match" and (is_open or item.takes_path)
        if takes_path or value == target:  # the body is about to overwrite it
            shortcut = self._fresh("shortcut")
            applied = f"self.{item.path_name}({value})" if takes_path else value
            self.lines.append(Line(shortcut, Raw(applied), calls=takes_path))
        result = self.run(item.body, value, target)
        if shortcut != value:
            self.taken.discard(shortcut)
        indent = METHOD
        if is_open and item.mode == "match":
            if result != target:
                self.lines.append(Line(target, Raw(result)))
                result = target
            self.lines.append(Line("", Raw(f"if self.{item.path_name}:")))
            indent += INDENT
        added = Raw(f"{result} + {shortcut}")
        self.lines.append(Line(target, added, indent=indent, calls=True))
        return target

    def _branches(self, item: Branches, value: str, target: str) -> str:
        results: list[str] = []
        names: list[str] = []
        for place, (branch, label) in enumerate(zip(item.branches, item.labels, strict=True)):
            names.append(self._fresh(label or f"branch{place + 1}"))
            results.append(self.run(branch, value, names[-1]))
        self.taken.difference_update(set(names) - set(self.kept.values()))
        note = self.writer.note(item.input, item)
        self.lines.append(Line(target, self._cat(results), note))
        return target

    def _cat(self, values: Sequence[str]) -> Call:
        self.writer.groups.needs.add("torch")
        listed = Call("", tuple(map(Raw, values)), brackets="[]")
        return Call("torch.cat", (listed, Raw("dim=1")))

    def _gate(self, item: Gate, value: str, target: str) -> str:
        name = self._fresh("scale")
        scale = self.run(item.body, value, name)
        self.taken.discard(name)
        self.lines.append(Line(target, Raw(f"{value} * {scale}"), calls=True))
        return target

    def _join(self, item: Join, value: str, target: str) -> str:
        values = [value, *(self.kept[label] for label in item.labels)]
        note = self.writer.note(item.input, item)
        if item.kind == "add":
            self.lines.append(Line(target, Raw(" + ".join(values)), note, calls=True))
        else:
            self.lines.append(Line(target, self._cat(values), note))
        return target


class _Pending:
    """Calls of modules inside one another that are not written yet."""

    def __init__(self, value: str) -> None:
        self.restart(value)

    def restart(self, value: str) -> None:
        """Begin anew from a variable."""
        self.value = value
        self.first: Item | None = None
        self.last: Item | None = None

    @property
    def step(self) -> int:
        """The line of the source that the calls stand on."""
        return self.first.step if self.first is not None else 0

    def add(self, item: Item, applied: str) -> None:
        """Call one more module on what is there."""
        self.first = self.first or item
        self.last, self.value = item, applied
