"""How far long work has come, for somebody who waits at a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from cli.runner import clean, command, run
from cnngen.cli import tables

CONVERT = ("weights", "convert", "small.cnn", "in.safetensors", "out.safetensors", "--force")

MODEL = """import torch
def net():
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())
"""


@pytest.fixture
def weights(here: Path) -> None:
    arrays = {"fc1.weight": (10, 192), "fc1.bias": (10,)}
    save_file({name: np.ones(shape, "float32") for name, shape in arrays.items()}, "in.safetensors")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, list[str]]]:
    """The bars that are shown: of how many pieces, and which they were."""
    bars: list[tuple[int, list[str]]] = []

    @contextmanager
    def progress(total: int, *, shown: bool) -> Iterator[Callable[[str], None]]:
        pieces: list[str] = []
        if shown:
            bars.append((total, pieces))
        yield pieces.append

    monkeypatch.setattr(tables, "progress", progress)
    return bars


@pytest.mark.usefixtures("weights")
def test_a_conversion_says_what_it_does(told: list[tuple[int, list[str]]]) -> None:
    assert run(*CONVERT).code == 0
    assert told == [
        (1, ["reads in.safetensors"]),
        (2, ["writes out.safetensors", "reads out.safetensors again"]),
    ]
    for quiet in (["-q"], ["--output-format", "json"]):
        told.clear()
        assert run(*CONVERT, *quiet).code == 0
        assert told == []


def test_lifting_says_what_it_does(told: list[tuple[int, list[str]]], here: Path) -> None:
    (here / "net.py").write_text(MODEL)
    assert run("lift", "net.py:net", "--input", "8x8x3").code == 0
    assert [len(pieces) <= total for total, pieces in told] == [True, True]
    assert told[0][1] == ["runs the model, and records it", "looks for its structure"]
    assert told[1][1][:2] == ["makes both models", "outputs in evaluation"]
    told.clear()
    assert run("lift", "net.py:net", "--input", "8x8x3", "-q").code == 0
    assert told == []


def at_a_terminal(*arguments: str) -> bytes:
    """What a command shows on a terminal's standard error."""
    ours, theirs = pty.openpty()
    said: list[bytes] = []

    def listen() -> None:
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            try:
                while more := terminal.read(4096):
                    said.append(more)
            except OSError:  # its end, on Linux
                pass

    listener = threading.Thread(target=listen)
    listener.start()
    environment = {**clean(), "TERM": "xterm"}
    subprocess.run(command(*arguments), stderr=theirs, env=environment, check=True)
    os.close(theirs)
    listener.join()
    return b"".join(said)


@pytest.mark.usefixtures("weights")
def test_a_bar_is_for_a_terminal_alone() -> None:
    assert b"reads in.safetensors" in at_a_terminal(*CONVERT)
    assert at_a_terminal(*CONVERT, "--quiet") == b""
    piped = subprocess.run(command(*CONVERT), capture_output=True, env=clean(), check=True)
    assert piped.stderr.count(b"\n") == 1
    assert b"out.safetensors: A, 1,930 parameters" in piped.stderr
