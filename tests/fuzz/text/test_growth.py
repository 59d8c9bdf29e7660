"""Work grows with a source's length, and no faster: counts of calls at one size and at four times.

What is within one call, as a regular expression on a long line, is left to ``test_large``.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from work import counted

from cnngen.compiler import analyse
from cnngen.source import Source

SIZE = 200
TIMES = 4
MOST = 1.1
"""How much more than ``TIMES`` it may be: what is sorted grows a little faster."""


def net(body: str) -> str:
    return f"network Net {{\n    input 8x8x3\n    {body}\n}}\n"


def conditions(count: int) -> str:
    return net("if false { relu } " + "else if false { relu } " * count + "\n dense 1")


def blocks(body: str) -> Callable[[int], str]:
    """Blocks ``b0``, ``b1``, ... of one body, and a network that uses none of them."""
    return lambda count: (
        "".join(f"block b{n} {{ {body} }}\n" for n in range(count)) + net("flatten, dense 1")
    )


SOURCES: dict[str, Callable[[int], str]] = {
    "layers": lambda count: net("relu\n" * count),
    "layers on a line": lambda count: net("relu, " * count + "relu"),
    "unknown layers": lambda count: net("rleu\n" * count),
    "strays": lambda count: net("$" * count),
    "open braces": lambda count: net("{ " * count),
    "open brackets": lambda count: net("dense " + "(" * count),
    "brackets": lambda count: net("dense " + "(" * count + "4" + ")" * count),
    "lists": lambda count: net("dense " + "[" * count + "4" + "]" * count),
    "sums": lambda count: net("flatten, dense " + "1+" * count + "1"),
    "arguments": lambda count: net("dense 4 " + "a=1 " * count),
    "positional arguments": lambda count: net("dense " + "1 " * count),
    "long names": lambda count: net("a" * count),
    "conditions": conditions,
    "parameters": lambda count: (
        f"network Net({', '.join(f'a{n}={n}' for n in range(count))}) {{ input 8, relu }}"
    ),
    "loops": lambda count: net(f"repeat {count} {{ relu }}"),
    "loops in loops": lambda count: net(f"repeat 10 {{ repeat {count // 10} {{ relu }} }}"),
    "values of a loop": lambda count: net(f"for a in range({count}) {{ let b = a\n relu }}"),
    "branches": lambda count: net("concat {\n" + "relu\n" * count + "}"),
    "sums of values": lambda count: net("a: relu\n" + "add a\n" * count),
    "one sum": lambda count: net("a: relu\nadd " + "a " * count),
    "labels": lambda count: net("".join(f"a{n}: relu\n" for n in range(count)) + "add a9"),
    "labels with an index": lambda count: net(f"for n in range({count}) {{ a[n]: relu }}\nadd a9"),
    "side heads": lambda count: net(
        "".join(f"aux a{n} weight=1 {{ flatten }}\n" for n in range(count)) + "flatten"
    ),
    "residuals": lambda count: net("residual { relu }\n" * count),
    "blocks": blocks("relu"),
    "blocks of one name": lambda count: "block b { relu }\n" * count + net("b"),
    "uses of a block": lambda count: "block b(n) { relu }\n" + net("b 1\n" * count),
    "files to use": lambda count: "use std.resnet\n" * count + net("relu"),
    "networks": lambda count: "".join(
        f"network N{n} {{\n    input 8\n    relu\n}}\n" for n in range(count)
    ),
    "variants": lambda count: (
        "network Net(n=1) {\n    input 8\n    dense n\n}\n"
        + "".join(f"network N{n} = Net n={n + 1}\n" for n in range(count))
    ),
}


def calls_of(text: str) -> int:
    with counted() as work:
        analyse(Source("net.cnn", text))
    return work.calls


@pytest.mark.parametrize("name", SOURCES)
def test_work_grows_with_the_length(name: str) -> None:
    source = SOURCES[name]
    calls_of(source(SIZE))  # what is made once, is made
    assert calls_of(source(TIMES * SIZE)) < MOST * TIMES * calls_of(source(SIZE))
