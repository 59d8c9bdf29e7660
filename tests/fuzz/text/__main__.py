"""``python -m tests.fuzz.text``: as many mutated sources as one likes."""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as pytest has it

from cnngen.diagnostics import has_errors
from fuzz.text import through_cli
from fuzz.text.campaign import Report, run
from fuzz.text.examine import examine
from fuzz.text.layout import lay_out
from fuzz.text.mutations import mutated
from fuzz.text.seeds import seeds, valid


class Mutated(NamedTuple):
    """The sources of a seed, by number."""

    seed: int
    through: str = "compile"

    def text(self, number: int) -> str:
        """The source of that number."""
        return mutated(random.Random(f"{self.seed} {number}"), valid(), seeds())

    def __call__(self, number: int) -> bool:
        """See :data:`campaign.Examine`."""
        text = self.text(number)
        if self.through == "check":
            return through_cli.check(text)
        lay_out(text)
        return not has_errors(examine(text))


def main(arguments: list[str]) -> int:
    """Run a campaign; 1 where an input failed."""
    options = _options(arguments)
    sources = Mutated(options.seed, options.through)
    begun = time.monotonic()
    done = accepted = failed = 0
    numbers = range(options.first, options.first + options.inputs)
    for report in run(sources, numbers, options.workers):
        done += 1
        accepted += report.accepted
        if report.failure:
            failed += 1
            _save(report, sources, options.save)
        if time.monotonic() - begun > 60 * options.minutes:
            break
    print(f"seed {options.seed}: {done} inputs, {accepted} accepted, {failed} failures")
    return 1 if failed else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.text", description=__doc__)
    parser.add_argument("--inputs", type=int, default=5_000, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="the same seed, the same inputs")
    parser.add_argument("--first", type=int, default=0, help="the number to begin with")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after these")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--through", choices=("compile", "check"), default="compile")
    parser.add_argument("--save", type=Path, default=Path("fuzz-found"), help="for what fails")
    return parser.parse_args(arguments)


def _save(report: Report, sources: Mutated, folder: Path) -> None:
    """Keep the input, and what was wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{sources.seed}-{report.number}.cnn"
    path.write_bytes(sources.text(report.number).encode("utf-8"))
    path.with_suffix(".txt").write_text(report.failure, encoding="utf-8")
    print(f"{path}: {report.failure.strip().splitlines()[-1][:200]}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
