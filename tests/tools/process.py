"""Programs of this folder in processes of their own, none of which outlives its time."""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
from pathlib import Path

LIMIT = 120
"""Seconds after which a program ends itself."""

LONGER = 20
"""Seconds that whoever started it waits on top, and then for it to end in order."""


def watched() -> None:
    """Called by a program first: past its time it prints where it is, and ends.

    An orphan does so too: torchrun's processes are no group of the test's, to end with it.
    """
    faulthandler.dump_traceback_later(LIMIT, exit=True)


def run(folder: Path, *command: str, **environment: str) -> None:
    """``python -m`` with the command; fails with its output unless it succeeds.

    The modules in ``folder`` are on its path.
    """
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=Path(__file__).parents[1],
        env={**os.environ, **environment, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        output, _ = process.communicate(timeout=LIMIT + LONGER)
    except subprocess.TimeoutExpired:
        process.terminate()  # torchrun then ends its own
        try:
            output, _ = process.communicate(timeout=LONGER)
        finally:
            process.kill()
    assert process.returncode == 0, output
