"""A source through ``cnngen check``, as a user would have it."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

from click.testing import CliRunner

from cnngen.cli import cli

FORMS = ("full", "concise", "json")


def check(text: str) -> bool:
    """Whether the source is fine; anything but a plain yes or no is a failure."""
    form = random.Random(len(text)).choice(FORMS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.cnn"
        path.write_bytes(text.encode("utf-8"))
        result = CliRunner().invoke(cli, ["check", str(path), "--output-format", form])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in (0, 1), result.output
    assert "Traceback" not in result.output
    if form == "json":
        json.loads(result.stdout)
    return result.exit_code == 0
