"""Every weight of a network, under the names and in the shapes of each target."""

from __future__ import annotations

import json

import click

from cnngen.analysis.cost import parameter_count
from cnngen.backends import BUILT_IN, backend
from cnngen.cli import tables
from cnngen.cli.sources import Shown
from cnngen.cli.weights.network import Chosen
from cnngen.diagnostics.render import counted
from cnngen.frameworks import places, shapes
from cnngen.ir import Network
from cnngen.record import NamedTuple


class Entry(NamedTuple):
    """A weight; ``there`` is its name and shape by target."""

    layer: str
    weight: str
    values: int
    trained: bool
    there: dict[str, tuple[str, tuple[int, ...]]]


def show_overview(found: Chosen, shown: Shown, *, as_json: bool) -> None:
    """Print all weights and their number; targets that cannot express the network are left out."""
    module = found.result.module
    refusals = {name: backend(name).check(module) for name in BUILT_IN}
    targets = [name for name, refused in refusals.items() if not refused]
    if not targets:
        shown.end(*(diagnostic for refused in refusals.values() for diagnostic in refused))
    entries = _entries(found.network, targets)
    if as_json:
        click.echo(json.dumps(_data(found.network, entries), indent=2))
        return
    _print_table(targets, entries)
    statistics = sum(entry.values for entry in entries if not entry.trained)
    parameters = counted(parameter_count(found.network), "parameter")
    more = f", {statistics:,} values in statistics" if statistics else ""
    click.echo(f"{found.network.name}: {parameters}{more}")


def _entries(network: Network, targets: list[str]) -> list[Entry]:
    """The weights in the order of execution."""
    there = {target: list(shapes(target, network).items()) for target in targets}
    return [
        Entry(
            *place.key,
            place.weight.size,
            place.weight.trained,
            {target: own[number] for target, own in there.items()},
        )
        for number, place in enumerate(places(targets[0], network))
    ]


def _data(network: Network, entries: list[Entry]) -> dict[str, object]:
    weights = [
        {
            "layer": entry.layer,
            "weight": entry.weight,
            "values": entry.values,
            "trained": entry.trained,
            "targets": {
                target: {"name": name, "shape": shape}
                for target, (name, shape) in entry.there.items()
            },
        }
        for entry in entries
    ]
    return {"network": network.name, "parameters": parameter_count(network), "weights": weights}


def _print_table(targets: list[str], entries: list[Entry]) -> None:
    heads = [head for target in targets for head in (f"name in {target}", "shape")]
    rows = [
        [
            *(cell for name, shape in entry.there.values() for cell in (name, tables.sizes(shape))),
            f"{entry.values:,}",
        ]
        for entry in entries
    ]
    tables.show([*heads, "values"], rows)
