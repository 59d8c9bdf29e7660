"""What has to be set before any test imports a framework."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest

# TensorFlow's oneDNN kernels give wrong filter gradients for some small convolutions
# (uxlfoundation/oneDNN issue 6035).
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

if "PYTEST_XDIST_WORKER" in os.environ:  # the workers share the cores
    for _name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(_name, "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--refresh",
        action="store_true",
        help="write anew what tests expect that keep it in files; read what changed, then commit",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--refresh") and config.getoption("numprocesses", None):
        raise pytest.UsageError("--refresh writes files that tests share: leave out -n")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        alone = pytest.mark.skip(reason="measures time: `pytest -m timed` runs it alone")
        for item in items:
            if item.get_closest_marker("timed"):
                item.add_marker(alone)


@pytest.fixture
def refreshes(request: pytest.FixtureRequest) -> bool:
    """Whether what is expected is written anew instead of being compared."""
    return bool(request.config.getoption("--refresh"))


@pytest.fixture(autouse=True)
def _time_of_its_own(request: pytest.FixtureRequest) -> Iterator[None]:
    """To go through all that is kept of thousands of tests takes longer than what is measured."""
    if request.node.get_closest_marker("timed") is None:
        yield
        return
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
