"""Generated modules keep the structure of their source: one class for each block, about as long."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnngen.backends import backend
from cnngen.backends.page import MARKS
from cnngen.compiler import compile_source
from cnngen.source import Source
from generated.modules import ROOT, TARGETS, compiled

ZOO = ROOT / "cnngen" / "zoo"
DENSENET = ZOO / "densenet.cnn"

both = pytest.mark.parametrize("target", TARGETS)


def module(text: str, target: str) -> str:
    """What a source compiles to, without the header."""
    result = compile_source(Source("kept.cnn", text), [backend(target)], debug=True)
    assert result.outputs, (text, [d.message for d in result.diagnostics])
    return result.outputs[0].text.split("\n", 2)[2]


def pieces(text: str) -> dict[str, str]:
    """The text of each class and function at the top of a module, by its name."""
    parts = re.split(r"\n{3}(?=class |def |@)", text)[1:]
    found = {}
    for part in parts:
        name = re.search(r"^(?:class|def) (\w+)", part, re.MULTILINE)
        assert name is not None, part
        assert name[1] not in found
        found[name[1]] = part.strip()
    return found


def lines(text: str) -> int:
    """Lines of a module without the marks that keep other tools from it."""
    assert MARKS in text
    return text.replace(f"{MARKS}\n", "").count("\n")


# --- sizes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target", "most"),
    [
        ("zoo/vgg", "torch", 170),
        ("zoo/vgg", "keras", 150),
        ("zoo/resnet", "torch", 180),
        ("zoo/resnet", "keras", 175),
        ("examples/resnet", "torch", 345),
        ("examples/resnet", "keras", 335),
    ],
)
def test_a_module_is_about_as_long_as_its_source(source: str, target: str, most: int) -> None:
    path = ROOT / ("cnngen" if source.startswith("zoo") else "") / f"{source}.cnn"
    assert lines(compiled(path, target).text) <= most


def resnet_alone(name: str) -> str:
    """The ResNets' source with one of its networks, and the one that it is a variant of."""
    text = (ZOO / "resnet.cnn").read_text(encoding="utf-8")
    kept = [
        line
        for line in text.splitlines()
        if not re.match(r"network \w+ =", line) or line.startswith(f"network {name} =")
    ]
    assert len(text.splitlines()) - len(kept) == 4
    return "\n".join(kept)


@both
def test_a_deeper_network_is_no_longer(target: str) -> None:
    lengths = [lines(module(resnet_alone(name), target)) for name in ("ResNet50", "ResNet152")]
    assert lengths[1] <= lengths[0]


@both
def test_four_densenets_have_one_class_for_each_block(target: str) -> None:
    variants = [f"DenseNet{depth}" for depth in (121, 161, 169, 201)]
    names = {
        "torch": ["DenseLayer", "DenseBlock", "Transition", "DenseNet"],
        "keras": ["dense_layer", "dense_block", "transition", "DenseNet"],
    }
    found = pieces(compiled(DENSENET, target).text)
    helpers = {"require_channels_last", "batch_norm", "pad_max"}
    assert sorted(found.keys() - helpers) == sorted([*names[target], *variants])


# --- what is appended ------------------------------------------------------------------------

BODIES = (
    "conv width 3x3 pad=1, bn, relu",
    "conv width 3x3 stride=stride pad=1, relu\n    repeat depth { conv width 1x1, relu }",
    "residual { conv width 3x3 stride=stride pad=1, bn, relu, conv width 3x3 pad=1, bn }\n    relu",
    "conv 2 * width 1x1, if depth > 1 { bn }, relu, conv width 3x3 stride=stride pad=1",
    "concat {\n        identity\n        grow: conv width 1x1, relu\n    }",
    "for i in range(depth) { c[i]: conv width + i 3x3 pad=1, relu }",
    "conv width 1x1, gate { conv 4 1x1, relu, conv width 1x1, sigmoid }",
    "a: { conv width 1x1, relu }\n    conv width 3x3 pad=1, add a, dropout rate",
)

WIDTHS = (4, 8, 12)


@st.composite
def uses(draw: Callable[[Any], Any], blocks: int) -> str:
    """A use of one of the blocks."""
    which = draw(st.integers(1, blocks))
    given = [f"b{which} {draw(st.sampled_from(WIDTHS))}"]
    if draw(st.booleans()):
        given.append(f"depth={draw(st.integers(1, 3))}")
    if draw(st.booleans()):
        given.append(f"stride={draw(st.sampled_from(['2', '2x1']))}")
    if draw(st.booleans()):
        given.append("rate=0.25")
    return " ".join(given)


class File:
    """A file of some blocks and networks that more can be appended to."""

    def __init__(self, blocks: list[str], networks: list[list[str]]) -> None:
        self.blocks = blocks
        self.networks = networks
        self.variants = [f"network V{n} = N{n} last=6" for n in range(1, len(networks) + 1)]

    def text(self, more: list[str], *, appended: str = "") -> str:
        """The source; ``more`` stands at its end, ``appended`` at the end of the last network."""
        rows = [
            f"block b{n}(width, depth=2, stride=1, rate=0) {{\n    {body}\n}}"
            for n, body in enumerate(self.blocks, 1)
        ]
        for n, chain in enumerate(self.networks, 1):
            last = [appended] if appended and n == len(self.networks) else []
            body = "\n    ".join(["input 32x32x4", *chain, *last])
            rows.append(f"network N{n}(last=4) {{\n    {body}\n    conv last 1x1\n}}")
        return "\n".join([*rows, *self.variants, *more, ""])


@st.composite
def files(draw: Callable[[Any], Any]) -> File:
    blocks = draw(st.lists(st.sampled_from(BODIES), min_size=1, max_size=3, unique=True))
    chain = st.lists(uses(len(blocks)), min_size=1, max_size=3)
    return File(blocks, draw(st.lists(chain, min_size=1, max_size=2)))


def kept(before: str, after: str, *, but: str = "") -> None:
    """Every class and function is there still, byte for byte; ``but`` may be another."""
    found = pieces(after)
    for name, text in pieces(before).items():
        if name not in but.split():
            assert found.get(name) == text


@both
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_is_appended_changes_nothing_before_it(target: str, data: st.DataObject) -> None:
    file = data.draw(files())
    use = data.draw(uses(len(file.blocks)))
    count = len(file.networks)
    before = module(file.text([]), target)
    for more in (
        [f"network Variant = N{count} last=7"],
        [f"network Other(last=4) {{\n    input 32x32x4\n    {use}\n}}"],
        [f"network Other {{\n    input 32x32x8\n    conv 4 1x1\n    {use}\n    {use}\n}}"],
        [f"network Other {{\n    input 32x32x4\n    {use}\n}}", "network Variant = N1 last=7"],
    ):
        kept(before, module(file.text(more), target))
    longer = module(file.text([], appended=use), target)
    kept(before, longer, but=f"N{count} V{count}")


# --- one network, written in several ways ----------------------------------------------------

WITH_A_BLOCK = """
block layer(growth) {
    concat {
        identity
        bn, relu, conv growth 3x3 pad=1
    }
}
network Net(growth=12) {
    input 32x32x16
    repeat 6 { layer growth }
    avgpool global, flatten, dense 10
}
"""

WITHOUT = """
network Net(growth=12) {
    input 32x32x16
%s    avgpool global, flatten, dense 10
}
"""

CONCAT = """
    concat {
        identity
        bn, relu, conv growth 3x3 pad=1
    }
"""

WITH_A_LOOP = WITHOUT % f"    repeat 6 {{{CONCAT}    }}\n"


@both
def test_a_loop_around_a_concat_is_as_short_as_a_block(target: str) -> None:
    lengths = [lines(module(text, target)) for text in (WITH_A_BLOCK, WITH_A_LOOP)]
    assert max(lengths) <= 1.6 * min(lengths)


def dense_in_the_loop() -> str:
    """DenseNet with its layer's concat in the loop, and no block of its own for it."""
    text = DENSENET.read_text(encoding="utf-8")
    body = re.search(r"block dense_layer\(growth\) \{\n(.*?)\n\}\n", text, re.DOTALL)
    assert body is not None
    inner = body[1].replace("\n    ", "\n            ")
    text = text.replace(body[0], "")
    made = text.replace(
        "{ denselayer[i + 1]: dense_layer growth }",
        f"{{\n        denselayer[i + 1]: {{\n        {inner}\n        }}\n    }}",
    )
    assert made != text
    return made


def dense_without_blocks() -> str:
    """DenseNet with its block's loop in the network, which has no block but the transition."""
    text = dense_in_the_loop()
    body = re.search(r"block dense_block\(depth, growth\) \{\n(.*?)\n\}\n", text, re.DOTALL)
    assert body is not None
    text = text.replace(body[0], "")
    inner = re.sub(r"\bi\b", "k", body[1])
    made = text.replace(
        "denseblock[i + 1]: dense_block depth growth", f"denseblock[i + 1]: {{\n{inner}\n}}"
    )
    assert made != text
    return made


@both
@pytest.mark.parametrize("another", [dense_in_the_loop, dense_without_blocks])
def test_densenet_is_about_as_long_however_it_is_written(
    target: str, another: Callable[[], str]
) -> None:
    first = compiled(DENSENET, target).text
    lengths = [lines(first), lines(module(another(), target))]
    assert max(lengths) <= 1.6 * min(lengths)


WAYS = """
network Net(n=3, wide=true) {
    input 8x8x4
    for i in range(4) { conv 4 * (i + 1) 3x3 pad=1, relu }
    for j in [0, 1, 2] { tanh }
    if n == 1 { relu } else if n == 2 { tanh } else if n == 3 { elu } else { sigmoid }
    if wide { let unused = n } else { relu }
    {
        { if wide { conv 4 1x1 }, relu }
        { if wide { conv 4 1x1 }, tanh }
    }
}
"""


@both
def test_loops_and_conditions_are_as_one_writes_them(target: str) -> None:
    text = module(WAYS, target)
    heads = [line.strip() for line in text.splitlines() if line.rstrip().endswith(":")]
    assert "for i in range(4):" in heads
    assert ("for _ in range(3):" if target == "torch" else "for j in range(3):") in heads
    conditions = [head for head in heads if head.split()[0] in ("if", "elif", "else:")]
    read = "self.n" if target == "torch" else "n"
    assert f"elif {read} == 2:" in conditions
    assert f"elif {read} == 3:" in conditions
    assert any(head.startswith("if not ") for head in conditions), "nothing stands in the first way"
    assert text.count("layers: list[nn.Module]") == (target == "torch"), "declared once"


NUMBERED = """
block unit(width) { conv width 1x1, relu }
block counted(widths) { for i, w in enumerate(widths) { unit w + i } }
block repeated(n) { repeat n { conv 4 1x1 } }
block rows(widths) {
    let more = 1
    for w in widths { { conv w + more 1x1, relu } }
}
block later(widths) { for w in widths { conv w 1x1 }
    relu
}
network Net(n=3, widths=[4, 8]) {
    input 8x8x4
    counted widths, repeated n, rows widths, later widths
}
"""


def test_the_turns_of_a_loop_number_what_it_makes_where_it_is_alone() -> None:
    text = pieces(module(NUMBERED, "keras"))
    assert 'name=f"{name}_{i}")' in text["counted"]
    assert "for i, w in enumerate(widths):" in text["counted"]
    assert 'name=f"{name}_{i}")' in text["repeated"]
    assert 'name=f"{name}_{i}_1")' in text["rows"]
    assert "for i, w in enumerate(widths):" in text["rows"]
    assert 'name=f"{name}_{next(places)}")' in text["later"]


LADDER = """
network Net(widths=[4, 8], classes=2) {
    input 8x8x1
    for i, width in enumerate(widths) {
        down[i]: conv width 3x3 pad=1
        maxpool 2x2
    }
    for i in range(len(widths) - 1, -1, -1) {
        up[i]: conv_transpose widths[i] 2x2 stride=2
        concat down[i]
    }
    conv classes 1x1
}
"""


@both
def test_what_a_loop_has_labelled_may_be_read_in_another(target: str) -> None:
    text = module(LADDER, target)
    assert "Specialised" not in text
    assert "for i, width in enumerate(widths):" in text
    assert "range(len(widths) - 1, -1, -1)" in text


TWO_SHORTCUTS = """
block unit(width) {
    residual {
        conv width 1x1, bn
    } shortcut {
        if channels != width { conv width 1x1 } else { identity }
    }
}
network Net {
    DEFAULT
    input 8x8x3
    unit 16
    unit 16
}
"""


@pytest.mark.parametrize("default", ["", "default bn eps=1e-3"])
def test_a_class_is_called_after_defaults_only_where_they_tell_it_apart(default: str) -> None:
    text = module(TWO_SHORTCUTS.replace("DEFAULT", default), "torch")
    assert re.findall(r"class (\w+)", text) == ["Unit16", "Unit16_2", "Net"]
