"""Plain tables and numbers for people: what is too small for a library to be loaded."""

from __future__ import annotations

from collections.abc import Collection, Sequence

SCALES = ((10**9, "G"), (10**6, "M"), (10**3, "k"))


def columns(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> list[str]:
    """Rows as lines with their cells below one another.

    The columns in ``right``, counted from 0, are aligned to the right.
    """
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]

    def line(row: Sequence[str]) -> str:
        cells = zip(row, widths, strict=True)
        shown = (c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(cells))
        return "  ".join(shown).rstrip()

    return [line(row) for row in rows]


def short(number: int) -> str:
    """Three digits of a number: ``25.6 M``."""
    for scale, sign in SCALES:
        if number >= scale:
            value = number / scale
            return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {sign}"
    return str(number)


def bytes_text(number: int) -> str:
    """So many bytes in a unit that reads well: ``3.1 MiB``."""
    for power, unit in enumerate(("B", "KiB", "MiB", "GiB", "TiB")):
        value = number / 2 ** (10 * power)
        if value < 1000 or unit == "TiB":
            return f"{value:,.0f} B" if unit == "B" else f"{value:,.1f} {unit}"
    raise AssertionError
