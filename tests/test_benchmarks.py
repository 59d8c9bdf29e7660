"""What the benchmark of inference says: ratios within a round, and only of what is the same."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

PATH = Path(__file__).parents[1] / "benchmarks" / "inference.py"

benchmark = SimpleNamespace(**runpy.run_path(str(PATH)))


def test_what_gives_something_else_is_not_measured() -> None:
    same = {"first": lambda: np.array([1.0, 2.0]), "second": lambda: np.array([1.0, 2.0001])}
    benchmark.check(same)
    with pytest.raises(ValueError, match="third gives something else"):
        benchmark.check({**same, "third": lambda: np.array([1.0, 2.001])})
    with pytest.raises(ValueError, match="third gives something else"):
        benchmark.check({**same, "third": lambda: np.array([1.0, np.nan])})


def test_each_variant_runs_once_in_each_round() -> None:
    ran: list[str] = []
    variants = {name: lambda name=name: ran.append(name) for name in ("a", "b", "c")}
    found = benchmark.measured(variants, 5)
    assert {name: len(seconds) for name, seconds in found.items()} == {"a": 5, "b": 5, "c": 5}
    rounds = [ran[start : start + 3] for start in range(0, 15, 3)]
    assert all(sorted(names) == ["a", "b", "c"] for names in rounds)
    assert len(set(map(tuple, rounds))) > 1


def test_a_ratio_is_to_the_first_variant_in_the_same_round(tmp_path: Path) -> None:
    seconds = {"first": [2.0, 4.0, 6.0], "other": [1.0, 1.0, 2.0]}
    first, other = benchmark.rows("net", 16, seconds)
    assert first.ratio == (1, 1, 1)
    assert (other.variant, other.ratio[1], other.seconds, other.rounds) == ("other", 3, 1, 3)
    path = tmp_path / "rows.json"
    assert benchmark.load(path) == []
    benchmark.save(path, [first])
    benchmark.save(path, [*benchmark.load(path), other])
    assert benchmark.load(path) == [first, other]
