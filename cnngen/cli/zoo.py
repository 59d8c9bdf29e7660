"""``cnngen zoo``: the networks that are shipped, each family a source to read and to copy from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from cnngen import files, shipped
from cnngen.cli import completion, console, examples
from cnngen.columns import columns, short
from cnngen.source import SCHEME


@click.command(
    epilog=examples(
        "cnngen zoo",
        "cnngen zoo resnet > resnet.cnn",
        "cnngen zoo --json | jq '.[].networks[].name'",
    )
)
@click.argument("family", required=False, shell_complete=completion.families)
@click.option("--json", "as_json", is_flag=True, help="The list as JSON, for programs.")
@console.debug
def command(family: str | None, as_json: bool, debug: bool) -> None:
    """List the networks that are shipped, or print the source of some.

    Every command that takes a file takes `zoo:FAMILY`, as in `cnngen compile
    zoo:resnet --network ResNet50 --target keras`; `use zoo.FAMILY` in a source
    brings in its blocks. Parameters and MACs are for one input of the size
    that is listed.
    """
    index = shipped.index()
    names = [each["family"] for each in index]
    if family is None:
        click.echo(json.dumps(index, indent=2) if as_json else "\n".join(_list(index)))
        return
    family = family.removeprefix(SCHEME)
    if family not in names:
        hint = files.family_hint(family)
        raise click.BadParameter(f"there is no family '{family}'; {hint}", param_hint="'FAMILY'")
    if as_json:
        click.echo(json.dumps(index[names.index(family)], indent=2))
        return
    source = shipped.source(f"{shipped.ZOO}.{family}")
    assert source is not None
    click.echo(source.text, nl=False)


def _list(index: Sequence[dict[str, Any]]) -> Iterator[str]:
    rows = [_row(network) for family in index for network in family["networks"]]
    lines = iter(columns(rows, right=(1, 2)))
    for family in index:
        yield f"{family['family']}: {family['title']} ({family['authors']}, {family['year']})"
        yield from (f"  {next(lines)}" for _ in family["networks"])
        yield ""
    yield "Parameters, MACs, input, and what it is called in torchvision or keras.applications."
    last = index[-1]["family"]
    yield f"`cnngen zoo {last}` prints a source, `cnngen compile zoo:{last}` compiles it."


def _row(network: dict[str, Any]) -> tuple[str, str, str, str, str]:
    known = (f"{where} {network[where]}" for where in ("torchvision", "keras") if where in network)
    parameters, macs = network["parameters"], network["macs"]
    return (
        network["name"],
        short(parameters),
        short(macs),
        ", ".join(network["inputs"]),
        ", ".join(known),
    )
