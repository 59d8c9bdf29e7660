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


CAREFUL = 1_000
"""How many boxes edges may pass by before Graphviz, at its best, takes more than seconds."""

QUICK = "nslimit=1, nslimit1=0.2, mclimit=0.1, splines=line"
"""What it then leaves out: turns of its searches, and curves."""


def passed(drawing: Drawing) -> int:
    """How many ranks of boxes all edges go by together: the work that laying them out is."""
    ranks = drawing.ranks()
    return sum(ranks[edge.head] - ranks[edge.tail] for edge in drawing.edges)


DASHED = ("projection", "reuse")
"""Boxes that hold no layers of the source's own: what was inserted, weights of another place."""


def dot(drawing: Drawing, theme: str = "light", *, mute: bool = False) -> str:
    """The drawing as a text for ``dot``; ``mute`` keeps the room for words, but leaves them out."""
    return "\n".join(_Printer(drawing, palette(theme), mute).lines()) + "\n"


class _Printer:
    def __init__(self, drawing: Drawing, colors: Palette, mute: bool) -> None:
        self.drawing = drawing
        self.colors = colors
        self.mute = mute

    def lines(self) -> Iterator[str]:
        """All of the text."""
        drawing, colors = self.drawing, self.colors
        letters = f'fontname="Helvetica", fontsize={number(boxes.SIZE)}'
        quick = f", {QUICK}" if passed(drawing) > CAREFUL else ""
        yield f"// {MARK}"
        yield f"digraph {_quoted(drawing.name)} {{"
        yield f'  graph [bgcolor="{colors.paper}", nodesep=0.3, ranksep=0.25{quick}];'
        yield f"  node [{letters}, fixedsize=true, margin=0];"
        yield f'  edge [{letters}, color="{colors.edge}", arrowsize=0.7];'
        yield from self._members(drawing.root, "  ")
        labels = boxes.labels(drawing)
        for place, edge in enumerate(drawing.edges):
            yield f"  {self._edge(edge, place, labels.get(edge, ''))}"
        yield "}"

    def _members(self, cluster: str, indent: str) -> Iterator[str]:
        for member in self.drawing.clusters[cluster].members:
            if member in self.drawing.nodes:
                yield indent + self._node(self.drawing.nodes[member])
            else:
                yield f"{indent}subgraph cluster_{member} {{"
                yield f"{indent}  {self._frame(self.drawing.clusters[member])}"
                yield from self._members(member, indent + "  ")
                yield f"{indent}}}"

    def _frame(self, cluster: Cluster) -> str:
        tone = self.colors.frames[cluster.kind]
        label = self._sized(boxes.title(cluster), boxes.title_size(cluster), boxes.SIZE)
        return (
            f'graph [style="rounded,filled", fillcolor="{tone.fill}", color="{tone.line}", '
            f'fontname="Helvetica", labeljust=l, margin=10, label={label}];'
        )

    def _node(self, node: Node) -> str:
        tone = self.colors.tones[node.kind]
        width, height = boxes.size(node)
        style = "rounded,filled,dashed" if node.kind in DASHED else "rounded,filled"
        label = '""' if self.mute else self._rows(node)
        return (
            f'{node.id} [shape=box, style="{style}", fillcolor="{tone.fill}", '
            f'color="{tone.line}", width={width / INCH:.3f}, height={height / INCH:.3f}, '
            f"label={label}, tooltip={_quoted(boxes.tooltip(node))}];"
        )

    def _rows(self, node: Node) -> str:
        lines = [_colored(row, self.colors.ink) for row in boxes.rows(node)]
        lines[0] = f"<B>{lines[0]}</B>"
        return f"<{'<BR/>'.join(lines)}>"

    def _edge(self, edge: Edge, place: int, label: str) -> str:
        given = [f'id="e{place}"', "weight=4" if edge.kind == "flow" else "weight=1"]
        if edge.kind == "size":
            given.append("style=dotted")
        if label:
            given.append(f"label={self._sized(label, boxes.label_size(label), boxes.SMALL)}")
        return f"{edge.tail} -> {edge.head} [{', '.join(given)}];"

    def _sized(self, label: str, size: tuple[float, float], letters: float) -> str:
        """A label in a table of this size, as Graphviz measures no text of it."""
        if not label:
            return '""'
        width, height = size
        text = "" if self.mute else _colored(label, self.colors.muted, letters)
        return (
            '<<TABLE BORDER="0" CELLPADDING="0" CELLSPACING="0" FIXEDSIZE="TRUE" '
            f'WIDTH="{width:.0f}" HEIGHT="{height:.0f}"><TR><TD>{text}</TD></TR></TABLE>>'
        )


def _colored(text: str, color: str, letters: float = boxes.SIZE) -> str:
    return f'<FONT POINT-SIZE="{number(letters)}" COLOR="{color}">{escape(text)}</FONT>'


def _quoted(text: str) -> str:
    """A string of the language: in it Graphviz reads backslashes and entities."""
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return '"' + shown.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') + '"'
