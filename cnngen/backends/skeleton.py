"""Templates: the skeleton of a file, beside each backend; compiled once and kept."""

from __future__ import annotations

import os
from functools import cache

import jinja2
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.bccache import Bucket

from cnngen.user_cache import PYTHON, read_cache, write_cache


class _Kept(BytecodeCache):
    """Templates in the user's cache. Jinja's own ones run whatever they find there."""

    def load_bytecode(self, bucket: Bucket) -> None:
        code = read_cache(self._name(bucket), self._version(bucket))
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        write_cache(self._name(bucket), self._version(bucket), bucket.bytecode_to_string())

    def _name(self, bucket: Bucket) -> str:
        return f"template-{PYTHON}-{bucket.key}"

    def _version(self, bucket: Bucket) -> str:
        return f"{jinja2.__version__} {bucket.checksum}"


@cache
def template(beside: str) -> Template:
    """``module.py.jinja`` beside the file ``beside``.

    The template lays out the page; values come finished.
    """
    environment = Environment(
        loader=FileSystemLoader(os.path.dirname(beside)),
        bytecode_cache=_Kept(),
        undefined=StrictUndefined,
        autoescape=False,  # the output is Python, not HTML: values are escaped in code.py
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("module.py.jinja")
