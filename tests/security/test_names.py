"""Names of networks, parameters and labels: refused, or no more than names."""

from __future__ import annotations

import ast
import builtins
import keyword
import string

import pytest

from cnngen.backends import backend
from cnngen.backends.torch.names import ATTRIBUTES
from cnngen.compiler import compile_source
from cnngen.diagnostics import codes
from cnngen.source import Source
from security.harness import DANGEROUS, TARGETS, check_form, compiled, must_compile

PLACES = {
    "network": "network {name}(n=3) {{\n input 9x9x2\n conv 4 3x3, flatten, dense n\n}}\n",
    "parameter": "network A({name}=3) {{\n input 9x9x2\n conv 4 3x3, flatten, dense {name}\n}}\n",
    "rate": "network A({name}=0.5) {{\n input 9x9x2\n dropout {name}\n}}\n",
    "label": "network A {{\n input 9x9x2\n {name}: conv 4 3x3\n lrn 3\n}}\n",
    "group": "network A {{\n input 9x9x2\n {name}: {{ conv 4 3x3, lrn 3 }}\n}}\n",
    "child": "network A {{\n input 9x9x2\n g: {{ {name}: conv 4 3x3\n lrn 3 }}\n}}\n",
    "variable": "network A {{\n input 9x9x2\n let {name} = 4\n conv {name} 3x3\n}}\n",
    "loop": "network A {{\n input 9x9x2\n for {name} in [4, 5] {{ conv {name} 3x3 }}\n}}\n",
}

STAND_IN = "zq9"
"""A harmless name that no generated code has."""

NAMES = sorted(
    {
        *keyword.kwlist,
        *keyword.softkwlist,
        *(name for name in dir(builtins) if name.isascii()),
        *ATTRIBUTES,
        *DANGEROUS,
        *("self", "cls", "x", "output", "inputs", "nn", "torch", "keras", "layers", "ops", "math"),
        *("Tensor", "functional", "OrderedDict", "LayerNorm2d", "LocalResponseNorm", "input_layer"),
        *("__init__", "__class__", "__all__", "__dict__", "__getattr__", "_x", "_", "__"),
        *("_modules", "_parameters", "mro", "name", "kwargs", "args", "super", "annotations"),
        *("A", "g", "n", "conv1", "fc1", "T", "N", "forward", "training"),
    }
)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("place", PLACES)
def test_a_name_is_refused_or_only_a_name(place: str, target: str) -> None:
    text = PLACES[place]
    harmless = must_compile(text.format(name=STAND_IN), target)
    taken = 0
    for name in NAMES:
        code = compiled(text.format(name=name), target)
        if code is None:
            continue
        taken += 1
        check_form(code)
        # A variable that hides what the module needs has an underscore more.
        others = [name, f"{name}_"] if place == "loop" else [name]
        assert code.shape in [renamed(harmless.shape, each) for each in others], name
        compile(code.text, "module.py", "exec")
    assert taken, "some of these names are fine"


def renamed(shape: str, name: str) -> str:
    """A tree of the stand-in as it has to be with another name, also within Keras's names."""
    return shape.replace(STAND_IN, name)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", [*keyword.kwlist, "__init__", "_x", "print", "A" * 49])
def test_the_worst_names_are_refused_everywhere(name: str, place: str, target: str) -> None:
    code = compiled(PLACES[place].format(name=name), target)
    if name == "print" and place in ("label", "group", "child"):
        assert code is not None, "an attribute hides nothing"
    else:
        assert code is None


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "name",
    [
        "naïve",
        "网络",
        "ℝ",
        "ﬁ",  # a ligature: Python would read it as two letters
        "𝐱",
        "ｓｅｌｆ",  # full width: Python would read it as `self`
        "a\u200db",
        "a\u202eb",
        "a\u0301",
        "a.b",
        "a-b",
        "a;b",
        "a b=1): pass #",
        "a'b",
        'a"b',
        "a\\b",
        "a\x00b",
        "a`b",
        "a$b",
        "1a",
        "",
    ],
)
def test_names_are_plain_words(name: str, place: str, target: str) -> None:
    code = compiled(PLACES[place].format(name=name), target)
    if code is not None:  # what is left of it was no name
        check_form(code)
        assert name not in code.text or not name


@pytest.mark.parametrize("target", TARGETS)
def test_no_name_of_a_network_hides_another(target: str) -> None:
    both = "network A({p}=3) {{ input 4\n dense {p} }}\nnetwork B {{ input 4\n relu }}\n"
    assert compiled(both.format(p="q"), target) is not None
    assert compiled(both.format(p="B"), target) is None, "a parameter called like a network"


# --- strings and numbers ---------------------------------------------------------------------

STRINGS = ["import os", "same", "global", "__import__('os')", "{{ 7 }}", "\\", "\u2028", "\x1b[0m"]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("text", STRINGS, ids=ascii)
@pytest.mark.parametrize(
    "layer",
    [
        'conv "{}" 3x3',
        'conv 4 "{}"',
        'conv 4 3x3 pad="{}"',
        'conv 4 3x3 bias="{}"',
        'maxpool "{}"',
        'gelu "{}"',
        'dropout "{}"',
        'leaky_relu "{}"',
        'groupnorm "{}"',
        "conv len({}) 3x3",
    ],
)
def test_a_text_is_no_argument(layer: str, text: str, target: str) -> None:
    source = f"network A {{\n input 9x9x2\n {layer.format(text)}\n}}\n"
    assert compiled(source, target) is None


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("text", STRINGS, ids=ascii)
def test_a_text_among_the_parameters_is_a_text(text: str, target: str) -> None:
    source = (
        'network A(mode="{}", other=["a", "{}"]) {{\n input 9x9x2\n'
        ' if mode == "{}" {{ relu }} else {{ tanh }}\n}}\n'
    )
    harmless = must_compile(source.format("harmless", "b", "harmless"), target)
    code = must_compile(source.format(text, text, text), target)
    texts = {n.value for n in ast.walk(code.tree) if isinstance(n, ast.Constant)}
    assert text in texts, "a default is the text as it is in the source"
    assert with_one_text(code.tree) == with_one_text(harmless.tree)


def with_one_text(tree: ast.Module) -> str:
    """A tree in which all texts are the same one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = "text"
    return ast.dump(tree)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("number", ["1e400", "1e999 - 1e999", "1e308 * 10", "0 - 1e400", "1e-400"])
@pytest.mark.parametrize(
    "layer",
    [
        "leaky_relu slope={}",
        "elu alpha={}",
        "dropout rate={}",
        "bn eps={}",
        "bn momentum={}",
        "lrn 5 alpha={} beta={} k={}",
    ],
)
def test_numbers_without_end_do_not_become_names(layer: str, number: str, target: str) -> None:
    text = layer.replace("{}", f"({number})")
    code = compiled(f"network A {{\n input 9x9x2\n {text}\n}}\n", target)
    if code is not None:
        check_form(code)
        names = {node.id for node in ast.walk(code.tree) if isinstance(node, ast.Name)}
        assert names.isdisjoint({"inf", "nan"})


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("setting", ["__import__=1", "n=__import__", 'n="x"', "n=exec(1)", "n=1;2"])
def test_settings_are_values_only(setting: str, target: str) -> None:
    from click.testing import CliRunner

    from cnngen.cli import cli

    arguments = ["compile", "-", "-t", target, "-o", "-", "--set", setting]
    source = PLACES["network"].format(name="A")
    result = CliRunner().invoke(cli, arguments, input=source)
    assert result.exit_code in (1, 2)
    assert result.stdout == ""


def test_a_reserved_name_says_so() -> None:
    text = PLACES["label"].format(name="forward")
    (found,) = compile_source(Source("a.cnn", text), [backend("torch")]).diagnostics
    assert found.code == codes.NAME_RESERVED
    assert found.span is not None
    assert found.span.text == "forward"


QUOTED = {
    "layer": 'network A {{\n input 9x9x2\n "{name}": conv 4 3x3 pad=1\n relu\n}}\n',
    "read": 'network A {{\n input 9x9x2\n "{name}": conv 4 3x3 pad=1\n relu\n add "{name}"\n}}\n',
    "group": 'network A {{\n input 9x9x2\n "{name}": {{\n "{name}": conv 4 1x1\n b: relu }}\n}}\n',
    "branch": 'network A {{\n input 9x9x2\n concat {{\n "{name}": conv 4 1x1\n relu\n }}\n}}\n',
    "input": 'network A {{\n "{name}": input 9x9x2\n relu\n concat "{name}"\n}}\n',
    "block": 'block b {{\n "{name}": conv 4 1x1\n b: relu }}\nnetwork A {{\n input 9x9x2\n b\n}}\n',
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("place", QUOTED)
def test_a_label_in_quotes_is_of_a_closed_set_of_characters(place: str, target: str) -> None:
    """Whatever else stands in it is refused; what is taken is one literal, or a plain name."""
    safe = set(string.ascii_letters + string.digits + "_-.")
    for character in [
        *map(chr, range(0x20, 0x7F)),
        "\u0085",
        "\u2028",
        "\u202e",
        "é",
        "\uff10",
        "\ud800",
    ]:
        code = compiled(QUOTED[place].format(name=f"a{character}b"), target)
        assert (code is not None) is (character in safe), character
        if code is not None:
            check_form(code)
            compile(code.text, "module.py", "exec")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("place", QUOTED)
def test_a_label_in_quotes_may_be_what_names_cannot(place: str, target: str) -> None:
    for name in ["0", "1_conv", "block", "repeat", "x", "input", "a-0", "9-9", "list"]:
        code = compiled(QUOTED[place].format(name=name), target)
        assert code is not None, name
        check_form(code)
        compile(code.text, "module.py", "exec")
        if place not in ("read", "input"):
            assert name in code.text
    for name in [
        "",
        "_a",
        "-a",
        "__class__",
        "a" * 49,
        "lambda",
        "in",
        "None",
        "training",
        "forward",
    ]:
        code = compiled(QUOTED[place].format(name=name), target)
        allowed = name in ("training", "forward") and (target == "keras" or place == "input")
        assert (code is not None) is allowed, name
