"""A network as the figures of the literature have it: maps as boxes, vectors as bars.

An edge is drawn as the window that slides over a map, as a line, or as an arc over what it passes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from cnngen.drawing import boxes, svg
from cnngen.drawing.build import Extent, drawing
from cnngen.drawing.dot import DASHED
from cnngen.drawing.grid import LINE, MARGIN, SIZE, Bracket, Grid, Place, grid, is_sign
from cnngen.drawing.model import Drawing, Edge
from cnngen.drawing.palette import Palette, palette
from cnngen.drawing.svg import number
from cnngen.ir import Network
from cnngen.ops import Map

ROW = Extent(26, 26)
"""What fits beside each other."""

SMALLEST_WINDOW = 0.16
"""The part of a map's side that a window has at least, or nobody would see it."""

Point = tuple[float, float]


def volumes(network: Network, depth: int | None = None, theme: str = "light") -> str:
    """The picture in SVG.

    Args:
        network: which one.
        depth: see :func:`cnngen.drawing.build.drawing`.
        theme: see :mod:`cnngen.drawing.palette`.

    Raises:
        TooLargeError: there are too many volumes.
    """
    return picture(drawing(network, depth, ROW), theme)


def picture(drawn: Drawing, theme: str) -> str:
    """The picture of a drawing."""
    placed = grid(drawn)
    colors = palette(theme)
    edges = [edge for edge in drawn.edges if edge.head in placed.places]
    parts = [
        svg.text(
            drawn.name, MARGIN, MARGIN + 12, 15, colors.ink, "ink", anchor="start", weight="bold"
        )
    ]
    parts += [_line(edge, placed, colors) for edge in edges if not _slides(edge, placed)]
    parts += [_volume(place, colors) for place in placed.places.values()]
    parts += [_window(edge, placed, colors) for edge in edges if _slides(edge, placed)]
    parts += [line for place in placed.places.values() for line in _lines(place, colors)]
    parts += [part for each in placed.brackets for part in _bracket(each, colors)]
    width = max(placed.width, 10.0 * len(drawn.name) + 2 * MARGIN)
    return svg.picture(parts, width, placed.height, theme, drawn.name)


def _volume(place: Place, colors: Palette) -> str:
    node, solid, tone = place.node, place.solid, colors.tones[place.node.kind]
    style = {"stroke_dasharray": "4 3"} if node.kind in DASHED else {}
    if is_sign(node):
        x, y = place.center, place.y + solid.height / 2
        parts = [
            svg.element(
                "circle", cx=x, cy=y, r=solid.height / 2, fill=tone.fill, stroke=tone.line,
                class_=node.kind,
            ),
            svg.text(node.rows[0], x, y + 5, 15, colors.ink, "ink"),
        ]  # fmt: skip
        return svg.group(parts, boxes.tooltip(node), id=node.id)
    parts = []
    for shift in dict.fromkeys((4.0 if node.times > 1 else 0.0, 0.0)):
        for face in _faces(place, shift):
            parts.append(
                svg.element(
                    "polygon", points=_points(face), fill=tone.fill, stroke=tone.line,
                    stroke_linejoin="round", class_=node.kind, **style,
                )
            )  # fmt: skip
    return svg.group(parts, boxes.tooltip(node), id=node.id)


def _faces(place: Place, by: float) -> tuple[tuple[Point, ...], ...]:
    """Top, right and front of a box."""
    length, height, shift, rise = place.solid
    x, y = place.x + by, place.y - by
    right = x + length
    front = ((x, y), (right, y), (right, y + height), (x, y + height))
    top = ((x, y), (x + shift, y - rise), (right + shift, y - rise), (right, y))
    side = (
        (right, y),
        (right + shift, y - rise),
        (right + shift, y - rise + height),
        (right, y + height),
    )
    return top, side, front


def _lines(place: Place, colors: Palette) -> Iterator[str]:
    for count, line in enumerate(place.lines):
        first = count == 0
        fill, role = (colors.ink, "ink") if first else (colors.muted, "muted")
        y = place.foot + 8 + SIZE + LINE * count
        weight = "bold" if first and not is_sign(place.node) else ""
        yield svg.text(line, place.center, y, SIZE, fill, role, weight=weight)


def _slides(edge: Edge, placed: Grid) -> bool:
    """Whether an edge is drawn as a window on a map, and not as a line."""
    tail, head = placed.places[edge.tail], placed.places[edge.head]
    return (
        bool(head.node.window)
        and isinstance(tail.node.shape, Map)
        and not is_sign(tail.node)
        and head.row == tail.row
    )


def _window(edge: Edge, placed: Grid, colors: Palette) -> str:
    """The window on the right of a map, and the lines that run from it to what it makes."""
    tail, head = placed.places[edge.tail], placed.places[edge.head]
    length, height, shift, rise = tail.solid
    window = _shares(tail, head)

    def at(back: float, down: float) -> Point:
        x, y = tail.x + length, tail.y
        return x + back * shift, y + down * height - back * rise

    back, down = (min(share, 1.0) / 2 for share in (window[1], window[0]))
    corners = (
        at(0.5 - back, 0.5 - down),
        at(0.5 + back, 0.5 - down),
        at(0.5 + back, 0.5 + down),
        at(0.5 - back, 0.5 + down),
    )
    target = head.left
    pointed = [
        svg.element(
            "path", d=f"M{_point(corner)}L{_point(target)}", fill="none", stroke=colors.edge,
            stroke_width=0.8, class_="edge",
        )
        for corner in corners[1:3]
    ]  # fmt: skip
    tone = colors.tones[head.node.kind]
    square = svg.element(
        "polygon", points=_points(corners), fill=tone.fill, stroke=tone.line,
        class_=head.node.kind,
    )  # fmt: skip
    return svg.group([*pointed, square])


def _shares(tail: Place, head: Place) -> tuple[float, float]:
    """Which part of a map's height and width the window has."""
    shape, window = tail.node.shape, head.node.window
    assert isinstance(shape, Map)
    found = [
        max(cells / size, SMALLEST_WINDOW) for cells, size in zip(window, shape.sizes, strict=False)
    ]
    return (found[0], 1.0) if len(found) == 1 else (found[-2], found[-1])


def _line(edge: Edge, placed: Grid, colors: Palette) -> str:
    """What is no window: along a row, from row to row in the gap before a column, or an arc."""
    tail, head = placed.places[edge.tail], placed.places[edge.head]
    arc = placed.arcs.get(edge)
    lands = arc is not None and tail.row == head.row
    end = head.top if lands else head.left
    if arc is None:
        way = [tail.right, (head.gutter, tail.right[1]), (head.gutter, end[1]), end]
    else:
        over = [tail.top, (tail.top[0], arc)]
        down = end[0] if lands else head.gutter
        way = [*over, (down, arc), *([] if lands else [(down, end[1])]), end]
    dashes = {"stroke_dasharray": "2 3"} if edge.kind == "size" else {}
    path = svg.element(
        "path", d=_rounded(way), fill="none", stroke=colors.edge, stroke_width=1.2, class_="edge",
        **dashes,
    )  # fmt: skip
    return svg.group([path, _arrow(end, colors, down=lands)])


def _rounded(way: list[Point]) -> str:
    """A way along the axes with round corners."""
    path = f"M{_point(way[0])}"
    for before, corner, after in zip(way, way[1:], way[2:], strict=False):
        bend = min(8.0, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        if bend > 0.1:
            start, end = _towards(corner, before, bend), _towards(corner, after, bend)
            path += f"L{_point(start)}Q{_point(corner)} {_point(end)}"
    return path + f"L{_point(way[-1])}"


def _towards(start: Point, end: Point, length: float) -> Point:
    share = length / math.dist(start, end)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _arrow(end: Point, colors: Palette, *, down: bool) -> str:
    x, y = end
    corners = (
        ((x, y), (x - 3, y - 7), (x + 3, y - 7))
        if down
        else ((x, y), (x - 7, y - 3), (x - 7, y + 3))
    )
    return svg.element("polygon", points=_points(corners), fill=colors.edge, class_="tip")


def _bracket(bracket: Bracket, colors: Palette) -> Iterator[str]:
    start, end, y = bracket.start, bracket.end, bracket.y
    path = f"M{_point((start, y))}l0,5L{_point((end, y + 5))}l0,-5"
    yield svg.element(
        "path", d=path, fill="none", stroke=colors.edge, stroke_width=1.0, class_="edge"
    )
    middle = (start + end) / 2
    yield svg.text(bracket.title, middle, y + 6 + SIZE * 1.2, SIZE, colors.muted, "muted")


def _points(points: tuple[Point, ...]) -> str:
    return " ".join(map(_point, points))


def _point(point: Point) -> str:
    x, y = point
    return f"{number(x)},{number(y)}"
