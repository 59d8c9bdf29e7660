"""The library that is shipped: files of blocks for ``use std.name``."""

from __future__ import annotations

import os
from functools import cache

from cnngen.source import Source

PREFIX = "std."


@cache
def names() -> tuple[str, ...]:
    """What can be used, such as ``std.resnet``."""
    files = os.listdir(os.path.dirname(__file__))
    return tuple(sorted(PREFIX + os.path.splitext(f)[0] for f in files if f.endswith(".cnn")))


def shipped(name: str) -> Source | None:
    """The source of a file of the library; None where there is none of this name."""
    if name not in names():
        return None
    path = os.path.join(os.path.dirname(__file__), f"{name.removeprefix(PREFIX)}.cnn")
    with open(path, encoding="utf-8") as file:
        return Source(name, file.read())
