"""What regions, joins and blocks are tested with: small networks of every construct.

They are in ``regions/``, one construct a file. Each begins with ``== name`` and is a network's
body, with its ``input`` first, or blocks and networks as a file has them.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "regions"


class RegionCase(NamedTuple):
    """A source of one or more networks."""

    name: str
    text: str

    def __str__(self) -> str:
        return self.name


def _cases(path: Path) -> list[RegionCase]:
    """The cases of a file."""
    _, *parts = f"\n{path.read_text(encoding='utf-8')}".split("\n== ")
    return [_case(path.stem, *part.split("\n", 1)) for part in parts]


def _case(construct: str, name: str, text: str) -> RegionCase:
    is_file = any(line.startswith("network ") for line in text.splitlines())
    source = text if is_file else f"network Case {{\n{text.rstrip()}\n}}\n"
    return RegionCase(f"{construct}: {name}", source)


CASES = [case for path in sorted(FOLDER.glob("*.txt")) for case in _cases(path)]
