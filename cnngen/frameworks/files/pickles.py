"""What is in a pickle, told from its instructions, of which none is carried out."""

from __future__ import annotations

import pickletools
from typing import IO

from cnngen.frameworks.files.base import NotWeightsError

MOST_STEPS = 3_000_000
"""How many instructions are read: a checkpoint takes about fifty for each array."""

HEADERS = 3
"""How many pickles stand before the one of a file that is no archive: two numbers, a dictionary."""

FIRST = 12
"""How many instructions it takes at most until it is said what is made."""

CONTAINERS = ("collections.OrderedDict", "collections.defaultdict")

ASIDE = ("PROTO", "FRAME", "MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT")
"""Instructions that make nothing."""

SOURCE = "module"
"""What stands before a class whose source is kept beside it, where that is no archive."""


def maker(file: IO[bytes], *, after_headers: bool) -> str:
    """The class or the function that makes what is pickled; empty for a container.

    Args:
        file: where the pickle begins.
        after_headers: whether the pickles of a file that is no archive come first.

    Raises:
        NotWeightsError: it is no pickle, or one that takes more steps than any checkpoint.
    """
    for _ in range(HEADERS if after_headers else 0):
        _steps(file, MOST_STEPS)
    made = [step for step in _steps(file, MOST_STEPS) if step[0] not in ASIDE]
    if made[:1] == [("MARK", None)] and made[1:] and made[1][1] == SOURCE:
        made = made[2:]
    name = _called(made)
    return "" if name in CONTAINERS else name


def _steps(file: IO[bytes], most: int) -> list[tuple[str, object]]:
    """The first instructions of a pickle; all are read."""
    first: list[tuple[str, object]] = []
    count = 0
    try:
        for code, argument, _ in pickletools.genops(file):
            count += 1
            if count > most:
                break
            if count <= FIRST:
                first.append((code.name, argument))
    except Exception as error:  # a damaged one can fail in any of its parts
        raise NotWeightsError("not a file of PyTorch's, or a damaged one") from error
    if count > most:
        raise NotWeightsError("it takes more steps to be read than any checkpoint")
    return first


def _called(steps: list[tuple[str, object]]) -> str:
    """The name that a pickle begins with; in newer ones its two parts are texts."""
    names = [name for name, _ in steps[:3]]
    if names[:1] == ["GLOBAL"]:
        return str(steps[0][1]).replace(" ", ".")
    if names[2:] == ["STACK_GLOBAL"]:
        return f"{steps[0][1]}.{steps[1][1]}"
    return ""
