"""Templates: the skeleton of a file, beside each backend; compiled once and kept."""

from __future__ import annotations

import os
from functools import cache

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, Template

from cnngen.user_cache import cache_folder


@cache
def template(beside: str) -> Template:
    """``module.py.jinja`` beside the file ``beside``. It lays out the page; values come finished."""
    kept = cache_folder()
    environment = Environment(
        loader=FileSystemLoader(os.path.dirname(beside)),
        bytecode_cache=FileSystemBytecodeCache(kept) if kept else None,
        undefined=StrictUndefined,
        autoescape=False,  # the output is Python, not HTML: values are escaped in code.py
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("module.py.jinja")
