"""The sources that mutations start from."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from case_files import read_cases
from numeric.region_cases import CASES as REGIONS

ROOT = Path(__file__).parents[3]
CORPUS = Path(__file__).parent / "corpus"
MISTAKES = ROOT / "tests" / "diagnostics" / "cases"


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
    return (*map(read, paths), *(case.text for case in REGIONS), *_documents())


def _documents() -> list[str]:
    text = "".join(read(ROOT / "docs" / page) for page in ("language.md", "layers.md"))
    return re.findall(r"^```cnn\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@cache
def invalid() -> tuple[str, ...]:
    """Sources with a mistake of their own, and the corpus."""
    mistakes = (case for path in sorted(MISTAKES.glob("*.txt")) for case in read_cases(path))
    return (*(case.text for case in mistakes), *map(read, sorted(CORPUS.glob("*.cnn"))))


@cache
def seeds() -> tuple[str, ...]:
    """All of them."""
    return (*valid(), *invalid())
