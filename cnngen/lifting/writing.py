"""Items as the text of a ``.cnn`` file, in rows as a person would write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnngen.diagnostics.render import one_line
from cnngen.elaborate.scope import written_label
from cnngen.elaborate.words import UNLIFTED
from cnngen.lifting.structure.blocks import Block
from cnngen.lifting.structure.items import (
    Branches,
    Formula,
    Gate,
    Given,
    Group,
    Head,
    If,
    Item,
    Layer,
    Loop,
    Missing,
    Optional,
    Read,
    Residual,
    Reuse,
    Shapes,
    Use,
)
from cnngen.lifting.structure.labels import QUOTED
from cnngen.ops import LAYERS, Shape, parameters
from cnngen.ops.text import WRITTEN_OUT, plain, size_text, value_text
from cnngen.record import NamedTuple

WIDTH = 88
"""Columns of a line, as far as it can be broken."""

INDENT = 4

HEAD_WEIGHT = 0.3
"""Of a side head's loss, which no model says (Szegedy et al., 2015, section 5)."""

BEGIN_ROWS = frozenset(
    word for word, op in LAYERS.items() if op.output_parameter or op.moves_window
)
"""Layers that begin a line, as they begin a row of a paper's table."""


class Page(NamedTuple):
    """What a file holds."""

    comment: str
    name: str
    inputs: tuple[tuple[str, Shape], ...]
    items: tuple[Item, ...]
    outputs: tuple[str, ...]
    blocks: tuple[Block, ...]
    shapes: Shapes
    defaults: Mapping[str, Mapping[str, Any]] = {}


def written(page: Page) -> str:
    """The text of a file."""
    writer = _Writer(page)
    rows = [f"# {one_line(page.comment)}", ""]
    for word, given in page.defaults.items():
        rows.append(" ".join(["default", word, *(f"{n}={_value(v)}" for n, v in given.items())]))
    rows += [""] * bool(page.defaults)
    for block in page.blocks:
        rows += [*writer.block(block), ""]
    return "\n".join([*rows, *writer.network()]) + "\n"


class _Writer:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.blocks = {block.name: block for block in page.blocks}

    # --- definitions ---------------------------------------------------------------------------

    def block(self, block: Block) -> list[str]:
        """A block with its parameters."""
        heads = [
            each.name if each.default is None else f"{each.name}={_value(each.default)}"
            for each in block.parameters
        ]
        head = f"block {block.name}" + (f"({', '.join(heads)})" if heads else "")
        rows = [f"# {one_line(block.origin)}", head + " {"]
        if block.reads_entry:
            rows.append(" " * INDENT + "let entry = channels")
        return [*rows, *self.rows(block.items, 1, None), "}"]

    def network(self) -> list[str]:
        """The network itself."""
        rows = [f"network {self.page.name} {{"]
        for label, shape in self.page.inputs:
            named = f"{_label_written(label)}: " if label else ""
            rows.append(f"{' ' * INDENT}{named}input {shape}")
        stated = [str(self.page.inputs[0][1])]
        rows += self.rows(self.page.items, 1, stated)
        if self.page.outputs:
            rows.append(f"{' ' * INDENT}output {' '.join(map(_label_read, self.page.outputs))}")
        return [*rows, "}"]

    # --- rows ----------------------------------------------------------------------------------

    def rows(self, items: tuple[Item, ...], level: int, stated: list[str] | None) -> list[str]:
        """Lines for items; ``stated`` is the shape that the line before says, where shapes are."""
        indent = " " * (INDENT * level)
        made: list[str] = []
        row: list[Item] = []
        broken = False

        def end() -> None:
            if row:
                made.extend(self._row(tuple(row), level, stated))
                row.clear()

        for item in items:
            full = broken or any(map(_begins, row))
            if row and ((_begins(item) and full) or self._is_long(item)):
                end()
                broken = False
            row.append(item)
            if self._is_long(item) or len(indent) + len(self._flat(tuple(row))) > WIDTH:
                last = row.pop()
                broken = bool(row)
                end()
                row.append(last)
                if self._is_long(item):
                    end()
        end()
        return made

    def _row(self, row: tuple[Item, ...], level: int, stated: list[str] | None) -> list[str]:
        indent = " " * (INDENT * level)
        if len(row) == 1 and self._is_long(row[0]):
            return self._long(row[0], level, stated)
        text = indent + self._flat(row)
        return [text + self._statement(row[-1], stated)]

    def _statement(self, item: Item, stated: list[str] | None) -> str:
        if stated is None or item.value < 0:
            return ""
        shape = str(self.page.shapes[item.value])
        if shape == stated[0]:
            return ""
        stated[0] = shape
        return f" -> {shape}"

    def _is_long(self, item: Item) -> bool:
        """Whether it has lines of its own."""
        if isinstance(item, Missing):
            return True
        if isinstance(item, (Layer, Use, Read, Reuse, Given)):
            return False
        if isinstance(item, Branches):
            return True
        flat = self._flat((item,))
        if isinstance(item, Group) and item.label == "" and len(item.items) <= 4:
            fits = len(flat) <= WIDTH - 3 * INDENT
            return not fits or any(map(self._is_long, item.items))
        return len(flat) > WIDTH - 2 * INDENT or flat.count(",") > 5 or flat.count("{") > 1

    def _long(self, item: Item, level: int, stated: list[str] | None) -> list[str]:
        indent = " " * (INDENT * level)
        if isinstance(item, Missing):
            return self._missing(item, indent)
        if isinstance(item, Branches):
            rows = [row for branch in item.branches for row in self._branch(branch, level + 1)]
            return [f"{indent}concat {{", *rows, f"{indent}}}" + self._statement(item, stated)]
        inner = stated if isinstance(item, Group) else None
        if isinstance(item, Group) and item.label and _is_loop(item.items):
            rows = self.rows(item.items, level, None)
            rows[0] = f"{indent}{_head(item)} {rows[0].strip()}"
            return [*rows[:-1], rows[-1] + self._statement(item, stated)]
        if isinstance(item, Residual):
            rows = [f"{indent}{_head(item)} {{", *self.rows(item.body, level + 1, None)]
            if not isinstance(item.shortcut, str):
                path = self.rows(item.shortcut, level + 1, None)
                if len(path) == 1:
                    rows.append(f"{indent}}} shortcut {{ {path[0].strip()} }}")
                    return [rows[0], *rows[1:-1], rows[-1] + self._statement(item, stated)]
                rows += [f"{indent}}} shortcut {{", *path]
            return [*rows, f"{indent}}}" + self._statement(item, stated)]
        if isinstance(item, If) and item.otherwise:
            rows = [f"{indent}{_head(item)} {{", *self.rows(item.items, level + 1, None)]
            rows += [f"{indent}}} else {{", *self.rows(item.otherwise, level + 1, None)]
            return [*rows, f"{indent}}}" + self._statement(item, stated)]
        body = item.body if isinstance(item, Gate) else getattr(item, "items", ())
        rows = [f"{indent}{_head(item)} {{", *self.rows(body, level + 1, inner)]
        return [*rows, f"{indent}}}" + self._statement(item, stated)]

    def _missing(self, item: Missing, indent: str) -> list[str]:
        where = f" ({item.place})" if item.place else ""
        why = f": {item.why}" if item.why else ""
        told = one_line(f"{item.operator}{where} has no word{why}")
        return [f"{indent}# {told}", f"{indent}{UNLIFTED}"]

    def _branch(self, branch: tuple[Item, ...], level: int) -> list[str]:
        """A branch is one line, which goes on after a comma."""
        indent = " " * (INDENT * level)
        if not branch:
            return [indent + "identity"]
        if not any(map(self._is_long, branch)):
            flat = self._flat(branch)
            if len(indent) + len(flat) <= WIDTH:
                return [indent + flat]
        rows: list[str] = []
        for place, item in enumerate(branch):
            own = self._row((item,), level + (place > 0), None)
            rows += [*own[:-1], own[-1] + ("," if place < len(branch) - 1 else "")]
        return rows

    # --- one line ------------------------------------------------------------------------------

    def _flat(self, items: tuple[Item, ...]) -> str:
        return ", ".join(map(self._item, items))

    def _item(self, item: Item) -> str:
        label = f"{_label_written(item.label)}: " if item.label else ""
        match item:
            case Layer():
                return label + _layer(item)
            case Use():
                return label + self._use(item)
            case Read(word=word, of=of, axis=axis):
                names = " ".join(_label_read(str(each)) for each in of)
                return f"{label}{word} {names}" + (f" axis={axis}" if axis else "")
            case Reuse(of=of):
                return f"{label}reuse {_label_read(str(of))}"
            case Missing():
                return UNLIFTED
            case Branches(branches=branches):
                return " ".join(["concat {", *("; " + self._flat(b) for b in branches), "}"])
            case Residual(body=body, shortcut=tuple() as path):
                return f"{_head(item)} {{ {self._flat(body)} }} shortcut {{ {self._flat(path)} }}"
            case Residual(body=body) | Gate(body=body):
                return f"{_head(item)} {{ {self._flat(body)} }}"
            case Given(name=name):
                return name
            case If(items=items, otherwise=otherwise):
                rest = f" else {{ {self._flat(otherwise)} }}" if otherwise else ""
                return f"{_head(item)} {{ {self._flat(items)} }}{rest}"
            case Group(items=(Loop() as loop,)) if item.label:
                return f"{_head(item)} {self._flat((loop,))}"
            case Group(items=items) | Head(items=items) | Loop(items=items):
                return f"{_head(item)} {{ {self._flat(items)} }}".strip()
            case Optional():
                raise TypeError("what is optional has become a condition")

    def _use(self, use: Use) -> str:
        words = [use.block]
        for each in self.blocks[use.block].parameters:
            value = use.arguments[each.name]
            if value == each.default and type(value) is type(each.default):
                continue
            if each.default is None:
                words.append(_positional(value))
            else:
                words.append(f"{each.name}={_value(value)}")
        return " ".join(words)


def _is_loop(items: tuple[Item, ...]) -> bool:
    return len(items) == 1 and isinstance(items[0], Loop)


def _begins(item: Item) -> bool:
    """Whether a row begins with it."""
    if isinstance(item, Layer):
        return item.word in BEGIN_ROWS
    return not isinstance(item, (Read, Missing)) or (isinstance(item, Read) and item.word == "from")


def _head(item: Item) -> str:
    """What stands before the brace."""
    label = f"{_label_written(item.label)}:" if item.label else ""
    match item:
        case Residual(shortcut=shortcut, shortcut_name=name):
            words = ["residual"]
            if isinstance(shortcut, str) and shortcut != "auto":
                words.append(f"shortcut={shortcut}")
            if name:
                words.append(f"shortcut_name={_label_written(name)}")
            return " ".join(([label] if label else []) + words)
        case Gate():
            return f"{label} gate".strip()
        case Head(name=name):
            return f"aux {name} weight={HEAD_WEIGHT}"
        case If(condition=condition):
            return f"if {condition}"
        case Loop(times=times, targets=targets, values=values):
            if not targets:
                return f"repeat {_value(times)}"
            return f"for {', '.join(targets)} in {values or f'range({_value(times)})'}"
        case _:
            return label


def _layer(item: Layer) -> str:
    """A layer with the arguments that are no defaults."""
    words = [item.word]
    skipped = False
    for parameter in parameters(LAYERS[item.word]).values():
        if parameter.name not in item.arguments:
            continue
        value = item.arguments[parameter.name]
        if _is_left_out(item, parameter.name, value, parameter.default, parameter.required):
            skipped = True
        elif parameter.positional and not skipped:
            words.append(_sizes(value) if parameter.name in WRITTEN_OUT else _positional(value))
        else:
            words.append(f"{parameter.name}={_value(value)}")
    return " ".join(words)


def _is_left_out(item: Layer, name: str, value: Any, default: Any, required: bool) -> bool:
    if name == "bias":
        return item.normed if value is False else value is True and not item.before_norm
    if required:
        return False
    if name == "stride" and default is None:
        return value == item.arguments.get("kernel") or value is None
    return value is default or plain(value) == plain(default)


def _sizes(value: Any) -> str:
    """Sizes that are written out, 3x3, as papers have a window."""
    return size_text(value) if isinstance(value, tuple) else _positional(value)


def _positional(value: Any) -> str:
    text = _value(value)
    needs = isinstance(value, Formula) and " " in text and " if " in text
    return f"({text})" if needs or text.startswith("-") else text


def _value(value: Any) -> str:
    """A value as the language writes it."""
    if isinstance(value, Formula):
        return value.text
    if isinstance(value, tuple) and any(isinstance(each, (Formula, tuple)) for each in value):
        return f"[{', '.join(map(_value, value))}]"
    return value_text(value)


def _label_written(label: str) -> str:
    if "[" in label or "{" in label:
        return label
    return f'"{label}"' if label in QUOTED else written_label(label)


def _label_read(path: str) -> str:
    quoted = any(not part.isidentifier() or part in QUOTED for part in path.split("."))
    return f'"{path}"' if quoted else path


Arguments = Mapping[str, Any]
