"""Templates: the skeleton of a file, kept beside each backend; compiled once and kept."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, Template

from cnngen.user_cache import cache_folder


@cache
def template(folder: str, name: str) -> Template:
    """The template ``name`` in ``folder``. It lays out the page; values come in finished."""
    cache = cache_folder()
    environment = Environment(
        loader=FileSystemLoader(Path(folder)),
        bytecode_cache=FileSystemBytecodeCache(str(cache)) if cache else None,
        undefined=StrictUndefined,
        autoescape=False,  # the output is Python, not HTML: values are escaped in code.py
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)
