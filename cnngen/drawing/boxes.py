"""How large boxes of a graph are, and what is written in them: the same for every program."""

from __future__ import annotations

from cnngen.drawing import words
from cnngen.drawing.model import Cluster, Drawing, Edge, Node

SIZE = 12.0
"""Of letters, in points, as are all lengths."""

SMALL = 10.5

LINE = 16.0
PADDING = 10.0


BOLD = 1.12
"""How much wider letters in bold are."""


def rows(node: Node) -> tuple[str, ...]:
    """The lines of a box: its title, what follows it, and how many alike there are."""
    first, *rest = node.rows
    lines = [first]
    for row in rest:
        joined = f"{lines[-1]}, {row}"
        if len(lines) > 1 and len(joined) <= max(len(first), 16):
            lines[-1] = joined
        else:
            lines.append(row)
    return (*lines, words.times(node.times)) if node.times > 1 else tuple(lines)


def size(node: Node) -> tuple[float, float]:
    """Width and height of a box."""
    first, *rest = rows(node)
    if node.kind == "join" and not rest and len(first) == 1:
        return 22.0, 22.0
    wide = max([words.width(first, SIZE) * BOLD, *(words.width(row, SIZE) for row in rest)])
    return max(wide + 2 * PADDING, 40.0), LINE * (1 + len(rest)) + PADDING


def title(cluster: Cluster) -> str:
    """What is written above a cluster."""
    return "  ".join(filter(None, [cluster.title, words.times(cluster.times)]))


def title_size(cluster: Cluster) -> tuple[float, float]:
    """Width and height of a cluster's title."""
    return words.width(title(cluster), SIZE) + 4, LINE + 2


def labels(drawing: Drawing) -> dict[Edge, str]:
    """The shape on each edge, where it is not said already: at the first that leaves a box."""
    found: dict[Edge, str] = {}
    said: set[tuple[str, str]] = set()
    for edge in drawing.edges:
        shape = str(edge.shape).replace("x", words.TIMES)
        if (edge.tail, shape) not in said and edge.kind != "size":
            found[edge] = shape
            said.add((edge.tail, shape))
    return found


def label_size(label: str) -> tuple[float, float]:
    """Width and height of a shape on an edge."""
    return words.width(label, SMALL) + 8, LINE


def tooltip(node: Node) -> str:
    """What is shown of a box where the mouse rests."""
    parts = [words.clipped(node.path, 200), f"{node.incoming} -> {node.shape}"]
    if node.parameters:
        parts.append(f"{node.parameters:,} parameters")
    if node.macs:
        parts.append(f"{node.macs:,} MACs")
    if node.times > 1:
        parts.append("each")
    if node.spans:
        parts.append(f"line {node.spans[0].line}")
    return ", ".join(filter(None, parts))
