"""Whatever the text, the compiler answers: mutated sources, and text of any kind."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .__main__ import Mutated
from .campaign import run
from .examine import examine
from .mutations import FRAGMENTS, MUTATIONS, Mutation
from .seeds import seeds

BATCHES, BATCH = 8, 400

HEAD = "network Net {\n    input 8\n    "

relaxed = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@pytest.mark.parametrize(
    "batch",
    [0, *(pytest.param(number, marks=pytest.mark.slow) for number in range(1, BATCHES))],
)
def test_a_mutated_source_is_answered(batch: int) -> None:
    sources = Mutated(seed=batch)
    reports = list(run(sources, range(BATCH), workers=1))
    failed = [report for report in reports if report.failure]
    again = f"python -m tests.fuzz.text --inputs 1 --seed {batch} --first"
    assert not failed, f"{again} {failed[0].number}\n{failed[0].failure}"
    assert len(reports) == BATCH
    assert sum(report.accepted for report in reports) > BATCH / 25, "some still compile"


@pytest.mark.parametrize("through", ["compile", "check"])
def test_a_source_of_any_mutation_has_an_exit_code(through: str) -> None:
    sources = Mutated(seed=99, through=through)
    assert not [report for report in run(sources, range(50), workers=1) if report.failure]


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__.strip("_"))
def test_every_mutation_changes_sources(mutate: Mutation) -> None:
    rng = random.Random(0)
    assert any(mutate(rng, seeds()[0], seeds()) != seeds()[0] for _ in range(5))
    assert isinstance(mutate(rng, "", ("",)), str)


def test_a_seed_gives_the_same_sources() -> None:
    first, second = [[Mutated(7).text(number) for number in range(30)] for _ in range(2)]
    assert first == second
    assert len(set(first)) > 25


@relaxed
@given(st.text(max_size=200))
def test_any_text_is_answered(text: str) -> None:
    examine(text)
    examine(f"{HEAD}{text}\n}}\n")


@relaxed
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40).map(" ".join))
def test_any_row_of_words_and_signs_is_answered(text: str) -> None:
    examine(text)
    examine(f"{HEAD}{text}\n}}\n")
    examine(f"{HEAD}dense {text}\n}}\n")
