"""Calls as Python writes them, and their arguments bound to a signature. Nothing is evaluated."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Iterator, Mapping

from cnngen.diagnostics import shortened
from cnngen.foreign.said import UnboundError, UnsayableError
from cnngen.ops.kinds import LARGEST
from cnngen.record import NamedTuple

LONGEST = 4_000
"""Characters of a statement that is read."""


DEEPEST = 50
"""Nodes that stand in each other."""


class Written(NamedTuple):
    """A value that is no literal, as it is written: a name, a sum."""

    text: str


Value = None | bool | int | float | str | tuple["Value", ...] | Written

IGNORED = {
    *("inplace", "device", "dtype", "training", "track_running_stats"),
    *("name", "data_format", "trainable", "input_shape", "batch_size", "seed"),
    *("kernel_regularizer", "bias_regularizer", "activity_regularizer", "bias_initializer"),
}
"""Arguments that say nothing about the network: where it runs, its layout, how it is trained."""


def statement(text: str) -> ast.stmt | None:
    """The only statement of ``text`` as Python reads it; None where it does not."""
    if len(text) > LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text.rstrip(" \t\n,;")).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return body[0] if len(body) == 1 and _is_flat(body[0]) else None


def _is_flat(node: ast.AST) -> bool:
    """Whether few things stand in each other: what reads them calls itself for each."""
    level: list[ast.AST] = [node]
    for _ in range(DEEPEST):
        level = [child for each in level for child in ast.iter_child_nodes(each)]
        if not level:
            return True
    return False


def dotted(node: ast.expr) -> str:
    """``torch.nn.Conv2d`` of a name with points in it; empty of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def value(node: ast.expr) -> Value:
    """What is written: a literal's value, anything else as text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (bool, str)):
        return node.value
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value if abs(node.value) <= LARGEST else Written(shortened(ast.unparse(node)))
    if isinstance(node, ast.Constant) and node.value is None:
        return None
    if isinstance(node, (ast.Tuple, ast.List)):
        return tuple(map(value, node.elts))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = value(node.operand)
        if isinstance(number, (int, float)):
            return -number
    return Written(ast.unparse(node))


class Arguments:
    """The arguments of a call by the names of a signature; what is read of them is remembered.

    Args:
        call: the call.
        signature: names in order, with defaults: ``kernel_size stride=None padding=0``.
        axes: of positions, for what is said once for all of them.
        known: names that have a value where the call stands.

    Raises:
        UnboundError: the call has an argument that the signature has not.
    """

    def __init__(
        self, call: ast.Call, signature: str, axes: int, known: Collection[str] = ()
    ) -> None:
        self.axes = axes
        self.known = known
        self.word = dotted(call.func).rpartition(".")[2]
        defaults = dict(_defaults(signature))
        names = list(defaults)
        given = [value(each) for each in call.args]
        if len(given) > len(names):
            raise UnboundError
        self.given: dict[str, Value] = dict(zip(names, given, strict=False))
        for keyword in call.keywords:
            name = keyword.arg or ""
            if name not in names:
                name = ALIASES.get(name, name)
            if (name not in names and name not in IGNORED) or name in self.given:
                raise UnboundError
            self.given[name] = value(keyword.value)
        self.values: Mapping[str, Value] = {**defaults, **self.given}
        self.defaults: Mapping[str, Value] = defaults
        self.read: set[str] = set()
        if any(
            default is REQUIRED and name not in self.given for name, default in defaults.items()
        ):
            raise UnboundError

    def get(self, name: str) -> Value:
        """The value, or its default."""
        self.read.add(name)
        return self.values[name]

    def unsayable(self, name: str, why: str = "cannot be said here") -> UnsayableError:
        """That an argument is one for which there is no line."""
        shown = self.values[name]
        text = shown.text if isinstance(shown, Written) else repr(shown).replace("'", '"')
        text = shortened(text)
        return UnsayableError(f"`{name}={text}` of `{self.word}` {why}")

    def check(self) -> None:
        """Refuse what was given and not read, where it is not the default.

        Raises:
            UnsayableError: with its name.
        """
        for name, given in self.given.items():
            if name in self.read or name in IGNORED or given == self.defaults[name]:
                continue
            raise self.unsayable(name)

    def number(self, name: str, least: int = 1) -> str:
        """A whole number of at least 1, or with ``least`` of 0 any; or the name of one."""
        found = self.get(name)
        if isinstance(found, Written) and found.text in self.known:
            return found.text
        if isinstance(found, Written) and found.text.isidentifier():
            raise self.unsayable(name, f"has no value here: make `{found.text}` a parameter")
        is_number = type(found) is int or (type(found) is float and least == 0)
        if not is_number or not isinstance(found, (int, float)) or found < least:
            raise self.unsayable(name)
        return number_text(found)

    def per_axis(self, name: str, least: int = 1) -> tuple[int, ...]:
        """A size for each axis."""
        found = self.get(name)
        parts = found if isinstance(found, tuple) else (found,) * self.axes
        if len(parts) == 1:
            parts *= self.axes
        if len(parts) != self.axes:
            raise self.unsayable(name)
        sizes = tuple(part for part in parts if type(part) is int and part >= least)
        if len(sizes) != self.axes:
            raise self.unsayable(name)
        return sizes

    def window(self, name: str) -> str:
        """The size of a window, written on all axes: `3x3`."""
        return "x".join(map(str, self.per_axis(name)))

    def option(self, ours: str, name: str, default: int, least: int = 1) -> str:
        """``ours=...`` for each axis, empty where it is our default."""
        sizes = self.per_axis(name, least)
        return "" if set(sizes) == {default} else f"{ours}={size_text(sizes)}"

    def setting(self, ours: str, name: str, default: float) -> str:
        """``ours=...`` of a number, empty where it is our default."""
        found = self.get(name)
        if isinstance(found, bool) or not isinstance(found, (int, float)) or found < 0:
            raise self.unsayable(name)
        return "" if found == default else f"{ours}={number_text(found)}"

    def flag(self, name: str) -> bool:
        """True or false."""
        found = self.get(name)
        if not isinstance(found, bool):
            raise self.unsayable(name)
        return found


REQUIRED = Written("")
"""The default of an argument that has to be given."""

ALIASES = {"alpha": "negative_slope"}
"""Names that arguments had in older versions."""


def _defaults(signature: str) -> Iterator[tuple[str, Value]]:
    for each in signature.split():
        name, equals, default = each.partition("=")
        yield name, ast.literal_eval(default) if equals else REQUIRED


def number_text(number: float) -> str:
    """A number as a source has it: `0.001`, `2`."""
    if number == int(number):
        return str(int(number))
    return repr(float(f"{number:.12g}"))


def size_text(sizes: tuple[int, ...]) -> str:
    """A size, as one number where all axes have the same."""
    return str(sizes[0]) if len(set(sizes)) == 1 else "x".join(map(str, sizes))


def words(*parts: str) -> str:
    """A layer and those of its arguments that say something."""
    return " ".join(filter(None, parts))
