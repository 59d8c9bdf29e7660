"""Drawings as text: well-formed whatever names there are, the same each time, nothing overlaps."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from cnngen.drawing import FORMS, boxes, draw, words
from cnngen.drawing.build import drawing
from cnngen.drawing.dot import CAREFUL, QUICK, dot, passed
from cnngen.drawing.graph_svg import graph
from cnngen.drawing.layout import MOST_PASSED, Box, Layout, layout
from cnngen.drawing.mermaid import mermaid, quoted
from cnngen.drawing.model import Drawing, TooLargeError
from cnngen.drawing.palette import DARK, LIGHT, THEMES
from cnngen.drawing.svg import MARK
from cnngen.drawing.volumes import picture
from cnngen.ir import Network
from drawing.drawn import HOSTILE, examples, hostile, names, network, of

every_network = pytest.mark.parametrize("network", examples(), ids=names(examples()))

SMALL = "input 8x8x3\n repeat 2 { residual { conv 3 1x1, bn } }\n a: conv 2 1x1\n output a"


def svg(network: Network, style: str, theme: str = "light") -> str:
    made = draw(network, "svg", style=style, theme=theme)
    assert isinstance(made, str)
    return made


def texts(picture: str) -> str:
    """All that a picture says."""
    return "\n".join(ElementTree.fromstring(picture).itertext())


def overlap(a: Box, b: Box) -> bool:
    return (
        a.x < b.x + b.width
        and b.x < a.x + a.width
        and a.y < b.y + b.height
        and b.y < a.y + a.height
    )


def label_boxes(network: Network) -> tuple[Layout, list[Box]]:
    """Where the shapes on edges stand."""
    drawn = drawing(network)
    placed = layout(drawn)
    labels = boxes.labels(drawn)
    found = []
    for edge, line in zip(drawn.edges, placed.edges, strict=True):
        if edge in labels:
            assert line.label is not None
            width, height = boxes.label_size(labels[edge])
            x, y = line.label
            found.append(Box(x - width / 2, y - height / 2, width, height))
    return placed, found


@every_network
def test_nothing_overlaps_in_a_graph(network: Network) -> None:
    placed, labels = label_boxes(network)
    for a, b in itertools.combinations(placed.nodes.values(), 2):
        assert not overlap(a, b)
    for label in labels:
        assert not any(overlap(label, box) for box in placed.nodes.values())


def dense(layers: int) -> Drawing:
    """Each layer reads what all before it gave."""
    lines = ["input 2x2x2", "l0: conv 2 1x1"]
    for place in range(1, layers):
        read = " ".join(f"l{each}" for each in range(place))
        lines.append(f"l{place}: conv 2 1x1\n concat {read}")
    return of("\n".join(lines))


def test_graphviz_is_given_no_more_than_it_lays_out_in_seconds() -> None:
    assert QUICK not in dot(dense(5))
    some = dense(20)
    assert passed(some) > CAREFUL
    assert QUICK in dot(some)
    assert len(layout(some).edges) == len(some.edges)
    many = dense(40)
    assert passed(many) > MOST_PASSED
    with pytest.raises(TooLargeError, match="too many lines"):
        layout(many)
    assert picture(many, "light"), "volumes are laid out by us"


def test_a_layout_reads_no_words() -> None:
    """So that it is the same whatever fonts a machine has."""
    assert not re.search(r"<FONT|<B>", dot(dense(3), mute=True))
    assert re.search(r"<FONT.*<B>|<B><FONT", dot(dense(3)))


@every_network
def test_boxes_have_room_for_their_words(network: Network) -> None:
    drawn = drawing(network)
    placed = layout(drawn)
    for node in drawn.nodes.values():
        wanted = boxes.size(node)
        box = placed.nodes[node.id]
        assert (box.width, box.height) == pytest.approx(wanted, abs=0.1)


@every_network
def test_a_graph_is_well_formed_and_says_each_box(network: Network) -> None:
    said = texts(svg(network, "graph"))
    for node in drawing(network).nodes.values():
        assert node.rows[0] in said


@pytest.mark.parametrize("theme", THEMES)
def test_themes(theme: str) -> None:
    made = svg(network(SMALL), "graph", theme)
    assert ("prefers-color-scheme: dark" in made) == (theme == "auto")
    assert (LIGHT.paper in made) == (theme != "dark")
    assert (DARK.paper in made) == (theme != "light")


def test_both_palettes_have_all_colours() -> None:
    assert LIGHT.tones.keys() == DARK.tones.keys()
    assert LIGHT.frames.keys() == DARK.frames.keys()


def test_hostile_names_stay_text() -> None:
    drawn = hostile()
    made = graph(drawn, layout(drawn))
    root = ElementTree.fromstring(made)
    assert {element.tag.partition("}")[2] for element in root.iter()} <= TAGS
    shown = HOSTILE.replace("\u202e", "?")
    assert sum(shown in text for text in root.itertext()) > len(drawn.nodes)
    flow = mermaid(drawn)
    assert HOSTILE[:2] not in flow
    assert not re.search(r"<(?!br/>)", flow)

    made = picture(drawn, "auto")
    root = ElementTree.fromstring(made)
    assert {element.tag.partition("}")[2] for element in root.iter()} <= TAGS


TAGS = {"svg", "title", "rect", "g", "text", "path", "polygon", "style", "line", "circle"}
"""The elements that pictures are made of: none that runs or loads anything."""


def test_graphviz_reads_names_as_they_are() -> None:
    from pygraphviz import AGraph

    drawn = hostile()
    graph = AGraph(string=dot(drawn))
    assert {str(node) for node in graph.nodes()} == set(drawn.nodes)
    assert len(graph.edges()) == len(drawn.edges)
    graph.layout(prog="dot")
    root = ElementTree.fromstring(graph.draw(format="svg"))
    shown = HOSTILE.replace("\u202e", "?")
    assert "".join(root.itertext()).count(shown) > len(drawn.nodes)
    tip = words.clipped(HOSTILE)
    tips = [value for element in root.iter() for value in element.attrib.values() if tip in value]
    assert len(tips) >= len(drawn.nodes) - 1, "what is shown where the mouse rests"


@pytest.mark.parametrize("character", [*'"`<>&#;|{}[]\\\n', "\N{SNOWMAN}", "\u202e"])
def test_mermaid_gets_numbers_for_what_means_something(character: str) -> None:
    assert quoted(character) == f"#{ord(character)};"


def test_mermaid_has_boxes_clusters_and_edges() -> None:
    assert mermaid(drawing(network(SMALL))) == (
        "flowchart TB\n"
        f"%% {MARK}\n"
        '    n1(["input"])\n'
        '    subgraph c4["\N{MULTIPLICATION SIGN} 2"]\n'
        '        n2["conv 3 1x1<br/>bn"]\n'
        '        n3(["#43;"])\n'.replace("#43;", "+")
        + "    end\n"
        '    n5["conv 2 1x1"]\n'
        '    n6(["output a"])\n'
        '    n1 -->|"8\N{MULTIPLICATION SIGN}8\N{MULTIPLICATION SIGN}3"| n2\n'
        '    n2 -->|"8\N{MULTIPLICATION SIGN}8\N{MULTIPLICATION SIGN}3"| n3\n'
        "    n1 -.-> n3\n"
        '    n3 -->|"8\N{MULTIPLICATION SIGN}8\N{MULTIPLICATION SIGN}3"| n5\n'
        '    n5 -->|"8\N{MULTIPLICATION SIGN}8\N{MULTIPLICATION SIGN}2"| n6\n'
        "    classDef projection stroke:#b08d1f,stroke-dasharray:4 3\n"
        "    classDef reuse stroke:#b25a8e,stroke-dasharray:4 3\n"
    )


def test_the_same_bytes_in_each_process() -> None:
    code = (
        "import hashlib; from cnngen.drawing import FORMS, draw\n"
        "from drawing.drawn import network\n"
        f"found = network({SMALL!r})\n"
        "for form in FORMS:\n"
        "    made = draw(found, form)\n"
        "    data = made if isinstance(made, bytes) else made.encode()\n"
        "    print(form, hashlib.sha256(data).hexdigest(), b'Drawn by cnngen' in data)\n"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1
    assert made.pop().count(b"True") == len(FORMS)


def test_png_and_pdf() -> None:
    png, pdf = draw(network(SMALL), "png"), draw(network(SMALL), "pdf")
    assert isinstance(png, bytes)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert re.search(rb"tEXtSoftware\0Drawn by cnngen", png)
    assert isinstance(pdf, bytes)
    assert pdf.startswith(b"%PDF-")
    assert MARK.encode() in pdf[-100:]
