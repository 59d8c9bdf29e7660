"""Tests count work; those that cannot have the marker ``timed`` and run alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
CLOCK = re.compile(r"\b(process_time|perf_counter|monotonic|cpuUsage|ru_utime|ru_stime)\b|silence=")
"""What reads a clock, or fails after a while without an answer."""


@pytest.mark.parametrize("path", sorted(TESTS.rglob("test_*.py")), ids=lambda path: path.stem)
def test_what_measures_time_has_the_marker(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path != Path(__file__) and CLOCK.search(text):
        assert "mark.timed" in text, "count calls (tests/work.py), or mark the test as timed"
