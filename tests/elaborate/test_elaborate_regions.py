"""Regions: residual, branches, gates, side heads; what goes in, and what comes out."""

from __future__ import annotations

from typing import TypeVar

import pytest
from elaborating import body_codes, network

from cnngen.ir import Branches, Gate, Item, Network, Residual, SideHead, layers

HEAD = "input 8x8x4\n"
SAME = "conv 4 3x3 pad=1"
WIDER = "conv 6 3x3 pad=1"
HALF = "conv 6 3x3 stride=2 pad=1"
NARROWER = "conv 2 3x3 pad=1"
VALID = "conv 4 3x3"

I = TypeVar("I", Residual, Branches, Gate, SideHead)  # noqa: E741


def only(kind: type[I], made: Network) -> I:
    (found,) = (item for item in made.body.items if isinstance(item, kind))
    return found


# --- residual --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "body", "joined", "path"),
    [
        ("auto", SAME, True, False),
        ("auto", WIDER, True, True),
        ("auto", HALF, True, True),
        ("auto", NARROWER, True, True),
        ("identity", SAME, True, False),
        ("projection", SAME, True, True),
        ("projection", HALF, True, True),
        ("pad", SAME, True, False),
        ("pad", HALF, True, True),
        ("match", SAME, True, False),
        ("match", HALF, False, False),
        ("match", VALID, False, False),
        ("none", SAME, False, False),
        ("none", HALF, False, False),
        ("none", VALID, False, False),
    ],
)
def test_shortcuts(mode: str, body: str, joined: bool, path: bool) -> None:
    plain = network(HEAD + body)
    made = network(f"{HEAD}residual shortcut={mode} {{ {body} }}")
    residual = only(Residual, made)
    assert (residual.mode, residual.joined, residual.takes_path) == (mode, joined, path)
    assert made.body.at.output == residual.at.output == plain.body.at.output


def test_auto_is_the_default() -> None:
    assert only(Residual, network(f"{HEAD}residual {{ {SAME} }}")).mode == "auto"


@pytest.mark.parametrize(
    ("mode", "body", "codes"),
    [
        ("auto", VALID, "E313"),
        ("identity", WIDER, "E313"),
        ("identity", HALF, "E313"),
        ("projection", VALID, "E313"),
        ("pad", VALID, "E313"),
        ("pad", NARROWER, "E313"),
        ("pad", "conv 2 3x3 stride=2 pad=1", "E313"),
        ("auto", "flatten", "E313"),
        ("auto", "flatten, dense 4", "E313"),
        ("auto", "conv_transpose 4 2x2 stride=2", "E313"),
        ("all", SAME, "E203"),
        ("3", SAME, "E208"),
        ("same", SAME, "E208"),
        ('"pad"', SAME, "E208"),
        ("auto shortcut=pad", SAME, "E207"),
        ("auto pad=1", SAME, "E202"),
        ("auto 3", SAME, "E206"),
        ("auto", "", "E308"),
    ],
)
def test_what_a_shortcut_cannot_be(mode: str, body: str, codes: str) -> None:
    assert body_codes(f"{HEAD}residual shortcut={mode} {{ {body} }}") == codes.split()


def test_a_vector_has_shortcuts_too() -> None:
    residual = only(Residual, network("input 8\nresidual { dense 8 }"))
    assert residual.fits
    assert body_codes("input 8\nresidual { dense 9 }") == ["E313"]
    assert only(Residual, network("input 8\nresidual shortcut=match { dense 9 }")).joined is False


@pytest.mark.parametrize(
    ("body", "path", "codes"),
    [
        (HALF, HALF, ""),
        (VALID, VALID, ""),
        (SAME, "identity", ""),
        (HALF, "avgpool 2x2, conv 6 1x1", ""),
        ("flatten, dense 5", "flatten, dense 5", ""),
        (HALF, SAME, "E313"),
        (HALF, WIDER, "E313"),
        (SAME, "", "E308"),
    ],
)
def test_a_written_path(body: str, path: str, codes: str) -> None:
    source = f"{HEAD}residual {{ {body} }} shortcut {{ {path} }}"
    assert body_codes(source) == codes.split()
    if not codes:
        residual = only(Residual, network(source))
        assert (residual.mode, residual.takes_path) == ("path", True)
        assert residual.path is not None
        assert residual.path.at.input == residual.at.input
        assert residual.path.at.output == residual.at.output


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        ("residual shortcut=pad { relu } shortcut { relu }", "E220"),
        ("concat { relu } shortcut { relu }", "E224"),
        ("residual { relu } concat { relu }", "E224"),
        ("gate { relu } shortcut { relu }", "E224"),
    ],
)
def test_only_a_residual_has_a_path(source: str, codes: str) -> None:
    assert body_codes(HEAD + source) == codes.split()


def test_a_word_as_a_block_s_argument() -> None:
    blocks = "block b(shortcut=auto, how=shortcut) { residual shortcut=how { relu } }"
    made = network(HEAD + "b\nb none\nb shortcut=match\nb how=pad", blocks=blocks)
    modes = [item.body.items[0].mode for item in made.body.items]  # type: ignore[union-attr]
    assert modes == ["auto", "none", "match", "pad"]


# --- branches --------------------------------------------------------------------------------


def branches(body: str, blocks: str = "") -> list[list[str]]:
    """The layers of each branch."""
    made = only(Branches, network(f"{HEAD}concat {{\n{body}\n}}", blocks=blocks))
    for branch in made.branches:
        assert branch.at.input == made.at.input
    assert made.at.output.channels == sum(branch.at.output.channels for branch in made.branches)
    return [[layer.op.word for _, layer in layers(branch)] for branch in made.branches]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("relu", "relu"),
        ("relu\ntanh", "relu; tanh"),
        ("relu, tanh\ngelu", "relu tanh; gelu"),
        ("for i in range(3) { relu }", "relu; relu; relu"),
        ("for i in range(2) {\nrelu, tanh\ngelu\n}", "relu tanh; gelu; relu tanh; gelu"),
        ("repeat 2 { relu }\ntanh", "relu; relu; tanh"),
        ("repeat 0 { relu }\ntanh", "tanh"),
        ("if true { relu } else { tanh }", "relu"),
        ("if false { relu } else { tanh }\ngelu", "tanh; gelu"),
        ("if false { relu }\ngelu", "gelu"),
        ("for i in range(3) { if i != 1 { relu } }", "relu; relu"),
        ("relu, repeat 2 { tanh }", "relu tanh tanh"),
        ("repeat 2 { tanh }, relu", "tanh tanh relu"),
        ("repeat 2 { tanh } -> 8x8x4", "tanh tanh"),
        ("{ repeat 2 { tanh } }", "tanh tanh"),
        ("a: repeat 2 { tanh }", "tanh tanh"),
        ("let a = 3\nrelu", "relu"),
        ("concat {\nrelu\ntanh\n}\ngelu", "relu tanh; gelu"),
        ("two\nrelu", "relu tanh; relu"),
        ("residual { relu }\ntanh", "relu; tanh"),
    ],
)
def test_each_line_is_a_branch(body: str, expected: str) -> None:
    found = branches(body, "block two() { relu, tanh }")
    assert "; ".join(" ".join(words) for words in found) == expected


@pytest.mark.parametrize(
    "body",
    [
        "conv 6 1x1\nlet c = channels\nconv c 1x1",
        "conv 6 1x1\nif channels == 4 { relu }",
        "conv 6 1x1\nfor i in range(channels - 3) { relu }",
        "conv 6 1x1\nrepeat channels - 3 { relu }",
        "conv 6 1x1 -> 8x8x6\nconv channels 1x1",
    ],
)
def test_every_line_sees_the_value_that_comes_in(body: str) -> None:
    made = only(Branches, network(f"{HEAD}concat {{\n{body}\n}}"))
    assert [branch.at.output.channels for branch in made.branches] == [6, 4]


@pytest.mark.parametrize("word", ["inception", "concat"])
def test_branches_are_joined_on_channels(word: str) -> None:
    body = "conv 3 1x1\nmaxpool 3x3 stride=1 pad=1\nconv 5 5x5 pad=2 -> 8x8x5"
    made = network(f"{HEAD}{word} {{\n{body}\n}} -> 8x8x12")
    assert str(made.body.at.output) == "8x8x12"
    assert only(Branches, made).labels == ("", "", "")


def test_labels_of_branches() -> None:
    made = network(
        f"{HEAD}concat {{\na: relu\nb: {{ relu }}\nrelu, c: relu\nd: residual {{ relu }}\n}}"
    )
    assert only(Branches, made).labels == ("a", "b", "", "d")


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("conv 3 1x1\nmaxpool 2x2", "E314"),
        ("conv 3 1x1\nflatten", "E314"),
        ("flatten\nflatten", ""),
        ("repeat 0 { relu }", "E308"),
        ("", "E308"),
        ("relu -> 8x8x5", "E301"),
        ("input 8x8x4\nrelu", "E307"),
        ("aux h weight=1 { relu }\nrelu", "E225"),
    ],
)
def test_mistakes_in_branches(body: str, codes: str) -> None:
    assert body_codes(f"{HEAD}concat {{\n{body}\n}}") == codes.split()


@pytest.mark.parametrize(
    "line", ["add nothing", "concat nothing", "concat 3", "gate { flatten }", "b a=3"]
)
def test_a_branch_with_a_mistake_has_no_shape(line: str) -> None:
    """The size after the join is not judged: only the mistake itself is reported."""
    body = f"{HEAD}concat {{\nconv 6 1x1, {line}\nrelu\n}} -> 8x8x2"
    assert len(body_codes(body, blocks="block b() { relu }")) == 1


# --- gates -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("avgpool global, conv channels 1x1, sigmoid", ""),
        ("conv 1 1x1", ""),
        ("avgpool global, conv 1 1x1", ""),
        ("sigmoid", ""),
        ("maxpool 8x1", ""),
        ("conv 5 1x1", "E316"),
        ("maxpool 2x2", "E316"),
        ("avgpool global, flatten, dense 4", "E316"),
        ("", "E308"),
    ],
)
def test_gates(body: str, codes: str) -> None:
    source = f"{HEAD}gate {{ {body} }}"
    assert body_codes(source) == codes.split()
    if not codes:
        made = network(source)
        assert only(Gate, made).at.output == made.body.at.output == made.body.at.input


def test_a_gate_of_a_vector() -> None:
    assert only(Gate, network("input 8\ngate { dense 8, sigmoid }")).at.output.channels == 8
    assert body_codes("input 8\ngate { dense 1 }") == ["E316"]


# --- side heads ------------------------------------------------------------------------------


def test_a_side_head_passes_its_input_on() -> None:
    made = network(HEAD + "relu\naux h weight=0.25 { flatten, dense 3 }\nflatten, dense 3")
    head = only(SideHead, made)
    assert (head.name, head.head.name, head.weight) == ("h", "h", 0.25)
    assert head.at.input == head.at.output == head.head.at.input
    assert str(head.head.at.output) == "3"
    assert made.body.items[2].at.input == head.at.input


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        ("aux h weight=0.3 { dense 3 }\ndense 3", ""),
        ("aux h weight=2 { dense 3 }\ndense 3", ""),
        ("repeat 1 { aux h weight=0.3 { dense 3 } }\ndense 3", ""),
        ("if true { aux h weight=0.3 { dense 3 } }\ndense 3", ""),
        ("aux h { dense 3 }\ndense 3", "E205"),
        ("aux weight=0.3 { dense 3 }\ndense 3", "E113"),
        ("aux 3 weight=0.3 { dense 3 }\ndense 3", "E113"),
        ("aux h weight=0 { dense 3 }\ndense 3", "E208"),
        ("aux h weight=-1 { dense 3 }\ndense 3", "E208"),
        ("aux h weight=true { dense 3 }\ndense 3", "E208"),
        ("aux h weight=0.3 { }\ndense 3", "E308"),
        ("aux class weight=0.3 { dense 3 }\ndense 3", "E211"),
        ("aux h weight=0.3 { dense 4 }\ndense 3", "W301"),
        ("g: { aux h weight=0.3 { dense 3 }\nrelu }\ndense 3", ""),
        ("{ { aux h weight=0.3 { dense 3 } } }\ndense 3", ""),
        ("g: residual { aux h weight=0.3 { dense 3 }\nrelu }\ndense 3", "E225"),
        ("residual { { aux h weight=0.3 { dense 3 }\nrelu } }\ndense 3", "E225"),
        ("g: { aux h weight=0.3 { dense 3 }\nrelu }\nreuse g\ndense 3", "E225"),
        ("aux h weight=1 { dense 3 }\ng: { aux h weight=1 { dense 3 } }\ndense 3", "E212"),
        ("repeat 1 { { relu, aux h weight=1 { dense 3 } } }\ndense 3", "E225"),
        ("g: { repeat 1 { { relu, aux h weight=1 { dense 3 } } } }\ndense 3", "E225"),
        ("repeat 1 { { g: { relu, aux h weight=1 { dense 3 } } } }\ndense 3", "E225"),
        ("repeat 1 { g: { relu, aux h weight=1 { dense 3 } } }\ndense 3", ""),
        ("repeat 2 { { relu, aux h weight=1 { dense 3 } } }\ndense 3", "E212"),
        ("residual { aux h weight=0.3 { dense 3 }\nrelu }\ndense 3", "E225"),
        ("residual { relu } shortcut { aux h weight=0.3 { dense 3 }\nrelu }\ndense 3", "E225"),
        ("aux i weight=0.3 { aux h weight=0.3 { dense 3 }\ndense 3 }\ndense 3", "E225"),
    ],
)
def test_where_side_heads_are(source: str, codes: str) -> None:
    assert body_codes("input 8\n" + source) == codes.split()


def test_a_label_is_not_left_out_in_silence() -> None:
    """A side head bears the name that it is given: a label would be a second one."""
    assert body_codes("input 8\nlab: aux h weight=0.3 { dense 3 }\ndense 3") != []


# --- all -------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["residual", "concat", "inception", "gate"])
def test_a_region_needs_a_body(word: str) -> None:
    code = "E205" if word == "concat" else "E223"
    assert body_codes(f"{HEAD}{word}") == [code]


def test_every_item_knows_what_came_before_it() -> None:
    """Shapes go on through regions."""
    made = network(
        HEAD
        + "residual { conv 6 1x1 }\nconcat {\nconv 2 1x1\nrelu\n}\ngate { sigmoid }\na: relu\nadd a"
    )
    shape = made.body.at.input
    items: tuple[Item, ...] = made.body.items
    for item in items:
        assert item.at.input == shape
        shape = item.at.output
    assert str(shape) == "8x8x8"
