"""The sources that mutations start from."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
CORPUS = Path(__file__).parent / "corpus"
CASES = ROOT / "tests" / "diagnostics" / "cases"
REGIONS = ROOT / "tests" / "numeric" / "regions"


def read(path: Path) -> str:
    """A source as it is, line ends included."""
    return path.read_bytes().decode("utf-8")


@cache
def valid() -> tuple[str, ...]:
    """Sources that compile: examples, the library, the networks of other tests, the documents'."""
    paths = [
        *sorted((ROOT / "examples").glob("*.cnn")),
        *sorted((ROOT / "cnngen" / "std").glob("*.cnn")),
        *sorted((ROOT / "tests" / "generated" / "sources").glob("*.cnn")),
    ]
    return (*map(read, paths), *_regions(), *_documents())


def _regions() -> list[str]:
    """The networks of the numeric tests; see ``tests/numeric/region_cases.py``."""
    found = []
    for path in sorted(REGIONS.glob("*.txt")):
        for part in f"\n{read(path)}".split("\n== ")[1:]:
            text = part.split("\n", 1)[1]
            is_file = any(line.startswith("network ") for line in text.splitlines())
            found.append(text if is_file else f"network Case {{\n{text.rstrip()}\n}}\n")
    return found


def _documents() -> list[str]:
    text = read(ROOT / "docs" / "language.md")
    return re.findall(r"^```cnn\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@cache
def invalid() -> tuple[str, ...]:
    """Sources with a mistake of their own, and the corpus."""
    folders = (CASES, CORPUS)
    return tuple(read(path) for folder in folders for path in sorted(folder.glob("*.cnn")))


@cache
def seeds() -> tuple[str, ...]:
    """All of them."""
    return (*valid(), *invalid())
