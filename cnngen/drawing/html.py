"""A network as one page: what is in it to fold and unfold, the figure, and the source beside it.

The page loads nothing, and its one script is allowed by its digest: a label or a comment of a
source stays text whatever is in it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from importlib import resources

from cnngen.drawing import boxes, words
from cnngen.drawing.build import MOST_BOXES, Extent, drawing
from cnngen.drawing.model import Cluster, Drawing, Node
from cnngen.drawing.palette import DARK, Palette, palette
from cnngen.drawing.svg import MARK, element, escape
from cnngen.drawing.volumes import volumes
from cnngen.ir import Network
from cnngen.ops import Shape
from cnngen.source import Source, Span

HEADS = (
    '<div class="heads"><span></span><span>output</span><span>parameters</span>'
    "<span>MACs</span></div>"
)

PAGE = Extent(MOST_BOXES, MOST_BOXES)
"""All that there is: what is not looked at is folded."""

OPENED = 60
"""Boxes up to which all is unfolded at first; else the blocks of the network are closed."""


def html(network: Network, depth: int | None = None, theme: str = "light") -> str:
    """The page.

    Args:
        network: which one.
        depth: see :func:`cnngen.drawing.build.drawing`; all that there is if not given.
        theme: see :mod:`cnngen.drawing.palette`.

    Raises:
        TooLargeError: the figure would have too many boxes.
    """
    drawn = drawing(network, depth, PAGE)
    script = _asset("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    figure = volumes(network, depth, theme)
    tree = "".join(_members(drawn, drawn.root, _openness(drawn)))
    return f"""<!DOCTYPE html>
<!-- {MARK} -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<title>{escape(drawn.name)}</title>
<style>
{_colors(theme)}
{_asset("page.css")}</style>
</head>
<body>
{_header(drawn)}
<div class="figure">{figure}</div>
<main>
<section class="tree">{HEADS}{tree}</section>
<section class="sources">{"".join(_sources(drawn))}</section>
</main>
<script>{script}</script>
</body>
</html>
"""


def _asset(name: str) -> str:
    return (resources.files("cnngen.drawing") / name).read_text(encoding="utf-8")


def _colors(theme: str) -> str:
    """The colours as variables of the style sheet."""
    rules = _variables(palette(theme))
    if theme == "auto":
        rules += f"\n@media (prefers-color-scheme: dark) {{ {_variables(DARK)} }}"
    return rules


def _variables(colors: Palette) -> str:
    plain = {"paper": colors.paper, "ink": colors.ink, "muted": colors.muted, "edge": colors.edge}
    tones = {f"fill-{kind}": tone.fill for kind, tone in colors.tones.items()}
    lines = {f"line-{kind}": tone.line for kind, tone in colors.tones.items()}
    frame = {"frame": colors.frames["block"].fill, "frame-line": colors.frames["block"].line}
    every = plain | tones | lines | frame
    return ":root { " + " ".join(f"--{name}: {value};" for name, value in every.items()) + " }"


def _header(drawn: Drawing) -> str:
    root = drawn.clusters[drawn.root]
    figures = f"{root.parameters:,} parameters, {root.macs:,} MACs"
    return f"<header><h1>{escape(drawn.name)}</h1><p>{figures}</p></header>"


def _openness(drawn: Drawing) -> int:
    """The levels that are unfolded at first."""
    return 99 if len(drawn.nodes) <= OPENED else 1


def _members(drawn: Drawing, cluster: str, levels: int) -> Iterator[str]:
    for member in drawn.clusters[cluster].members:
        if member in drawn.nodes:
            yield _node(drawn, drawn.nodes[member])
        else:
            yield _cluster(drawn, drawn.clusters[member], levels)


def _cluster(drawn: Drawing, cluster: Cluster, levels: int) -> str:
    title = boxes.title(cluster) or cluster.kind
    cells = f"<b>{escape(title)}</b>" + _figures(cluster.shape, cluster.parameters, cluster.macs)
    opened = " open" if levels > 0 else ""
    return (
        f'<details class="{cluster.kind}"{opened}>'
        f"<summary{_hover(cluster.path, cluster.spans)}>{cells}</summary>"
        f"{''.join(_members(drawn, cluster.id, levels - 1))}</details>"
    )


def _node(drawn: Drawing, node: Node) -> str:
    first, *rest = boxes.rows(node)
    said = f"<b>{escape(first)}</b>" + "".join(f" <i>{escape(row)}</i>" for row in rest)
    tails = " ".join(edge.tail for edge in drawn.edges if edge.head == node.id)
    times = node.times
    return (
        f'<div class="node {node.kind}" data-id="{node.id}" data-from="{tails}" tabindex="0"'
        f"{_hover(boxes.tooltip(node), node.spans)}><span>{said}</span>"
        f"{_figures(node.shape, node.parameters * times, node.macs * times)}</div>"
    )


def _figures(shape: Shape, parameters: int, macs: int) -> str:
    cells = (
        str(shape).replace("x", words.TIMES),
        f"{parameters:,}" if parameters else "",
        f"{macs:,}" if macs else "",
    )
    return "".join(f"<span>{cell}</span>" for cell in cells)


def _hover(title: str, spans: Iterable[Span]) -> str:
    """The attributes of what says more, and shows its lines, where the mouse rests on it."""
    lines = dict.fromkeys(f"{_key(span.source)}:{span.line}" for span in spans)
    return f' title="{escape(title)}" data-lines="{escape(" ".join(lines))}"'


def _key(source: Source) -> str:
    """A word for a source."""
    return hashlib.sha256(source.path.encode("utf-8", "replace")).hexdigest()[:8]


def _sources(drawn: Drawing) -> Iterator[str]:
    """The text of each file that something drawn is in, the network's own first."""
    spans = [*drawn.clusters[drawn.root].spans]
    spans += [span for node in drawn.nodes.values() for span in node.spans]
    for source in {span.source.path: span.source for span in spans}.values():
        key = _key(source)
        lines = (
            element("span", escape(line) or " ", data_line=f"{key}:{number}")
            for number, line in enumerate(source.text.split("\n"), 1)
        )
        yield f"<h2>{escape(source.path)}</h2><pre>{''.join(lines)}</pre>"
