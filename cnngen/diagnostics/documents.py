"""The document of each code, which ``cnngen explain`` prints and other tools show as help."""

from __future__ import annotations

from importlib.resources import files

from cnngen.diagnostics.codes import Code


def document(code: Code) -> str:
    """What a code means, as Markdown, with an example and a fix."""
    path = files("cnngen.diagnostics") / "docs" / f"{code.id}.md"
    return path.read_text(encoding="utf-8")
