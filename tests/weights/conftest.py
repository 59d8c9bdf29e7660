"""Every test runs in a folder of its own with the small network in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from weights.given import ENDINGS, SMALL, small_file


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.cnn").write_text(SMALL, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of the small network's weights in every format."""
    folder = tmp_path_factory.mktemp("good")
    return {ending: small_file(folder, ending) for ending in ENDINGS}
