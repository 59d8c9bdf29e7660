"""Named tuples that are quick to define are those of ``typing`` otherwise."""

from __future__ import annotations

import pickle
import typing
from pathlib import Path

import pytest

from cnngen.record import NamedTuple
from structure.sources import files


class Place(NamedTuple):
    """A place."""

    line: int
    column: int = 1

    @property
    def shown(self) -> str:
        """As a person reads it."""
        return f"{self.line}:{self.column}"


class Expected(typing.NamedTuple):
    line: int
    column: int = 1


def test_it_has_the_fields_defaults_and_methods_of_its_class() -> None:
    assert Place._fields == Expected._fields
    assert Place._field_defaults == Expected._field_defaults
    assert Place(3) == Place(line=3, column=1) == (3, 1)
    assert Place(3).shown == "3:1"
    assert Place.__doc__ == "A place."
    assert pickle.loads(pickle.dumps(Place(3))) == Place(3)


def test_one_without_fields_raises() -> None:
    """Python 3.14 shows no annotations to the metaclass, where the future import is left out."""
    with pytest.raises(TypeError, match="Nothing has no fields"):

        class Nothing(NamedTuple):
            """Nothing."""


@pytest.mark.parametrize("file", files(), ids=lambda file: file.stem)
def test_a_module_that_defines_one_has_the_future_import(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if "(NamedTuple)" in text and file.stem != "record":
        assert "\nfrom __future__ import annotations\n" in text
