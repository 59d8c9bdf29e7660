"""Runs the command line: in this process where that is enough, else in one of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from cnngen.cli import cli

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

LENET5 = (EXAMPLES / "lenet5.cnn").read_text(encoding="utf-8")
WRONG = "network A {\n    input 8x8x3\n    conv 4 3x3    -> 5x5x4\n}\n"
"""A source with one mistake."""

SMALL = "network A(classes=10) {\n    input 8x8x3\n    flatten, dense classes\n}\n"


class Ran(NamedTuple):
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


def run(*arguments: object, stdin: bytes | None = None, **environment: str | None) -> Ran:
    """The command in this process, in the current folder. Nothing but an exit may come out."""
    runner = CliRunner(env={"NO_COLOR": None, "FORCE_COLOR": None, **environment})
    result = runner.invoke(cli, [str(a) for a in arguments], input=stdin, prog_name="cnngen")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.output
    return Ran(result.exit_code, result.stdout, result.stderr)


def take_interrupts() -> None:
    """A job that a shell has put in the background ignores them, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(
    *arguments: object, cwd: Path | None = None, **environment: str
) -> subprocess.Popen[bytes]:
    """The command in a process of its own, under way."""
    return subprocess.Popen(
        command(*arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env={**clean(), **environment},
        preexec_fn=take_interrupts,
    )


def process(*arguments: object, cwd: Path | None = None, **environment: str) -> Ran:
    """The command in a process of its own, to its end."""
    started = start(*arguments, cwd=cwd, **environment)
    out, err = started.communicate(timeout=60)
    ran = Ran(started.returncode, out.decode("utf-8"), err.decode("utf-8"))
    assert "Traceback" not in ran.err
    assert "internal error" not in ran.err
    return ran


def command(*arguments: object) -> list[str]:
    """How a process is started."""
    return [sys.executable, "-m", "cnngen", *map(str, arguments)]


def clean() -> dict[str, str]:
    """The environment without what decides on colours."""
    return {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}


def leftovers(folder: Path) -> list[str]:
    """Files that an interrupted write left behind."""
    return [path.name for path in folder.rglob("*") if ".part" in path.name or "tmp" in path.name]
