"""``cnngen explain``: the document of a diagnostic's code."""

from __future__ import annotations

from importlib.resources import files

import click

from cnngen.cli import examples
from cnngen.diagnostics import did_you_mean
from cnngen.diagnostics.codes import CODES


@click.command(epilog=examples("cnngen explain E301", "cnngen explain"))
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Print what a code means; without CODE, list all."""
    if code is None:
        for known in CODES.values():
            click.echo(f"{known.id}  {known.title}")
        return
    name = code.upper()
    if name not in CODES:
        hint = did_you_mean(name, CODES, "`cnngen explain` lists them all")
        raise click.BadParameter(f"there is no code '{code}'; {hint}", param_hint="'CODE'")
    document = files("cnngen.diagnostics") / "docs" / f"{name}.md"
    click.echo(document.read_text(encoding="utf-8"), nl=False)
