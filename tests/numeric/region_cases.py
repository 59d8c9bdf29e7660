"""What regions, joins and blocks are tested with: small networks of every construct.

They are in ``regions/``, one construct a file, in the form of ``case_files``. Each is a network's
body, with its ``input`` first, or blocks and networks as a file has them.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from case_files import Case, read_cases

FOLDER = Path(__file__).parent / "regions"


class RegionCase(NamedTuple):
    """A source of one or more networks."""

    name: str
    text: str

    def __str__(self) -> str:
        return self.name


def _region(case: Case) -> RegionCase:
    is_file = any(line.startswith("network ") for line in case.text.splitlines())
    source = case.text if is_file else f"network Case {{\n{case.text.rstrip()}\n}}\n"
    return RegionCase(str(case), source)


CASES = [_region(case) for path in sorted(FOLDER.glob("*.txt")) for case in read_cases(path)]
