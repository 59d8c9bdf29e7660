"""cnngen: from a compact language for convolutional networks to PyTorch and Keras source.

From Python, what the command line does: :func:`compile`, :func:`check`, :func:`summary`,
:func:`draw`, :func:`format`, :func:`load`, :func:`verify`; see ``docs/python.md``. In a notebook,
``%load_ext cnngen`` brings the cell magic ``%%cnn``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnngen.api import (
        CompileError,
        Diagnostics,
        Drawing,
        Reports,
        Summaries,
        check,
        compile,  # noqa: A004 - read as cnngen.compile
        draw,
        format,  # noqa: A004 - read as cnngen.format
        load,
        module,
        summary,
        verify,
    )

    __version__: str

__all__ = [
    "CompileError",
    "Diagnostics",
    "Drawing",
    "Reports",
    "Summaries",
    "__version__",
    "check",
    "compile",
    "draw",
    "format",
    "load",
    "module",
    "summary",
    "verify",
]


def __getattr__(name: str) -> Any:
    """What is imported on demand: the command line needs none of it."""
    if name == "__version__":
        from importlib.metadata import version

        return version("cnngen")
    if name in __all__:
        from cnngen import api

        return getattr(api, name)
    raise AttributeError(f"module 'cnngen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """Bring the cell magic ``%%cnn`` into a notebook: what ``%load_ext cnngen`` calls."""
    from cnngen.notebook import CnnMagics

    shell.register_magics(CnnMagics)
