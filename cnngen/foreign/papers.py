"""The notations of papers: cells of tables and boxes of figures."""

from __future__ import annotations

import re
from collections.abc import Callable

from cnngen.foreign.said import Said
from cnngen.ops import LAYERS

TOOL = "a paper's table"

Words = re.Match[str]

_SIZE = r"(?P<kernel>\d{1,2})\s*x\s*(?P=kernel)"
_STEP = r"(?:[,\s]\s*(?:stride\s*=?\s*|s\s*=?\s*|/\s*)(?P<stride>\d)|/(?P<slash>\d))?"
_PAD = r"(?:\s*,?\s*pad(?:ding)?\s*=?\s*(?P<pad>\d))?"
_AVERAGE = r"(?:global[ -])?(?:average|avg)(?:[ -]pool(?:ing)?|pooling)|global[ -]avgpool"

RELU = "tables leave out the activation behind each convolution, and often a batch norm"
PADDED = "the padding is the one that keeps the size, as most papers have it"
BUILDING = f"{PADDED}; what a building block adds to its input stands in `residual {{ ... }}`"
WINDOW_OF_TWO = "the table does not say the window: two by two, or `3x3 stride=2 pad=1`"
SUBSAMPLING = "neither is said: padding, and whether `S` takes the largest, or `avgpool` the mean"
DEPTHWISE = "the padding is the one that keeps the size; the channels are those that come in"
WITHOUT_PAD = "the padding is not said: with 3x3 and a stride of 2, `pad=1` halves the size"


def _conv(m: Words) -> str:
    kernel = int(m["kernel"])
    stride = _stride(m)
    pad = f" pad={kernel // 2}" if kernel > 1 and kernel % 2 else ""
    return f"conv {m['channels']} {kernel}x{kernel}{stride}{pad}"


def _stride(m: Words) -> str:
    groups = m.groupdict()
    step = groups.get("stride") or groups.get("slash") or "1"
    return "" if step == "1" else f" stride={step}"


def _own_pad(m: Words) -> str:
    """A convolution that says its padding, or none: `conv 64 k3 s2 p1`."""
    kernel = m["kernel"]
    pad = f" pad={m['pad']}" if m["pad"] and m["pad"] != "0" else ""
    return f"conv {m['channels']} {kernel}x{kernel}{_stride(m)}{pad}"


def _labelled(m: Words) -> str:
    return f"{m['label']}: {_conv(m)}"


def _depthwise(m: Words) -> str:
    kernel = int(m["kernel"] or 3)
    pad = f" pad={kernel // 2}" if kernel > 1 and kernel % 2 else ""
    return f"depthwise_conv {kernel}x{kernel}{_stride(m)}{pad}"


def _with_subsampling(m: Words) -> str:
    """``C3(64) -> S2``: sizes, and not the numbers of layers, as ``C3`` and ``S4`` of LeNet-5."""
    if int(m["size"]) == int(m["kernel"]) + 1:
        return m[0]
    return f"{_without_pad(m)}, maxpool {m['size']}x{m['size']}"


def _without_pad(m: Words) -> str:
    return f"conv {m['channels']} {m['kernel']}x{m['kernel']}{_stride(m)}"


def _pool(m: Words) -> str:
    word = "avgpool" if (m["kind"] or "max").lower().startswith("av") else "maxpool"
    groups = m.groupdict()
    kernel = groups.get("kernel") or "2"
    stride = groups.get("stride") or groups.get("slash") or kernel
    step = "" if stride == kernel else f" stride={stride}"
    pad = f" pad={groups['pad']}" if (groups.get("pad") or "0") != "0" else ""
    return f"{word} {kernel}x{kernel}{step}{pad}"


def _repeated(m: Words) -> str:
    rows = [_conv(row) for row in _ROW.finditer(m["rows"])]
    return f"repeat {m['times']} {{ {', '.join(rows)} }}"


_ROW = re.compile(rf"{_SIZE}\s*,\s*(?P<channels>\d+)")
Pattern = tuple[str, Callable[[Words], str], str]

_INPUT = r"(?:\s+\d+x\d+x\d+)?"

_WITH_SHAPES: tuple[Pattern, ...] = (
    (
        rf"conv\s+dw\s*/\s*s(?P<stride>\d)(?:\s+{_SIZE}x\d+)?(?:\s+dw)?{_INPUT}",
        _depthwise,
        DEPTHWISE,
    ),
    (
        rf"conv\s*/\s*s(?P<stride>\d)\s+{_SIZE}x\d+x(?P<channels>\d+){_INPUT}",
        _conv,
        f"{PADDED}; {RELU}",
    ),
    (
        rf"(?P<kind>max|avg|average)[ -]?pool\s*/\s*s(?P<stride>\d)\s+(?:pool\s+)?{_SIZE}{_INPUT}",
        _pool,
        "",
    ),
    (
        rf"fc\s*/\s*s1\s+\d+x(?P<units>\d+){_INPUT}",
        lambda m: f"dense {m['units']}",
        "",
    ),
    (rf"softmax\s*/\s*s1(?:\s+classifier)?{_INPUT}", lambda m: "softmax", ""),
)
"""Type and stride, shape of the filters, shape of the input (Howard et al., 2017, table 1)."""

CELLS: tuple[Pattern, ...] = (
    (
        rf"(?:conv\w*[\s,]+)?{_SIZE}(?:\s*conv\w*)?\s*,\s*(?P<channels>\d+){_STEP}"
        r"[,\s]\s*pad(?:ding)?\s*=?\s*(?P<pad>\d+)",
        _own_pad,
        RELU,
    ),
    (r"conv(?P<kernel>\d{1,2})\s*-\s*(?P<channels>\d+)", _conv, f"{PADDED}; {RELU}"),
    (
        rf"{_SIZE}(?:\s*conv(?:2d|olution)?)?\s*,\s*(?P<channels>\d+){_STEP}",
        _conv,
        f"{PADDED}; {RELU}",
    ),
    (rf"{_SIZE}\s*conv\s+(?P<channels>\d+){_STEP}", _conv, f"{PADDED}; {RELU}"),
    (rf"conv[\s,]+{_SIZE}\s*,\s*(?P<channels>\d+){_STEP}", _conv, f"{PADDED}; {RELU}"),
    (
        r"\[\s*(?P<rows>\d+\s*x\s*\d+\s*,\s*\d+(?:\s*[;,]\s*\d+\s*x\s*\d+\s*,\s*\d+)*)\s*\]"
        r"\s*[x×*]\s*(?P<times>\d+)",
        _repeated,
        BUILDING,
    ),
    (
        r"conv\s+(?P<channels>\d+)[\s,]+k?(?P<kernel>\d{1,2})(?:x(?P=kernel))?"
        r"[\s,]+s(?P<stride>\d)(?:[\s,]+p(?P<pad>\d+))?",
        _own_pad,
        "",
    ),
    (rf"conv\s+(?P<channels>\d+)\s+{_SIZE}\s*/\s*(?P<stride>\d)", _without_pad, WITHOUT_PAD),
    (rf"conv\s+{_SIZE}\s*/\s*(?P<stride>\d)\s+(?P<channels>\d+)", _without_pad, WITHOUT_PAD),
    (
        r"(?:(?P<kind>max|avg|average)[ -]?)?pool(?:ing)?\s*,?\s*/\s*(?P<stride>2)",
        _pool,
        WINDOW_OF_TWO,
    ),
    (rf"{_SIZE}\s*(?P<kind>max|avg|average)[ -]?pool(?:ing)?{_STEP}{_PAD}", _pool, WITHOUT_PAD),
    (rf"(?P<kind>max|avg|average)[ -]?pool(?:ing)?,?\s+{_SIZE}{_STEP}{_PAD}", _pool, ""),
    (r"(?-i:(?!maxpool$))max[ -]?pool(?:ing)?", lambda m: "maxpool 2x2", WINDOW_OF_TWO),
    (_AVERAGE, lambda m: "avgpool global", ""),
    (r"GAP", lambda m: "avgpool global", ""),
    (
        r"(?:fc|fully[ -]connected)\s*[-, ]?\s*(?P<units>\d+)",
        lambda m: f"dense {m['units']}",
        "",
    ),
    (r"(?P<units>\d+)-?d?[ -]+(?:fc|fully[ -]connected)", lambda m: f"dense {m['units']}", ""),
    (
        r"conv(?P<kernel>\d)x(?P=kernel)(?:[\s,-]+|\()(?P<channels>\d+)\)?",
        _conv,
        f"{PADDED}; {RELU}",
    ),
    (rf"conv(?P<channels>\d\d+)\s+{_SIZE}{_STEP}", _without_pad, ""),
    (rf"(?P<channels>\d+)\s+{_SIZE}(?:\s*conv\w*)?{_STEP}", _conv, f"{PADDED}; {RELU}"),
    (rf"(?P<channels>\d+)\s+conv\w*\s+{_SIZE}{_STEP}", _conv, f"{PADDED}; {RELU}"),
    (
        rf"conv\s+{_SIZE}\s+(?P<channels>\d+)\s*/\s*(?P<stride>\d)",
        _without_pad,
        WITHOUT_PAD,
    ),
    (
        r"up(?:sampl(?:e|ing))?\s+(?:x(?P<factor>\d)|(?P<times>\d)x)",
        lambda m: f"resize {m['factor'] or m['times']}",
        "",
    ),
    (rf"conv\s+{_SIZE}{_STEP}\s*,\s*(?P<channels>\d+)", _conv, f"{PADDED}; {RELU}"),
    (
        rf"(?P<label>conv\d(?:_\d)?)[\s,]+{_SIZE}\s*,\s*(?P<channels>\d+){_STEP}",
        _labelled,
        f"{PADDED}; {RELU}",
    ),
    (
        rf"(?-i:Conv)(?:2d)?\s+{_SIZE}(?:x|\s+)(?P<channels>\d+)",
        _conv,
        f"{PADDED}; {RELU}",
    ),
    (
        rf"convolutional\s+(?P<channels>\d+)\s+{_SIZE}(?:\s*/\s*(?P<stride>\d))?",
        _conv,
        f"{PADDED}; {RELU}",
    ),
    (
        r"(?-i:C)(?P<kernel>\d{1,2})\s*\(\s*(?P<channels>\d+)\s*\)\s*(?:->|-)\s*"
        r"(?-i:S)(?P<size>\d)",
        _with_subsampling,
        SUBSAMPLING,
    ),
    (
        rf"(?:dw|depth[ -]?wise)[ -]*conv\w*\s+{_SIZE}{_STEP}",
        _depthwise,
        DEPTHWISE,
    ),
    (
        rf"{_SIZE}\s+(?:dw|depth[ -]?wise)(?:[ -]*conv\w*)?{_STEP}",
        _depthwise,
        DEPTHWISE,
    ),
    *_WITH_SHAPES,
    (r"soft-max", lambda m: "softmax", ""),
    (r"batch[ -]norm(?:ali[sz]ation)?", lambda m: "bn", ""),
    (r"dropout\s+(?P<share>[1-9]\d?)\s*%", lambda m: f"dropout {int(m['share']) / 100:g}", ""),
)
"""How a cell is written, the line that it is, and what it leaves open."""


_CELLS = tuple((re.compile(pattern, re.IGNORECASE), write, note) for pattern, write, note in CELLS)

MOST_CELLS = 16
"""Cells of a line that are looked at."""


def said_in_a_table(text: str) -> Said | None:
    """What a line of a paper's table is here; None where it is none."""
    if _ARGUMENTS.fullmatch(text):
        return Said(TOOL, why=_OF_A_LAYER)
    pieces = [piece.strip() for piece in text.replace("×", "x").strip(" ,;").split(",")]
    if len(pieces) > MOST_CELLS:
        return None
    lines: list[str] = []
    notes: list[str] = []
    while pieces:
        found = next(filter(None, (_cell(pieces, n) for n in range(len(pieces), 0, -1))), None)
        if found is None:
            return None
        line, note, count = found
        if lines[-1:] == ["avgpool global"] and line.startswith("dense"):
            lines.append("flatten")
        lines.append(line)
        notes.append(note)
        del pieces[:count]
    if all(note == _OURS for note in notes):
        return None
    shown = dict.fromkeys(note for note in notes if note not in ("", _OURS))
    return Said(TOOL, ", ".join(lines), note="; ".join(shown))


_ARGUMENTS = re.compile(r"[ksp]\s*=?\s*\d+(?:[\s,]+[ksp]\s*=?\s*\d+)+", re.IGNORECASE)
_OF_A_LAYER = "window, stride and padding follow their layer: `conv 64 3x3 stride=2 pad=1`"

_OURS = "ours"
_OWN = re.compile(r"(?!conv$|dense$)[\w .=]+")
"""A layer of the language between cells, with the arguments that it needs."""


def _cell(pieces: list[str], count: int) -> tuple[str, str, int] | None:
    """The line of the first pieces, what is open about it, and how many they are."""
    text = ", ".join(pieces[:count])
    for pattern, write, note in _CELLS:
        match = pattern.fullmatch(text)
        line = write(match) if match else text
        if line != text:
            return line, note, count
    if count == 1 and _OWN.fullmatch(text) and text.split(" ")[0] in LAYERS:
        return text, _OURS, 1
    return None
