"""Random networks agree with the reference and with each other; so do all that ever failed.

``python -m tests.fuzz --minutes N`` goes on from here.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from cnngen.verification.evaluation import CHECK
from fuzz.coverage import required, seen
from fuzz.search import drawn, search
from fuzz.verify import verified

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.cnn"))

AT_ONCE, SEEDS = 4, 16
"""Batches, so that several processes share them; the first ones run wherever tests do."""

IN_BATCH = 13

MOST_REFUSED = 0.1
"""Of what is drawn, how much may be refused: what is refused tests nothing."""

LOOKED_AT = 300
MOST_SEEDS = 5
"""Large sources drawn to see whether everything is; see :mod:`fuzz.coverage`."""


@pytest.mark.parametrize(
    "number",
    [
        *range(AT_ONCE),
        *(pytest.param(number, marks=pytest.mark.slow) for number in range(AT_ONCE, SEEDS)),
    ],
)
def test_random_networks_agree(number: int) -> None:
    found = search(number, IN_BATCH)
    assert found.failure is None, f"{found.failure.message}\n{found.failure.text}"
    assert found.judged[CHECK] > 0
    assert found.refused.total() <= max(1, MOST_REFUSED * found.sources), found.refused


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_what_failed_once_agrees(path: Path) -> None:
    assert verified(path.read_text(encoding="utf-8")) is None


def test_everything_is_drawn() -> None:
    """Where a layer, an argument or a construct is new: tests/fuzz/strategies/ has to draw it.

    Layers and arguments are drawn as soon as they are in the registry, if the pool of values in
    strategies/values.py has some for them; regions are drawn in strategies/regions.py, statements
    in strategies/control.py, definitions in strategies/files.py.
    """
    found: Counter[str] = Counter()
    for seed in range(MOST_SEEDS):  # what is rare may be missing in the networks of one
        drawn(seed, LOOKED_AT, lambda text: found.update(seen(text)), most_layers=40)
        if required() <= found.keys():
            break
    missing = sorted(required() - found.keys())
    assert not missing, f"tests/fuzz/strategies/ has to draw {missing}"
