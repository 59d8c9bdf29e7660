"""A drawing in the language of Graphviz.

Boxes and labels have sizes of our own, so that what Graphviz lays out does not depend on the fonts
of a machine.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.drawing import boxes
from cnngen.drawing.model import Cluster, Drawing, Edge, Node
from cnngen.drawing.palette import Palette, palette
from cnngen.drawing.svg import MARK, escape, number

INCH = 72.0


def dot(drawing: Drawing, theme: str = "light") -> str:
    """The drawing as a text for ``dot``."""
    return "\n".join(_lines(drawing, palette(theme))) + "\n"


def _lines(drawing: Drawing, colors: Palette) -> Iterator[str]:
    yield f"// {MARK}"
    yield f"digraph {_quoted(drawing.name)} {{"
    yield f'  graph [bgcolor="{colors.paper}", fontname="Helvetica", nodesep=0.3, ranksep=0.25];'
    yield f'  node [fontname="Helvetica", fontsize={number(boxes.SIZE)}, fixedsize=true, margin=0];'
    yield f'  edge [fontname="Helvetica", color="{colors.edge}", arrowsize=0.7];'
    yield from _members(drawing, drawing.root, colors, "  ")
    labels = boxes.labels(drawing)
    for place, edge in enumerate(drawing.edges):
        yield f"  {_edge(edge, place, labels.get(edge, ''), colors)}"
    yield "}"


def _members(drawing: Drawing, cluster: str, colors: Palette, indent: str) -> Iterator[str]:
    for member in drawing.clusters[cluster].members:
        if member in drawing.nodes:
            yield indent + _node(drawing.nodes[member], colors)
        else:
            inside = drawing.clusters[member]
            yield f"{indent}subgraph cluster_{member} {{"
            yield f"{indent}  {_frame(inside, colors)}"
            yield from _members(drawing, member, colors, indent + "  ")
            yield f"{indent}}}"


def _frame(cluster: Cluster, colors: Palette) -> str:
    tone = colors.frames[cluster.kind]
    label = _sized(boxes.title(cluster), boxes.title_size(cluster), boxes.SIZE, colors.muted)
    return (
        f'graph [style="rounded,filled", fillcolor="{tone.fill}", color="{tone.line}", '
        f"labeljust=l, margin=10, label={label}];"
    )


def _node(node: Node, colors: Palette) -> str:
    tone = colors.tones[node.kind]
    width, height = boxes.size(node)
    lines = [f'<FONT COLOR="{colors.ink}">{escape(row)}</FONT>' for row in boxes.rows(node)]
    lines[0] = f"<B>{lines[0]}</B>"
    style = "rounded,filled,dashed" if node.kind in DASHED else "rounded,filled"
    return (
        f'{node.id} [shape=box, style="{style}", fillcolor="{tone.fill}", color="{tone.line}", '
        f"width={width / INCH:.3f}, height={height / INCH:.3f}, "
        f"label=<{'<BR/>'.join(lines)}>, tooltip={_quoted(boxes.tooltip(node))}];"
    )


DASHED = ("projection", "reuse")
"""Boxes that hold no layers of the source's own: what was inserted, weights of another place."""


def _edge(edge: Edge, place: int, label: str, colors: Palette) -> str:
    given = [f'id="e{place}"', "weight=4" if edge.kind == "flow" else "weight=1"]
    if edge.kind == "size":
        given.append("style=dotted")
    if label:
        given.append(f"label={_sized(label, boxes.label_size(label), boxes.SMALL, colors.muted)}")
    return f"{edge.tail} -> {edge.head} [{', '.join(given)}];"


def _sized(label: str, size: tuple[float, float], letters: float, color: str) -> str:
    width, height = size
    if not label:
        return '""'
    text = f'<FONT POINT-SIZE="{number(letters)}" COLOR="{color}">{escape(label)}</FONT>'
    return (
        f'<<TABLE BORDER="0" CELLPADDING="0" CELLSPACING="0" FIXEDSIZE="TRUE" WIDTH="{width:.0f}" '
        f'HEIGHT="{height:.0f}"><TR><TD>{text}</TD></TR></TABLE>>'
    )


def _quoted(text: str) -> str:
    """A string of the language: in it Graphviz reads backslashes and entities."""
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return '"' + shown.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') + '"'
