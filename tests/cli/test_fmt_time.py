"""How long ``cnngen fmt`` takes for a large source."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from cli.runner import process

pytestmark = pytest.mark.timed

LINES = 10_000


def test_ten_thousand_lines_within_three_seconds(here: Path) -> None:
    line = "  conv 8 3x3 pad=1,bn,relu  # one of many"
    body = "\n".join([line] * LINES)
    (here / "large.cnn").write_text(f"network A {{\n    input 32x32x8\n{body}\n}}\n")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process("fmt", "large.cnn").code == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3
