"""What no value takes: right or wrong whatever the values are, and nothing more."""

from __future__ import annotations

import pytest
from numeric.harness import compiled

from cnngen.backends import backend
from cnngen.compiler import analyse, compile_source
from cnngen.source import Source

TARGETS = [backend("torch"), backend("keras")]

RIGHT = """
block inner(n) { dense n }
network Net(n=0, rows=[]) {
    input 32x32x3
    early: relu
    if n > 0 {
        conv n 3x3 pad=1, conv 32 / n 3x3 pad=n - 1
        late: conv 3 1x1
    }
    if n > 0 { add late, concat early }
    for i in range(n) { up[i]: relu }
    if n > 0 { add up[n - 1] }
    for width, stride in rows { conv width 3x3 stride=stride }
    if len(rows) > 0 { conv rows[0][0] 3x3 }
    if n > 8 { flatten, inner n, inner n * 2 } else { flatten }
    dense 3
}
"""
"""Nothing of this is wrong, though much of it has no value for the defaults."""


def test_what_has_no_value_here_is_no_mistake() -> None:
    assert set(compiled(RIGHT, "right.cnn").modules) == {"torch", "keras"}


WITHOUT_VALUE = [
    "let q = 3\nlet z = q - 3\ndense z",
    "let q = 1\nlet z = q * 1.5\nconv z 3x3",
    "let q = [1]\ndense q[1]",
    "let q = 7\nfor a in q { relu }",
    "let q = 7\nfor a, b in [q] { relu }",
    "let q = 7\nrepeat q * 1.5 { relu }",
    "let q = 0\ndense 1 / q",
    "let q = 7\nrepeat q - 8 { relu }",
    "let q = 7\nif q { relu }",
    "let q = 7\na[q - 9]: relu",
    "let q = true\ndense q + [1]",
    "let q = 10000000\nfor a in range(q * q) { relu }",
    "let a0 = 3\n"
    + "".join(f"let a{n} = a{n - 1} * a{n - 1}\n" for n in range(1, 60))
    + "dense a59",
    "let a0 = [1]\n"
    + "".join(f"let a{n} = a{n - 1} + a{n - 1}\n" for n in range(1, 60))
    + "dense a59[0]",
    "let q = 1\ndense " + "(q + " * 300 + "q" + ")" * 300,
    "flatten, conv 3 3x3",
    "maxpool 99x99",
    "conv 4 3x3 groups=3",
    "residual shortcut=identity { conv 9 1x1 }",
    "concat { conv 3 1x1\nconv 4 3x3 }",
    "gate { conv 9 2x2 }",
]
"""In a way that is not taken, what has no value or no shape: only names and words are judged."""


@pytest.mark.parametrize("body", WITHOUT_VALUE, ids=lambda body: repr(body[:40]))
@pytest.mark.parametrize("after", ["", " else { conv 3 1x1 }"])
def test_what_could_not_be_taken_is_left_out_or_kept(body: str, after: str) -> None:
    text = (
        f"network Net(n=0) {{\n    input 8x8x3\n    relu\n    if n == 1 {{\n{body}\n}}{after}\n}}\n"
    )
    result = compile_source(Source("net.cnn", text), TARGETS, debug=True)
    assert not result.diagnostics
    for output in result.outputs:
        compile(output.text, output.name, "exec")


def test_an_else_if_is_a_level() -> None:
    ways = "".join(f" else if n == {n} {{ relu }}" for n in range(1, 70))
    text = f"network Net(n=0) {{\n    input 8\n    if n == 0 {{ relu }}{ways}\n}}\n"
    result = compile_source(Source("net.cnn", text), TARGETS)
    assert [d.code.id for d in result.diagnostics] == ["E114"]


def test_windows_are_of_the_axes_that_the_network_has() -> None:
    text = "network N(f=false) {{ input {}\nif f {{ conv 4 {}, maxpool {} }}\nrelu }}"
    for sizes, window in (("8x4", "3"), ("8x8x4", "3x1"), ("8x8x8x4", "3x1x1")):
        result = analyse(Source("net.cnn", text.format(sizes, window, window)))
        assert result.complete, result.diagnostics
    assert not analyse(Source("net.cnn", text.format("8x8x4", "3x1x1", "2"))).complete
