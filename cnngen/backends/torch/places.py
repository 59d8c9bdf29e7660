"""Where the constructor puts a module: an attribute, a list, a sequence that grows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cnngen.backends.code import Call, Code, Raw, lay_out, string
from cnngen.backends.lower import is_attribute
from cnngen.backends.python import Writer
from cnngen.definition import Name

Written = Callable[[str], list[str]]
"""What lays a statement out, at an indentation."""


class Place(Protocol):
    """Where a module goes: called with the writer, its name, its code and a note."""

    def __call__(self, writer: Writer, name: Name, value: Code, note: str = "") -> Written:
        """What lays the statement out."""


class Attribute:
    """An attribute of the module, or an item of the list that is one.

    ``register`` is the method that takes what no attribute can be called.
    """

    def __init__(self, annotation: str = "", register: str = "add_module") -> None:
        self.annotation, self.register = annotation, register

    def __call__(self, writer: Writer, name: Name, value: Code, note: str = "") -> Written:
        """``self.name = value``."""
        if name.position is not None:
            made = Call(f"self.{self.register}", (Raw(f'f"{writer.formatted(name)}"'), value))
            return lambda indent: lay_out(indent, "", made, "", note)
        if name.looped:
            made = Call(f"self.{name.text}.append", (value,))
            return lambda indent: lay_out(indent, "", made, "", note)
        if not is_attribute(name.text):
            made = Call(f"self.{self.register}", (string(name.text), value))
            return lambda indent: lay_out(indent, "", made, "", note)
        target = f"self.{name.text}{self.annotation}"
        return lambda indent: lay_out(indent, f"{target} = ", value, "", note)


ATTRIBUTE = Attribute()

PARAMETER = Attribute(register="register_parameter")


def typed(place: Place) -> Place:
    """The same place, where another kind of module may follow."""
    return Attribute(": nn.Module") if isinstance(place, Attribute) else place


def typed_none(place: Place) -> Place:
    """The same place, where another kind of module or nothing may follow."""
    return Attribute(": nn.Module | None") if isinstance(place, Attribute) else place


class Appended:
    """The end of a list that is a variable."""

    def __init__(self, variable: str) -> None:
        self.variable = variable

    def __call__(self, writer: Writer, name: Name, value: Code, note: str = "") -> Written:
        """``variable.append(value)``."""
        made = Call(f"{self.variable}.append", (value,))
        return lambda indent: lay_out(indent, "", made, "", note)


class Added:
    """The end of a sequence that is a variable, under a name."""

    def __init__(self, variable: str) -> None:
        self.variable = variable

    def __call__(self, writer: Writer, name: Name, value: Code, note: str = "") -> Written:
        """``variable.add_module(name, value)``."""
        key: Raw
        if name.position is not None:
            key = Raw(f'f"{writer.formatted(name)}"')
        else:
            key = string(name.text)
        made = Call(f"{self.variable}.add_module", (key, value))
        return lambda indent: lay_out(indent, "", made, "", note)
