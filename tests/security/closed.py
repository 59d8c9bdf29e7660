"""Whether a module is made of nothing but its target's words and the names that its source has."""

from __future__ import annotations

import ast
import builtins
import io
import re
import tokenize
from collections.abc import Iterator
from typing import Any

from cnngen import shipped
from cnngen.source import Source, stem
from cnngen.syntax import ast as tree_of_source
from cnngen.syntax.parser import parse
from security.harness import Code
from security.vocabulary import helper_words, helpers, pieces, words


def identifiers(text: str) -> frozenset[str]:
    """The names in a source that has no syntax errors, and in what it uses of the library."""
    file, found = parse(Source("net.cnn", text))
    assert not found
    waiting: list[Any] = list(file.definitions)
    names = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, tree_of_source.Use):
            used = shipped.source(node.target)
            names |= identifiers(used.text) if used else set()
        elif isinstance(node, tree_of_source.Name):
            names.add(node.name)
        elif isinstance(node, tuple):
            waiting += [part for part in node if isinstance(part, tuple)]
    return frozenset(names)


def texts(text: str) -> frozenset[str]:
    """What stands in quotes in a source: a default, or what one is compared with."""
    file, _ = parse(Source("net.cnn", text))
    waiting: list[Any] = list(file.definitions)
    found = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, tree_of_source.Literal) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, tuple):
            waiting += [part for part in node if isinstance(part, tuple)]
    return frozenset(found)


class Closed:
    """The names, attributes, calls and texts that the module of a source may have."""

    def __init__(self, code: Code, text: str, path: str, target: str) -> None:
        self.code = code
        self.helpers = helpers(target)
        self.words = words(target) | helper_words(target) | OF_PYTHON
        self.of_target = pieces(self.words)
        self.own = self.of_target | pieces(identifiers(text))
        self.stem = stem(path)
        self.texts = texts(text)
        self.defined = set(_defined(code.tree)) | (set(dir(builtins)) & self.words)

    def check(self) -> None:
        """Fail at the first thing that is neither the target's nor a name of the source."""
        written = [n for n in self.code.tree.body if ast.dump(n) not in self.helpers]
        for node in (inside for top in written for inside in ast.walk(top)):
            self._check_node(node)
            for name in _names(node):
                assert pieces([name]) <= self.own, name
                assert name.isascii()
                assert name.isidentifier() or all(map(str.isidentifier, name.split("."))), name
        _check_comments(self.code.text)

    def _check_node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            assert node.id in self.defined, f"{node.id} is defined nowhere"
        elif isinstance(node, ast.Attribute) and not re.match(r"self\b", ast.unparse(node.value)):
            assert pieces([node.attr]) <= self.of_target, f"{ast.unparse(node)} is no word of it"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            self._check_text(node.value)
        elif isinstance(node, ast.Call):
            called = ast.Name | ast.Attribute | ast.Call | ast.Subscript
            assert isinstance(node.func, called), ast.unparse(node)
        elif isinstance(node, ast.Raise):
            assert re.fullmatch(r"raise ValueError\(f?['\"].*['\"]\)", ast.unparse(node)), node
        else:
            assert isinstance(node, INERT + MADE_OF), ast.dump(node)

    def _check_text(self, text: str) -> None:
        """A name, perhaps a path of names; a text of the source's, which is data; or the file's
        name, where Keras registers classes; or what an error says."""
        if text != self.stem and text not in self.texts and text not in MESSAGES:
            assert re.fullmatch(r"[A-Za-z0-9_.-]*", text), text
            assert pieces([text]) <= self.own, text


def _names(node: ast.AST) -> Iterator[str]:
    """The names that a node holds itself."""
    for field in ("id", "attr", "arg", "name", "asname", "module"):
        value = getattr(node, field, None)
        if isinstance(value, str):
            yield value


def _defined(tree: ast.Module) -> Iterator[str]:
    """What a module defines, takes, assigns and imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield node.asname or node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _check_comments(text: str) -> None:
    """Comments and docstrings are constants, and nothing to Python."""
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    comments = [token for token in tokens if token.type == tokenize.COMMENT]
    lines = text.split("\n")
    for token in comments:
        row = token.start[0] - 1
        lines[row] = lines[row][: token.start[1]]
    assert ast.dump(ast.parse("\n".join(lines))) == ast.dump(ast.parse(text))


OF_PYTHON = frozenset({"bool", "max", "min", "str", "sum", "ValueError"})
"""Types of defaults, functions in sums, which are spelled as in the source, and what is raised."""

MESSAGES = frozenset(
    {
        "there is no shortcut ",
        "with its side heads it is no part of another model; there use "
        'keras.Model(model.input, model.output["main"])',
    }
)
"""What errors of generated code say."""

MADE_OF = (
    *(ast.Module, ast.Import, ast.ImportFrom, ast.alias, ast.Assign, ast.AnnAssign, ast.AugAssign),
    *(ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Expr, ast.If),
    *(ast.For, ast.GeneratorExp, ast.DictComp, ast.ListComp, ast.comprehension, ast.Starred),
    *(ast.keyword, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Constant, ast.Tuple),
    *(ast.List, ast.Dict, ast.JoinedStr, ast.FormattedValue, ast.IfExp, ast.Compare, ast.BinOp),
    *(ast.UnaryOp, ast.BoolOp, ast.Pass),
)
"""What modules are made of. Neither ``lambda`` nor ``global``, ``del`` or ``with``."""

INERT = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
