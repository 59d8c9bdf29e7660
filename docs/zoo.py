"""Writes ``cnngen/zoo/index.json``, which ``cnngen zoo`` shows, and the table ``zoo.md``.

    python docs/zoo.py            # both files anew
    python docs/zoo.py --check    # exit 1 where one is not what would be written

What people know of a family stands in ``cnngen/zoo/<family>.toml``; the rest is counted here, in
the cards and in the modules that they compile to.
"""

from __future__ import annotations

import ast
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from written import write

from cnngen.analysis.cost import mac_count, parameter_count
from cnngen.backends import backend
from cnngen.columns import short
from cnngen.compiler import Result, compile_source
from cnngen.ir import Network, inputs
from cnngen.source import Source

ROOT = Path(__file__).parent.parent
ZOO = ROOT / "cnngen" / "zoo"
INDEX = ZOO / "index.json"
TABLE = ROOT / "docs" / "zoo.md"
TARGETS = ("torch", "keras")


HOW = {"": "", "order": " (`--match order`)"}
"""How the weights of a card's networks are found, by what its facts say of it."""


class Size(NamedTuple):
    """Lines and classes (functions in Keras) of a generated module."""

    lines: int
    definitions: int


class Card(NamedTuple):
    """A family: what is said of it, what it compiles to, and how long that is."""

    family: str
    said: dict[str, Any]
    result: Result
    lines: int
    sizes: dict[str, Size]


def card(path: Path) -> Card:
    """The card at ``path`` with the file of facts beside it."""
    said = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    text = path.read_text(encoding="utf-8")
    source = Source(f"zoo:{path.stem}", text)
    result = compile_source(source, [backend(target) for target in TARGETS])
    if not result.complete:
        raise SystemExit(f"{path.name} has mistakes: cnngen check {path}")
    names = [network.name for network in result.module.networks]
    if names != list(said["networks"]):
        raise SystemExit(f"{path.stem}.toml has other networks than the card: {names}")
    sizes = {output.target: _size(output.text) for output in result.outputs}
    return Card(path.stem, said, result, len(text.splitlines()), sizes)


def _size(text: str) -> Size:
    nodes = ast.parse(text).body
    definitions = [node for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    return Size(len(text.splitlines()), len(definitions))


def cards() -> list[Card]:
    """All cards, by name."""
    return [card(path) for path in sorted(ZOO.glob("*.cnn"))]


def index(found: list[Card]) -> str:
    """What ``cnngen zoo --json`` prints."""
    return json.dumps([_family(each) for each in found], indent=1, ensure_ascii=False) + "\n"


def _family(found: Card) -> dict[str, Any]:
    facts = {key: found.said[key] for key in ("title", "authors", "year", "source", "differs")}
    networks = [_network(n, found.said["networks"][n.name]) for n in found.result.module.networks]
    return {"family": found.family, **facts, "networks": networks}


def _network(network: Network, said: dict[str, Any]) -> dict[str, Any]:
    known = {key: said[key] for key in ("torchvision", "keras", "weights") if key in said}
    counted = {
        "name": network.name,
        "parameters": parameter_count(network),
        "macs": mac_count(network),
        "inputs": [str(shape) for shape in inputs(network).values()],
    }
    return {**counted, **known}


HEAD = """\
# The zoo

Written by `python docs/zoo.py`; do not edit. Each family is a card, a short source that is read
beside its paper.

```sh
cnngen zoo                                               # the list; --json for programs
cnngen zoo resnet > resnet.cnn                           # a source, to copy from
cnngen compile zoo:resnet --network ResNet50 -t keras    # its module
cnngen weights convert zoo:resnet resnet50-11ad3fa6.pth resnet50.keras --network ResNet50
cnngen weights convert zoo:keras_resnet resnet50.keras resnet50.pt --network ResNet50 --match graph
```

`use zoo.resnet` brings the blocks of a card into a source of yours.

A network with a name in torchvision gives the same outputs within 1e-10 in float64, and has the
same state dict, key by key, but where the table says otherwise. One with a name in
`keras.applications` has as many weights, and with them the same outputs; its layers have other
names, so weights are matched by graph. `tests/zoo` holds all of that (of RegNetY_128GF, which takes
ten gibibytes, the state dict alone), and `python -m tests.zoo`
moves the weights of every network to the other framework.

Files of weights are named as torchvision and Keras name them. A `.pth` file is read as it is;
Keras' files are of an older format: load the model in Keras and save it as `.keras`.
"""


def table(found: list[Card]) -> str:
    """The page ``zoo.md``."""
    networks = [row for each in found for row in _network_rows(each)]
    parts = [
        HEAD,
        "## Families\n",
        _markdown(
            (
                "card",
                "paper",
                "lines",
                "torch: lines, classes",
                "Keras: lines, functions",
                "differs from the original",
            ),
            [_family_row(each) for each in found],
        ),
        "## Networks\n",
        _markdown(
            (
                "network",
                "card",
                "elsewhere",
                "parameters",
                "MACs",
                "input",
                "well-known weights that fit",
            ),
            networks,
        ),
    ]
    missing = [(name, why) for each in found for name, why in each.said.get("missing", {}).items()]
    if missing:
        parts += ["## What cannot be reproduced\n", _markdown(("network", "why"), missing)]
    return "\n".join(parts)


def _family_row(found: Card) -> tuple[str, ...]:
    said, sizes = found.said, found.sizes
    return (
        f"`{found.family}`",
        f"[{said['title']}]({said['source']}), {said['authors']}, {said['year']}",
        str(found.lines),
        *(f"{sizes[target].lines}, {sizes[target].definitions}" for target in TARGETS),
        said["differs"],
    )


def _network_rows(found: Card) -> Iterator[tuple[str, ...]]:
    for network in _family(found)["networks"]:
        known = (
            f"{where} `{network[where]}`" for where in ("torchvision", "keras") if where in network
        )
        weights = network.get("weights")
        how = HOW[found.said.get("match", "")]
        yield (
            network["name"],
            f"`{found.family}`",
            ", ".join(known),
            f"{network['parameters']:,}",
            short(network["macs"]),
            ", ".join(network["inputs"]),
            f"`{weights}`{how}" if weights else "",
        )


def _markdown(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def main() -> int:
    """Write both files, or with ``--check`` say which are stale."""
    found = cards()
    wanted = {INDEX: index(found), TABLE: table(found)}
    return write(wanted, "zoo.py")


if __name__ == "__main__":
    sys.exit(main())
