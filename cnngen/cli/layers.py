"""``cnngen layers``: the reference of the layers, read from the registry."""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Iterator

import click

from cnngen import shipped
from cnngen.cli import completion, examples
from cnngen.diagnostics import did_you_mean, listed
from cnngen.elaborate.bind import default_text, signature
from cnngen.elaborate.blocks import usage
from cnngen.elaborate.comments import comment_above
from cnngen.elaborate.foreign import called_here, foreign_hint
from cnngen.elaborate.words import CHOICES, JOINS, REGIONS, STATEMENTS, Construct
from cnngen.ops import LAYERS, Op, parameters
from cnngen.ops.initial import FANS, INITIALISERS, USAGE
from cnngen.syntax import ast
from cnngen.syntax.parser import parse

COLUMNS = 88
INIT = "init"
CONSTRUCTS = REGIONS | JOINS | STATEMENTS

_HAVING = {"loss": "output", "shortcut": "residual"}
"""Which construct has an argument of `CHOICES`."""


@click.command(epilog=examples("cnngen layers", "cnngen layers conv", "cnngen layers std.resnet"))
@click.argument("word", required=False, shell_complete=completion.words)
def command(word: str | None) -> None:
    """Print the reference of all layers, or of one.

    `std` lists the blocks that are shipped, `std.resnet` prints the source of some of them.
    """
    text = "\n".join(_overview()) if word is None else reference(word)
    click.echo(text, nl=not text.endswith("\n"))


def reference(word: str) -> str:
    """The reference of a word, or of what is shipped; a usage error where it is neither."""
    if word in LAYERS:
        return "\n".join(_page(LAYERS[word]))
    if word in CONSTRUCTS:
        return "\n".join(_construct(CONSTRUCTS[word]))
    if word == INIT:
        return "\n".join(_initialisers())
    if word in INITIALISERS:
        return "\n".join(_initialiser(word))
    if word == shipped.STD:
        return "\n".join(_shipped())
    source = shipped.source(word)
    if source is not None:
        return source.text
    called = called_here(word)
    own = called.partition(" ")[0]
    if own in LAYERS:
        return "\n".join([f"`{word}` is called `{called}` here.", "", *_page(LAYERS[own])])
    arguments = list(_arguments(word))
    if arguments:
        return "\n\n".join(arguments)
    hint = foreign_hint(word) or did_you_mean(word, known_words(), "`cnngen layers` lists them all")
    raise click.BadParameter(f"there is no layer '{word}'; {hint}", param_hint="'WORD'")


def known_words() -> list[str]:
    """All that there is a page of."""
    shipped_files = (shipped.STD, *shipped.names(shipped.STD))
    return [*LAYERS, *CONSTRUCTS, INIT, *INITIALISERS, *shipped_files]


def _overview() -> Iterator[str]:
    """Every layer on a line or two, by family."""
    families: dict[str, list[type[Op]]] = {}
    for cls in LAYERS.values():
        families.setdefault(cls.__module__, []).append(cls)
    for module, members in families.items():
        yield from [_family_title(module), ""]
        for cls in members:
            first = _doc(cls).split("\n", 1)[0]
            yield f"  {cls.word:<17} {first}"
        yield ""
    yield from textwrap.wrap(
        f"How weights start: `{INIT}=`, with {', '.join(INITIALISERS)}. `cnngen layers {INIT}` "
        "explains them.",
        COLUMNS,
    )
    yield ""
    for title, constructs in (
        ("What has a body or takes labels.", REGIONS | JOINS),
        ("What networks and blocks are made of beside layers.", STATEMENTS),
    ):
        yield from [title, ""]
        for name, construct in constructs.items():
            yield f"  {name:<17} {construct.doc.split('. ', 1)[0].rstrip('.')}."
        yield ""
    yield "`cnngen layers WORD` shows a layer's arguments, `cnngen layers std` what is shipped."


def _shipped() -> Iterator[str]:
    """The blocks that are shipped, by the file that has them."""
    files = shipped.names(shipped.STD)
    for name in files:
        yield from [f"use {name}", ""]
        source = shipped.source(name)
        assert source is not None
        for node in parse(source)[0].definitions:
            if isinstance(node, ast.Block):
                about = comment_above(node.span.source, node.span.start).replace("\n", " ")
                yield f"  {usage(node)}"
                yield f"      {about.split('. ', 1)[0].rstrip('.')}."
        yield ""
    yield f"`cnngen layers {files[-1]}` prints the source of one."


def _arguments(word: str) -> Iterator[str]:
    """The arguments that are called so, or take this word, each with the layers that have it."""
    found: dict[tuple[str, str], list[str]] = {}
    for cls in LAYERS.values():
        for p in parameters(cls).values():
            if word == p.name or word in p.kind.words:
                found.setdefault((p.name, f"{p.doc}: {p.kind.expected}"), []).append(cls.word)
    for (name, text), layers in found.items():
        shown = name if word == name else f"{name}={word}"
        yield _paragraph(f"`{shown}` of {listed(layers)}: {text}.")
    for name, values in CHOICES.items():
        if word == name or word in values:
            more = f"`cnngen layers {_HAVING[name]}` says more"
            yield _paragraph(f"`{name}=...` takes {listed(values)}; {more}.")


def _paragraph(text: str) -> str:
    return "\n".join(textwrap.wrap(text, COLUMNS, subsequent_indent="    "))


def _initialisers() -> Iterator[str]:
    """All that `init=` takes."""
    yield from [f"How weights start: `{INIT}=` of a layer, a block, or a network.", ""]
    width = max(map(len, INITIALISERS))
    for word, doc in INITIALISERS.items():
        lead = f"  {word:<{width}}  "
        yield from textwrap.wrap(
            doc, COLUMNS, initial_indent=lead, subsequent_indent=" " * len(lead)
        )
    yield from ["", *textwrap.wrap(FANS, COLUMNS)]


def _initialiser(word: str) -> Iterator[str]:
    """One initialiser."""
    usage = USAGE.get(word, f"`{word}`").replace("`", "")
    yield from [f"{INIT}=..., with {usage}", ""]
    yield from textwrap.wrap(f"{INITIALISERS[word][0].upper()}{INITIALISERS[word][1:]}.", COLUMNS)


def _family_title(module: str) -> str:
    text = inspect.getdoc(sys.modules[module]) or module
    return text.split("\n", 1)[0]


def _page(cls: type[Op]) -> Iterator[str]:
    """One layer's whole reference."""
    yield from textwrap.wrap(signature(cls), COLUMNS, subsequent_indent="    ")
    yield ""
    yield _doc(cls)
    rows = [
        (p.name, p.doc, p.kind.expected, None if p.required else default_text(p.default))
        for p in parameters(cls).values()
    ]
    if not rows:
        return
    yield ""
    width = max(len(name) for name, *_ in rows)
    for name, doc, expected, default in rows:
        text = f"{doc}: {expected}" + ("" if default in (None, "...") else f"; default {default}")
        lead = f"  {name:<{width}}  "
        yield from textwrap.wrap(
            text, COLUMNS, initial_indent=lead, subsequent_indent=" " * len(lead)
        )


def _construct(construct: Construct) -> Iterator[str]:
    """The whole reference of what is no layer."""
    yield from textwrap.wrap(construct.usage, COLUMNS, subsequent_indent="    ")
    yield ""
    yield from textwrap.wrap(construct.doc, COLUMNS)


def _doc(cls: type[Op]) -> str:
    return inspect.getdoc(cls) or ""
