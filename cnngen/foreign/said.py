"""What a line of another tool is here."""

from __future__ import annotations

from cnngen.record import NamedTuple


class Said(NamedTuple):
    """A line of ``tool``: the ``text`` that means the same, or why there is none.

    ``note`` is what the line leaves open and a reader should know.
    """

    tool: str
    text: str = ""
    why: str = ""
    note: str = ""


class UnsayableError(Exception):
    """There is no line that means the same; the text says why."""


class UnboundError(Exception):
    """A call that its function would not take: it is likely another tool's."""
