"""Compiles hostile sources and looks at what became of them as Python."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from cnngen.backends import backend
from cnngen.compiler import compile_source
from cnngen.source import Source

TARGETS = ("torch", "keras")


class Code(NamedTuple):
    """A generated module, as text and without its docstrings as a tree."""

    text: str
    tree: ast.Module

    @property
    def shape(self) -> str:
        """The tree as text, without places."""
        return ast.dump(self.tree)

    @property
    def called(self) -> set[str]:
        """What the module calls."""
        nodes = ast.walk(self.tree)
        return {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}

    @property
    def docstrings(self) -> list[str]:
        """Those of the module, its classes and its functions."""
        whole = ast.parse(self.text)
        owners = (ast.Module, ast.ClassDef, ast.FunctionDef)
        nodes = [node for node in ast.walk(whole) if isinstance(node, owners)]
        return [text for node in nodes if (text := ast.get_docstring(node)) is not None]


def compiled(text: str, target: str, path: str = "net.cnn") -> Code | None:
    """The module; None where the compiler refuses the source."""
    result = compile_source(Source(path, text), [backend(target)], debug=True)
    if not result.outputs:
        assert result.diagnostics
        return None
    (output,) = result.outputs
    return Code(output.text, without_docstrings(output.text))


def must_compile(text: str, target: str, path: str = "net.cnn") -> Code:
    """The module, which there has to be."""
    code = compiled(text, target, path)
    assert code is not None
    check_form(code)
    return code


def without_docstrings(text: str) -> ast.Module:
    """The tree of a module with every docstring gone."""
    tree = ast.parse(text.encode("utf-8"))  # as bytes, so that an encoding it declares counts
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and _has_docstring(node):
            del node.body[0]
    return tree


def _has_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> bool:
    first = node.body[0] if node.body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)


SHAPE = "Shape = tuple[int | None, ...]"
"""The type of what a function takes as the shape of its input."""


def check_form(code: Code) -> None:
    """At the top imports, ``__all__``, classes and functions; nothing that runs anything else."""
    for node in code.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            _check_made(node)
        elif isinstance(node, ast.Assign) and ast.unparse(node) == SHAPE:
            pass
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):
            assert ast.unparse(node.value.value) == "Literal"
            assert all(isinstance(word, str) for word in ast.literal_eval(node.value.slice))
        elif isinstance(node, ast.Assign):
            assert [ast.unparse(target) for target in node.targets] == ["__all__"]
            assert isinstance(ast.literal_eval(node.value), list)
        elif isinstance(node, ast.Expr):
            _check_wrapped(node, code.tree)
        else:
            assert isinstance(node, ast.Import | ast.ImportFrom | ast.ClassDef | ast.FunctionDef)
    inner = [n for top in code.tree.body for n in ast.walk(top) if n is not top]
    assert not any(isinstance(n, ast.Import | ast.ImportFrom | ast.Global) for n in inner)
    assert code.called.isdisjoint(DANGEROUS - {"getattr"})
    for inside in inner:
        if isinstance(inside, ast.Call) and ast.unparse(inside.func) == "getattr":
            _check_read(inside)
    assert all(c.isprintable() or c == "\n" for c in code.text)
    assert code.text.splitlines() == code.text.split("\n")[:-1], "lines are the same to every tool"
    assert not any(re.search(r"coding[:=]", line) for line in code.text.split("\n")[:2])


def _check_made(node: ast.Assign) -> None:
    """A layer with other defaults, ``batch_norm = partial(layers.BatchNormalization, ...)``, or a
    type variable.
    """
    call = node.value
    assert isinstance(call, ast.Call)
    assert all(isinstance(target, ast.Name) for target in node.targets)
    owner = {"partial": "layers", "TypeVar": "nn"}[ast.unparse(call.func)]
    assert {ast.unparse(each).split(".")[0] for each in call.args[-1:]} == {owner}
    for each in call.args[:-1]:
        assert isinstance(each, ast.Constant) or ast.unparse(each).startswith(f"{owner}.")
    for keyword in call.keywords:
        assert type(ast.literal_eval(keyword.value)) in (int, float, bool)


def _check_wrapped(node: ast.Expr, tree: ast.Module) -> None:
    """A function that tracing leaves alone: ``fx.wrap("pad_same")``."""
    functions = {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}
    assert ast.unparse(node) in {f"fx.wrap({name!r})" for name in functions}


def _check_read(call: ast.Call) -> None:
    """An attribute with an index in its name, ``getattr(self, f"up{i}")``, or a quoted label."""
    own, name = call.args
    assert re.fullmatch(r"self(\.[a-z]\w*)*", ast.unparse(own))
    assert not call.keywords
    if isinstance(name, ast.Constant):
        assert isinstance(name.value, str)
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name.value)
        return
    assert isinstance(name, ast.JoinedStr)
    first, *others = name.values
    assert isinstance(first, ast.Constant)
    assert str(first.value).isidentifier()
    assert not str(first.value).startswith("_")
    assert all(isinstance(part, ast.FormattedValue) for part in others)


DANGEROUS = {"exec", "eval", "compile", "__import__", "open", "getattr", "globals", "os.system"}
