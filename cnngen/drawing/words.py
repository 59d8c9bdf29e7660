"""What is written in a drawing: layers and uses of blocks in the words of the source."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from cnngen.analysis.text import use_text
from cnngen.ir import Instance
from cnngen.ops import Op
from cnngen.ops.text import op_text

LONGEST = 48
"""Characters of a text: a name in a source may be as long as the file."""

TIMES = "\N{MULTIPLICATION SIGN}"


def layer(op: Op, *, short: bool = False) -> str:
    """A layer with the arguments that are no defaults: ``conv 64 7x7 stride=2 pad=3``.

    ``short`` leaves out those with a name: of a norm or an activation, its word says enough.
    """
    text = op_text(op)
    return clipped(" ".join(w for w in text.split() if "=" not in w) if short else text)


def use(uses: Sequence[Instance]) -> str:
    """A block with its arguments; those that differ between uses are left out."""
    first = uses[0]
    alike = {
        name: value
        for name, value in first.arguments.items()
        if all(each.arguments.get(name) == value for each in uses)
    }
    return clipped(use_text(first.block, alike))


def clipped(text: str, most: int = LONGEST) -> str:
    """The text on one line, its end left out where it is very long."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= most else text[: most - 3] + "..."


def times(count: int) -> str:
    """``x 3``, or nothing for one."""
    return f"{TIMES} {count}" if count > 1 else ""


def width(text: str, size: float) -> float:
    """The room that a text needs at a font size, in the same unit, whatever sans-serif draws it.

    Wider than it is in most fonts: a picture does not know which one a reader has.
    """
    return sum(_em(character) for character in text) * size


def _em(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.1
    if character in "mwMW%@":
        return 0.95
    return 0.36 if character in "iljtfr.,:;|!'()[] " else 0.64
