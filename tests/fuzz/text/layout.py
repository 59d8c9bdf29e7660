"""Every source without syntax errors can be laid out, and is then the same."""

from __future__ import annotations

from cnngen.diagnostics import DiagnosticError, codes
from cnngen.formatting.same import meaning_of
from cnngen.source import Source
from cnngen.syntax.parser import parse
from cnngen.syntax.printer import to_text


def lay_out(text: str) -> None:
    """Check the layout of a source, if it can be read."""
    file, found = parse(Source("net.cnn", text))
    if found or file.broken:
        return
    try:
        printed = to_text(file)
    except DiagnosticError as error:
        if error.diagnostic.code is not codes.TOO_DEEP:
            raise
        return
    again, found = parse(Source("net.cnn", printed))
    assert not found, printed
    assert meaning_of(again) == meaning_of(file), printed
    assert to_text(again) == printed
