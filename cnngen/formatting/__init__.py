"""Sources in the one layout that all can have; see :mod:`cnngen.syntax.printer` for what it is."""

from __future__ import annotations

from cnngen.formatting.same import meaning_of
from cnngen.source import Source
from cnngen.syntax import ast
from cnngen.syntax.parser import parse
from cnngen.syntax.printer import to_text


def formatted(file: ast.File) -> str:
    """The canonical text of a file without syntax errors, which says what the file says.

    It is read again, and its tree and comments are compared with the file's, before it is given.

    Raises:
        DiagnosticError: the tree is too deep to be laid out.
        AssertionError: the text says something else, which is a fault of the printer.
    """
    text = to_text(file)
    if text != file.source.text:
        again, found = parse(Source(file.source.path, text))
        if found or meaning_of(again) != meaning_of(file):
            raise AssertionError(f"{file.source.path} would say something else once laid out")
    return text
