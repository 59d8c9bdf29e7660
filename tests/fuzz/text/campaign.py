"""Many inputs in worker processes, so that one that hangs, crashes or eats memory is caught.

An input is a number: a worker makes it anew from the seed, and so can whoever reads a report.
"""

from __future__ import annotations

import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import NamedTuple

SLOWEST = 10.0
"""CPU seconds that one input may take."""

SILENCE = 120.0
"""Seconds without a word from a worker, after which it hangs, on however busy a machine."""

MOST_MEMORY = 300 * 2**20
"""Bytes by which one input may raise a worker's largest resident size."""

ROOM = 2 * 2**30
"""Bytes of address space that a worker may take while it works."""

Examine = Callable[[int], bool]
"""Examines the input of a number: whether it was accepted. Raises where something is wrong."""


class Report(NamedTuple):
    """What became of one input; ``failure`` is empty where all is well."""

    number: int
    accepted: bool
    failure: str


class TooSlowError(BaseException):
    """An input took too long. No ``Exception``, so that nothing on the way can swallow it."""


def run(
    examine: Examine, numbers: Sequence[int], workers: int, silence: float = SILENCE
) -> Iterator[Report]:
    """The reports of all numbers, as they come."""
    lanes = [_Lane(examine, numbers[place::workers]) for place in range(workers)]
    try:
        while busy := [lane for lane in lanes if lane.waiting]:
            ready = wait([lane.connection for lane in busy], timeout=1)
            for lane in busy:
                if lane.connection in ready:
                    yield lane.receive()
                elif time.monotonic() - lane.heard > silence:
                    yield lane.give_up(f"no answer in {silence} s")
    finally:
        for lane in lanes:
            lane.stop()


class _Lane:
    """One worker, and the numbers that are still to come from it."""

    def __init__(self, examine: Examine, numbers: Sequence[int]) -> None:
        self.examine = examine
        self.waiting = list(reversed(numbers))
        self.process: Process | None = None
        self._start()

    def _start(self) -> None:
        self.heard = time.monotonic()
        if self.waiting:
            self.connection, end = Pipe(duplex=False)
            self.process = Process(target=_work, args=(end, self.examine, self.waiting[::-1]))
            self.process.start()
            end.close()

    def receive(self) -> Report:
        """The next report; a worker that died is one, and another takes over."""
        try:
            report: Report = self.connection.recv()
        except EOFError:
            assert self.process is not None
            self.process.join()
            return self.give_up(f"the worker ended with {self.process.exitcode}")
        self.heard = time.monotonic()
        self.waiting.pop()
        return report

    def give_up(self, why: str) -> Report:
        """Blame the number that the worker was at, and go on behind it."""
        self.stop()
        number = self.waiting.pop()
        self._start()
        return Report(number, False, why)

    def stop(self) -> None:
        """End the worker, whatever it is at."""
        if self.process:
            self.process.kill()
            self.process.join()
            self.connection.close()
        self.process = None


def _work(connection: Connection, examine: Examine, numbers: Sequence[int]) -> None:
    limit = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + ROOM, limit))
    signal.signal(signal.SIGPROF, _too_slow)
    for number in numbers:
        connection.send(_examined(examine, number))


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlowError(f"more than {SLOWEST} s of work")


def _examined(examine: Examine, number: int) -> Report:
    before = _largest_size()
    signal.setitimer(signal.ITIMER_PROF, SLOWEST)
    try:
        accepted = examine(number)
    except (Exception, TooSlowError):
        return Report(number, False, traceback.format_exc(limit=-8))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    more = _largest_size() - before
    failure = f"{more / 2**20:.0f} MiB of memory" if more > MOST_MEMORY else ""
    return Report(number, accepted, failure)


def _largest_size() -> int:
    """The largest resident size so far, in bytes."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


def _address_space() -> int:
    """Bytes of address space in use, where the system says."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0
