"""Did you mean."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

LONGEST_COMPARED = 200
"""Characters of a word that is compared with others."""

MOST_COMPARED = 1_000
"""Words that one is compared with, the first of those known."""

MOST_PAIRS = 2**19
"""Pairs of characters in the words compared, which is what comparing takes time for."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` was most likely meant to be, or None.

    Words and lists of them come from sources and from files of weights, which may be as large as
    they like: what is long, and what comes late, is not looked at.
    """
    if len(word) > LONGEST_COMPARED:
        return None
    return _nearest(word, tuple(islice(known, MOST_COMPARED)))


@lru_cache(maxsize=64)
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    """See :func:`nearest`; a mistake in a loop asks for the same many times."""
    from difflib import get_close_matches  # only on the way to an error: it costs a start

    by_lower: dict[str, str] = {}
    left = MOST_PAIRS
    for name in known:
        left -= len(word) * min(len(name), LONGEST_COMPARED)
        if len(name) <= LONGEST_COMPARED and left >= 0:
            by_lower[name.lower()] = name
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
    more = f"{len(names) - most}" if len(names) < MOST_COMPARED else "many"
    return shown + (f" and {more} more" if len(names) > most else "")


def there_are(names: Iterable[str]) -> str:
    """A hint that lists all names that there are."""
    names = list(names)
    return f"there is only `{names[0]}`" if len(names) == 1 else f"there are {listed(names)}"


def shortened(text: str, most: int = 40) -> str:
    """``text``, cut off where it is too long to quote."""
    return text if len(text) <= most else text[: most - 3] + "..."
