"""Where the volumes of a network stand: columns in the order of execution, rows for branches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnngen.drawing import boxes, words
from cnngen.drawing.model import Cluster, Drawing, Edge, Node
from cnngen.drawing.solid import Solid, solids
from cnngen.record import NamedTuple

SIZE = 10.5
"""Of letters."""

LINE = 14.0
"""From a line of text to the next."""

LONGEST_LINE = 18
"""Characters, after which a line is broken between words."""

GAP = 26.0
"""Between columns, where the lines of windows run."""

LEVEL = 14.0
"""From an arc to the one above it."""

BRACKET = 30.0
"""Room for a bracket with its title."""

BETWEEN_ROWS = 22.0
MARGIN = 20.0
HEAD = 34.0


class Place(NamedTuple):
    """A volume at its place: the upper left corner of its front, the middle of its column.

    ``gutter`` is the middle of the gap before the column, where lines run from row to row.
    """

    node: Node
    solid: Solid
    column: int
    row: int
    x: float
    y: float
    center: float
    gutter: float
    lines: tuple[str, ...]

    @property
    def left(self) -> tuple[float, float]:
        """Where what comes in ends."""
        return self.x, self.y + self.solid.height / 2

    @property
    def right(self) -> tuple[float, float]:
        """Where what goes out starts."""
        solid = self.solid
        return self.x + solid.length + solid.shift, self.y + solid.height / 2

    @property
    def top(self) -> tuple[float, float]:
        """Where arcs start and end."""
        return self.x + self.solid.shift + self.solid.length / 2, self.y - self.solid.rise

    @property
    def foot(self) -> float:
        """Below which its lines of text begin."""
        return self.y + self.solid.height


class Bracket(NamedTuple):
    """What is written below the volumes that belong together."""

    cluster: Cluster
    title: str
    start: float
    end: float
    y: float


class Grid(NamedTuple):
    """All places; arcs are edges over the top of a row, each with its height."""

    places: dict[str, Place]
    brackets: tuple[Bracket, ...]
    arcs: dict[Edge, float]
    width: float
    height: float


def grid(drawing: Drawing) -> Grid:
    """Places for all boxes of a drawing but its outputs, which are written below what they show."""
    columns = _columns(drawing)
    rows = _rows(drawing, columns)
    shown = {name: drawing.nodes[name] for name in columns}
    outputs = _outputs(drawing)
    texts = {name: lines(node, outputs.get(name, ())) for name, node in shown.items()}
    bodies = solids(shown.values())
    widths = _widths(shown, columns, texts, bodies)
    spans = _spans(drawing, columns, rows)
    _widen(widths, [(cluster, first, last) for cluster, first, last, _ in spans])
    edges = [edge for edge in drawing.edges if edge.head in columns]
    over_others = _arcs(edges, columns, rows)
    ranges = [(rows[e.tail], columns[e.tail], columns[e.head]) for e in over_others]
    levels = dict(zip(over_others, _levels(ranges), strict=True))
    brackets = _levels((row, first, last + 1) for _, first, last, row in spans)
    starts = [MARGIN]
    for width in widths:
        starts.append(starts[-1] + width + GAP)
    places: dict[str, Place] = {}
    made: list[Bracket] = []
    arcs: dict[Edge, float] = {}
    top = MARGIN + HEAD
    for row in range(max(rows.values()) + 1):
        mine = [name for name in shown if rows[name] == row]
        over = max((levels[e] + 1 for e in levels if rows[e.tail] == row), default=0)
        rise = max(bodies[name].rise + bodies[name].height / 2 for name in mine)
        axis = top + LEVEL * over + rise
        arcs.update(
            {e: axis - rise - LEVEL * (levels[e] + 1) for e in levels if rows[e.tail] == row}
        )
        foot = axis
        for name in mine:
            body, column = bodies[name], columns[name]
            center = starts[column] + widths[column] / 2
            x = center - (body.length + body.shift) / 2
            y = axis - body.height / 2
            gutter = starts[column] - GAP / 2
            place = Place(shown[name], body, column, row, x, y, center, gutter, texts[name])
            places[name] = place
            foot = max(foot, place.foot + 8 + LINE * len(place.lines))
        below = 0
        for (cluster, first, last, at), level in zip(spans, brackets, strict=True):
            if at == row:
                start, end = starts[first], starts[last] + widths[last]
                made.append(
                    Bracket(cluster, title(cluster), start, end, foot + 6 + BRACKET * level)
                )
                below = max(below, level + 1)
        top = foot + 6 + BRACKET * below + BETWEEN_ROWS
    return Grid(places, tuple(made), arcs, starts[-1] - GAP + MARGIN, top - BETWEEN_ROWS + MARGIN)


def lines(node: Node, outputs: Sequence[str]) -> tuple[str, ...]:
    """What is written below a volume: its shape, then what makes it."""
    found = [] if is_sign(node) else [str(node.shape).replace("x", words.TIMES)]
    rows = boxes.rows(node._replace(times=1))
    for row in rows[1:] if is_sign(node) else rows:
        found += _broken(row)
    if node.times > 1:
        found.append(words.times(node.times))
    for name in outputs:
        found += _broken(name)
    return tuple(found)


def is_sign(node: Node) -> bool:
    """Whether it is drawn as a sign in a circle, not as the map that comes out."""
    return node.kind == "join" and len(node.rows[0]) == 1


def title(cluster: Cluster) -> str:
    """What is written at a bracket."""
    return "  ".join(filter(None, [cluster.title, words.times(cluster.times)]))


def _broken(text: str) -> list[str]:
    """Lines of a text, broken between words."""
    found = [""]
    for word in text.split():
        joined = f"{found[-1]} {word}".strip()
        if len(joined) > LONGEST_LINE and found[-1]:
            found.append(word)
        else:
            found[-1] = joined
    return found


def _columns(drawing: Drawing) -> dict[str, int]:
    """For each box but the outputs its column."""
    ranks = drawing.ranks()
    return {name: ranks[name] for name, node in drawing.nodes.items() if node.kind != "output"}


def _rows(drawing: Drawing, columns: dict[str, int]) -> dict[str, int]:
    """A row for each box: that of what it goes on from, else the next free one below.

    Of several boxes that read a value, the one goes on in its row that has most behind it: so
    what is long stays on a line, and side heads and short branches leave it.
    """
    heirs = _heirs(drawing, columns)
    tails: dict[str, list[str]] = {name: [] for name in columns}
    for edge in drawing.edges:
        if edge.head in columns:
            tails[edge.head].append(edge.tail)
    found: dict[str, int] = {}
    taken: set[tuple[int, int]] = set()
    in_order = sorted(columns, key=lambda name: (columns[name], name not in heirs.values()))
    for name in in_order:
        goes_on = [found[tail] for tail in tails[name] if heirs[tail] == name]
        others = [found[tail] + 1 for tail in tails[name]]
        row = min(goes_on or others, default=0)
        while (columns[name], row) in taken:
            row += 1
        found[name] = row
        taken.add((columns[name], row))
    return found


def _heirs(drawing: Drawing, columns: dict[str, int]) -> dict[str, str]:
    """For each box that something reads the one of these with the longest way to an output."""
    left = dict.fromkeys(drawing.nodes, 0)
    found: dict[str, str] = {}
    for edge in sorted(drawing.edges, key=lambda edge: -columns.get(edge.head, len(columns))):
        tail, head = edge.tail, edge.head
        left[tail] = max(left[tail], left[head] + 1)
    for edge in drawing.edges:
        if edge.head in columns:
            best = found.get(edge.tail)
            if best is None or left[edge.head] > left[best]:
                found[edge.tail] = edge.head
    return found


def _outputs(drawing: Drawing) -> dict[str, list[str]]:
    """What a value is called that the network returns."""
    found: dict[str, list[str]] = {}
    for edge in drawing.edges:
        node = drawing.nodes[edge.head]
        if node.kind == "output" and node.rows[0] != "output":
            found.setdefault(edge.tail, []).append(node.rows[0])
    return found


def _widths(
    shown: dict[str, Node],
    columns: dict[str, int],
    texts: dict[str, tuple[str, ...]],
    bodies: dict[str, Solid],
) -> list[float]:
    widths = [0.0] * (max(columns.values()) + 1)
    for name in shown:
        body = bodies[name]
        room = max([body.length + body.shift, *(words.width(t, SIZE) * 1.1 for t in texts[name])])
        widths[columns[name]] = max(widths[columns[name]], room)
    return widths


def _spans(
    drawing: Drawing, columns: dict[str, int], rows: dict[str, int]
) -> list[tuple[Cluster, int, int, int]]:
    """The clusters, inner ones first: first and last column, and the lowest row."""
    found = []
    for cluster in drawing.clusters.values():
        inside = [node.id for node in drawing.inside(cluster.id) if node.id in columns]
        if cluster.id != drawing.root and inside and title(cluster):
            at = [columns[name] for name in inside]
            found.append((cluster, min(at), max(at), max(rows[name] for name in inside)))
    return found


def _widen(widths: list[float], spans: Iterable[tuple[Cluster, int, int]]) -> None:
    """Make room for the titles of brackets."""
    for cluster, first, last in spans:
        room = sum(widths[first : last + 1]) + GAP * (last - first)
        missing = words.width(title(cluster), SIZE) + 6 - room
        if missing > 0:
            widths[last] += missing


def _arcs(edges: Iterable[Edge], columns: dict[str, int], rows: dict[str, int]) -> list[Edge]:
    """The edges that go over other boxes of a row, short ones first."""
    occupied = {(columns[name], rows[name]) for name in columns}

    def is_arc(edge: Edge) -> bool:
        row = rows[edge.tail]
        return any((c, row) in occupied for c in range(columns[edge.tail] + 1, columns[edge.head]))

    return sorted(filter(is_arc, edges), key=lambda e: columns[e.head] - columns[e.tail])


def _levels(ranges: Iterable[tuple[int, int, int]]) -> list[int]:
    """For ranges of columns, each of a row, how far from it they lie so that none is on another."""
    rows: dict[int, list[list[tuple[int, int]]]] = {}
    found = []
    for row, start, end in ranges:
        levels = rows.setdefault(row, [])
        free = (
            number
            for number, level in enumerate(levels)
            if all(end <= first or last <= start for first, last in level)
        )
        number = next(free, len(levels))
        if number == len(levels):
            levels.append([])
        levels[number].append((start, end))
        found.append(number)
    return found
