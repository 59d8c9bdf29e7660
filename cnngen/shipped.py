"""What is shipped as source: blocks for ``use std.name``, and the networks of the zoo."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

from cnngen.source import Source

STD = "std"
"""Blocks to build from."""

ZOO = "zoo"
"""Networks that are known, each family a file."""

FOLDER = os.path.dirname(__file__)


@cache
def names(folder: str) -> tuple[str, ...]:
    """The files of a folder as ``use`` names them, such as ``std.resnet``."""
    files = os.listdir(os.path.join(FOLDER, folder))
    stems = sorted(stem for stem, ending in map(os.path.splitext, files) if ending == ".cnn")
    return tuple(f"{folder}.{stem}" for stem in stems)


def source(name: str) -> Source | None:
    """The source of a file by what ``use`` calls it; None where there is none of this name."""
    folder, _, stem = name.partition(".")
    if folder not in (STD, ZOO) or name not in names(folder):
        return None
    with open(os.path.join(FOLDER, folder, f"{stem}.cnn"), encoding="utf-8") as file:
        return Source(name, file.read())


def families() -> list[str]:
    """The families of the zoo, in the order of their names."""
    return [name.partition(".")[2] for name in names(ZOO)]


def families_of(network: str) -> list[str]:
    """The families that have a network of this name, whatever its case."""
    wanted = network.lower()
    return [
        family["family"]
        for family in index()
        if any(each["name"].lower() == wanted for each in family["networks"])
    ]


def index() -> list[dict[str, Any]]:
    """What is known of each family of the zoo and of its networks; ``docs/zoo.py`` writes it."""
    with open(os.path.join(FOLDER, ZOO, "index.json"), encoding="utf-8") as file:
        found: list[dict[str, Any]] = json.load(file)
    return found
