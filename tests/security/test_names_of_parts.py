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


def outline(tree: ast.Module) -> str:
    """A module with its names numbered, those of attributes apart from the others."""
    numbers: dict[str, dict[str, str]] = defaultdict(dict)

    def number(kind: str, name: str) -> str:
        return numbers[kind].setdefault(name, f"{kind}{len(numbers[kind])}")

    tree = ast.parse(ast.unparse(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = number("name", node.id)
        elif isinstance(node, ast.arg):
            node.arg = number("name", node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.name = number("name", node.name)
        elif isinstance(node, ast.alias):
            node.name = number("name", node.asname or node.name)
        elif isinstance(node, ast.Attribute):
            node.attr = number("attribute", node.attr)
        elif isinstance(node, ast.keyword):
            node.arg = node.arg and number("keyword", node.arg)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = number("text", node.value)
    return ast.dump(tree)


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

    assert of("a = b.c(a)") == of("d = e.f(d)")
    assert of("a = b.c(a)") != of("a = a.c(a)")
    assert of("import a\nb = a.c") != of("import a\na = a.c")
    assert of("def a(b): return a(b)") != of("def a(a): return a(a)")
