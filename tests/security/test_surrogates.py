"""Halves of characters, which Python's strings can hold and files cannot: a diagnostic."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cnngen.backends import backend
from cnngen.compiler import compile_source
from cnngen.diagnostics.json_list import as_json
from cnngen.diagnostics.render import concise, full
from cnngen.source import Source

NETWORK = "network A {\n    input 4\n    relu  # comment\n}\n"
TARGETS = [backend("torch"), backend("keras")]


@pytest.mark.parametrize("half", [chr(0xD800), chr(0xDCFF), chr(0xDFFF)], ids=ascii)
@pytest.mark.parametrize("place", [0, 3, 8, 10, 12, 20, 29, 34, 37, 40, len(NETWORK)])
@pytest.mark.parametrize("around", ["{}", '"{}"', "# {}"])
def test_anywhere_in_a_source(half: str, place: int, around: str) -> None:
    text = NETWORK[:place] + around.format(half) + NETWORK[place:]
    result = compile_source(Source("a.cnn", text), TARGETS)
    (found,) = result.diagnostics
    assert (found.code.id, result.module.networks, result.outputs) == ("E102", (), ())
    assert found.span is not None
    assert found.span.text == half
    assert f"U+{ord(half):04X}" in found.message
    for shown in (full(found), concise(found), as_json([found])):
        shown.encode("utf-8")


def test_whole_characters_are_as_they_were() -> None:
    text = NETWORK.replace("comment", "\U0001d11e \uffff \U0010ffff")
    assert compile_source(Source("a.cnn", text), TARGETS).complete


def test_a_name_of_a_file() -> None:
    assert compile_source(Source("a\udcff.cnn", NETWORK), TARGETS).outputs


@pytest.mark.parametrize("option", ["--set", "--network"])
@pytest.mark.parametrize("value", [b"\xff", b"a=\xff", b'a="\xff"', b"a=1 # \xff"])
def test_in_an_argument_of_the_command_line(option: str, value: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.cnn").write_text(NETWORK)
    done = subprocess.run(
        [os.fsencode(sys.executable), b"-m", b"cnngen", b"check", b"a.cnn", option.encode(), value],
        capture_output=True,
        cwd=tmp_path,
        check=False,
    )
    said = (done.stdout + done.stderr).decode("utf-8")
    assert done.returncode == (2 if option == "--set" else 1), said
    assert "internal error" not in said
    assert "Traceback" not in said
