"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cnngen.diagnostics import Code, Diagnostic
from cnngen.lint.view import View
from cnngen.record import NamedTuple


class Rule(NamedTuple):
    """One kind of warning or note.

    ``find`` gives what it finds in a source without errors. ``is_safe`` where the fixes that it
    gives leave the network what it is, its names of weights too: those are applied without asking.
    """

    code: Code
    find: Callable[[View], Iterable[Diagnostic]]
    is_safe: bool = False
