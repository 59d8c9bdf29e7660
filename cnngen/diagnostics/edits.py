"""Edits applied to a text."""

from __future__ import annotations

from collections.abc import Iterable

from cnngen.diagnostics.model import Edit


def edited(text: str, edits: Iterable[Edit]) -> str:
    """``text`` with edits made in it, whose spans are places of it and do not overlap.

    Raises:
        ValueError: two of them overlap.
    """
    parts: list[str] = []
    end = 0
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        if edit.span.start < end:
            raise ValueError("edits overlap")
        parts += [text[end : edit.span.start], edit.text]
        end = edit.span.end
    return "".join([*parts, text[end:]])
