"""A failing source made smaller, as text: what is left of it still fails.

Hypothesis shrinks what was chosen, and what a choice changes changes all that was drawn after it;
leaving out lines, braces, layers and arguments is what it finds last.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

MOST_SECONDS = 120.0


def reduced(text: str, fails: Callable[[str], bool]) -> str:
    """The smallest source found in that time that fails; ``fails`` is asked of each."""
    until = time.time() + MOST_SECONDS
    smaller: str | None = text
    while smaller is not None:
        text, smaller = smaller, _smaller(smaller, fails, until)
    return text


def _smaller(text: str, fails: Callable[[str], bool], until: float) -> str | None:
    for candidate in _candidates(text):
        if time.time() > until:
            return None
        if fails(candidate):
            return candidate
    return None


def _candidates(text: str) -> Iterator[str]:
    """The text with something left out, the most first."""
    lines = text.split("\n")
    for count in range(len(lines) - 1, 0, -1):
        for start in range(len(lines) - count + 1):
            part = "".join(lines[start : start + count])
            if _is_balanced(part):
                yield "\n".join(lines[:start] + lines[start + count :])
    yield from _without_braces(lines)
    for pattern in _PARTS:
        for match in re.finditer(pattern, text):
            yield text[: match.start()] + text[match.end() :]


_PARTS = (
    r"#[^\n]*\n",
    r"(?<=[{,] )[^,{}\n]+, ",  # a layer before others of its line
    r", [^,{}\n]+(?=[\n,}])",  # a layer after others
    r"(?<=    )[^,{}\n]+, ",
    r" -> [^\n]*",
    r"\w+(\[\w+\])?: ",
    r" \w+=[^\s,}]+",  # an argument
    r"\([^()\n]*=[^()\n]*\)(?= [{])",  # parameters
    r", \w+=[^,()\n]+(?=[,)])",
    r"(?<=\()\w+=[^,()\n]+, ",
)
"""What a source may be without."""


def _is_balanced(part: str) -> bool:
    depth = 0
    for character in part:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0


def _without_braces(lines: list[str]) -> Iterator[str]:
    """What is in braces, without the lines that open and close them."""
    for start, line in enumerate(lines):
        if line.endswith("{"):
            for end in range(start + 1, len(lines)):
                inside = lines[start + 1 : end]
                if lines[end].strip() == "}" and _is_balanced("".join(inside)):
                    yield "\n".join(lines[:start] + inside + lines[end + 1 :])
                    break
