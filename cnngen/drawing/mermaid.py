"""A drawing as a flow chart of Mermaid, which hosts of repositories show in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.drawing import boxes
from cnngen.drawing.model import Drawing, Node
from cnngen.drawing.palette import LIGHT
from cnngen.drawing.svg import MARK

SHAPES = {"join": ("([", "])"), "input": ("([", "])"), "output": ("([", "])")}
"""The brackets that stand for a shape; a box otherwise."""

PLAIN = frozenset(" .,:_-+=()/\N{MULTIPLICATION SIGN}")
"""What may stand in a label as it is, beside ASCII letters and digits."""


def mermaid(drawing: Drawing) -> str:
    """The drawing as a text; its colours are those of what shows it."""
    return "\n".join(_lines(drawing)) + "\n"


def _lines(drawing: Drawing) -> Iterator[str]:
    yield "flowchart TB"
    yield f"%% {MARK}"
    yield from _members(drawing, drawing.root, "    ")
    labels = boxes.labels(drawing)
    for edge in drawing.edges:
        arrow = "-.->" if edge.kind in ("shortcut", "size") else "-->"
        label = f'|"{quoted(labels[edge])}"|' if edge in labels else ""
        yield f"    {edge.tail} {arrow}{label} {edge.head}"
    for kind in ("projection", "reuse"):
        yield f"    classDef {kind} stroke:{LIGHT.tones[kind].line},stroke-dasharray:4 3"


def _members(drawing: Drawing, cluster: str, indent: str) -> Iterator[str]:
    for member in drawing.clusters[cluster].members:
        if member in drawing.nodes:
            yield indent + _node(drawing.nodes[member])
        else:
            title = boxes.title(drawing.clusters[member]) or " "
            yield f'{indent}subgraph {member}["{quoted(title)}"]'
            yield from _members(drawing, member, indent + "    ")
            yield f"{indent}end"


def _node(node: Node) -> str:
    start, end = SHAPES.get(node.kind, ("[", "]"))
    label = "<br/>".join(map(quoted, boxes.rows(node)))
    kind = f":::{node.kind}" if node.kind in ("projection", "reuse") else ""
    return f'{node.id}{start}"{label}"{end}{kind}'


def quoted(text: str) -> str:
    """A text in a label: all that could mean something there as a number of its character."""
    return "".join(
        c if (c.isascii() and c.isalnum()) or c in PLAIN else f"#{ord(c)};" for c in text
    )
