"""One layer of another tool: its signature, and what is written for it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection

from cnngen.foreign.calls import Arguments, number_text
from cnngen.record import NamedTuple


class Layer(NamedTuple):
    """``write`` gives the line of a call with this ``signature``, on so many ``axes``."""

    signature: str
    write: Callable[[Arguments], str]
    axes: int = 2

    def line(self, call: ast.Call, known: Collection[str]) -> str:
        """What means the same as the call.

        Raises:
            UnboundError: it would not take these arguments.
            UnsayableError: one of them cannot be said.
        """
        arguments = Arguments(call, self.signature, self.axes, known)
        line = self.write(arguments)
        arguments.check()
        return line


def per_axis_layers(
    name: str, signature: str, write: Callable[[Arguments], str]
) -> dict[str, Layer]:
    """The layers of one, two and three axes, whose number stands for the `#`."""
    return {name.replace("#", str(axes)): Layer(signature, write, axes) for axes in (1, 2, 3)}


def rate(a: Arguments, name: str) -> str:
    """A probability below 1."""
    found = a.get(name)
    if isinstance(found, (int, float)) and found >= 1:
        raise a.unsayable(name, "leaves nothing")
    return a.number(name, 0)


def valued(word: str, name: str, default: float) -> Callable[[Arguments], str]:
    """An activation with one number, which is left out where it is the ``default`` here."""

    def write(a: Arguments) -> str:
        number = a.number(name, 0)
        return word if number == number_text(default) else f"{word} {number}"

    return write
