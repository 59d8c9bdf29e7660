"""Which uses of a block share a class or function, and what it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cnngen.backends.code import Symbolic
from cnngen.backends.sharing import (
    Context,
    Unit,
    Units,
    Written,
    network_context,
    share,
    share_networks,
    taken_names,
)
from cnngen.compiler import analyse
from cnngen.formula import INPUT_CHANNELS, Formula, Operation, Symbol, names, text
from cnngen.ir import Chain, Instance, Item, Layer, Module, Residual, inner, without_blocks
from cnngen.source import Source

HEAD = "input 8x8x4\n"
IN = INPUT_CHANNELS


def module(blocks: str, *bodies: str, parameters: str = "") -> Module:
    """Networks A, B, C with these bodies, after all passes."""
    rows = [
        f"network {name}({parameters}) {{\n{HEAD}{body}\n}}"
        for name, body in zip("ABC", bodies, strict=False)
    ]
    found = analyse(Source("test.cnn", "\n".join([blocks, *rows])), debug=True)
    assert found.module, [d.message for d in found.diagnostics]
    return found.module


class Writer:
    """The least that a target does: each field that is not the same everywhere as a formula."""

    def __init__(self, context: Context, units: Units) -> None:
        self.context = context
        self.units = units
        self.names: set[str] = set()

    def item(self, item: Item) -> Iterator[str]:
        if isinstance(item, Layer):
            layer = self.context.layer(item)
            fixed = {k: v for k, v in vars(layer.op).items() if k not in layer.formulas}
            fields = [f"{name}={self.formula(f)}" for name, f in layer.formulas.items()]
            # What a weight is as large as, torch has to know.
            yield f"{layer.op.word} {fixed} {fields} {self.formula(layer.source)}"
        elif isinstance(item, Instance):
            unit = self.units[id(item.body)]
            given = unit.arguments(item, self.context)
            for value in given.values():
                if isinstance(value, Symbolic):
                    self.names |= value.names
            yield f"{unit.name} {given}"
        elif isinstance(item, Residual):
            yield from self.residual(item)
        elif isinstance(item, Chain):
            yield from self.chain(item)
        else:
            yield type(item).__name__
            for part in inner(item):
                yield from self.chain(part)

    def residual(self, item: Residual) -> Iterator[str]:
        yield from self.chain(item.body)
        if self.context.is_open(item):
            pairs = self.context.differs(item)
            yield "if " + " or ".join(f"{self.formula(a)} != {self.formula(b)}" for a, b in pairs)
        if (self.context.is_open(item) or item.takes_path) and item.path:
            yield from self.item(item.path)
        yield "add" if self.context.is_open(item) or item.joined else "end"

    def chain(self, chain: Chain) -> Iterator[str]:
        for child in chain.items:
            yield from self.item(child)

    def formula(self, formula: Formula) -> str:
        self.names |= names(formula)
        return text(formula, {})


def write(chain: Chain, context: Context, units: Units) -> Written:
    writer = Writer(context, units)
    return Written("\n".join(writer.chain(chain)), frozenset(writer.names))


def shared(made: Module) -> tuple[list[Unit], Units]:
    return share(made, write, str.upper, taken_names(made, ()))


def units(blocks: str, *bodies: str, parameters: str = "") -> dict[str, tuple[str, ...]]:
    """Each unit with its parameters, in order."""
    found, _ = shared(module(blocks, *bodies, parameters=parameters))
    return {unit.name: unit.parameters for unit in found}


CONV = "block u(w, s=1) { conv w 3x3 stride=s pad=1 }"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("relu", {}),
        ("u 4", {"U": ()}),
        ("u 4, u 4, u 4", {"U": ()}),
        ("u 4, u 5", {"U": ("w",)}),
        ("u 4, u 5, u 4", {"U": (IN, "w")}),
        ("u 4, maxpool 2x2, u 4", {"U": ()}),
        ("u 4 s=2, u 4", {"U": ("s",)}),
        ("u 4 s=2, u 4 s=2", {"U": ()}),
        ("u 4 s=2, u 5", {"U": ("w", "s")}),
        ("conv 5 1x1, u 4, u 4", {"U": (IN,)}),
        ("g: { u 4 }\nresidual { u 4, conv 4 1x1 }", {"U": ()}),
        ("residual { relu } shortcut { relu, u 4 }\nu 5", {"U": ("w",)}),
        ("concat {\nu 4\nu 5\n}", {"U": ("w",)}),
        ("aux h weight=1 { u 4, flatten, dense 3 }\nu 5, flatten, dense 3", {"U": ("w",)}),
    ],
)
def test_a_unit_takes_what_differs(body: str, expected: dict[str, tuple[str, ...]]) -> None:
    assert units(CONV, body) == expected


def test_networks_share_units() -> None:
    blocks = "block unit(w) { conv w 1x1 }"
    assert units(blocks, "unit 4", "unit 4") == {"UNIT": ()}
    assert units(blocks, "unit 4", "unit 5", "unit 4, unit 4") == {"UNIT": ("w",)}


@pytest.mark.parametrize(
    ("blocks", "body", "expected"),
    [
        # what no formula says is a number in the text
        (
            "block u(w) { conv round(w * 1.5) 1x1 }",
            "u 4, u 8, conv 4 1x1, u 4",
            {"U": (), "U2": ()},
        ),
        ("block u(n) { repeat n { relu } }", "u 1, u 2, u 2", {"U": (), "U2": ()}),
        ("block u(n) { if n > 1 { relu } else { tanh } }", "u 1, u 2, u 3", {"U": (), "U2": ()}),
        ("block u(p) { conv 4 3x3 pad=p }", "u 1, u same, u 0", {"U": ("p",), "U_SAME": ()}),
        (
            "block u(b) { conv 4 1x1 bias=b }",
            "u true, u false, u auto",
            {"U": ("b",), "U_AUTO": ()},
        ),
        (
            "block u(k, r=1) { conv k 1x1\nif r > 1 { relu } }",
            "u 4, u 5, u 6 r=2, u 7 r=2",
            {"U": ("k",), "U2": (IN, "k")},
        ),
        (
            "block u(rows) { for w in rows { conv w 1x1 } }",
            "u [4, 5], u [4, 5], u [5, 6]",
            {"U": (IN,), "U2": ()},
        ),
        ("block u(rows) { conv rows[0] 1x1 }", "u [4, 5], u [5, 4]", {"U": ("rows",)}),
        ("block u(w) { conv 2 * w + 1 1x1 }", "u 4, conv 4 1x1, u 5", {"U": ("w",)}),
        ("block u(w) { conv w / 2 1x1 }", "u 4, conv 4 1x1, u 6", {"U": ("w",)}),
        ("block u(w) { dropout w / 4 }", "u 1, u 2", {"U": (), "U2": ()}),
        ("block u(w) { conv max(w, 6) 1x1 }", "u 4, conv 4 1x1, u 8", {"U": ("w",)}),
        ("block u() { conv channels * 2 1x1 }", "u, u", {"U": (IN,)}),
        ("block u() { let c = channels\nconv 4 1x1, conv c 1x1 }", "u, conv 5 1, u", {"U": (IN,)}),
        ("block u() { conv height 1x1 }", "u, maxpool 2x2, u", {"U": (), "U2": ()}),
    ],
)
def test_units_split_where_the_texts_differ(
    blocks: str, body: str, expected: dict[str, tuple[str, ...]]
) -> None:
    assert units(blocks, body) == expected


@pytest.mark.parametrize(
    ("blocks", "body", "expected"),
    [
        (
            "block outer(w) { inner w, inner w }\nblock inner(w) { conv w 1x1 }",
            "outer 4, outer 4",
            {"INNER": (), "OUTER": ()},
        ),
        (
            "block inner(w) { conv w 1x1 }\nblock outer(w) { inner w, inner w }",
            "outer 4, outer 5",
            {"INNER": (IN, "w"), "OUTER": ("w",)},
        ),
        (
            "block inner(w) { conv w 1x1 }\nblock outer(w) { inner 2 * w, inner w }",
            "outer 4",
            {"INNER": (IN, "w"), "OUTER": ()},
        ),
        (
            "block inner(n) { if n > 4 { relu } else { tanh } }\nblock outer(n) { inner n }",
            "outer 4, outer 5, outer 6",
            {"INNER": (), "INNER2": (), "OUTER": (), "OUTER2": ()},
        ),
        (
            "block low() { relu }\nblock mid() { low, tanh }\nblock top() { mid, low }",
            "top, low, mid",
            {"LOW": (), "MID": (), "TOP": ()},
        ),
    ],
)
def test_blocks_in_blocks(blocks: str, body: str, expected: dict[str, tuple[str, ...]]) -> None:
    found = units(blocks, body)
    assert found == expected
    assert list(found) == list(expected), "those that others use come first"


@pytest.mark.parametrize(
    ("blocks", "body", "expected"),
    [
        ("block h(c) { conv c 1x1 }", "h n", {"H": ("c",)}),
        ("block h(c, d) { conv d 1x1, conv c 1x1 }", "h n 5", {"H": ("c",)}),
        ("block h(c) { conv c 1x1 }\nblock g(c) { relu, h c }", "g n", {"H": ("c",), "G": ("c",)}),
        ("block h(c) { conv c 1x1 }", "h n + 0", {"H": ()}),
        ("block h(c) { conv c 1x1 }", "h n, conv 3 1x1", {"H": ()}),
        ("block h(c) { conv c 1x1 }", "g: { h 5 }\nh n", {"H": (IN, "c")}),
        ("block h(c) { conv c 1x1 }", "g: { h 4 }\nh n", {"H": ("c",)}),
        ("block h(p) { dropout p }", "h q, h q", {"H": ("p",)}),
        ("block h(p) { dropout p }", "h 0.5, h q", {"H": ("p",)}),
    ],
)
def test_a_network_s_own_parameter_is_passed_on(
    blocks: str, body: str, expected: dict[str, tuple[str, ...]]
) -> None:
    assert units(blocks, body, parameters="n=4, q=0.5") == expected


# --- arguments -------------------------------------------------------------------------------


def arguments(blocks: str, body: str, parameters: str = "") -> list[dict[str, Any]]:
    """What each use in the network's own body passes on."""
    made = module(blocks, body, parameters=parameters)
    _, by_body = shared(made)
    (network,) = made.networks
    context = network_context(network)
    uses = [item for item in without_blocks(network.body) if isinstance(item, Instance)]
    return [
        {
            name: str(value) if isinstance(value, Symbolic) else value
            for name, value in by_body[id(use.body)].arguments(use, context).items()
        }
        for use in uses
    ]


@pytest.mark.parametrize(
    ("blocks", "body", "expected"),
    [
        (CONV, "u 4, u 4", [{}, {}]),
        (CONV, "u 4, u 5", [{"w": 4}, {"w": 5}]),
        (CONV, "u 4 s=2, u 4", [{"s": 2}, {}]),
        (CONV, "u 4 s=1, u 4 s=2", [{}, {"s": 2}]),
        (CONV, "u 5, u 6 s=2", [{IN: 4, "w": 5}, {IN: 5, "w": 6, "s": 2}]),
        ("block b(k=3x3) { conv 4 k pad=same }", "b, b 3, b 5", [{}, {}, {"k": 5}]),
        ("block b(k=3x3) { conv 4 k pad=same }", "b 3x3, b 1x3", [{}, {"k": (1, 3)}]),
        ("block b(k=3) { conv 4 k pad=same }", "b, b 3x3, b 5x5", [{}, {}, {"k": 5}]),
        ("block b(w, v=w) { conv v 1, conv 4 1 }", "b 4, b 5 6", [{"v": 4}, {"v": 6}]),
        ("block b(f=true) { bn affine=f }", "b, b false", [{}, {"f": False}]),
        ("block b(w) { conv w 1x1 }", "b n, relu", [{"w": "n"}]),
        ("block b(w) { conv w 1x1 }", "b n + 1, relu", [{}]),
        ("block b(w) { conv w 1x1 }", "g: { b 7, conv 4 1x1 }\nb n", [{"w": 7}, {"w": "n"}]),
    ],
)
def test_arguments(blocks: str, body: str, expected: list[dict[str, Any]]) -> None:
    found = arguments(blocks, body, "n=4")
    if any(IN in row for row in expected):
        assert found == expected
    else:
        assert [{k: v for k, v in row.items() if k != IN} for row in found] == expected


def test_arguments_in_the_terms_of_the_block_around() -> None:
    blocks = "block inner(w, s=1) { conv w 1x1 stride=s }\nblock outer(v, s) { inner v * 2 s=s }"
    made = module(blocks, "outer 4 1, outer 5 2")
    found, by_body = shared(made)
    outer = found[1]
    (use,) = outer.body.items
    assert isinstance(use, Instance)
    given = by_body[id(use.body)].arguments(use, outer.context)
    texts = {k: str(v) if isinstance(v, Symbolic) else v for k, v in given.items()}
    assert texts == {IN: "in_channels", "w": "v * 2", "s": "s"}


def test_a_size_is_one_number_where_it_is_square_also_through_a_block() -> None:
    """What a unit is given has the type that it says."""
    blocks = "block inner(c, k=3x3) { conv c k pad=same }\nblock outer(c, k) { inner c k\nrelu }"
    made = module(blocks, "outer 4 3x3, outer 5 3x3, inner 4 5x5, inner 6")
    found, by_body = shared(made)
    inner_, outer = found
    assert inner_.types["k"] == "int"
    use = outer.body.items[0]
    assert isinstance(use, Instance)
    assert "k" not in by_body[id(use.body)].arguments(use, outer.context), "it is the default"


@pytest.mark.parametrize(
    ("blocks", "body", "types"),
    [
        ("block b(w) { conv w 1x1 }", "b 4, b 5", {"w": "int"}),
        ("block b(p) { dropout p }", "b 0.5, b 0.25", {"p": "float"}),
        ("block b(p) { dropout p }", "b 0, b 0.25", {"p": "float | int"}),
        ("block b(k) { conv 4 k pad=same }", "b 3, b 5x5", {"k": "int"}),
        ("block b(k) { conv 4 k pad=same }", "b 3x3, b 1x3", {"k": "int | tuple[int, int]"}),
        ("block b(k) { conv 4 k pad=same }", "b 3x1, b 1x3", {"k": "tuple[int, int]"}),
        ("block b(r) { conv r[0] 1x1 }", "b [4, 4], b [5, 5]", {"r": "tuple[int, int]"}),
        ("block b(r) { dropout r[0] }", "b [0.5, 1], b [0.25, 1]", {"r": "tuple[float, int]"}),
        ("block b(f) { bn affine=f }", "b true, b false", {"f": "bool"}),
    ],
)
def test_types(blocks: str, body: str, types: dict[str, str]) -> None:
    (unit,), _ = shared(module(blocks, body))
    assert {name: own for name, own in unit.types.items() if name != IN} == types


def test_parameters_with_a_default_come_last() -> None:
    blocks = "block b(s=1, w=4, u) { conv w 1x1 stride=s, conv u 1x1 }"
    (unit,), _ = shared(module(blocks, "b u=4, b 1 5 u=6, b 2 u=7"))
    assert unit.parameters == (IN, "u", "s", "w")
    assert unit.defaults() == {"s": 1, "w": 4}


# --- residuals -------------------------------------------------------------------------------


RESIDUAL = """
block r(w, s=1, shortcut=auto) {
    residual shortcut=shortcut { conv w 3x3 stride=s pad=1, bn }
}
"""
OPEN = [(Symbol("s"), 1), (Symbol(IN), Symbol("w"))]


def residuals(unit: Unit) -> list[Residual]:
    return [item for item in unit.body.items if isinstance(item, Residual)]


@pytest.mark.parametrize(
    ("body", "conditions"),
    [
        ("r 4, r 4", [[]]),
        ("r 4, r 6, r 6", [OPEN[1:]]),
        ("r 4, r 4 s=2", [OPEN[:1]]),
        ("r 4, r 6 s=2, r 6, r 6 s=2", [OPEN]),
        ("r 6, r 8, r 10", [[]]),
        ("r 6 s=2, r 8 s=2", [[]]),
        ("r 4 shortcut=match, r 6 shortcut=match", [[(Symbol("w"), 4)]]),
        ("r 4 shortcut=pad, r 6 shortcut=pad", [[(Symbol("w"), 4)]]),
        ("r 4 shortcut=pad, r 6 s=2 shortcut=pad, r 8 shortcut=pad", [OPEN]),
        ("r 4 shortcut=none, r 6 shortcut=none", [[]]),
        ("r 4 shortcut=identity, r 4", [[]]),
        ("r 4 shortcut=projection, r 6 shortcut=projection", [[]]),
        ("r 4, r 6, r 6 shortcut=none", [[(Symbol("w"), 4)], []]),
    ],
)
def test_a_residual_that_differs_from_use_to_use_is_left_open(
    body: str, conditions: list[list[tuple[Formula, Formula]]]
) -> None:
    found, _ = shared(module(RESIDUAL, body))
    states = []
    for unit in found:
        (residual,) = residuals(unit)
        is_open = unit.context.is_open(residual)
        states.append(unit.context.differs(residual) if is_open else [])
    assert states == conditions


def test_a_projection_that_is_always_there_is_not_left_open() -> None:
    """`if in_channels != w` would leave it out where the source asks for it."""
    made = module(RESIDUAL, "r 4, r 6 s=2, r 6 shortcut=projection")
    _, by_body = shared(made)
    uses = [item for item in made.networks[0].body.items if isinstance(item, Instance)]
    auto, _, always = (by_body[id(use.body)] for use in uses)
    assert auto is not always
    assert not always.context.is_open(residuals(always)[0])


def test_a_written_path_is_not_left_open() -> None:
    blocks = """
block r(w, always=false) {
    if always {
        residual { conv w 1x1 } shortcut { conv w 1x1 bias=false }
    } else {
        residual { conv w 1x1 }
    }
}
"""
    made = module(blocks, "r 4, r 6, r 6 always=true")
    _, by_body = shared(made)
    always = by_body[id(made.networks[0].body.items[-1].body)]  # type: ignore[union-attr]
    assert not always.context.is_open(residuals(always)[0])


def test_one_of_two_residuals_is_open() -> None:
    blocks = "block r(w) { residual { conv w 1x1 }\nresidual { conv w 3x3 pad=1 } }"
    (unit,), _ = shared(module(blocks, "r 4, r 6"))
    first, second = residuals(unit)
    assert (unit.context.is_open(first), unit.context.is_open(second)) == (True, False)


def test_where_a_condition_would_be_wrong_the_bodies_are_split() -> None:
    """The stride is no formula here: equal channels do not say that the input fits."""
    blocks = "block r(w, f) { residual { conv w 1x1\nif f { maxpool 2x2 } } }"
    assert list(units(blocks, "r 4 false, r 4 true, r 6 false, r 6 true")) == ["R", "R2"]


# --- contexts and names ----------------------------------------------------------------------


def test_formulas_of_what_is_the_same_everywhere_are_worked_out() -> None:
    blocks = "block u(w, v) { conv w * v 1x1 }"
    (unit,), _ = shared(module(blocks, "u 4 2, u 5 2"))
    (conv,) = unit.body.items
    assert isinstance(conv, Layer)
    assert conv.formulas["channels"] == Operation("*", Symbol("w"), Symbol("v"))
    assert unit.context.layer(conv).formulas["channels"] == Operation("*", Symbol("w"), 2)
    assert unit.context.live == {IN, "w"}


def test_a_unit_of_one_body_is_alone() -> None:
    (unit,), _ = shared(module(CONV, "u 4, u 4"))
    assert unit.alone
    (unit,), _ = shared(module(CONV, "u 4, u 5"))
    assert not unit.alone


def test_a_unit_that_takes_the_network_s_parameter_is_not_alone() -> None:
    """Its shapes are not those of the default: they stand in no docstring."""
    (unit,), _ = shared(module("block u(c) { conv c 1x1 }", "u n", parameters="n=7"))
    assert not unit.alone
    (unit,), _ = shared(module("block u() { maxpool 2x2 }", "conv n 1x1, u", parameters="n=7"))
    assert not unit.alone


def test_names_that_are_taken() -> None:
    made = module("block a(u) { relu }\nblock d(A) { relu }", "a 1, d 2", parameters="D=3")
    taken = taken_names(made, {"nn"})
    assert {"nn", "A", "D", "u", "None", "sum"} <= taken
    assert not taken & {"a", "d", "U"}
    found, _ = shared(made)
    assert [unit.name for unit in found] == ["A2", "D2"]


@pytest.mark.parametrize(("n", "expected"), [(1, ["U"]), (3, ["U", "U2", "U3"])])
def test_units_of_one_block_are_numbered(n: int, expected: list[str]) -> None:
    uses = "\n".join(f"u {i + 1}" for i in range(n))
    assert list(units("block u(n) { repeat n { relu } }", uses)) == expected


def test_many_uses_take_little_time() -> None:
    """One text for each body, not for each use."""
    made = module("block u(w) { conv w 1x1, relu }", "repeat 2000 { u 4 }")
    found, by_body = shared(made)
    assert len(found) == len(by_body) == 1


# --- variants --------------------------------------------------------------------------------


def variants(head: str, body: str, rows: str) -> tuple[Module, dict[str, Unit]]:
    text_ = f"network Base({head}) {{\n{HEAD}{body}\n}}\n{rows}"
    found = analyse(Source("test.cnn", text_), debug=True)
    assert found.module, [d.message for d in found.diagnostics]
    _, by_body = shared(found.module)
    return found.module, share_networks(found.module, write, by_body, taken_names(found.module, ()))


@pytest.mark.parametrize(
    ("head", "body", "rows", "expected"),
    [
        (
            "w",
            "conv w 1x1, relu",
            "network A = Base w=3\nnetwork B = Base w=5",
            {"A": "Base w", "B": "Base w"},
        ),
        (
            "w",
            "conv w 1x1, conv 3 1x1",
            "network A = Base w=3\nnetwork B = Base w=5",
            {"A": "Base w", "B": "Base w"},
        ),
        (
            "w=4",
            "conv w 1, conv 3 1",
            "network A = Base w=5",
            {"Base": "BaseBase w", "A": "BaseBase w"},
        ),
        ("n", "repeat n { relu }", "network A = Base n=1\nnetwork B = Base n=2", {}),
        (
            "n",
            "repeat n { relu }",
            "network A = Base n=1\nnetwork B = Base n=2\nnetwork C = Base n=2",
            {"B": "Base", "C": "Base"},
        ),
        (
            "w, s=auto",
            "residual shortcut=s { conv w 1x1 }\nrelu",
            "network A = Base w=4\nnetwork B = Base w=6\nnetwork C = Base w=8 s=none",
            {"A": "Base w", "B": "Base w"},
        ),
    ],
)
def test_variants_share_a_unit(head: str, body: str, rows: str, expected: dict[str, str]) -> None:
    _, found = variants(head, body, rows)
    written = {name: " ".join([unit.name, *unit.parameters]) for name, unit in found.items()}
    assert written == expected


@pytest.mark.parametrize(
    ("head", "body", "rows", "expected"),
    [
        (
            "w, n=3",
            "conv w 1x1, conv n 1x1",
            "network A = Base w=3\nnetwork B = Base w=5",
            {"A": {"w": 3, "n": "n"}, "B": {"w": 5, "n": "n"}},
        ),
        (
            "w=3, n=3",
            "conv w 1x1, conv 4 1x1",
            "network A = Base w=5",
            {"Base": {}, "A": {"w": 5}},
        ),
        (
            "k, n=3",
            "conv 4 k pad=same, conv n 1x1",
            "network A = Base k=3x3\nnetwork B = Base k=5",
            {"A": {"k": 3, "n": "n"}, "B": {"k": 5, "n": "n"}},
        ),
    ],
)
def test_what_variants_pass_on(
    head: str, body: str, rows: str, expected: dict[str, dict[str, Any]]
) -> None:
    made, found = variants(head, body, rows)
    given = {n.name: found[n.name].variant_arguments(n) for n in made.networks}
    texts = {
        name: {k: str(v) if isinstance(v, Symbolic) else v for k, v in row.items()}
        for name, row in given.items()
    }
    assert texts == expected
