"""Did you mean."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` was most likely meant to be, or None."""
    from difflib import get_close_matches  # only on the way to an error: it costs a start

    by_lower = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint that names the nearest known word, or ``otherwise``."""
    match = nearest(word, known)
    return f"did you mean `{match}`?" if match else otherwise


def listed(names: Iterable[str], most: int = 12) -> str:
    """The names in a row, cut off where there are too many to read."""
    names = list(names)
    shown = ", ".join(f"`{name}`" for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def shortened(text: str, most: int = 40) -> str:
    """``text``, cut off where it is too long to quote."""
    return text if len(text) <= most else text[: most - 3] + "..."
