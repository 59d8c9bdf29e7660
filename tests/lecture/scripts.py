"""The scripts of examples/lecture as a user runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

LECTURE = Path(__file__).parents[2] / "examples" / "lecture"


class Ran(NamedTuple):
    """How a script ended."""

    code: int
    out: str
    err: str


def run(name: str, *arguments: str | Path, cwd: Path) -> Ran:
    """Run a script in a folder and return how it ended."""
    command = [sys.executable, str(LECTURE / f"{name}.py"), *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8")
    return Ran(done.returncode, done.stdout, done.stderr)
