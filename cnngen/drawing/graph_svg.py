"""A drawing as a graph in SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator

from cnngen.drawing import boxes, svg
from cnngen.drawing.dot import DASHED
from cnngen.drawing.layout import Box, Layout, Line
from cnngen.drawing.model import Cluster, Drawing, Edge, Node
from cnngen.drawing.palette import Palette, palette
from cnngen.drawing.svg import number

MARGIN = 16.0
HEAD = 26.0
"""Room for the network's name."""

DASHES = "4 3"


def graph(drawing: Drawing, layout: Layout, theme: str = "light") -> str:
    """The picture of a drawing that is laid out."""
    colors = palette(theme)
    moved = f"translate({number(MARGIN)} {number(MARGIN + HEAD)})"
    inside = [*_frames(drawing, layout, colors), *_edges(drawing, layout, colors)]
    inside += _titles(drawing, layout, colors)
    inside += [_node(node, layout.nodes[node.id], colors) for node in drawing.nodes.values()]
    inside += _labels(drawing, layout, colors)
    width = max(layout.width, 8.0 * len(drawing.name)) + 2 * MARGIN
    name = svg.text(
        drawing.name, MARGIN, MARGIN + 12, 15, colors.ink, "ink", anchor="start", weight="bold"
    )
    parts = [name, svg.group(inside, transform=moved)]
    return svg.picture(parts, width, layout.height + 2 * MARGIN + HEAD, theme, drawing.name)


def _frames(drawing: Drawing, layout: Layout, colors: Palette) -> Iterator[str]:
    """Frames from the outer to the inner."""

    def inside(cluster: str) -> Iterator[str]:
        for member in drawing.clusters[cluster].members:
            if member in drawing.clusters:
                yield _frame(drawing.clusters[member], layout, colors)
                yield from inside(member)

    return inside(drawing.root)


def _frame(cluster: Cluster, layout: Layout, colors: Palette) -> str:
    x, y, width, height = layout.clusters[cluster.id]
    tone = colors.frames[cluster.kind]
    dashes = {"stroke_dasharray": DASHES} if cluster.kind in ("projection", "aux") else {}
    return svg.element(
        "rect", x=x, y=y, width=width, height=height, rx=8.0, fill=tone.fill,
        stroke=tone.line, class_=f"in-{cluster.kind}", **dashes,
    )  # fmt: skip


def _titles(drawing: Drawing, layout: Layout, colors: Palette) -> Iterator[str]:
    """What is written above clusters, on a ground that hides the edges below it."""
    for cluster in drawing.clusters.values():
        title = boxes.title(cluster)
        if cluster.id == drawing.root or not title:
            continue
        x, y, *_ = layout.clusters[cluster.id]
        width, height = boxes.title_size(cluster)
        fill = colors.frames[cluster.kind].fill
        yield svg.element(
            "rect", x=x + 7, y=y + 4, width=width, height=height, fill=fill,
            class_=f"on-{cluster.kind}",
        )  # fmt: skip
        yield svg.text(title, x + 10, y + 18, boxes.SIZE, colors.muted, "muted", anchor="start")


def _node(node: Node, box: Box, colors: Palette) -> str:
    tone = colors.tones[node.kind]
    x, y, width, height = box
    round_ = height / 2 if node.kind in ("join", "input", "output") else 5.0
    round_ = min(round_, 14.0)
    dashes = {"stroke_dasharray": DASHES} if node.kind in DASHED else {}
    shift = 4.0 if node.times > 1 else 0.0
    parts = [
        svg.element(
            "rect", x=x + by, y=y - by, width=width, height=height, rx=round_, fill=tone.fill,
            stroke=tone.line, class_=node.kind, **dashes,
        )
        for by in dict.fromkeys((shift, 0.0))
    ]  # fmt: skip
    rows = boxes.rows(node)
    top = y + height / 2 - boxes.LINE * (len(rows) - 1) / 2 + boxes.SIZE * 0.35
    for place, row in enumerate(rows):
        bold = "bold" if place == 0 or (node.times > 1 and place == len(rows) - 1) else ""
        role = "ink" if bold else "muted"
        fill = colors.ink if bold else colors.muted
        parts.append(
            svg.text(
                row, x + width / 2, top + place * boxes.LINE, boxes.SIZE, fill, role, weight=bold
            )
        )
    return svg.group(parts, boxes.tooltip(node), id=node.id)


def _edges(drawing: Drawing, layout: Layout, colors: Palette) -> Iterator[str]:
    for edge, line in zip(drawing.edges, layout.edges, strict=True):
        yield _curve(edge, line, colors)
        yield _arrow(line, colors)


def _curve(edge: Edge, line: Line, colors: Palette) -> str:
    start, *rest = (f"{number(x)},{number(y)}" for x, y in line.curve)
    dashes = {"stroke_dasharray": "2 3"} if edge.kind == "size" else {}
    return svg.element(
        "path", d=f"M{start}C{' '.join(rest)}", fill="none", stroke=colors.edge,
        stroke_width=1.2, class_="edge", **dashes,
    )  # fmt: skip


def _arrow(line: Line, colors: Palette) -> str:
    (x, y), (tip_x, tip_y) = line.curve[-1], line.tip
    length = math.hypot(tip_x - x, tip_y - y) or 1.0
    across_x, across_y = (tip_y - y) / length * 3, (x - tip_x) / length * 3
    corners = ((tip_x, tip_y), (x + across_x, y + across_y), (x - across_x, y - across_y))
    points = " ".join(f"{number(a)},{number(b)}" for a, b in corners)
    return svg.element("polygon", points=points, fill=colors.edge, class_="tip")


def _labels(drawing: Drawing, layout: Layout, colors: Palette) -> Iterator[str]:
    labels = boxes.labels(drawing)
    for edge, line in zip(drawing.edges, layout.edges, strict=True):
        if edge in labels and line.label:
            x, y = line.label
            size = boxes.SMALL
            yield svg.text(labels[edge], x, y + size * 0.35, size, colors.muted, "muted")
