"""Helper classes and functions of generated modules: real files, copied with their imports."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Sequence
from functools import cache

from cnngen.record import NamedTuple

SHARED = os.path.join(os.path.dirname(__file__), "shared")
"""Helpers of every target."""

Imports = frozenset[tuple[str, str]]
"""Modules and the names that are imported from them; an empty one is the module itself."""


class Helper(NamedTuple):
    """One helper: its imports, the definitions before it, its text, the helpers that it uses."""

    imports: Imports
    constants: tuple[str, ...]
    text: str
    uses: tuple[str, ...]


def file_name(name: str) -> str:
    """The file of a helper: ``RMSNorm2d`` is in ``rms_norm2d.py``."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.replace("2D", "2d"))
    return f"{words.lower().lstrip('_')}.py"


@cache
def load(folder: str, name: str) -> Helper:
    """The helper of this name, of a target's folder or of the shared one."""
    path = os.path.join(folder, file_name(name))
    if not os.path.exists(path):
        path = os.path.join(SHARED, file_name(name))
    with open(path, encoding="utf-8") as file:
        text = file.read()
    lines = text.split("\n")
    imports: set[tuple[str, str]] = set()
    uses: list[str] = []
    constants: list[str] = []
    body = ""
    for node in ast.parse(text).body[1:]:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        written = "\n".join(lines[first - 1 : node.end_lineno])
        if isinstance(node, ast.Import):
            imports.update((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cnngen."):
            uses += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imports.update((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Assign):
            constants.append(written)
        else:
            body += f"\n\n\n{written}" if body else written
    return Helper(
        frozenset(imports), tuple(constants), re.sub(r"  # type: .*", "", body), tuple(uses)
    )


class Gathered(NamedTuple):
    """What a module's helpers come to."""

    imports: Imports
    constants: tuple[str, ...]
    texts: tuple[str, ...]


def gather(folder: str, needs: Iterable[str]) -> Gathered:
    """The helpers that are needed, and those that they use, each after what it uses."""
    order: dict[str, Helper] = {}

    def add(name: str) -> None:
        if name in order:
            return
        helper = load(folder, name)
        for used in helper.uses:
            add(used)
        order[name] = helper

    for name in sorted(needs):
        add(name)
    imports: frozenset[tuple[str, str]] = frozenset()
    constants: dict[str, None] = {}
    for helper in order.values():
        imports |= helper.imports
        constants.update(dict.fromkeys(helper.constants))
    return Gathered(
        imports, tuple(constants), tuple(filter(None, (h.text for h in order.values())))
    )


STANDARD = ("collections", "collections.abc", "functools", "itertools", "math", "typing")
"""Modules of Python itself that generated modules import from."""


def import_lines(imports: Iterable[tuple[str, str]]) -> list[str]:
    """Imports as isort lays them out: Python's own, then the framework's."""
    own = _section([each for each in imports if each[0] in STANDARD])
    others = _section([each for each in imports if each[0] not in STANDARD])
    return [*own, *([""] if own and others else []), *others]


def _section(imports: Sequence[tuple[str, str]]) -> list[str]:
    whole = sorted(module for module, name in imports if not name)
    parts: dict[str, set[str]] = {}
    for module, name in imports:
        if name:
            parts.setdefault(module, set()).add(name)
    froms = [f"from {m} import {', '.join(sorted(parts[m], key=_order))}" for m in sorted(parts)]
    return [*(f"import {module}" for module in whole), *froms]


def _order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name
