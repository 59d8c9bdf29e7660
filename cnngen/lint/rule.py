"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cnngen.diagnostics import Code, Diagnostic
from cnngen.lint.view import View
from cnngen.record import NamedTuple


class Rule(NamedTuple):
    """One kind of warning or note.

    ``find`` gives what it finds in a source without errors; ``fixes`` says what the fixes are that
    it gives, or empty where what was meant cannot be known.
    """

    code: Code
    find: Callable[[View], Iterable[Diagnostic]]
    fixes: str = ""


SAFE = "safe"
"""They leave the network what it is, and its weights under their names: made without asking."""

UNSAFE = "unsafe"
"""They change it, as the warning advises."""
