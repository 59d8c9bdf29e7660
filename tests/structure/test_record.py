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
    assert repr(Place(3)) == repr(Expected(3)).replace("Expected", "Place")
    assert Place(3)._asdict() == Expected(3)._asdict()
    assert Place._make([3, 4])._replace(line=5) == Place(5, 4)
    assert type(Place(3)._replace(line=5)) is Place


@pytest.mark.parametrize("cls", [Place, Expected])
def test_wrong_arguments_are_errors(cls: type[Place]) -> None:
    for wrong in (lambda: cls(), lambda: cls(1, 2, 3), lambda: cls(1, row=2)):  # type: ignore
        with pytest.raises(TypeError, match=f"{cls.__name__}.__new__"):
            wrong()
    with pytest.raises((TypeError, ValueError), match="row"):
        cls(1)._replace(row=2)  # type: ignore[call-arg]


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
