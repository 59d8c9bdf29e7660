"""Lines in words of the language, whose arguments stand as another tool has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Set

from cnngen.foreign.python import FLOW
from cnngen.foreign.spellings import respelt
from cnngen.ops import LAYERS
from cnngen.ops.shapes import MOST_AXES

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
    numbers = re.findall(r"\d+", m["numbers"])
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


def _dense(m: Words) -> str | None:
    return None if m["units"] in LAYERS else f"dense {m['units']}"


def _share(m: Words) -> str:
    return f"dropout {int(m['share']) / 100:g}"


def _value(m: Words) -> str | None:
    return f"{m['word']} {m['value']}" if m["word"] in LAYERS else None


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


MOST_COLOURS = 4
"""Channels of an image."""


def _input(m: Words) -> str | None:
    """``input (3, 224, 224)``, ``input [1, 3, 224, 224]``, ``input (None, 224, 224, 3)``."""
    sizes = re.split(r"\s*[,x*]\s*|\s+", m["sizes"].strip())
    if sizes[0] in ("None", "-1") or (len(sizes) == 4 and sizes[0] == "1"):
        del sizes[0]  # the batch
    if len(sizes) > MOST_AXES + 1 or not all(size.isdigit() and int(size) for size in sizes):
        return None
    if len(sizes) == 3 and int(sizes[0]) <= MOST_COLOURS < int(sizes[2]):
        sizes = [*sizes[1:], sizes[0]]
    return f"input {'x'.join(sizes)}"


CONVOLUTION = r"(?P<word>conv|ws_conv|separable_conv|conv_transpose)"
REST = r"(?P<rest>(?:\s+\w+=[^,\s]+)*)"

Pattern = tuple[str, frozenset[str], Callable[[Words], str | None], str]

WHOLE = "numbers without a name are the filters and the window"

SHAPE = "a shape is height x width x channels, without the batch"

PATTERNS: tuple[Pattern, ...] = (
    (
        r"input\s*[(\[]\s*(?P<sizes>\w+(?:\s*,\s*\d+)*)\s*,?\s*[)\]]",
        frozenset({"E109", "E309", "E101"}),
        _input,
        SHAPE,
    ),
    (
        r"input\s+(?P<sizes>\d+(?:(?:\s*,\s*|\s+)\d+)+)",
        frozenset({"E101"}),
        _input,
        SHAPE,
    ),
    (rf"{CONVOLUTION}\s+(?P<numbers>\d+(?:\s+\d+){{2,4}})", frozenset({"E206"}), _conv, WHOLE),
    (
        rf"{CONVOLUTION}\s*\(\s*(?P<numbers>\d+(?:\s*,\s*\d+){{2,4}})\s*\)",
        frozenset({"E109"}),
        _conv,
        WHOLE,
    ),
    (
        r"(?P<word>maxpool|avgpool)\s+(?P<kernel>\d+)\s+(?P<stride>\d+)(?:\s+(?P<pad>\d+))?",
        frozenset({"E206"}),
        _pool,
        "of a pool, only the window stands without its name",
    ),
    (
        r"(?:dense|fc|linear)\s+\d+\s+(?P<units>[1-9]\d*|[A-Za-z_]\w*)",
        frozenset({"E206", "E201"}),
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
        r"dropout\s+(?P<share>[1-9]\d)",
        frozenset({"E208"}),
        _share,
        "a share is a number from 0 to 1",
    ),
    (
        r"(?P<word>\w+)\s*=\s*(?P<value>\d[\w.]*)",
        frozenset({"E110"}),
        _value,
        "an argument follows its layer after a space",
    ),
    (
        rf"(?:{FLOW.pattern})\s*=\s*(?P<line>(?P<first>\w+)\b(?!\s*\()[^=]*(?:=[^=]+)*)",
        frozenset({"E211", "E110"}),
        _without_name,
        "what flows from line to line has no name",
    ),
)
"""How a line is written, the codes that it leads to, what was meant, and the rule."""

SPELT = frozenset({"E101", "E107", "E202", "E205", "E206", "E208"})
"""What another spelling of arguments leads to."""

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
    return respelt(text) if SPELT & codes else None
