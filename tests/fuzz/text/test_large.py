"""Sources that are large, deep, or mean more than they are long: answered, and soon."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from cnngen.elaborate import MOST_MISTAKES
from cnngen.syntax.lexical import MOST_SYNTAX_ERRORS
from cnngen.syntax.parser import MOST_TOKENS

from .examine import examine

HEAD = "network Net {\n    input 8\n    "


GUARD = 100.0
"""CPU seconds, of which each takes at most a few: an end for what has none. How work grows is
counted in ``test_growth``."""


@pytest.fixture(autouse=True)
def guard() -> Iterator[None]:
    """Raise in what goes on for ever."""

    def ended(number: int, frame: object) -> None:
        raise TimeoutError(f"not answered after {GUARD} s of work")

    before = signal.signal(signal.SIGPROF, ended)
    signal.setitimer(signal.ITIMER_PROF, GUARD)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


DEEP = 100_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{HEAD}{'{' * DEEP}", "E104"),
        (f"{HEAD}{'{' * DEEP} relu {'}' * DEEP}\n}}", "E114"),
        (f"{HEAD}dense {'(' * DEEP}", "E117"),
        (f"{HEAD}dense {'(' * DEEP}4{')' * DEEP}\n}}", ""),
        (f"{HEAD}dense {'[' * DEEP}4{']' * DEEP}\n}}", "E114"),
        (f"{HEAD}dense ({'-' * DEEP}4)\n}}", "E114"),
        (f"{HEAD}if {'not ' * DEEP}true {{ relu }}\n}}", "E114"),
        (f"{HEAD}dense {'1+' * DEEP}1\n}}", "E114"),
        (f"{HEAD}let a = [[1]]\n    dense a{'[0]' * DEEP}\n}}", "E114"),
        (f"{HEAD}if true {{ relu }} {'else if true { relu } ' * DEEP}\n}}", "E004"),
        (f"{HEAD}if false {{ relu }} {'else if false { relu } ' * 30_000}\n dense 1\n}}", "E114"),
        (f"{HEAD}dense min({'1,' * DEEP}1)\n}}", ""),
        (f"{HEAD}dense {'1 ' * DEEP}\n}}", "E206"),
        (f"{HEAD}dense 4 {'a=1 ' * DEEP}\n}}", "E202"),
        (f"{HEAD}dense {'1 x ' * DEEP}1\n}}", "E208"),
        (f"network Net({', '.join(f'a{n}={n}' for n in range(9999))}) {{\n}}", "E308"),
        ("$" * MOST_TOKENS, "E006"),
        ("[" * (MOST_TOKENS + 1), "E004"),
        ("é" * (MOST_TOKENS + 1), "E004"),
        ("\n" * (MOST_TOKENS + 1), "E004"),
        ("#" * 2**22, "E006"),
        ("a" * 2**22, "E108"),
        (f"{HEAD}{'a' * 2**22}\n}}", "E201"),
        (f"network {'a' * 2**22} {{\n    input 8\n    relu\n}}", "E211"),
        (f"{HEAD}{' ' * 2**22}\n    relu\n}}", ""),
    ],
    ids=lambda value: f"{value[:60]!r}" if isinstance(value, str) else None,
)
def test_a_large_source_is_answered(text: str, code: str) -> None:
    found = {diagnostic.code.id for diagnostic in examine(text)}
    assert code in found if code else not found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("repeat 1000000000 { }", "E218"),
        ("repeat 1000000000 { relu }", "E218"),
        ("repeat 100000 { repeat 100000 { } }", "E218"),
        ("repeat 100000 { { relu } }", "E218"),
        ("for a in range(1000) { for b in range(1000) { relu } }", "E218"),
        ("let row = range(900)\nrepeat 300 { for a in row { let b = a } }", "E218"),
        ("repeat 190000 { } " + "\nrelu" * 20_000, "E218"),
        ("let a0 = [1, 1, 1, 1]\n" + "".join(
            f"let a{n} = [a{n - 1}, a{n - 1}, a{n - 1}, a{n - 1}]\n" for n in range(1, 60)
        ), "E115"),
        ("let a0 = [1]\n" + "".join(f"let a{n} = [a{n - 1}]\n" for n in range(1, 990)), "E114"),
        ("let a0 = [1]\n" + "".join(f"let a{n} = a{n - 1} + a{n - 1}\n" for n in range(1, 60)),
         "E115"),
        ("let a0 = 3\n" + "".join(f"let a{n} = a{n - 1} * a{n - 1}\n" for n in range(1, 99)),
         "E115"),
        ("dense 999999999999999999", "E208"),
        ("dense 999999999, dense 999999999", "E311"),
        ("leaky_relu 1e999", "E115"),
        ("repeat 100000 { rleu 3, dense k, conv 8 }", "E201"),
        ("for a in range(900) { for b in range(900) { let c = k } }", "E203"),
    ],
    ids=lambda value: f"{value[:60]!r}" if isinstance(value, str) else None,
)  # fmt: skip
def test_a_small_source_that_means_much_is_answered(body: str, code: str) -> None:
    assert code in {diagnostic.code.id for diagnostic in examine(f"{HEAD}{body}\n    relu\n}}\n")}


def test_the_work_of_all_networks_together_is_bounded() -> None:
    variants = "".join(f"network N{n} = Net n={n}\n" for n in range(1, 900))
    text = (
        f"network Net(n=1) {{\n    input 8\n    repeat 900 {{ relu }}\n    dense n\n}}\n{variants}"
    )
    assert {diagnostic.code.id for diagnostic in examine(text)} == {"E218"}


def blocks(body: str, count: int, first: str = "relu", parameters: str = "") -> str:
    """Blocks ``b0``, ``b1``, ..., each made of the one before it, written `@`."""
    bodies = [first, *(body.replace("@", f"b{n}") for n in range(count - 1))]
    return "".join(f"block b{n}{parameters} {{\n{own}\n}}\n" for n, own in enumerate(bodies))


def net(body: str) -> str:
    return f"network Net {{\n    input 8x8x3\n{body}\n}}\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "code"),
    [
        (blocks("@\n@", 60) + net("b59"), "E218"),
        (blocks("@ n\n@ n + 1", 40, parameters="(n)") + net("b39 1"), "E218"),
        (blocks("repeat 1000 { @ }", 30) + net("b29"), "E218"),
        (blocks("concat {\n@\n@\n}", 30) + net("b29"), "E218"),
        (blocks("@", 300) + net("b299"), "E114"),
        (blocks("residual { @ }", 100) + net("b99"), "E114"),
        (blocks("@ n * n", 100, "conv n 1x1", "(n)") + net("b60 3"), "E115"),
        (blocks("@ n * n - n * n + 1", 60, "conv n 1x1", "(n)") + net("b59 3"), ""),
        ("block b(n) { b n }\n" + net("b 1"), "E221"),
        ("block b(n) { if n > 0 { b n - 1 } else { relu } }\n" + net("b 9"), "E221"),
        (blocks("@", 3000) + net("relu"), ""),
        ("block b { relu }\n" * 3000 + net("b"), "E212"),
        ("use std.resnet\n" * 3000 + net("relu"), ""),
        (net("residual { " * 3000 + "relu" + " }" * 3000), "E114"),
        (net("concat {\n" * 3000 + "relu" + "\n}" * 3000), "E114"),
        (net("concat {\n" + "relu\n" * 6_000 + "}"), ""),
        (net("concat {\nrepeat 1000000 { relu }\n}"), "E218"),
        (net("concat {\nrelu\nrelu\n}\n" * 60), "E311"),
        (net("a: relu\n" + "add a\n" * 6_000), ""),
        (net("a: relu\nadd " + "a " * 6_000), ""),
        (net("".join(f"a{n}: relu\n" for n in range(5000)) + "concat a9"), ""),
        (net("for n in range(900) { a[n]: relu }\nadd a899"), ""),
        (net("".join(f"aux a{n} weight=1 {{ flatten }}\n" for n in range(999)) + "flatten"), ""),
        (net("residual { " + "relu } shortcut { " * 3000 + "relu }"), "E101"),
    ],
    ids=lambda value: f"{value[:60]!r}" if isinstance(value, str) else None,
)
def test_what_blocks_and_regions_mean_together_is_answered(text: str, code: str) -> None:
    found = {diagnostic.code.id for diagnostic in examine(text)}
    assert code in found if code else not found


def test_a_long_chain_of_variants_is_answered() -> None:
    chain = "".join(f"network N{n} = N{n - 1} n={n}\n" for n in range(1, 3000))
    text = f"network N0(n=1) {{\n    input 8\n    dense n\n}}\n{chain}"
    assert {diagnostic.code.id for diagnostic in examine(text)} == {"E114"}


def test_syntax_errors_are_reported_up_to_a_number() -> None:
    found = examine(HEAD + "relu =\n" * 1000 + "}\n")
    assert len(found) == MOST_SYNTAX_ERRORS


def test_mistakes_are_reported_up_to_a_number() -> None:
    found = examine(HEAD + "relu a=1\n" * 1000 + "}\n")
    assert len(found) == MOST_MISTAKES
