"""Lines in words of the language, whose arguments stand as another tool has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Set

from cnngen.foreign.python import FLOW
from cnngen.ops import LAYERS

Words = re.Match[str]

_KERNEL = 11
"""The widest window that a number is likely meant to be."""

_LABEL = r"(?P<label>(?:[A-Za-z_]\w*|\"[^\"]*\")(?:\[[^\]]*\])?\s*:\s*)?"


def _positions(kernel: str, stride: str | None, pad: str | None) -> str:
    text = f"{kernel}x{kernel}"
    text += f" stride={stride}" if stride and stride != "1" else ""
    return text + (f" pad={pad}" if pad and pad != "0" else "")


def _conv(m: Words) -> str | None:
    """``conv 64 3 2 1``, or with the channels of its input first, as in PyTorch."""
    numbers = m["numbers"].split()
    if int(numbers[1]) > _KERNEL >= int(numbers[2]):
        numbers = numbers[1:]
    if len(numbers) > 4 or int(numbers[1]) > _KERNEL or not int(numbers[1]):
        return None
    channels, kernel, stride, pad = [*numbers, "", ""][:4]
    return f"{m['word']} {channels} {_positions(kernel, stride, pad)}"


def _pool(m: Words) -> str:
    line = f"{m['word']} {_positions(m['kernel'], None, m['pad'])}"
    if m["stride"] != m["kernel"]:
        line = f"{m['word']} {m['kernel']}x{m['kernel']} stride={m['stride']}" + (
            f" pad={m['pad']}" if m["pad"] and m["pad"] != "0" else ""
        )
    return line


def _dense(m: Words) -> str:
    return f"dense {m['units']}"


def _window_first(m: Words) -> str:
    return f"{m['word']} {m['channels']} {m['kernel']}x{m['kernel']}{m['rest']}"


def _size_first(m: Words) -> str:
    return f"{m['word']} {m['channels']} {m['kernel']}{m['rest']}"


def _three_in_one(m: Words) -> str | None:
    """``conv 3x3x64``, ``conv 64x3x3``."""
    first, second, third = m["sizes"].split("x")
    if first == second != third:
        return f"{m['word']} {third} {first}x{second}{m['rest']}"
    if second == third != first:
        return f"{m['word']} {first} {second}x{third}{m['rest']}"
    return None


def _without_name(m: Words) -> str | None:
    return m["line"] if m["first"] in LAYERS else None


def _without_sign(m: Words) -> str:
    return f"{m['word']} {m['channels']} {m['rest'].strip()}"


CONVOLUTION = r"(?P<word>conv|ws_conv|separable_conv|conv_transpose)"
REST = r"(?P<rest>(?:\s+\w+=[^,\s]+)*)"

Pattern = tuple[str, frozenset[str], Callable[[Words], str | None], str]

WHOLE = "numbers without a name are the filters and the window"

PATTERNS: tuple[Pattern, ...] = (
    (rf"{CONVOLUTION}\s+(?P<numbers>\d+(?:\s+\d+){{2,4}})", frozenset({"E206"}), _conv, WHOLE),
    (
        r"(?P<word>maxpool|avgpool)\s+(?P<kernel>\d+)\s+(?P<stride>\d+)(?:\s+(?P<pad>\d+))?",
        frozenset({"E206"}),
        _pool,
        "of a pool, only the window stands without its name",
    ),
    (
        r"dense\s+\d+\s+(?P<units>\w+)",
        frozenset({"E206"}),
        _dense,
        "`dense` takes its units alone: what comes in is known",
    ),
    (
        rf"{CONVOLUTION}\s+(?P<kernel>[1-9]|11)\s+(?P<channels>\d\d+){REST}",
        frozenset({"E302"}),
        _window_first,
        "the number of filters comes first, then the window",
    ),
    (
        rf"{CONVOLUTION}\s+(?P<kernel>[1-9]\d*x[1-9]\d*)\s+(?P<channels>[1-9]\d*|[A-Za-z_]\w*){REST}",
        frozenset({"E208"}),
        _size_first,
        "the number of filters comes first, then the window",
    ),
    (
        rf"{CONVOLUTION}\s+(?P<sizes>[1-9]\d*x[1-9]\d*x[1-9]\d*){REST}",
        frozenset({"E208", "E205"}),
        _three_in_one,
        "the number of filters stands apart from the window",
    ),
    (
        rf"{CONVOLUTION}\s+-\s*(?P<channels>[1-9]\d*)\s+(?P<rest>\d[^,{{}}]*)",
        frozenset({"E116"}),
        _without_sign,
        "a number of filters has no sign",
    ),
    (
        rf"(?:{FLOW.pattern})\s*=\s*(?P<line>(?P<first>\w+)\b(?!\s*\()[^=]*(?:=[^=]+)*)",
        frozenset({"E211", "E110"}),
        _without_name,
        "what flows from line to line has no name",
    ),
)
"""How a line is written, the codes that it leads to, what was meant, and the rule."""

_PATTERNS = tuple(
    (re.compile(_LABEL + text), wrong, write, rule) for text, wrong, write, rule in PATTERNS
)


def said_in_order(text: str, codes: Set[str]) -> tuple[str, str] | None:
    """What a line is with its arguments as they stand here, and the rule; None where it is none.

    Args:
        text: the line.
        codes: those of what is wrong on it.
    """
    for pattern, wrong, write, rule in _PATTERNS:
        match = pattern.fullmatch(text) if wrong & codes else None
        line = write(match) if match else None
        if match and line:
            return f"{match['label'] or ''}{line}", rule
    return None
