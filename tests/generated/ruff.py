"""ruff as a user's project may run it over generated files, as if they asked for nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from cnngen.backends.page import MARKS

RULES = "E4,E7,E9,F,I,UP,B,SIM,RET,C4,PIE,RUF,E501"
"""ruff's default rules and those that many projects add; names (N) are the user's own."""

BY_DESIGN = "B009,RUF001,RUF002,RUF003,RET504"
"""What modules have on purpose.

Characters of a user's comment that look like others stay as they were written. A value has a name
before it is returned (RET504): what a submodule gives is of type Any, which `mypy --strict` does
not let a function return as it is. A parameter of a module that has no attribute's name is got with
`getattr` (B009): its type is any for mypy, where it is a tensor or a module otherwise.
"""


def check(folder: Path, *, ignore: str = "") -> str:
    """What ``ruff check`` finds; empty where nothing."""
    ignored = ",".join(filter(None, [BY_DESIGN, ignore]))
    options = ["--no-cache", "--output-format=concise", f"--select={RULES}", f"--ignore={ignored}"]
    return _run("check", *options, folder=folder)


def unformatted(folder: Path) -> str:
    """What ``ruff format`` would change; empty where nothing."""
    return _run("format", "--no-cache", "--diff", folder=folder)


def _run(command: str, *options: str, folder: Path) -> str:
    """What ruff says of the files without the marks that keep it away."""
    with TemporaryDirectory() as copy:
        for path in folder.rglob("*.py") if folder.is_dir() else [folder]:
            text = path.read_text(encoding="utf-8").replace(f"{MARKS}\n", "")
            (Path(copy) / path.name).write_text(text, encoding="utf-8")
        return said(command, *options, folder=Path(copy))


def said(command: str, *options: str, folder: Path) -> str:
    """What ruff says of the files as they are; empty where nothing."""
    ruff = [sys.executable, "-m", "ruff", command, "--isolated", *options, str(folder)]
    done = subprocess.run(ruff, capture_output=True, text=True, check=False, encoding="utf-8")
    return "" if done.returncode == 0 else done.stdout + done.stderr
