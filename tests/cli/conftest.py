"""Every test of the command line runs in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.runner import LENET5, SMALL, WRONG


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the sources that most tests want."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lenet5.cnn").write_text(LENET5, encoding="utf-8")
    (tmp_path / "small.cnn").write_text(SMALL, encoding="utf-8")
    (tmp_path / "wrong.cnn").write_text(WRONG, encoding="utf-8")
    return tmp_path
