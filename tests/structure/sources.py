"""The sources of cnngen as trees, and what each of them imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import cnngen

ROOT = Path(cnngen.__file__).parent


class Import(NamedTuple):
    """An import, wherever it stands: at the top, in a function, or as a module's name in a text."""

    file: Path
    line: int
    module: str


def files() -> list[Path]:
    """Every source file of the package."""
    return sorted(ROOT.rglob("*.py"))


@cache
def tree(file: Path) -> ast.Module:
    """The file's tree."""
    return ast.parse(file.read_text(encoding="utf-8"))


def module_name(file: Path) -> str:
    """``cnngen.ops.base`` for ``cnngen/ops/base.py``."""
    parts = file.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path) -> Iterator[Import]:
    """What a file imports from the package."""
    for node in ast.walk(tree(file)):
        for module in _imported(node, file):
            if module.split(".")[0] == "cnngen":
                yield Import(file, node.lineno, module)  # type: ignore[attr-defined]
    for text in texts(file):
        if text.value.startswith("cnngen."):
            yield Import(file, text.lineno, text.value)


def _imported(node: ast.AST, file: Path) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            package = module_name(file).split(".")
            depth = node.level - (file.name == "__init__.py")
            base = ".".join([*package[: len(package) - depth], *filter(None, [base])])
        # `from cnngen import ops` imports the package `cnngen.ops`.
        yield from (f"{base}.{alias.name}" for alias in node.names)


class Text(NamedTuple):
    """A text in code that is no docstring."""

    lineno: int
    value: str


def texts(file: Path) -> Iterator[Text]:
    """The file's strings but for docstrings and the texts that stand alone below a definition."""
    alone = {
        id(node.value)
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield Text(node.lineno, node.value)


def words(file: Path) -> Iterator[Text]:
    """Every name, attribute and text in the code."""
    yield from texts(file)
    for node in ast.walk(tree(file)):
        for field in ("id", "attr", "arg", "name", "module"):
            value = getattr(node, field, None)
            if isinstance(value, str) and hasattr(node, "lineno"):
                yield Text(node.lineno, value)
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield Text(node.lineno, alias.name)
