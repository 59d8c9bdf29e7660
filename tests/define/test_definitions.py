"""Definitions: structure kept, fields over symbols."""

from __future__ import annotations

from typing import Any

import pytest
from defining import all_of, block, called, defined, definition, layers

from cnngen.define.symbols import IN_SIZES, OpenError, Symbols
from cnngen.definition import (
    Branches,
    For,
    Form,
    If,
    Join,
    Let,
    Name,
    Repeat,
    Residual,
    SideHead,
    Use,
)
from cnngen.expressions import (
    IN_CHANNELS,
    Apply,
    Choice,
    Element,
    Expression,
    Items,
    Listed,
    Not,
    Operation,
    Sizes,
    Symbol,
    substitute,
)
from cnngen.ops import BatchNorm, Subsample
from cnngen.source import Source
from cnngen.syntax.parser import parse_settings

MAP = "input 32x32x4\n"
VECTOR = "input 16\n"
N, M, IN = Symbol("n"), Symbol("m"), Symbol(IN_CHANNELS)


def field(found: Any, name: str, place: int = 0) -> Any:
    """A field of the op of a layer."""
    return getattr([layer.op for layer in layers(found) if hasattr(layer.op, name)][place], name)


# --- fields ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "name", "expected"),
    [
        ("input 16\ndense n", "units", N),
        ("input 16\ndense (n)", "units", N),
        ("input 16\ndense n + 1", "units", Operation("+", N, 1)),
        ("input 16\ndense n * 1", "units", N),
        ("input 16\ndense 2 * 3", "units", 6),
        ("input 16\nlet v = n * 2\ndense v", "units", Symbol("v")),
        ("input 16\nlet v = 3 * 2\ndense v", "units", 6),
        ("input 16\ndense channels + n", "units", Operation("+", 16, N)),
        ("input 16\ndense n, dense channels", "units", N),
        ("input 16\ndropout p", "rate", Symbol("p")),
        ("input 32x32x4\nconv 8 n", "kernel", N),
        ("input 32x32x4\nconv 8 n x 3 pad=same", "kernel", Sizes((N, 3))),
        ("input 32x32x4\nconv 8 height x 1", "kernel", (32, 1)),
        (
            "input 32x32x4\nconv round_to(n * 1.5, 8) 1x1",
            "channels",
            Apply("round_to", (Operation("*", N, 1.5), 8)),
        ),
        ("input 32x32x4\nconv max(n, 4) 1x1", "channels", Apply("max", (N, 4))),
        ("input 16\ndense w[1]", "units", Element(Symbol("w"), 1)),
        ("input 16\ndense [n, 3][0]", "units", N),
        ("input 32x32x4\nconv n 3x3, bn", "bias", False),
        ("input 32x32x4\nconv n 3x3", "bias", True),
    ],
)  # fmt: skip
def test_a_field_is_an_expression_of_the_source(body: str, name: str, expected: Any) -> None:
    made = definition(body, "n=3, p=0.5, w=[2, 3]")
    place = 1 if body.endswith("dense channels") else 0
    assert field(made, name, place) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("input 16\ndense n", N),
        ("input 16\ndense 3, relu", 3),
        ("input n\nrelu", N),
        ("input 8x8x n\nrelu".replace("8x8x n", "8 x 8 x n"), N),
        ("input 32x32x4\nconv n 1x1\na: relu\nconv m 1x1, concat a", Operation("+", M, N)),
        ("input 32x32x4\nconcat {\nconv n 1x1\nconv m 1x1\n}", Operation("+", N, M)),
        ("input 32x32x4\nconcat {\nrepeat n { conv m 1x1 }\n}", Operation("*", N, M)),
        ("input 32x32x4\nconv n 1x1\ngate { conv n 1x1 }", N),
        ("input 32x32x4\ndepthwise_conv 3x3 multiplier=n", Operation("*", 4, N)),
        ("input 32x32x4\nconv n 3x3 pad=1, flatten", Operation("*", N, 1024)),
        ("input 32x32x4\nlet w = n + 1\nconv w 1x1", Operation("+", N, 1)),
        ("input 32x32x4\nif n > 3 { conv m 1x1 } else { conv m 3x3 pad=1 }", M),
    ],
)
def test_the_channels_that_come_out(body: str, expected: Expression) -> None:
    found = definition(body, "n=3, m=5").output.channels
    for n, m in ((3, 5), (2, 7)):
        given: dict[str, Expression] = {"n": n, "m": m}
        assert substitute(found, given) == substitute(expected, given)


def test_a_block_is_over_its_parameters_and_what_comes_in() -> None:
    made = block(
        "block b(w, s=1) { conv w * 2 1x1 stride=s, conv channels // 2 1x1 }", "b 3\nb 5 2"
    )
    first, second = layers(made)
    assert made.input == Form(2, None, IN)
    assert (first.op.channels, first.op.stride) == (Operation("*", Symbol("w"), 2), Symbol("s"))  # type: ignore[attr-defined]
    assert first.at.input.channels == IN
    assert second.op.channels == Operation("//", Operation("*", Symbol("w"), 2), 2)  # type: ignore[attr-defined]
    assert made.stride == Symbol("s")
    assert [(p.name, p.type, p.default) for p in made.parameters] == [
        ("w", "int", None), ("s", "int | tuple[int, int]", 1),
    ]  # fmt: skip
    assert made.fixed == {}


def test_uses_are_of_one_definition() -> None:
    made = defined(
        MAP + "repeat 2 { b n + 1 }\nb 7",
        "n=3",
        "block b(w) { c w, relu }\nblock c(w) { conv w 1x1 }",
    )
    assert [each.name for each in made.blocks] == ["c", "b"], "callees first"
    uses = all_of(Use, made.networks["Net"])
    assert {id(use.callee) for use in uses} == {id(made.blocks[1])}  # type: ignore[union-attr]
    assert [use.arguments for use in uses] == [{"w": Operation("+", N, 1)}, {"w": 7}]  # type: ignore[union-attr]


def test_a_variant_has_the_definition_of_its_base_s_body() -> None:
    from defining import networks

    from cnngen.define import define

    made = define(networks("network Net(n=3) { input 4\ndense n }\nnetwork V = Net n=5\n")).networks
    assert set(made) == {"Net", "V"}
    assert made["Net"] is made["V"]


# --- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("relu, conv 4 1x1", "relu1 conv1"),
        ("repeat n { relu }\nrelu", "relu1[] relu2"),
        ("if n > 3 { relu } else { relu }\nrelu", "relu1 relu2 relu3"),
        ("repeat n { if n > 3 { relu } else { relu } }", "relu1[] relu2[]"),
        ("g: { relu }", ""),
    ],
)
def test_names(body: str, expected: str) -> None:
    assert " ".join(called(definition(MAP + body, "n=3"))).strip() == expected


def test_a_label_with_an_index() -> None:
    made = definition(MAP + "for i in range(n) { e[i + 1]: relu }\nconcat e1", "n=3")
    (layer,) = layers(made)
    (loop,) = all_of(For, made)
    assert layer.name == Name("e", Operation("+", Symbol(loop.targets[0]), 1))  # type: ignore[union-attr]
    (join,) = all_of(Join, made)
    assert join.labels == (Name("e", 1),)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "loop",
    [
        "for i, w in enumerate(rows) { e[i]: conv w 1x1 }",
        "for i in range(len(rows)) { e[i]: conv rows[i] 1x1 }",
    ],
)
def test_a_label_with_another_index_has_the_channels_of_that_turn(loop: str) -> None:
    made = definition(MAP + f"{loop}\nconv 1 1x1, concat e[n]", "n=1, rows=[4, 8, 16]")
    assert made.fixed == {}
    assert made.output.channels == Operation("+", 1, Element(Symbol("rows"), N))


# --- loops -----------------------------------------------------------------------------------


def test_repeat_stays_a_loop() -> None:
    made = definition(MAP + "repeat n { conv 4 3x3 pad=1, relu }", "n=3")
    (loop,) = made.body.nodes
    assert isinstance(loop, Repeat)
    assert loop.times == N
    assert len(loop.body.nodes) == 2


@pytest.mark.parametrize(
    "body",
    [
        "for i in range(n) { dropout m + i * a }",
        "let final = m - a, for i in range(n) { dropout final }",
        "let step = a, let final = m * step, repeat n { dropout final }",
    ],
)
def test_parts_of_a_fraction_may_be_fractions(body: str) -> None:
    made = definition(VECTOR + body.replace(", ", "\n"), "n=3, m=0, a=0")
    assert {p.name: p.type for p in made.parameters} == {"n": "int", "m": "float", "a": "float"}


def test_for_stays_a_loop_over_an_expression() -> None:
    made = definition(
        VECTOR + "for w, p in rows { dense w, dropout p }", "rows=[[4, 0.5], [8, 0.25]]"
    )
    (loop,) = all_of(For, made)
    assert isinstance(loop, For)
    assert (loop.targets, loop.values) == (("w", "p"), Symbol("rows"))
    assert [field(made, "units"), field(made, "rate")] == [Symbol("w"), Symbol("p")]
    assert made.output.channels == Element(Element(Symbol("rows"), -1), 0)
    assert made.parameters[0].type == "Sequence[tuple[int, float]]"


def test_lists_of_several_lengths_are_sequences() -> None:
    body = VECTOR + "for row in rows { for w in row { dense w } }"
    made = definition(body, "rows=[[4, 8], [8]]")
    assert made.parameters[0].type == "Sequence[Sequence[int]]"
    made = definition(body, "rows=[[4, 8], [8, 4]]")
    assert made.parameters[0].type == "Sequence[tuple[int, int]]"
    made = definition(
        VECTOR + "for row in rows { for p in row { dropout p } }", "rows=[[0, 0], [0.5]]"
    )
    assert made.parameters[0].type == "Sequence[Sequence[float]]"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("repeat n { conv channels + 2 1x1 }", lambda n, m: 4 + 2 * n),
        ("repeat n { conv channels + m 1x1 }", lambda n, m: 4 + m * n),
        ("conv m 1x1\nrepeat n { conv channels + m 1x1 }", lambda n, m: m + m * n),
        ("repeat n { a }", lambda n, m: 4 + 3 * n),
        ("repeat n { repeat m { conv channels + 1 1x1 } }", lambda n, m: 4 + n * m),
        ("for i in range(n) { conv (i + 1) * m 1x1 }", lambda n, m: n * m),
        ("repeat n { conv m 1x1 }", lambda n, m: m),
        ("conv m 1x1\nrepeat n { if m > 3 { conv channels 1x1 } }", lambda n, m: m),
    ],
)
def test_channels_after_a_loop_have_a_closed_form(body: str, expected: Any) -> None:
    blocks = "block a() { conv channels + 3 1x1 }"
    made = definition(f"input 8x8x4\n{body}", "n=2, m=5", blocks)
    for n, m in ((2, 5), (3, 7), (1, 1)):
        assert substitute(made.output.channels, {"n": n, "m": m}) == expected(n, m)


def test_a_variable_follows_the_channels_through_a_loop() -> None:
    made = definition(
        MAP + "repeat n { conv channels * 2 1x1, relu }\navgpool global\nflatten, dense 3", "n=2"
    )
    start, loop, *_ = made.body.nodes
    assert isinstance(start, Let)
    assert start.value == 4
    assert isinstance(loop, Repeat)
    variable = Symbol(start.name)
    doubled = [node for node in loop.body.nodes if isinstance(node, Let)]
    assert [let.name for let in doubled] == [start.name]
    conv = next(layers(made))
    assert conv.at.input.channels == variable
    assert substitute(conv.op.channels, {start.name: 4}) == 8  # type: ignore[attr-defined]
    assert substitute(doubled[0].value, {start.name: 4}) == 8


def test_a_loop_that_keeps_the_channels_needs_no_variable() -> None:
    made = definition(MAP + "conv n 1x1\nrepeat n { conv channels 3x3 pad=1, bn }", "n=2")
    assert all_of(Let, made) == []


def test_a_loop_whose_turns_differ_in_more_than_values_is_written_out() -> None:
    made = definition(
        MAP
        + "for f, w in [[false, 3], [true, 5]] { if f { flatten, dense w } else { conv w 1x1 } }"
    )
    assert all_of(For, made) == all_of(If, made) == []
    assert [layer.op.word for layer in layers(made)] == ["conv", "flatten", "dense"]
    assert made.output == Form(0, None, 5)


# --- conditions ------------------------------------------------------------------------------


def test_both_ways_of_a_condition_stay() -> None:
    made = definition(MAP + "if n > 3 { conv n 1x1 } else if n == 2 { relu } else { tanh }", "n=3")
    (outer, inner) = all_of(If, made)
    assert isinstance(outer, If)
    assert isinstance(inner, If)
    assert (outer.condition, inner.condition) == (Operation(">", N, 3), Operation("==", N, 2))
    for n, expected in ((5, 5), (2, 4), (1, 4)):
        assert substitute(made.output.channels, {"n": n}) == expected


@pytest.mark.parametrize(
    ("body", "words"),
    [("if 1 < 2 { relu } else { tanh }", ["relu"]), ("if false { relu }\ntanh", ["tanh"])],
)
def test_a_plain_condition_is_decided(body: str, words: list[str]) -> None:
    made = definition(MAP + body)
    assert all_of(If, made) == []
    assert [layer.op.word for layer in layers(made)] == words


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("conv 4 1x1, if norm { bn }", Not(Symbol("norm"))),
        ("conv 4 1x1\nif norm { bn } else { relu }", Not(Symbol("norm"))),
        ("conv 4 1x1\nif not norm { relu } else { bn }", Symbol("norm")),
        ("conv 4 1x1\ng: { if norm { bn } }", Not(Symbol("norm"))),
        ("if norm { conv 4 1x1 }\nbn", False),
        ("conv 4 1x1\nif norm { bn } else { bn }", False),
        ("conv 4 1x1\nif norm { residual { bn } }", True),
        ("conv 4 1x1, if norm { relu }, bn", None),
        ("a: conv 4 1x1, if norm { bn }\nadd a", True),
        ("repeat 2 { conv 4 1x1 }\nbn", True),
        ("repeat 2 { bn, conv 4 1x1 }", True),
    ],
)
def test_whether_there_is_a_bias(body: str, expected: Expression | None) -> None:
    made = definition(MAP + body, "norm=true")
    bias = field(made, "bias")
    for norm in (True, False):
        wanted = not norm if body.startswith("conv 4 1x1\nif not norm") else expected
        if expected is None:
            wanted = norm
        assert substitute(bias, {"norm": norm}) == (
            wanted if isinstance(wanted, bool) else substitute(wanted, {"norm": norm})
        )


def test_a_conditional_bias_reads_as_its_reason() -> None:
    assert field(definition(MAP + "conv 4 1x1, if norm { bn }", "norm=true"), "bias") == Not(
        Symbol("norm")
    )


# --- regions ---------------------------------------------------------------------------------


def residual(text: str, uses: str) -> Residual:
    (found,) = all_of(Residual, block(text, uses))
    assert isinstance(found, Residual)
    return found


def test_a_shortcut_that_some_use_takes_is_there_for_all() -> None:
    found = residual(
        "block b(w, s=1) { residual { conv w 3x3 stride=s pad=1, bn } }", "b 4\nb 8 s=2"
    )
    assert found.mode == "auto"
    values = [{"w": 4, "s": 1}, {"w": 8, "s": 1}, {"w": 4, "s": 2}]
    differ = [substitute(found.differs, {**v, IN_CHANNELS: 4}) for v in values]
    assert differ == [False, True, True]
    assert found.path is not None
    conv, norm = layers(found.path.body)  # type: ignore[union-attr]
    assert (conv.op.channels, conv.op.stride) == (Symbol("w"), Symbol("s"))  # type: ignore[attr-defined]
    assert norm.op == BatchNorm()


@pytest.mark.parametrize(
    ("body", "stride"),
    [
        # One step is open, the other axis has none.
        ("conv w 3x3 stride=1 x s pad=1", Sizes((1, Symbol("s")))),
        # One after the other, and both together.
        ("conv w 3x1 stride=s x 1 pad=1x0, conv w 1x3 stride=1 x s pad=0x1", Symbol("s")),
        ("conv w 3x3 stride=s x 1 pad=1, conv w 3x3 stride=1x2 pad=1", Sizes((Symbol("s"), 2))),
        ("conv w 3x3 stride=s x s pad=1", Symbol("s")),
    ],
)
def test_a_shortcut_has_the_strides_of_each_axis(body: str, stride: Any) -> None:
    found = residual(f"block b(w, s=1) {{ residual {{ {body} }} }}", "b 4\nb 8 s=2")
    conv = found.path
    assert conv.op.stride == stride  # type: ignore[union-attr]
    steps = stride.parts if isinstance(stride, Sizes) else (stride,)
    for values in ({"w": 4, "s": 1}, {"w": 8, "s": 1}, {"w": 4, "s": 2}):
        differs = substitute(found.differs, {**values, IN_CHANNELS: 4})
        moved = any(substitute(step, values) != 1 for step in steps)
        assert differs == (moved or values["w"] != 4)


def test_a_step_that_is_one_of_the_others_or_none_is_not_asked_for_again() -> None:
    text = "block b(w, t, s=1) { residual { conv w 3x3 stride=(s if t else 1) x s pad=1 } }"
    found = residual(text, "b 4 true\nb 4 false 2")
    width = Operation("!=", Symbol(IN_CHANNELS), Symbol("w"))
    assert found.differs == Operation("or", Operation("!=", Symbol("s"), 1), width)


def test_a_shortcut_that_no_use_takes() -> None:
    found = residual("block b() { residual { conv channels 3x3 pad=1 } }", "b")
    assert (found.mode, found.differs, found.path, found.padding) == ("auto", False, None, None)


def test_the_mode_of_a_shortcut_may_be_a_parameter() -> None:
    found = residual(
        "block b(w, how=auto) { residual shortcut=how { conv w 1x1 } }", "b 4\nb 8 pad\nb 9 none"
    )
    assert found.mode == Symbol("how")
    assert isinstance(found.padding.op, Subsample)  # type: ignore[union-attr]
    assert found.padding.op.channels == Symbol("w")  # type: ignore[union-attr]


def test_branches_and_side_heads() -> None:
    made = definition(
        VECTOR + "aux h weight=0.3 { dense n }\nconcat {\na: dense n\ndense 3\n}\ndense n",
        "n=4",
    )
    (branches,) = all_of(Branches, made)
    assert [branch.label for branch in branches.body.nodes] == ["a", ""]  # type: ignore[union-attr]
    (head,) = all_of(SideHead, made)
    assert (head.weight, head.head.name) == (0.3, Name("h"))  # type: ignore[union-attr]


# --- what is fixed ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "uses", "fixed"),
    [
        ("block b(w) { conv w 1x1 }", "b 3\nb 5", [{}]),
        ("block b(p) { conv 4 3x3 pad=p }", "b same\nb 0", [{"p": "same"}, {}]),
        ("block b(p) { conv 4 3x3 pad=p }", "b same\nb same", [{"p": "same"}]),
        (
            "block b(f) { if f { flatten } else { relu } }",
            "b false\nb true",
            [{"f": False}, {"f": True}],
        ),
        ("block b(n) { repeat n { a: conv 4 1x1 } }", "b 1", [{"n": 1}]),
        ("block b(n) { repeat n { { a: conv 4 1x1 } } }", "b 1", [{}]),
        ("block b(n) { for i in range(n) { a[i]: conv 4 1x1 } }", "b 1", [{}]),
        ("block b(n) { concat {\nrepeat n { a: conv 4 1x1 }\n} }", "b 1", [{"n": 1}]),
        ("block b(ws) { concat {\nfor w in ws { conv w 1x1 }\n} }", "b [2, 3]\nb [4]",
         [{"ws": Listed((2, 3))}, {"ws": Listed((4,))}]),
        ("block b(w, s) { residual { a: conv w 3x3 stride=s pad=1, bn, add a } }", "b 4 1\nb 8 2",
         [{}]),
        ("block b(w, s) { residual { conv w 3x3 stride=s pad=1, m: bn\n"
         "avgpool global, sigmoid, multiply m } }", "b 4 1\nb 8 2", [{}]),
        ("block b(w, s) { residual { conv w 3x3 stride=s pad=1, a: relu\nconv w 1x1, b: relu\n"
         "from a, add b } }", "b 4 1\nb 8 2", [{}]),
        ("block b(e) { default bn eps=e\nbn }", "b 0.1\nb 0.2", [{"e": 0.1}, {"e": 0.2}]),
    ],
)  # fmt: skip
def test_what_cannot_stay_open_is_written_for_each_value(
    text: str, uses: str, fixed: list[dict[str, Any]] | None
) -> None:
    if fixed is None:
        return
    made = defined(MAP + uses, "", text)
    assert [dict(each.fixed) for each in made.blocks] == fixed
    for each in made.blocks:
        assert not {p.name for p in each.parameters} & each.fixed.keys()


def test_only_what_has_to_be_known_is_fixed() -> None:
    made = defined(MAP + "b same 3\nb same 5\nb 1 3", "", "block b(p, w) { conv w 3x3 pad=p }")
    assert [dict(each.fixed) for each in made.blocks] == [{"p": "same"}, {}]
    assert [[p.name for p in each.parameters] for each in made.blocks] == [["w"], ["p", "w"]]


def test_a_flattened_map_fixes_the_size_that_comes_in() -> None:
    made = defined(MAP + "conv 4 1x1\nb\n", "", "block b() { flatten, dense 3 }")
    (only,) = made.blocks
    assert only.input.sizes == (32, 32)
    assert only.input.channels == IN
    (flatten, _) = layers(only)
    assert substitute(flatten.at.output.channels, {IN_CHANNELS: 4}) == 4096


def test_what_is_fixed_may_be_needed_around_a_use() -> None:
    """The inner block needs the value: the outer one then does, too."""
    blocks = "block c(f) { if f { flatten } else { relu } }\nblock b(g, w) { conv w 1x1, c g }"
    made = defined(MAP + "b false 3\nb true 5", "", blocks)
    found = {(each.name, *each.fixed.items()) for each in made.blocks}
    assert {("c", ("f", False)), ("c", ("f", True)), ("b", ("g", False)), ("b", ("g", True))} == {
        (name, *(item for item in fixed if item[0] in "fg")) for name, *fixed in found
    }


def test_a_network_s_own_parameter_is_fixed_too() -> None:
    made = definition(MAP + "if f { flatten, dense n } else { relu }", "f=true, n=3")
    assert made.fixed == {"f": True}
    assert [p.name for p in made.parameters] == ["n"]


@pytest.mark.parametrize(
    ("body", "parameters", "fixed"),
    [
        ("if f { a: conv 8 1x1 } else { a: conv 4 1x1 }\nconv 4 1x1, concat a", "f=true", {"f"}),
        ("if f { a: conv 4 1x1 } else { a: conv 4 1x1 }\nconv 4 1x1, concat a", "f=true", set()),
        ("a0: conv 4 1x1\nfor i in range(n) { a[i + 1]: conv 4 1x1, add a[i] }", "n=2", {"n"}),
        ("for i in range(n) { a[i]: conv 4 1x1 }\nadd a[0]", "n=2", set()),
        ("if f { aux s weight=0.3 { relu } }\nrelu", "f=true", {"f"}),
        ("aux s weight=w { relu }\nrelu", "w=0.3", {"w"}),
        ("residual { conv 8 1x1 } shortcut { conv 8 1x1, if f { bn } }", "f=true", {"f"}),
        ("residual { conv 8 1x1 } shortcut { conv 8 1x1, relu, if f { bn } }", "f=true", set()),
        ("conv 4 1x1, flatten, if f { dense 8 }\nrelu", "f=true", {"f"}),
        ("conv 4 1x1, flatten, dense 8, if f { dense 8 }\nrelu", "f=true", set()),
        ("if f == n { conv 4 1x1 }\nif f { relu }\nconv n 1x1", "f=true, n=1", {"f", "n"}),
        (
            "conv 4 1x1" + "\nif f { if g { bn } }" * 9,
            "f=true, g=true",
            {"f", "g"},
        ),
    ],
)  # fmt: skip
def test_a_network_is_written_for_what_its_code_has_to_know(
    body: str, parameters: str, fixed: set[str]
) -> None:
    assert definition(MAP + body, parameters).fixed.keys() == fixed


# --- symbols ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a + 2", Operation("+", Symbol("a"), 2)),
        ("2 * 3", 6),
        ("-a", Operation("-", 0, Symbol("a"))),
        ("not f", Not(Symbol("f"))),
        ("a x 3", Sizes((Symbol("a"), 3))),
        ("[1, 2][0]", 1),
        ("ws[a]", Element(Symbol("ws"), Symbol("a"))),
        ("ws[-1]", Element(Symbol("ws"), -1)),
        ("[1, 2, 3][1:]", Listed((2, 3))),
        ("ws[:a]", Apply("slice", (Symbol("ws"), 0, Symbol("a")))),
        ("ws[a:]", Apply("slice", (Symbol("ws"), Symbol("a")))),
        ("sum(ws[1:a])", Apply("sum", (Apply("slice", (Symbol("ws"), 1, Symbol("a"))),))),
        ("a if f else 3", Choice(Symbol("f"), Symbol("a"), 3)),
        ("1 / 0 if 2 < 1 else a", Symbol("a")),
        ("range(1, a)", Apply("range", (1, Symbol("a")))),
        ("zip(ws, [1, 2])[1]", Items((Element(Symbol("ws"), 1), 2))),
        ("len(enumerate(ws))", Apply("len", (Symbol("ws"),))),
        ("sum(ws) + 1", Operation("+", Apply("sum", (Symbol("ws"),)), 1)),
        ("ceil(a / 2)", Apply("ceil", (Operation("/", Symbol("a"), 2),))),
        ("channels", 7),
        ("same", "same"),
    ],
)
def test_an_expression_over_symbols(source: str, expected: Expression) -> None:
    symbols = Symbols({name: Symbol(name) for name in ("a", "f", "ws")})
    (argument,), _ = parse_settings(Source("--set", f"value={source}"))
    assert symbols.expression(argument.value, Form(2, None, 7)) == expected


def test_weights_for_each_cell_are_written_for_the_size_of_the_map() -> None:
    text = "input size x size x 4\nprelu per=cell"
    assert definition(text, "size=3").fixed.keys() == {"size"}
    assert definition(text.replace("per=cell", "per=channel"), "size=3").fixed.keys() == set()


def test_numbers_of_a_shape_stay_open() -> None:
    made = definition("input 8\nreshape n x 2 x 4 // n, relu", "n=2")
    assert made.fixed.keys() == set()
    assert made.output == Form(2, None, Operation("//", 4, N))


@pytest.mark.parametrize(
    ("source", "names", "reason"),
    [
        ("height", {IN_SIZES}, "height"),
        ("a" + " // b" * 40, {"a", "b"}, "too long"),
    ],
)
def test_what_cannot_stay_open_has_a_reason(source: str, names: set[str], reason: str) -> None:
    symbols = Symbols({name: Symbol(name) for name in ("a", "b")})
    (argument,), _ = parse_settings(Source("--set", f"value={source}"))
    with pytest.raises(OpenError, match=reason) as raised:
        symbols.expression(argument.value, Form(2, None, 7))
    assert raised.value.names <= names | {IN_CHANNELS}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("range(1, 4)", Apply("range", (1, 4))),
        ("enumerate([1, 2])", Apply("enumerate", (Listed((1, 2)),))),
        ("zip([1, 2], ws)", Apply("zip", (Listed((1, 2)), Symbol("ws")))),
        ("range(3)", Apply("range", (3,))),
        ("range(1, 1)", Listed(())),
        ("[1, 2]", Listed((1, 2))),
        ("ws", Symbol("ws")),
    ],
)
def test_what_a_loop_goes_over_is_kept_as_it_is_written(source: str, expected: Expression) -> None:
    (argument,), _ = parse_settings(Source("--set", f"value={source}"))
    assert Symbols({"ws": Symbol("ws")}).rows(argument.value, Form(True, None, 7)) == expected


CONDITIONAL = "block unit(width, wide=true) { conv %s }"


@pytest.mark.parametrize(
    ("layer", "open_"),
    [
        ("(width if wide else 4) 3x3 pad=1", ["width", "wide"]),
        ("4 (3x3 if wide else 1x1)", []),
        ("4 (3 if wide else 1) bias=auto if wide else true", []),
        ("(4 if wide else 0) 1x1", []),
    ],
)
def test_ways_of_an_argument_that_code_can_hold_open(layer: str, open_: list[str]) -> None:
    made = block(CONDITIONAL % layer, "unit 8")
    assert [p.name for p in made.parameters if p.name in ("width", "wide")][: len(open_)] == open_
    assert ("wide" in made.fixed) is (not open_)


def test_a_loop_is_written_out_from_where_it_began() -> None:
    """What was found in half a turn, with a residual around it, is forgotten."""
    made = definition(
        "input 4\nfor i in [0, 1] {\na[i]: gate { relu, dropout (0.5 if i < 2 else 3) }\n}\ntanh"
    )
    assert called(made) == ["relu1", "dropout1", "relu1", "dropout1", "tanh1"]
    assert len(all_of(For, made)) == 0


@pytest.mark.parametrize(
    ("factors", "open_"),
    [("width", True), ("1", True), ("2 * width // 2", False), ("other", False)],
)
def test_the_channels_of_a_product(factors: str, open_: bool) -> None:
    """They are known where the factor has one channel, or is seen to have as many."""
    made = block(
        f"block weigh(width, other=8) {{\na: conv width 1x1\nconv {factors} 1x1, multiply a\n}}",
        "weigh 8",
    )
    assert ("width" not in made.fixed) is open_
    assert made.output.channels == (Symbol("width") if open_ else 8)


def test_a_default_of_another_type_is_no_default() -> None:
    """`same` has a definition of its own; in that for numbers it would be refused."""
    text = "block unit(p=same) { conv 4 3x3 pad=p }"
    same, numbers = defined("input 8x8x4\nunit\nunit p=1", "", text).blocks
    assert same.parameters == ()
    (p,) = numbers.parameters
    assert p.default is None


def test_a_word_where_a_number_may_stand_is_known_when_code_is_written() -> None:
    """Also where it is compared with a word: `pad=same` is another layer than `pad=1`."""
    body = f"{MAP}avgpool 3 stride=2 pad=p\nif p == same {{ relu }} else {{ tanh }}"
    found = definition(body, "p=same")
    assert found.fixed == {"p": "same"}
    assert not found.parameters
