"""Pages that scripts of this folder write, or find stale."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path


def write(wanted: Mapping[Path, str], script: str) -> int:
    """Write the texts, or with ``--check`` say which are stale; the exit code."""
    if sys.argv[1:] == ["--check"]:
        stale = [p for p, text in wanted.items() if not p.exists() or p.read_text("utf-8") != text]
        for path in stale:
            print(f"{path.name} is stale: run python docs/{script}", file=sys.stderr)
        return 1 if stale else 0
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return 0
