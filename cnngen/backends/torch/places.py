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


def held(name: Name) -> tuple[str, Name]:
    """What holds the module that a label with dots names, and the module's name in it.

    Of another name, the holder is empty: it is the class itself.
    """
    holder, _, own = name.text.rpartition(".")
    return holder, name._replace(text=own)


def holders(name: Name) -> list[str]:
    """What a label with dots is in, from the outside."""
    parts = name.text.split(".")[:-1]
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def key_of(name: Name, writer: Writer) -> Raw:
    """A name as a string of the code."""
    if name.position is None:
        return string(name.text)
    if not name.text and not name.more:
        return Raw(f"str({writer.text(name.position)})")
    return Raw(f'f"{writer.formatted(name)}"')


class Attribute:
    """An attribute of the module, or an item of the list that is one.

    ``register`` is the method that takes what no attribute can be called.
    """

    def __init__(self, annotation: str = "", register: str = "add_module") -> None:
        self.annotation, self.register = annotation, register

    def __call__(self, writer: Writer, name: Name, value: Code, note: str = "") -> Written:
        """``self.name = value``."""
        holder, own = held(name)
        if holder and is_attribute(holder) and self.register == ATTRIBUTE.register:
            target = f"self.{holder}[{key_of(own, writer)}] = "
            return lambda indent: lay_out(indent, target, value, "", note)
        if holder:
            function = f"self.get_submodule({string(holder)}).{self.register}"
            made = Call(function, (key_of(own, writer), value))
            return lambda indent: lay_out(indent, "", made, "", note)
        if name.position is not None:
            made = Call(f"self.{self.register}", (key_of(name, writer), value))
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
        made = Call(f"{self.variable}.add_module", (key_of(name, writer), value))
        return lambda indent: lay_out(indent, "", made, "", note)
