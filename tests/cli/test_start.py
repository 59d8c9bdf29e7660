"""What the everyday commands wait for: nothing that they have no use for is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cli.runner import EXAMPLES, clean

LENET5 = str(EXAMPLES / "lenet5.cnn")
LISTED = """
import sys
from contextlib import suppress
from cnngen.cli import cli
with suppress(SystemExit):
    cli(prog_name="cnngen")
print(*sys.modules, file=sys.stderr)
"""
UNUSED = {
    "check": ["jinja2", "csv", "html", "cnngen.backends.lower", "cnngen.backends.page"],
    "summary": ["jinja2", "csv", "html", "cnngen.define", "cnngen.backends.base", "cnngen.lint"],
    "cost": ["jinja2", "csv", "html", "cnngen.define", "cnngen.backends.base", "cnngen.lint"],
    "fmt": ["jinja2", "cnngen.ops", "cnngen.elaborate", "cnngen.backends.base"],
}
"""Modules that a command has no use for."""


@pytest.mark.parametrize(("command", "unused"), UNUSED.items())
def test_nothing_is_imported_in_vain(command: str, unused: list[str]) -> None:
    started = [sys.executable, "-c", LISTED, command, LENET5, *["--check"] * (command == "fmt")]
    done = subprocess.run(started, env=clean(), capture_output=True, text=True, check=True)
    imported = done.stderr.split()
    assert "cnngen.syntax.parser" in imported
    assert not {"lark", "numpy", *unused} & set(imported)
