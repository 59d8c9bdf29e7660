"""The file that weights are written to: checked before anything is read."""

from __future__ import annotations

import os

import click

from cnngen import files
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.diagnostics.render import one_line


def check_output(source: str, output: str, *, force: bool) -> None:
    """Find out what can be known before anything is read.

    Raises:
        DiagnosticError: the file cannot be written there, or is there already.
    """
    if os.path.isdir(output):
        raise files.unwritable(output, IsADirectoryError(None, "this is a folder"))
    if not os.path.isdir(os.path.dirname(output) or os.curdir):
        raise files.unwritable(output, FileNotFoundError(None, "there is no such folder"))
    if not os.path.lexists(output):
        return
    if os.path.exists(source) and os.path.exists(output) and os.path.samefile(source, output):
        raise click.UsageError(one_line(f"'{output}' is the file to read as well"))
    if not force:
        raise DiagnosticError(
            Diagnostic(
                codes.OUTPUT_EXISTS,
                "the file is there already and is left alone",
                hint="choose another name, or overwrite it with `--force`",
                path=output,
            )
        )
