"""The body of a function: the layers that it applies, one assignment for each."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterator, Sequence
from itertools import count

from cnngen.backends.base import SPELLING, symbolic
from cnngen.backends.code import (
    COLUMNS,
    INDENT,
    Call,
    Code,
    Raw,
    comment,
    lay_out,
    lay_out_applied,
    names_in,
    string,
)
from cnngen.backends.keras.emit import TABLE, Part
from cnngen.backends.keras.names import LOCALS
from cnngen.backends.loops import Runs
from cnngen.backends.sharing import Context, Units
from cnngen.formula import INPUT_CHANNELS, Formula, is_constant, names, operation, text
from cnngen.ir import (
    Branches,
    Chain,
    Gate,
    Instance,
    Item,
    Join,
    Layer,
    Loop,
    Residual,
    Resume,
    SideHead,
    counted_from,
    labels_read,
)
from cnngen.ops import Map, Shape
from cnngen.record import NamedTuple

INSERTED = "Inserted: what is added must have the shape of what it is added to."


class Prefix(NamedTuple):
    """How the names of layers begin; ``in_text`` where variables are part of them, in braces."""

    text: str
    in_text: bool = False

    def name(self, name: str) -> Raw:
        """The name of a layer as code."""
        whole = self.text + layer_name(name)
        return Raw(f'f"{whole}"') if self.in_text else string(whole)

    def below(self, name: str) -> Prefix:
        """The beginning of the names of what is in an item."""
        return self._replace(text=f"{self.text}{layer_name(name)}_")


def layer_name(path: str) -> str:
    """The name of a Keras layer: the path, with ``_`` since ``.`` is not welcome everywhere."""
    return path.replace(".", "_")


def shape_text(shape: Shape, channels: Formula | None = None) -> str:
    """The shape with the batch, as Keras orders it."""
    width = shape.channels if channels is None else symbolic(channels)
    if isinstance(shape, Map):
        return f"(N, {shape.height}, {shape.width}, {width})"
    return f"(N, {width})"


def without_double_spaces(lines: Sequence[str]) -> Iterator[str]:
    """The lines with no empty one after another: groups that meet each ask for theirs."""
    before = ""
    for line in lines:
        if line or before:
            yield line
        before = line


class Assignment(NamedTuple):
    """``target = value(applied_to)``, and at which line it starts."""

    line: int
    indent: str
    target: str
    value: Code
    applied_to: Code
    note: str

    def laid_out(self, prefix: str) -> list[str]:
        """The line, or lines, with ``prefix`` for its beginning."""
        to = self.applied_to
        if isinstance(to, Call) and isinstance(self.value, Call):
            return lay_out_applied(self.indent, prefix, self.value, to, self.note)
        return lay_out(self.indent, prefix, self.value, f"({to})" if to else "", self.note)


class Writer:
    """Writes the lines of one function; ``noted`` where shapes stand behind them.

    ``reserved`` are more names that its lines use.
    """

    def __init__(
        self, context: Context, units: Units, *, noted: bool, reserved: Collection[str] = ()
    ) -> None:
        self.context = context
        self.units = units
        self.noted = noted
        self.names: set[str] = set()
        self.needs: set[str] = set()
        self.lines: list[str] = []
        # A variable must not hide a function that is called, nor a parameter.
        functions = {*dir(builtins), *reserved, *(unit.name for unit in units.values())}
        self.taken = {*LOCALS, *context.live, *functions} - {"i"}
        self.last: Assignment | None = None
        self.heads: list[tuple[SideHead, str]] = []

    @property
    def reads_input_channels(self) -> bool:
        """Whether the function needs to know how many channels come in."""
        return INPUT_CHANNELS in self.names

    def write(self, chain: Chain, value: str, prefix: Prefix) -> str:
        """Write the lines of a body; returns the variable that holds its output."""
        return _Namespace(self, chain, INDENT).run(chain, value, "x", prefix)

    def assign(
        self, indent: str, target: str, value: Code, applied_to: Code = "", note: str = ""
    ) -> None:
        """Add ``target = value(applied_to)  # note``."""
        self.names |= names_in(value)
        self.last = Assignment(len(self.lines), indent, target, value, applied_to, note)
        self.lines += self.last.laid_out(f"{target} = ")

    def return_result(self, result: str) -> None:
        """End the function: what was assigned last is returned right away."""
        last = self.last
        if last and last.target == result and last.indent == INDENT:
            del self.lines[last.line :]
            self.lines += last.laid_out("return ")
        else:
            self.lines.append(f"{INDENT}return {result}")

    def note(self, before: Shape, item: Item) -> str:
        """The shape after an item as the source states it, whose order is that of Keras too."""
        y = item.output
        if not self.noted or before == y:
            return ""
        channels = symbolic(self.context.formula(item.channels))
        return f"{y.height}x{y.width}x{channels}" if isinstance(y, Map) else str(channels)

    def fresh(self, name: str) -> str:
        """A variable that is not in use."""
        numbered = (f"{name}_{n}" for n in count(2))
        free = name if name not in self.taken else next(n for n in numbered if n not in self.taken)
        self.taken.add(free)
        return free


class _Namespace:
    """Writes what is named together; labels are variables of their own where they are read."""

    def __init__(self, writer: Writer, chain: Chain, indent: str) -> None:
        self.writer = writer
        self.context = writer.context
        self.read = labels_read(chain)
        self.kept: dict[str, str] = {}
        self.indent = indent

    def run(self, chain: Chain, value: str, target: str, prefix: Prefix) -> str:
        """Write the items of a chain; returns the variable that holds the result."""
        runs = self._runs(chain)
        place = 0
        while place < len(chain.items):
            loop = runs.at(place)
            if loop and self._can_loop(chain, loop):
                value = self._loop(chain, loop, value, target, prefix)
                place = loop.stop
                continue
            item = chain.items[place]
            place += 1
            to = target
            if item.name in self.read:
                to = self.kept[item.name] = self.writer.fresh(item.name)
            after = self._item(item, value, to, prefix)
            if item.name in self.read and after != to:
                self.writer.assign(self.indent, to, Raw(after))
                after = to
            value = after
        return value

    # --- loops -------------------------------------------------------------------------------

    def _runs(self, chain: Chain) -> Runs:
        uses = [self._use(item) for item in chain.items]

        def continues(place: int) -> bool:
            if uses[place] is None or uses[place] != uses[place + 1]:
                return False
            pair = chain.items[place : place + 2]
            if any(item.name in self.read for item in pair):
                return False
            return chain.numbered or counted_from(pair) is not None

        return Runs(chain, continues, self.context.formula)

    def _can_loop(self, chain: Chain, loop: Loop) -> bool:
        """Whether the turns use a block, under names that count on."""
        turns = chain.items[loop.start : loop.stop]
        if not isinstance(turns[0], Instance) or turns[0].name in self.read:
            return False
        return chain.numbered or (len(turns) > 1 and counted_from(turns) is not None)

    def _use(self, item: Item) -> tuple[str, tuple[Code, ...]] | None:
        """A use of a block without its name, to compare."""
        if not isinstance(item, Instance):
            return None
        made = self._call(item)
        return made.function, made.arguments

    def _loop(self, chain: Chain, loop: Loop, value: str, target: str, prefix: Prefix) -> str:
        item = chain.items[loop.start]
        assert isinstance(item, Instance)
        first = self._first_number(chain, loop)
        stop = operation("+", loop.times, first)
        bounds = [first, stop] if first != 0 else [stop]
        index = self.writer.fresh("i")
        self.writer.names.update(*map(names, bounds))
        if value != target:
            self.writer.assign(self.indent, target, Raw(value))
        head = f"{self.indent}for {index} in range({', '.join(_text(b) for b in bounds)}):"
        self.writer.lines.append(head)
        inner = _Namespace(self.writer, chain, self.indent + INDENT)
        stem = "" if chain.numbered else item.name.rstrip("0123456789")
        name = Prefix(f"{prefix.text}{stem}{{{index}}}", in_text=True).name("")
        made = self._call(item)
        arguments = (Raw(target), *made.arguments, Raw(f"name={name}"))
        note = self.writer.note(item.input, chain.items[loop.stop - 1])
        self.writer.assign(inner.indent, target, made._replace(arguments=arguments), "", note)
        self.writer.taken.discard(index)
        return target

    def _first_number(self, chain: Chain, loop: Loop) -> Formula:
        """The number in the first name: what a loop before counts may not be known here."""
        if not chain.numbered:
            item = chain.items[loop.start]
            return int(item.name[len(item.name.rstrip("0123456789")) :])
        first: Formula = loop.start
        for begin, end, times in chain.loops:
            turns = self.context.formula(times)
            if end <= loop.start and not is_constant(turns):
                first = operation("+", operation("-", first, end - begin), turns)
        return first

    # --- items -------------------------------------------------------------------------------

    def _item(self, item: Item, value: str, target: str, prefix: Prefix) -> str:
        if isinstance(item, Layer):
            return self._layer(item, value, target, prefix)
        if isinstance(item, Chain):
            return self._group(item, value, target, prefix)
        if isinstance(item, Instance):
            made = self._call(item)
            arguments = (Raw(value), *made.arguments, Raw(f"name={prefix.name(item.name)}"))
            note = self.writer.note(item.input, item)
            self.writer.assign(self.indent, target, made._replace(arguments=arguments), "", note)
            return target
        if isinstance(item, Residual):
            return self._residual(item, value, target, prefix)
        if isinstance(item, Branches):
            return self._branches(item, value, target, prefix)
        if isinstance(item, Gate):
            scale = self.run(item.body, value, self.writer.fresh("scale"), prefix)
            return self._merge("layers.Multiply", item, [value, scale], target, prefix)
        if isinstance(item, Join):
            kind = "layers.Add" if item.kind == "add" else "layers.Concatenate"
            values = [value, *(self.kept[label] for label in item.labels)]
            return self._merge(kind, item, values, target, prefix)
        if isinstance(item, Resume):
            return self.kept[item.label]
        assert isinstance(item, SideHead)
        variable = self.writer.fresh(item.name)
        self.writer.heads.append((item, self._item(item.head, value, variable, prefix)))
        return value

    def _layer(self, item: Layer, value: str, target: str, prefix: Prefix) -> str:
        """The lines of one layer; the last one notes the shape where it changes."""
        note = self.writer.note(item.input, item)
        emission = TABLE(self.context.layer(item))
        self.writer.needs.update(emission.needs)
        parts = emission.parts
        for part in parts:
            self._part(part, item, value, target, prefix, note if part is parts[-1] else "")
            value = target
        return target

    def _part(
        self, part: Part, item: Layer, value: str, target: str, prefix: Prefix, note: str
    ) -> None:
        function, arguments, *_ = part.call
        if part.function:
            made = Call(function, (Raw(value), *arguments))
            self.writer.assign(self.indent, target, made, "", note)
            return
        name = Raw(f"name={prefix.name(item.name + part.suffix)}")
        made = Call(function, (*arguments, name))
        self.writer.assign(self.indent, target, made, value, note)

    def _call(self, item: Instance) -> Call:
        """The use of a block, without the value and the name."""
        unit = self.writer.units[id(item.body)]
        return unit.call(unit.arguments(item, self.context))

    def _group(self, item: Chain, value: str, target: str, prefix: Prefix) -> str:
        """A network's group is set off under its own name."""
        lines = self.writer.lines
        below = prefix.below(item.name)
        is_set_off = not prefix.in_text
        if is_set_off:
            lines += ["", f"{self.indent}{_heading(below.text)}"]
        value = _Namespace(self.writer, item, self.indent).run(item, value, target, below)
        if is_set_off:
            lines.append("")
        return value

    # --- regions -----------------------------------------------------------------------------

    def _merge(
        self, function: str, item: Item, values: Sequence[str], target: str, prefix: Prefix
    ) -> str:
        made = Call(function, (Raw(f"name={prefix.name(item.name)}"),))
        # What a body gives has the shape of the sum already.
        note = "" if isinstance(item, Residual) else self.writer.note(item.input, item)
        listed = Call("", tuple(map(Raw, values)), brackets="[]")
        self.writer.assign(self.indent, target, made, listed, note)
        return target

    def _residual(self, item: Residual, value: str, target: str, prefix: Prefix) -> str:
        is_open = self.context.is_open(item)
        if not item.joined and not is_open:
            return self.run(item.body, value, target, prefix)
        takes_path = item.mode != "match" and (is_open or item.takes_path)
        shortcut = value
        if takes_path or value == target:
            shortcut = self.writer.fresh("shortcut")
        if takes_path:
            self._path(item, value, shortcut, prefix, is_open=is_open)
        elif shortcut != value:
            self.writer.assign(self.indent, shortcut, Raw(value))
        result = self.run(item.body, value, target, prefix)
        if shortcut != value:
            self.writer.taken.discard(shortcut)
        if not (is_open and item.mode == "match"):
            return self._merge("layers.Add", item, [result, shortcut], target, prefix)
        if result != target:
            self.writer.assign(self.indent, target, Raw(result))
        self.writer.lines.append(f"{self.indent}if {self._condition(item, '==', 'and')}:")
        inner = _Namespace(self.writer, item.body, self.indent + INDENT)
        return inner._merge("layers.Add", item, [target, shortcut], target, prefix)

    def _path(
        self, item: Residual, value: str, shortcut: str, prefix: Prefix, *, is_open: bool
    ) -> None:
        assert item.path is not None
        if is_open:
            self.writer.assign(self.indent, shortcut, Raw(value))
        if item.mode != "path":
            self.writer.lines.append(f"{self.indent}# {INSERTED}")
        inner = self
        if is_open:
            self.writer.lines.append(f"{self.indent}if {self._condition(item, '!=', 'or')}:")
            inner = _Namespace(self.writer, item.body, self.indent + INDENT)
            value = shortcut
        inner._plain(item.path, value, shortcut, prefix)

    def _plain(self, path: Item, value: str, target: str, prefix: Prefix) -> None:
        """The layers of a path, without a heading of their own."""
        if isinstance(path, Chain):
            inner = _Namespace(self.writer, path, self.indent)
            result = inner.run(path, value, target, prefix.below(path.name))
        else:
            result = self._item(path, value, target, prefix)
        if result != target:
            self.writer.assign(self.indent, target, Raw(result))

    def _condition(self, item: Residual, sign: str, between: str) -> str:
        pairs = self.context.differs(item)
        self.writer.names.update(*(names(formula) for pair in pairs for formula in pair))
        compared = (f"{_text(a)} {sign} {_text(b)}" for a, b in pairs)
        return f" {between} ".join(compared)

    def _branches(self, item: Branches, value: str, target: str, prefix: Prefix) -> str:
        results: list[str] = []
        variables: list[str] = []
        for place, (branch, label) in enumerate(zip(item.branches, item.labels, strict=True)):
            variables.append(self.writer.fresh(label or f"branch{place + 1}"))
            results.append(self.run(branch, value, variables[-1], prefix))
        self.writer.taken.difference_update(set(variables) - set(self.kept.values()))
        return self._merge("layers.Concatenate", item, results, target, prefix)


def _text(formula: Formula) -> str:
    return text(formula, SPELLING)


def _heading(name: str) -> str:
    """A comment with a group's name, or with the end of a very long one."""
    shown = name.removesuffix("_")
    room = COLUMNS - len(INDENT) - len("# ")
    return comment(shown if len(shown) <= room else "..." + shown[3 - room :])
