"""Networks to draw, and what is said of a drawing without its printers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from cnngen import shipped
from cnngen.compiler import analyse
from cnngen.drawing.build import drawing
from cnngen.drawing.model import Drawing
from cnngen.ir import Network
from cnngen.source import Source

EXAMPLES = sorted(Path(__file__).parent.parent.parent.glob("examples/**/*.cnn"))
FAMILIES = ("resnet", "googlenet", "densenet", "unet", "mobilenet_v3", "hrnet", "shufflenet")

HOSTILE = "\"><script>alert(1)</script>&amp;'\\n]--> end\u202e \N{SNOWMAN}"
"""What means something in one form of a drawing or another."""


def networks(text: str, path: str = "net.cnn") -> tuple[Network, ...]:
    """The networks of a source that is right."""
    result = analyse(Source(path, text))
    assert result.complete, result.diagnostics
    return result.module.networks


def network(body: str, blocks: str = "") -> Network:
    """The network with this body."""
    return networks(f"{blocks}\nnetwork A {{\n{body}\n}}\n")[0]


@cache
def examples() -> tuple[Network, ...]:
    """A network of each example, and two of those of some families of the zoo."""
    found: list[Network] = []
    for path in EXAMPLES:
        found += networks(path.read_text(encoding="utf-8"), str(path))[:4]
    for family in FAMILIES:
        source = shipped.source(f"zoo.{family}")
        assert source is not None
        found += networks(source.text, f"zoo:{family}")[:1]
    return tuple(found)


def hostile() -> Drawing:
    """A drawing whose every text is hostile, whatever the language lets through."""
    unit = "block unit { residual { conv 4 1x1 } }"
    drawn = of("input 8x8x2\n g: { conv 2 1x1\n unit }\n repeat 2 { conv 4 1x1, relu }", unit)
    nodes = {
        name: node._replace(rows=(HOSTILE,) * len(node.rows), path=HOSTILE)
        for name, node in drawn.nodes.items()
    }
    clusters = {
        name: cluster._replace(title=HOSTILE, path=HOSTILE)
        for name, cluster in drawn.clusters.items()
    }
    return drawn._replace(name=HOSTILE, nodes=nodes, clusters=clusters)


def names(found: tuple[Network, ...]) -> list[str]:
    """What tests are called."""
    return [network.name for network in found]


def edges(drawn: Drawing) -> list[str]:
    """The edges by what is written in boxes, as ``conv 4 3x3 > relu``; shortcuts as ``~``."""
    signs = {"flow": ">", "shortcut": "~", "size": "."}
    return [
        f"{drawn.nodes[edge.tail].rows[0]} {signs[edge.kind]} {drawn.nodes[edge.head].rows[0]}"
        for edge in drawn.edges
    ]


def of(body: str, blocks: str = "", depth: int | None = None) -> Drawing:
    """The drawing of the network with this body."""
    return drawing(network(body, blocks), depth)


def outline(drawn: Drawing, cluster: str = "") -> Iterator[str]:
    """Clusters and boxes, nested by blanks."""
    for member in drawn.clusters[cluster or drawn.root].members:
        if member in drawn.nodes:
            node = drawn.nodes[member]
            times = f" {node.times}" if node.times > 1 else ""
            yield f"{node.kind}: {', '.join(node.rows)}{times}"
        else:
            inside = drawn.clusters[member]
            times = f" {inside.times}" if inside.times > 1 else ""
            yield f"{inside.kind}: {inside.title}{times}"
            yield from (f"  {line}" for line in outline(drawn, member))


def is_nested_once(drawn: Drawing) -> bool:
    """Whether each box and cluster is a member of one cluster."""
    members = Counter(each for cluster in drawn.clusters.values() for each in cluster.members)
    expected = {*drawn.nodes, *drawn.clusters} - {drawn.root}
    return set(members) == expected and set(members.values()) == {1}
