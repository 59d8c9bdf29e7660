"""``cnngen explain``: what a diagnostic's code means, or a word of the language."""

from __future__ import annotations

import re

import click

from cnngen.cli import completion, examples
from cnngen.diagnostics import did_you_mean
from cnngen.diagnostics.codes import CODES
from cnngen.diagnostics.documents import document

_CODE = re.compile(r"[A-Z]\d+", re.IGNORECASE)


@click.command(
    epilog=examples(
        "cnngen explain E301",
        "cnngen explain E301 W105",
        "cnngen explain maxpool",
        "cnngen explain",
    )
)
@click.argument(
    "words", nargs=-1, metavar="[CODE|WORD]...", shell_complete=completion.codes_and_words
)
def command(words: tuple[str, ...]) -> None:
    """Print what codes and words of the language mean.

    Without any, list the codes: errors (E), warnings (W) and notes (N). Words are what `cnngen
    layers` lists, and those of arguments, such as `same`.
    """
    if not words:
        click.echo("\n".join(f"{code.id}  {code.title}" for code in CODES.values()))
        return
    texts = [_explained(word) for word in words]  # all of them, before any is printed
    click.echo("\n\n".join(text.rstrip("\n") for text in texts))


def _explained(word: str) -> str:
    """What a word means; a usage error where it is none."""
    code = CODES.get(word.upper())
    if code is not None:
        return document(code)
    if _CODE.fullmatch(word):
        hint = did_you_mean(word.upper(), CODES, "`cnngen explain` lists them all")
        raise click.BadParameter(f"there is no code '{word}'; {hint}", param_hint="'CODE'")
    from cnngen.cli.layers import reference

    return reference(word)
