"""The parser's tables: worked out from the grammar once, then read from the user's cache."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import lark

from cnngen.user_cache import PYTHON, read_cache, write_cache

FILE = f"grammar-{PYTHON}"

LIVE = ("transformer", "lexer_callbacks")
"""Options that are objects of the running process, and no part of what is kept."""

OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "start": ["start", "settings"],
    "lexer": "basic",
    "maybe_placeholders": False,
}


def load_parser(
    grammar: str,
    transformer: lark.Transformer[Any, Any],
    callbacks: Mapping[str, Callable[[lark.Token], lark.Token]],
) -> lark.Lark:
    """The parser of ``grammar``.

    Lark has a cache of its own, which unpickles whatever it finds.
    """
    live = {"transformer": transformer, "lexer_callbacks": dict(callbacks)}
    version = hashlib.sha256(f"{lark.__version__} {OPTIONS} {grammar}".encode()).hexdigest()
    kept = read_cache(FILE, version)
    if kept is not None:
        tables = pickle.loads(kept)
        return lark.Lark._load_from_dict(tables["data"], tables["memo"], **live)  # type: ignore
    made = lark.Lark(grammar, **OPTIONS, **live)
    out = io.BytesIO()
    made.save(out, LIVE)
    write_cache(FILE, version, out.getvalue())
    return made
