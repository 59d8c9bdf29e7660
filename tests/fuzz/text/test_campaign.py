"""A failure is found, whatever it is, and the campaign goes on behind it."""

from __future__ import annotations

import contextlib
import os
import random
import time
from pathlib import Path

import pytest

from . import __main__ as main
from . import campaign, examine
from .campaign import Report, run


def odd(number: int) -> bool:
    """Fine, but for a few numbers."""
    if number == 2:
        raise ValueError("number 2")
    if number == 3:
        os._exit(7)
    if number == 4:
        time.sleep(60)
    if number == 5:
        bytearray(16 * 2**30)
    if number == 6:
        bytearray(b"x" * (50 * 2**20))
    return number % 2 == 0


def busy(number: int) -> bool:
    """Swallows everything, for ever."""
    while True:
        with contextlib.suppress(Exception):
            sum(range(1000))


@pytest.mark.timed
def test_every_kind_of_failure_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "MOST_MEMORY", 50 * 2**20)
    reports = {report.number: report for report in run(odd, range(8), workers=2, silence=4)}
    assert sorted(reports) == list(range(8))
    assert {n for n, report in reports.items() if not report.failure} == {0, 1, 7}
    assert reports[0].accepted
    assert not reports[1].accepted
    assert "ValueError: number 2" in reports[2].failure
    assert reports[3].failure == "the worker ended with 7"
    assert reports[4].failure == "no answer in 4 s"
    assert "MemoryError" in reports[5].failure
    assert "MiB of memory" in reports[6].failure


def test_work_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "SLOWEST", 0.2)
    (report,) = run(busy, [1], workers=1)
    assert "more than 0.2 s of work" in report.failure


def test_a_failure_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(examine, "full", lambda diagnostic: "")  # a renderer that says nothing
    arguments = ["--inputs", "30", "--seed", "5", "--workers", "1", "--save", str(tmp_path)]
    assert main.main(arguments) == 1
    saved = sorted(tmp_path.glob("*.cnn"))
    assert saved
    _, number = saved[0].stem.split("-")
    assert saved[0].read_bytes().decode() == main.Mutated(5).text(int(number))
    assert "assert full(diagnostic)" in saved[0].with_suffix(".txt").read_text()
    assert "30 inputs" in capsys.readouterr().out


def test_time_can_be_bounded() -> None:
    assert main.main(["--inputs", "1000000", "--minutes", "0", "--workers", "1"]) == 0


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("concise", lambda diagnostic: 1 / 0),
        ("as_json", lambda found: 1 / 0),
        ("compile_source", lambda *given, **named: 1 / 0),
    ],
)
def test_an_exception_anywhere_is_a_failure(
    name: str, broken: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examine, name, broken)
    sources = main.Mutated(seed=random.Random(name).randrange(100))
    found: list[Report] = list(run(sources, range(5), workers=1))
    assert any("ZeroDivisionError" in report.failure for report in found)
