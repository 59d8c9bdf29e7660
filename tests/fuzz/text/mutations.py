"""Ways to break a source; each is ``mutation(random, text, all sources) -> text``."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

LONGEST = 40_000
"""Characters of a mutated source."""

TOKEN = re.compile(r"\s+|\w+|->|//|[=!<>]=|.", re.DOTALL)

Mutation = Callable[[random.Random, str, Sequence[str]], str]

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


def mutated(rng: random.Random, valid: Sequence[str], sources: Sequence[str]) -> str:
    """A source changed in a few places: gently one that is ``valid``, or any in any way."""
    gentle = rng.random() < 0.3
    text = rng.choice(valid if gentle else sources)
    for _ in range(rng.choice((1, 1, 2) if gentle else (1, 1, 1, 2, 3, 8))):
        text = rng.choice(GENTLE if gentle else MUTATIONS)(rng, text, sources)
    return text[:LONGEST]


def _characters(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    place = rng.randrange(len(text) + 1)
    return (
        text[:place] + chr(rng.choice((rng.randrange(128), rng.randrange(0xD800)))) + text[place:]
    )


def _bytes(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    data = bytearray(text.encode("utf-8"))
    for _ in range(rng.randrange(1, 4)):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    return data.decode("utf-8", "replace")


def _cut(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    start = rng.randrange(len(text) + 1)
    return text[:start] + text[start + rng.choice((1, 1, 3, 20, 300)) :]


def _truncated(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    place = rng.randrange(len(text) + 1)
    return text[:place] if rng.random() < 0.7 else text[place:]


def _duplicated(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    start = rng.randrange(len(text) + 1)
    piece = text[start : start + rng.choice((1, 2, 5, 40, 400))]
    return text[:start] + piece * rng.choice((2, 2, 3, 100)) + text[start:]


def _lines(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    lines = text.split("\n")
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    if rng.random() < 0.3:
        del lines[a]
    return "\n".join(lines)


def _tokens(rng: random.Random, text: str, sources: Sequence[str]) -> str:
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


def _replaced(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    """Tokens give way to tokens of another source."""
    tokens, others = TOKEN.findall(text), TOKEN.findall(rng.choice(sources))
    for _ in range(rng.randrange(1, 4)):
        if tokens and others:
            tokens[rng.randrange(len(tokens))] = rng.choice(others)
    return "".join(tokens)


def _swapped(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    """Two tokens change places, near one another more often than not."""
    tokens = TOKEN.findall(text)
    if len(tokens) < 2:
        return text * 2
    a = rng.randrange(len(tokens))
    b = rng.choice((rng.randrange(len(tokens)), min(a + rng.randrange(1, 5), len(tokens) - 1)))
    tokens[a], tokens[b] = tokens[b], tokens[a]
    return "".join(tokens)


NESTS = (
    *(("(", ")"), ("[", "]"), ("{", "}"), ("-", ""), ("not ", ""), ("min(", ")"), ("a[", "]")),
    *(("{ ", " }"), ("a: { ", " }"), ("residual { ", " }"), ("concat {\n", "\n}"), ("gate {", "}")),
    *(("repeat 1 { ", " }"), ("for i in [1] { ", " }"), ("if true { ", " } else { relu }")),
    *(
        ("if false { relu } else ", ""),
        ("if false { relu } else { ", " }"),
        ("1 + ", ""),
        ("1x", ""),
    ),
    *(("network N {\n", "\n}"), ("block b {\n", "\n}"), ("aux a weight=1 { ", " }")),
    *(("residual { relu } shortcut { ", " }"), ("dense 4, ", ""), ("#", "\n"), ('"', '"')),
)
"""What opens and what closes."""


def _nested(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    place = rng.randrange(len(text) + 1)
    opening, closing = rng.choice(NESTS)
    depth = rng.choice((2, 5, 63, 70, 120, 1500))
    end = min(place + rng.choice((0, 1, 10, 100)), len(text))
    balanced = closing * (depth - rng.choice((0, 0, 1)))
    return text[:place] + opening * depth + text[place:end] + balanced + text[end:]


HUGE = ("0", "1", "-1", "1000000", "999999999", "9" * 18, "9" * 30, "0.1")


def _numbers(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    """A number becomes extreme, or another plain one, with which the source may well compile."""
    found = list(re.finditer(r"[0-9]+", text))
    if not found:
        return text + rng.choice(HUGE)
    one = rng.choice(found)
    value = rng.choice((rng.choice(HUGE), str(rng.randrange(40))))
    return text[: one.start()] + value + text[one.end() :]


def _words(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    """A word becomes another one of the same source, or a layer without arguments."""
    found = list(re.finditer(r"[a-z_]\w*", text))
    if not found:
        return text + "relu"
    one, other = rng.choice(found), rng.choice(found)
    word = rng.choice((other[0], "relu", "bn", "identity"))
    return text[: one.start()] + word + text[one.end() :]


def _repeated_lines(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    """A few lines again, there or elsewhere."""
    lines = text.split("\n")
    start, place = rng.randrange(len(lines)), rng.randrange(len(lines) + 1)
    again = lines[start : start + rng.randrange(1, 4)]
    place = rng.choice((start, place))
    return "\n".join([*lines[:place], *again, *lines[place:]])


def _spliced(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    other = rng.choice(sources)
    start, place = rng.randrange(len(other) + 1), rng.randrange(len(text) + 1)
    return text[:place] + other[start : start + rng.choice((5, 50, 500))] + text[place:]


def _crossed(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    """The first lines of one source, and the last ones of another."""
    lines, others = text.split("\n"), rng.choice(sources).split("\n")
    cut, start = rng.randrange(len(lines) + 1), rng.randrange(len(others) + 1)
    return "\n".join([*lines[:cut], *others[start:]])


def _moved_line_ends(rng: random.Random, text: str, sources: Sequence[str]) -> str:
    """Lines are joined, or end where they did not, or end as other systems have it."""
    kind = rng.randrange(3)
    if kind == 2:
        return text.replace("\n", rng.choice(("\r\n", "\r", "\n\n", "\n\r", "\u2028", "\x0c")))
    tokens = TOKEN.findall(text)
    ends = [place for place, token in enumerate(tokens) if "\n" in token]
    if kind == 0 and ends:
        tokens[rng.choice(ends)] = rng.choice((" ", "", ", "))
    elif tokens:
        tokens.insert(rng.randrange(len(tokens)), "\n")
    return "".join(tokens)


MUTATIONS: tuple[Mutation, ...] = (
    _characters,
    _bytes,
    _cut,
    _truncated,
    _duplicated,
    _lines,
    _tokens,
    _tokens,
    _replaced,
    _replaced,
    _swapped,
    _nested,
    _numbers,
    _numbers,
    _words,
    _words,
    _repeated_lines,
    _spliced,
    _crossed,
    _moved_line_ends,
)

GENTLE: tuple[Mutation, ...] = (_numbers, _numbers, _words, _swapped, _lines, _repeated_lines)
"""After these a source may well be read, and what it means is what is odd."""
