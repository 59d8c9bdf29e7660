"""How long it takes to lay out a large file: it grows with the lines, not faster.

Ten thousand lines take about two seconds of a processor.
"""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from cli.runner import process

pytestmark = pytest.mark.timed

LINES = 10_000


def test_ten_times_as_many_lines_take_ten_times_as_long(here: Path) -> None:
    """At most, since both take a start; a machine may be busy, so that the least counts."""
    few, many = (min(seconds(lines) for _ in range(2)) for lines in (LINES // 10, LINES))
    assert many < 12 * few


def seconds(lines: int) -> float:
    """The processor's time that a file of so many lines takes."""
    line = "  conv 8 3x3 pad=1,bn,relu  # one of many"
    body = "\n".join([line] * lines)
    Path("large.cnn").write_text(f"network A {{\n    input 32x32x8\n{body}\n}}\n")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process("fmt", "large.cnn").code == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
