"""Templates: the skeleton of a file, beside each backend; compiled once and kept."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache

from jinja2 import (
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    Template,
)
from jinja2.bccache import Bucket

from cnngen.user_cache import cache_folder


class _Kept(FileSystemBytecodeCache):
    """A full disk or a broken folder makes a start slower, not a compile fail."""

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


@cache
def template(beside: str) -> Template:
    """``module.py.jinja`` beside the file ``beside``.

    The template lays out the page; values come finished.
    """
    kept = cache_folder()
    environment = Environment(
        loader=FileSystemLoader(os.path.dirname(beside)),
        bytecode_cache=_Kept(kept) if kept else None,
        undefined=StrictUndefined,
        autoescape=False,  # the output is Python, not HTML: values are escaped in code.py
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("module.py.jinja")
