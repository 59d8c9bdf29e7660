"""Sources broken in many ways, for tests; ``python mutating.py COUNT SEED`` tries many by hand."""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable

from checking import CASES, EXAMPLES, check

from cnngen.diagnostics import Diagnostic
from cnngen.diagnostics.render import as_json, concise, full
from cnngen.elaborate.library import Load, refuse
from cnngen.source import Source
from cnngen.syntax import ast

SLOWEST = 10.0
"""Seconds of work that one source may take, on a busy machine."""

TOKEN = re.compile(r"\s+|\w+|->|//|[=!<>]=|.", re.DOTALL)

FRAGMENTS = (
    *"{}()[],:=+-*/%<>#\"'\n\t .;&|!$@\\^~?_x0×−–→“é\u00a0\u200b\ufeff\0\r\x1b\u202e😀",
    *"network block use input let repeat for in if else elif and or not x".split(),  # noqa: SIM905
    *"true false conv relu dense flatten bn maxpool same global auto channels".split(),  # noqa: SIM905
    *"residual shortcut inception concat gate aux add from identity height b".split(),  # noqa: SIM905
    *("->", "==", "//", "3x3", "0x0", "1.5", ".5", "3.", "1e999", "1e-400", "0", "-1", "3xk"),
    *("999999999999999999", "9" * 40, "1" * 400, "1x" * 50 + "1", "a" * 60, '"text"', '"open'),
    *("network Net {", "input 8x8x3\n", "} else {", "{ relu }", "conv 8 3x3, ", "[1, 2]", "k[0]"),
    *("repeat 1000000000 { relu }", "for a in range(1000) { ", "let a = [a, a]\n", "min(1, 2)"),
    *("conv1: ", "stride=2", "pad=same", "-> 8x8x3", "groups=3", "class=1", "__init__: relu"),
)


def seeds() -> list[str]:
    """The examples, as often as the sources that have a mistake of their own."""
    good, bad = sorted(EXAMPLES.glob("*.cnn")), sorted(CASES.glob("*.cnn"))
    paths = good * (len(bad) // len(good)) + bad
    return [path.read_text(encoding="utf-8") for path in paths]


def mutated(rng: random.Random, sources: list[str]) -> str:
    """One of ``sources``, changed in a few places."""
    text = rng.choice(sources)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        text = rng.choice(MUTATIONS)(rng, text, sources)
    return text[:40_000]


def _characters(rng: random.Random, text: str, sources: list[str]) -> str:
    place = rng.randrange(len(text) + 1)
    return (
        text[:place] + chr(rng.choice((rng.randrange(128), rng.randrange(0xD800)))) + text[place:]
    )


def _bytes(rng: random.Random, text: str, sources: list[str]) -> str:
    data = bytearray(text.encode("utf-8"))
    for _ in range(rng.randrange(1, 4)):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    return data.decode("utf-8", "replace")


def _cut(rng: random.Random, text: str, sources: list[str]) -> str:
    start = rng.randrange(len(text) + 1)
    return text[:start] + text[start + rng.choice((1, 1, 3, 20, 300)) :]


def _truncated(rng: random.Random, text: str, sources: list[str]) -> str:
    place = rng.randrange(len(text) + 1)
    return text[:place] if rng.random() < 0.7 else text[place:]


def _duplicated(rng: random.Random, text: str, sources: list[str]) -> str:
    start = rng.randrange(len(text) + 1)
    piece = text[start : start + rng.choice((1, 2, 5, 40, 400))]
    return text[:start] + piece * rng.choice((2, 2, 3, 100)) + text[start:]


def _lines(rng: random.Random, text: str, sources: list[str]) -> str:
    lines = text.split("\n")
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    if rng.random() < 0.3:
        del lines[a]
    return "\n".join(lines)


def _tokens(rng: random.Random, text: str, sources: list[str]) -> str:
    tokens = TOKEN.findall(text)
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(tokens) + 1)
        kind = rng.randrange(3)
        if kind == 0:
            tokens.insert(place, rng.choice(FRAGMENTS))
        elif kind == 1:
            tokens[place : place + 1] = [rng.choice(FRAGMENTS)]
        else:
            del tokens[place : place + 1]
    return "".join(tokens)


def _nested(rng: random.Random, text: str, sources: list[str]) -> str:
    place = rng.randrange(len(text) + 1)
    opening, closing = rng.choice((("(", ")"), ("[", "]"), ("{", "}"), ("-", ""), ("not ", "")))
    depth = rng.choice((2, 5, 70, 120, 1500))
    end = min(place + rng.choice((0, 1, 10)), len(text))
    balanced = closing * (depth - rng.choice((0, 0, 1)))
    return text[:place] + opening * depth + text[place:end] + balanced + text[end:]


def _numbers(rng: random.Random, text: str, sources: list[str]) -> str:
    huge = rng.choice(("0", "1", "-1", "2", "1000000", "999999999", "9" * 18, "9" * 30, "0.1"))
    found = list(re.finditer(r"[0-9]+", text))
    if not found:
        return text + huge
    one = rng.choice(found)
    return text[: one.start()] + huge + text[one.end() :]


def _spliced(rng: random.Random, text: str, sources: list[str]) -> str:
    other = rng.choice(sources)
    start, place = rng.randrange(len(other) + 1), rng.randrange(len(text) + 1)
    return text[:place] + other[start : start + rng.choice((5, 50, 500))] + text[place:]


MUTATIONS: tuple[Callable[[random.Random, str, list[str]], str], ...] = (
    _characters,
    _bytes,
    _cut,
    _truncated,
    _duplicated,
    _lines,
    _tokens,
    _tokens,
    _nested,
    _numbers,
    _spliced,
)


BLOCKS = """
use std.conv
block b(c, d=1) { residual { conv c 3x3 stride=d pad=1, bn } }
block basic(width) { b width, wrong }
"""


def load(text: str) -> Load:
    """Finds the source itself, and ``blocks.cnn``."""

    def found(use: ast.Use) -> Source:
        files = {"net.cnn": text, "blocks.cnn": BLOCKS}
        return Source(use.target, files[use.target]) if use.target in files else refuse(use)

    return found


def examine(text: str) -> list[Diagnostic]:
    """Check a source, and that what is said of it can be shown and lies within it."""
    start = time.process_time()
    found = check(text, load=load(text))
    assert time.process_time() - start < SLOWEST, "too slow"
    for diagnostic in found:
        assert full(diagnostic)
        assert concise(diagnostic)
        for span in (diagnostic.span, *(related.span for related in diagnostic.related)):
            assert span is None or 0 <= span.start <= span.end <= len(span.source.text)
    assert as_json(found)
    spans = [diagnostic.span for diagnostic in found if diagnostic.span]
    places = [(span.source.path, span.start) for span in spans]
    assert places == sorted(places)
    return found


def main(count: int, seed: int) -> None:
    """Examine ``count`` sources, and print each that fails."""
    rng, sources = random.Random(seed), seeds()
    failures, clean = 0, 0
    for number in range(count):
        text = mutated(rng, sources)
        try:
            clean += not examine(text)
        except Exception as error:
            failures += 1
            print(f"--- {number}: {type(error).__name__}: {str(error)[:200]}\n{text!r}", flush=True)
    print(f"{count} sources, {clean} without a mistake, {failures} failures")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
