"""Names of blocks, their parameters, side heads and joined values: refused, or only names.

What generated code calls them may differ a little, where it uses the name itself; so modules are
compared with their names numbered in the order in which they come.
"""

from __future__ import annotations

import ast
from collections import defaultdict

import pytest

from security.harness import TARGETS, check_form, compiled, must_compile
from security.test_names import NAMES, STAND_IN

PLACES = {
    "block": "block {name}(c) {{\n conv c 3x3\n first: relu\n}}\n"
    "network A {{\n input 9x9x2\n {name} 4\n b: {name} 3\n}}\n",
    "argument": "block b({name}) {{\n conv {name} 3x3\n first: relu\n}}\n"
    "network A {{\n input 9x9x2\n b 4\n b 3\n}}\n",
    "argument by name": "block b(c, {name}) {{\n conv c 3x3 stride={name}\n first: relu\n}}\n"
    "network A {{\n input 9x9x2\n b 4 {name}=1\n b 3 {name}=2\n}}\n",
    "default": "block b({name}=4) {{\n conv {name} 3x3\n first: relu\n}}\n"
    "network A {{\n input 9x9x2\n b\n b 3\n}}\n",
    "index": "network A {{\n input 9x9x2\n for i in [1, 2] {{ {name}[i]: conv 4 3x3 }}\n}}\n",
    "side head": "network A {{\n input 9x9x2\n aux {name} weight=0.5 {{ flatten, dense 4 }}\n"
    " aux h weight=0.5 {{ flatten, dense 4 }}\n flatten, dense 4\n}}\n",
    "shortcut": "network A {{\n input 9x9x2\n"
    " residual shortcut_name={name} {{ conv 4 3x3 pad=1, bn }}\n}}\n",
    "joined": "network A {{\n input 9x9x2\n {name}: conv 4 3x3 pad=1\n"
    " residual {{ conv 5 3x3 pad=1 }}\n concat {name}\n gate {{ conv 9 1x1 }}\n}}\n",
    "gone on from": "network A {{\n input 9x9x2\n {name}: conv 4 3x3 pad=1\n"
    " left: conv 4 3x3 pad=1\n from {name}\n conv 4 1x1\n add left\n}}\n",
    "joined in a block": "block b {{\n {name}: conv 4 3x3 pad=1\n conv 4 3x3 pad=1\n"
    " concat {name}\n}}\nnetwork A {{\n input 9x9x2\n b\n c: b\n}}\n",
    "branch": "network A {{\n input 9x9x2\n concat {{\n {name}: conv 4 3x3 pad=1\n"
    " second: {{ conv 4 1x1, relu }}\n }}\n}}\n",
    "labelled loop": "network A {{\n input 9x9x2\n {name}: repeat 2 {{ conv 4 3x3, relu }}\n}}\n",
    "labelled region": "network A {{\n input 9x9x2\n {name}: residual {{ conv 4 3x3 pad=1 }}\n}}\n",
}

MORE = (
    *("tensor", "module", "ordered_dict", "named_tuple", "callable", "a", "b", "c", "h", "main"),
    *("loss", "count", "index", "target", "criterion", "in_channels", "shortcut", "left", "first"),
    *("AOutputs", "AModel", "a_outputs", "outputs", "branch1", "branches", "gate", "add", "cat"),
    *("side_weights", "call", "compile", "training", "inputs1", "shortcut1", "x1", "y", "weight"),
    *("layer_norm2d", "padded_avg_pool2d", "add1", "concat1", "functional", "sum", "i", "_", "N"),
)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("place", PLACES)
def test_a_name_is_refused_or_only_a_name(place: str, target: str) -> None:
    text = PLACES[place]
    harmless = outline(must_compile(text.format(name=STAND_IN), target).tree)
    taken = 0
    for name in [*NAMES, *MORE]:
        code = compiled(text.format(name=name), target)
        if code is None:
            continue
        taken += 1
        check_form(code)
        assert outline(code.tree) == harmless, f"{name}:\n{code.text}"
        compile(code.text, "module.py", "exec")
    assert taken, "some of these names are fine"


class _Numbering(ast.NodeTransformer):
    """Numbers in place of names: those of the module, of each function, and of each class."""

    def __init__(self) -> None:
        self.numbers: dict[object, dict[str, str]] = defaultdict(dict)
        self.own: list[tuple[ast.FunctionDef, set[str]]] = []
        self.inside: ast.ClassDef | None = None

    def number(self, kind: object, name: str) -> str:
        label = kind if isinstance(kind, str) else "local"
        return self.numbers[kind].setdefault(name, f"{label}{len(self.numbers[kind])}")

    def visit_Name(self, node: ast.Name) -> ast.Name:
        kind: object = "global"
        for function, names in self.own:
            kind = function if node.id in names else kind
        node.id = self.number(kind, node.id)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.name = self.number(self.inside or "global", node.name)
        inside = [n for n in ast.walk(node) if isinstance(n, ast.Name | ast.arg)]
        names = {n.arg for n in inside if isinstance(n, ast.arg)}
        names |= {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        signature = node.args
        for default in [*signature.defaults, *filter(None, signature.kw_defaults)]:
            self.visit(default)
        self.own.append((node, names))
        for arg in [*signature.args, *signature.kwonlyargs]:
            arg.arg = self.number(node, arg.arg)
        for statement in node.body:
            self.visit(statement)
        self.own.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.name = self.number("global", node.name)
        self.inside = node
        self.generic_visit(node)
        self.inside = None
        return node

    def visit_alias(self, node: ast.alias) -> ast.alias:
        node.name = self.number("global", node.asname or node.name)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        if self.inside and isinstance(node.value, ast.Name) and node.value.id == "self":
            node.attr = self.number(self.inside, node.attr)
        self.generic_visit(node)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        node.arg = node.arg and self.number("keyword", node.arg)
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        if self.inside and not self.own and isinstance(node.target, ast.Name):
            node.target.id = self.number(self.inside, node.target.id)
            node.annotation = self.visit(node.annotation)
            return node
        self.generic_visit(node)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, str):
            node.value = "text"
        return node


def outline(tree: ast.Module) -> str:
    """A module with its names numbered in the order in which they come."""
    return ast.dump(_Numbering().visit(ast.parse(ast.unparse(tree))))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("second", ["A", "a", "AOutputs", "AModel", "Tensor", "B", "b", "C"])
def test_no_block_hides_a_network_or_a_block(second: str, target: str) -> None:
    """Names that become one in the target are refused, or told apart."""
    text = (
        f"block b(n) {{ conv n 1x1\n first: relu }}\nblock {second}(n) {{ conv n 3x3\n l: tanh }}\n"
        f"network A {{\n input 9x9x2\n b 4\n aux h weight=1 {{ flatten, dense 3 }}\n {second} 4\n"
        f" {second} 3\n b 3\n flatten, dense 3\n}}\n"
    )
    code = compiled(text, target)
    if code is not None:
        check_form(code)
        defined = [n.name for n in code.tree.body if isinstance(n, ast.ClassDef | ast.FunctionDef)]
        assert len(defined) == len(set(defined)), defined


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["AOutputs", "AModel", "B", "Tensor", "HeadOutputs"])
def test_no_network_hides_what_another_needs(name: str, target: str) -> None:
    text = (
        "block b(n) {{ conv n 1x1\n first: relu }}\n"
        "network A {{\n input 9x9x2\n b 4\n b 3\n"
        " aux h weight=1 {{ flatten, dense 3 }}\n flatten, dense 3\n}}\n"
        "network {name} {{\n input 4\n relu\n}}\n"
    )
    code = compiled(text.format(name=name), target)
    if code is not None:
        check_form(code)
        defined = [n.name for n in code.tree.body if isinstance(n, ast.ClassDef | ast.FunctionDef)]
        assert len(defined) == len(set(defined)), defined


def test_the_outline_tells_names_apart() -> None:
    def of(text: str) -> str:
        return outline(ast.parse(text))

    assert of("a = b.c(a)") == of("d = e.c(d)")
    assert of("a = b.c(a)") != of("a = a.c(a)")
    assert of("import a\nb = a.c") != of("import a\na = a.c")
    assert of("def a(b): return a(b)") != of("def a(a): return a(a)")
    assert of("def a(b): return b") == of("def a(a): return a")
    assert of("class a:\n  def b(c): c = d") == of("class a:\n  def b(b): b = d")
