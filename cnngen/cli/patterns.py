"""What an entry of a project's ``sources`` stands for: a file, a folder, or a pattern."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from cnngen.files import SUFFIX, project, sources_below

_WILD = re.compile(r"[*?\[]")


def is_pattern(path: str) -> bool:
    """Whether a path stands for whatever it matches."""
    return bool(_WILD.search(path))


def sources_of(path: str, home: str) -> list[str]:
    """The sources that an entry stands for, sorted.

    In a stranger's project, a link that leads out of it would show what is none of it: such files
    are left out, whichever part of their path is the link.

    Args:
        path: the entry, seen from the current folder.
        home: the folder of the configuration.
    """
    if is_pattern(path):
        found = _matching(path)
    else:
        found = iter(sources_below(path) if os.path.isdir(path) else [path])
    is_inside = not os.path.relpath(path, home).startswith(os.pardir)
    root = project(home if is_inside else str(_parted(path)[0]))
    return sorted(each for each in found if os.path.isfile(each) and _leads_into(root, each))


def _matching(path: str) -> Iterator[str]:
    """The sources that match; neither hidden ones, nor what is in hidden folders."""
    folder, wild = _parted(path)
    if wild[-1:] == ["**"]:
        wild.append("*")
    for found in folder.glob("/".join(wild)) if wild else ():
        inner = found.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in inner)
        if found.suffix == SUFFIX and os.path.realpath(found).endswith(SUFFIX) and not hidden:
            yield str(found)


def _parted(path: str) -> tuple[Path, list[str]]:
    """The folder before the first part with a sign of a pattern, and the parts from there on."""
    parts = Path(path).parts
    count = next((at for at, part in enumerate(parts) if is_pattern(part)), len(parts))
    wild = [part if part == "**" else re.sub(r"\*\*+", "*", part) for part in parts[count:]]
    return Path(*parts[:count]), wild


def _leads_into(root: str, path: str) -> bool:
    return os.path.commonpath([root, os.path.realpath(path)]) == root
