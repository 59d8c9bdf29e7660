"""What would change in a file, as ``diff -u`` and ``git diff`` write it."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen import files

NOWHERE = "/dev/null"
"""What a file that is not there yet is compared with."""


def unified(path: str, data: bytes | None, wanted: str | bytes) -> str:
    """The lines that would go (-) and come (+); a sentence for what has no lines.

    Args:
        path: the file.
        data: what is in it now; None where there is no file.
        wanted: what would be written.
    """
    there = "" if data is None else files.text_of(data)
    if isinstance(wanted, bytes) or "\0" in there or len(there) > files.LONGEST_PARSED:
        return f"{path} and what would be written differ\n"
    import difflib

    before = NOWHERE if data is None else path
    lines = difflib.unified_diff(_lines(there), _lines(wanted), before, path)
    return "".join(_ended(lines))


def _lines(text: str) -> list[str]:
    """Lines with their ends; line feeds alone end one, as in other tools."""
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
