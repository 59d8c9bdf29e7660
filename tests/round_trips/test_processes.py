"""What is made and said depends on the source alone: not on the process, nor on what came before.

Examples are compared byte by byte in ``tests/generated/test_style.py``; here it is all that the
compiler says of every source of the project, with its mistakes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from fuzz.text.seeds import seeds

SCRIPT = str(Path(__file__).parent / "said.py")

PROCESSES = (("0", "forwards"), ("1", "backwards"), ("4242", "forwards"))
"""Seeds of the hashes that sets are ordered by, and the order of the sources."""


def test_every_process_says_the_same() -> None:
    running = [
        subprocess.Popen(
            [sys.executable, SCRIPT, order],
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed, order in PROCESSES
    ]
    answers = [sorted(process.communicate()[0].splitlines()) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(answers[0]) == len(seeds()[::3])
    for answer in answers[1:]:
        assert answer == answers[0]
