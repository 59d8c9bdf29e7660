"""A round: networks drawn from a seed, each verified, and the first failure shrunk."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.internal.conjecture.engine import ConjectureRunner

from fuzz.coverage import seen
from fuzz.reduce import reduced
from fuzz.strategies import sources
from fuzz.verify import Refused, Report, report


class Failure(NamedTuple):
    """A source, as small as it could be made, and what is wrong with what it compiles to."""

    text: str
    message: str


class Round(NamedTuple):
    """What a round found; ``covered`` counts what its sources had in them."""

    sources: int
    networks: int
    refused: Counter[str]
    judged: Counter[str]
    unjudged: Counter[str]
    covered: Counter[str]
    failure: Failure | None

    def __add__(self, other: object) -> Round:
        """The figures of two rounds; of failures the first."""
        assert isinstance(other, Round)
        sums = (a + b for a, b in zip(self[:-1], other[:-1], strict=True))
        return Round(*sums, self.failure or other.failure)


NONE = Round(0, 0, Counter(), Counter(), Counter(), Counter(), None)


class Failed(Exception):  # noqa: N818 - of what is tested
    """Tells hypothesis that a source fails."""


def drawn(
    number: int,
    count: int,
    look: Callable[[str], None],
    *,
    shrink: bool = False,
    most_layers: int = 14,
) -> None:
    """Show ``look`` that many sources, always the same ones for a seed's number."""
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=phases,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(sources(most_layers))
    def show(text: str) -> None:
        look(text)

    # Half of all sources would be copies of the one before but for a detail.
    with patch.object(ConjectureRunner, "generate_mutations_from", lambda _self, _data: None):
        show()


def search(
    number: int,
    count: int,
    until: float | None = None,
    check: Callable[[str], Report] = report,
) -> Round:
    """Verify what is drawn; each source once, none after the time ``until``."""
    known: dict[str, str | None] = {}
    total = NONE
    last: Failure | None = None

    def look(text: str) -> None:
        nonlocal total, last
        if text not in known:
            if last is None and until is not None and time.time() > until:
                return
            made, known[text] = _verified(text, check)
            if last is None:
                total += made
        message = known[text]
        if message is not None:
            last = Failure(text, message)
            raise Failed

    with suppress(Failed):
        drawn(number, count, look, shrink=True)
    return total._replace(failure=last and _smallest(last, check))


def _smallest(failure: Failure, check: Callable[[str], Report]) -> Failure:
    """The failure's source without all that it fails without, too."""
    found = failure

    def fails(text: str) -> bool:
        nonlocal found
        message = _verified(text, check)[1]
        if message is None or _kind(message) != _kind(failure.message):
            return False
        found = Failure(text, message)
        return True

    reduced(failure.text, fails)
    return found


def _kind(message: str) -> str:
    """What a failure is of: the error of a traceback, or what differs, without figures."""
    return re.split(r"[:{]", message.strip().rsplit("\n", 1)[-1])[0]


def _verified(text: str, check: Callable[[str], Report]) -> tuple[Round, str | None]:
    try:
        made = check(text)
    except Refused as refused:
        return NONE._replace(sources=1, refused=Counter([str(refused)])), None
    if made.failure is not None:
        return NONE._replace(sources=1, networks=made.networks), made.failure
    counts = NONE._replace(
        sources=1,
        networks=made.networks,
        judged=made.judged,
        unjudged=made.unjudged,
        covered=seen(text),
    )
    return counts, None
