"""``cnngen compile --watch``."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from cli.runner import SMALL, WRONG, run, start
from cnngen.cli import watch

pytestmark = pytest.mark.timed

LOOKS, NAP = 1_500, 0.02


class Watching(NamedTuple):
    """A command that is under way, and what it has said so far."""

    process: subprocess.Popen[bytes]
    said: list[str]

    def until(self, word: str, times: int = 1) -> None:
        """Wait until it has said this as often."""
        for _ in range(LOOKS):
            if sum(word in line for line in self.said) >= times:
                return
            assert self.process.poll() is None, self.said
            time.sleep(NAP)
        raise AssertionError(f"no {word!r} in {self.said}")


@pytest.fixture
def watching(here: Path) -> Iterator[Callable[..., Watching]]:
    """Starts the command; whatever happens, it does not stay."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*options: str) -> Watching:
        process = start("compile", "--watch", *options, cwd=here)
        started.append(process)
        said: list[str] = []
        assert process.stderr
        stream = process.stderr
        threading.Thread(
            target=lambda: said.extend(iter(lambda: stream.readline().decode(), "")), daemon=True
        ).start()
        return Watching(process, said)

    yield begin
    for process in started:
        process.kill()
        process.wait()


def test_a_change_of_a_source_or_of_what_it_uses(
    watching: Callable[..., Watching], here: Path
) -> None:
    (here / "nets").mkdir()
    (here / "nets" / "blocks.cnn").write_text("block unit(n) { conv n 3x3 }\n")
    net = here / "nets" / "net.cnn"
    net.write_text('use "blocks.cnn"\nnetwork Net { input 8x8x3\n    unit 4\n}\n')
    seen = watching("nets", "-t", "torch")
    seen.until("watching 2 files")
    made = here / "net_torch.py"
    assert "Conv2d" in made.read_text()

    net.write_text(net.read_text().replace("unit 4", "unit 4, relo"))
    seen.until("did you mean `relu`?")
    net.write_text(net.read_text().replace("relo", "relu"))
    seen.until("watching", 3)
    assert "ReLU" in made.read_text()

    (here / "nets" / "blocks.cnn").write_text("block unit(n) { conv n 3x3, gelu }\n")
    seen.until("watching", 4)
    assert "GELU" in made.read_text()

    (here / "nets" / "more.cnn").write_text(SMALL)
    seen.until("more_torch.py: A(classes)")
    assert not any("unchanged" in line for line in seen.said)

    seen.until("watching", 5)
    (here / "pyproject.toml").write_text("[tool.cnngen]\nzzz = 1\n")
    seen.until("error[E020]")

    seen.process.send_signal(signal.SIGINT)
    assert seen.process.wait(LOOKS * NAP) == 130


def test_standard_input_cannot_be_watched() -> None:
    ran = run("compile", "-", "-t", "torch", "-o", "-", "--watch", stdin=SMALL.encode())
    assert ran.code == 2
    assert "--watch needs files" in ran.err
    for option in ("--check", "--diff"):
        ran = run("compile", "small.cnn", "-t", "torch", "--watch", option)
        assert ran.code == 2
        assert "--check and --diff write nothing" in " ".join(ran.err.split())


class EndError(Exception):
    """Ends what would go on for ever."""


def test_turns(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One turn for each change, also of a file that was missing; usage errors do not end it."""
    turns: list[list[str]] = []
    naps = 0

    def turn(reading: watch.Reading) -> None:
        turns.append([])
        for name in ("small.cnn", "absent.cnn"):
            try:
                reading(name)
            except Exception:
                turns[-1].append(name)
        if len(turns) == 2:
            raise click.UsageError("no")

    def sleep(seconds: float) -> None:
        nonlocal naps
        naps += 1
        if naps == 3:
            (here / "absent.cnn").write_text(WRONG)
        if naps == 6:
            os.utime("small.cnn", ns=(1, 1))
        if naps == 9:
            raise EndError

    monkeypatch.setattr(time, "sleep", sleep)
    with pytest.raises(EndError):
        watch.repeat(turn, lambda: None)
    assert turns == [["absent.cnn"], [], []]


def test_a_change_while_it_is_read_is_not_missed(here: Path) -> None:
    reading = watch.Reading()
    reading("small.cnn")
    os.utime("small.cnn", ns=(1, 1))
    reading("small.cnn")
    assert reading.seen["small.cnn"] != watch.stamp("small.cnn")
