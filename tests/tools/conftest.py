"""The compiled modules, on the path as a user's own are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.small import NETWORKS, SOURCE


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the compiled modules, ``small_torch`` and ``small_keras``."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "small.cnn").write_text(SOURCE, encoding="utf-8")
    command = ["compile", "small.cnn", "--target", "torch", "--target", "keras"]
    subprocess.run([sys.executable, "-m", "cnngen", *command], cwd=folder, check=True, timeout=60)
    sys.path.append(str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(params=NETWORKS)
def name(request: pytest.FixtureRequest) -> str:
    """Each network of the source."""
    given: str = request.param
    return given
