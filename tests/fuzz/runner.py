"""Random networks for as long as one likes: ``python -m tests.fuzz --minutes N``.

What fails is shrunk and written to tests/fuzz/failures/; a file that has been mended moves to
tests/fuzz/corpus/. The exit code is 1 where something was found.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

from fuzz.coverage import required
from fuzz.search import NONE, Round, search

HERE = Path(__file__).resolve().parent

FAILURES = HERE / "failures"

IN_ROUND = 50
"""Sources drawn from one seed."""

ROUNDS = 10
"""Rounds of one process: what the frameworks never free ends with it."""


def main() -> int:
    """Run rounds until the time is over; print figures, and what was never drawn."""
    options = _options()
    until = time.time() + 60 * options.minutes
    total, found = NONE, 0
    for number, done in _rounds(options.seed, options.workers, until):
        total += done
        print(f"seed {number}: {total.sources} sources, {total.networks} networks", flush=True)
        if done.failure is not None:
            found += 1
            path = _write(done.failure.text, done.failure.message)
            last = done.failure.message.strip().rsplit("\n", 1)[-1]
            print(f"  FAILED: {last}\n  {path.relative_to(HERE.parents[1])}", flush=True)
    print(f"\nrefused by the compiler, by code: {dict(total.refused) or 'none'}")
    print("comparisons judged: " + _counts(total.judged))
    print("not judged, since rounding alone moves them so far: " + _counts(total.unjudged))
    print("\nhow often was drawn:")
    for key in sorted(required()):
        print(f"{total.covered[key]:8} {key}")
    missing = sorted(required() - total.covered.keys())
    print(f"never drawn: {', '.join(missing) or 'nothing'}")
    print(f"\n{total.sources} sources, {total.networks} networks, {found} failures")
    return 1 if found else 0


def _counts(of: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(of.items())) or "none"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long (1)")
    parser.add_argument("--seed", type=int, default=1000, help="the first round's seed (1000)")
    parser.add_argument("--workers", type=int, default=1, help="processes (1)")
    return parser.parse_args()


def _rounds(first: int, workers: int, until: float) -> Iterator[tuple[int, Round]]:
    """Rounds of ever higher seeds, as they are done."""
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, max_tasks_per_child=ROUNDS) as pool:
        running: dict[Future[Round], int] = {}
        number = first
        while time.time() < until or running:
            while len(running) < workers and time.time() < until:
                running[pool.submit(search, number, IN_ROUND, until)] = number
                number += 1
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()


def _write(text: str, message: str) -> Path:
    """The failure as a file, and beside it how it failed."""
    FAILURES.mkdir(exist_ok=True)
    path = FAILURES / f"{sha256(text.encode()).hexdigest()[:12]}.cnn"
    path.write_text(text, encoding="utf-8")
    path.with_suffix(".txt").write_text(f"{message.rstrip()}\n", encoding="utf-8")
    return path
