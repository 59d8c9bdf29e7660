"""How soon the everyday commands start: beside the imports that no compiler could do without.

With byte code and warm caches, as after the first run of an installation.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cli.runner import clean, command

pytestmark = pytest.mark.timed

VGG19 = ("zoo:vgg", "--network", "VGG19")
STARTS = {
    "imports": [sys.executable, "-c", "import lark, jinja2, click"],
    "check": command("check", *VGG19),
    "summary": command("summary", *VGG19),
    "fmt": command("fmt", "--check", "zoo:vgg"),
}
MOST = 1.3
"""Times the imports."""


def test_everyday_commands_start_within_their_imports() -> None:
    """Rounds in which all run once; a machine may be busy, so that the least counts."""
    rounds = [{name: seconds(args) for name, args in STARTS.items()} for _ in range(6)]
    least = {name: min(each[name] for each in rounds[1:]) for name in STARTS}  # not the first
    ratios = {name: least[name] / least["imports"] for name in STARTS}
    assert max(ratios.values()) < MOST, ratios


def seconds(args: list[str]) -> float:
    """The processor's time that a process takes."""
    environment = {**clean(), "PYTHONDONTWRITEBYTECODE": ""}
    with subprocess.Popen(args, env=environment, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime
