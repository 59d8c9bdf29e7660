"""Where Graphviz puts the boxes of a drawing."""

from __future__ import annotations

import re

from cnngen.drawing.dot import dot, passed
from cnngen.drawing.model import Drawing, TooLargeError
from cnngen.record import NamedTuple

MOST_PASSED = 20_000
"""See :func:`cnngen.drawing.dot.passed`."""

Point = tuple[float, float]


class Box(NamedTuple):
    """A rectangle, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


class Line(NamedTuple):
    """An edge: points of Bezier curves, the point of its arrow, and the middle of its label."""

    curve: tuple[Point, ...]
    tip: Point
    label: Point | None


class Layout(NamedTuple):
    """Places in points, from the upper left corner.

    ``nodes`` and ``clusters`` are by id, ``edges`` in the order of the drawing's, and ``titles``
    are the middles of those of clusters.
    """

    width: float
    height: float
    nodes: dict[str, Box]
    clusters: dict[str, Box]
    titles: dict[str, Point]
    edges: tuple[Line, ...]


def layout(drawing: Drawing) -> Layout:
    """The drawing laid out from top to bottom.

    Raises:
        ImportError: pygraphviz is not installed.
        TooLargeError: values are read so far from where they are made, and so many, that
            Graphviz would take minutes.
    """
    from pygraphviz import AGraph

    if passed(drawing) > MOST_PASSED:
        raise TooLargeError("too many lines pass other boxes by")
    graph = AGraph(string=dot(drawing, mute=True))
    graph.layout(prog="dot")
    left, bottom, right, top = _numbers(graph.graph_attr["bb"])

    def point(text: str) -> Point:
        x, y = _numbers(text)
        return x - left, top - y

    def box(text: str) -> Box:
        x, low, end, high = _numbers(text)
        return Box(x - left, top - high, end - x, high - low)

    nodes = {}
    for node in graph.nodes():
        x, y = point(node.attr["pos"])
        width, height = (72 * float(node.attr[name]) for name in ("width", "height"))
        nodes[str(node)] = Box(x - width / 2, y - height / 2, width, height)
    clusters, titles = {}, {}
    waiting = list(graph.subgraphs())
    while waiting:
        inside = waiting.pop()
        waiting += inside.subgraphs()
        name = inside.name.removeprefix("cluster_")
        clusters[name] = box(inside.graph_attr["bb"])
        if inside.graph_attr["lp"]:
            titles[name] = point(inside.graph_attr["lp"])
    lines = {}
    for edge in graph.edges():
        *_, tip = (point(each) for each in re.findall(r"e,(\S+)", edge.attr["pos"]))
        curve = tuple(point(each) for each in edge.attr["pos"].split() if each[0] not in "es")
        label = point(edge.attr["lp"]) if edge.attr["lp"] else None
        lines[edge.attr["id"]] = Line(curve, tip, label)
    edges = tuple(lines[f"e{place}"] for place in range(len(drawing.edges)))
    return Layout(right - left, top - bottom, nodes, clusters, titles, edges)


def _numbers(text: str) -> list[float]:
    return [float(each) for each in text.split(",")]
