"""Sources of tests and what lint says of them."""

from __future__ import annotations

from cnngen.compiler import Result, analyse
from cnngen.diagnostics import Diagnostic
from cnngen.elaborate.library import Load
from cnngen.files import loader
from cnngen.lint import Selection, lint
from cnngen.source import Source


def network(body: str, head: str = "network Net", shape: str = "32x32x3") -> str:
    """A network with these lines in it."""
    lines = [f"    {line}" for line in body.split("\n")]
    return "\n".join([f"{head} {{", f"    input {shape}", *lines, "}", ""])


def compiled(text: str, load: Load | None = None) -> Result:
    source = Source("net.cnn", text)
    result = analyse(source, load=load or loader(source))
    assert result.complete, result.diagnostics
    return result


def found(text: str, *, select: tuple[str, ...] = (), load: Load | None = None) -> list[Diagnostic]:
    """What lint says of a source without errors."""
    return lint(compiled(text, load), Selection(select))


def said(text: str, *, select: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """The code of each diagnostic, and the text of its place."""
    return [(d.code.id, d.span.text if d.span else "") for d in found(text, select=select)]
