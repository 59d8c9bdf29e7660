"""Arguments and repetitions as other tools spell them, in a line whose word is the language's."""

from __future__ import annotations

import re

from cnngen.elaborate.foreign import FOREIGN_ARGUMENTS
from cnngen.ops import LAYERS, parameters

RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=[\s=])[(\[]\s*(\d+)\s*,\s*(\d+)\s*[)\]]"), r"\1x\2"),
    (re.compile(r"->\s*[(\[]?\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*[)\]]?$"), r"-> \1x\2x\3"),
    (
        re.compile(
            r"(?<=\s)(stride|strides|pad|padding|kernel|groups|dilation)\s+"
            r"(\d+(?:x\d+)?|same)(?=\s|$)"
        ),
        r"\1=\2",
    ),
)
"""Sizes as tuples, shapes with commas, names without `=`."""

ARGUMENTS = "an argument with a name is written `name=value`, a size `3x3`"
NAMES = "so its arguments are called here"

LETTERS = {"k": "kernel", "s": "stride", "p": "pad", "g": "groups", "d": "dilation"}
"""Arguments of convolutions and pools as figures have them."""

_NAMED = re.compile(r"(?<=\s)(\w+)(\s*=\s*)(?!=)")

_LAYER = r"(?P<body>(?P<word>[a-z]\w*)\b[^,{}()]*?)"
REPEATED: tuple[re.Pattern[str], ...] = (
    re.compile(r"(?P<times>\d+)\s*x\s*\{\s*(?P<body>(?P<word>[a-z]\w*)\b[^{}]*?)\s*\}"),
    re.compile(rf"(?P<times>\d+)\s*x\s+{_LAYER}"),
    re.compile(rf"\(\s*{_LAYER}\s*\)\s*[x*]\s*(?P<times>\d+)"),
    re.compile(r"(?P<body>(?P<word>[a-z]\w*)\s[^,{}()]*?(?:\d+x\d+|=\w+))\s+x\s?(?P<times>\d+)"),
)
"""`2 x { conv 64 3x3 }`, `2x conv 64 3x3`, `(conv 64 3x3) x 2`, `conv 64 3x3 x2`."""

REPETITION = "what comes several times stands in `repeat`"


def respelt(text: str) -> tuple[str, str] | None:
    """The line in the language's spelling, and the rule; None where nothing is spelt otherwise."""
    word = re.match(r"(?:[A-Za-z_]\w*\s*:\s*)?([a-z_]\w*)\s", text)
    if word and word[1] in LAYERS:
        line = text
        for pattern, written in RULES:
            line = pattern.sub(written, line)
        rule = NAMES if line == text else ARGUMENTS
        line = _renamed(line, word[1])
        if line not in ("", text) and "," not in line:
            return line, rule
    for pattern in REPEATED:
        match = pattern.fullmatch(text)
        if match and match["word"] in LAYERS:
            return f"repeat {match['times']} {{ {match['body']} }}", REPETITION
    return None


def _renamed(line: str, word: str) -> str:
    """With the arguments' names as they are here; empty where one is not known."""
    known = parameters(LAYERS[word])
    for match in reversed(list(_NAMED.finditer(line))):
        names = (match[1], FOREIGN_ARGUMENTS.get(match[1], ""), LETTERS.get(match[1], ""))
        name = next((each for each in names if each in known), "")
        if name in ("", "momentum"):  # which is the other share elsewhere
            return ""
        line = f"{line[: match.start()]}{name}={line[match.end() :]}"
    return line
