"""Volumes: a box for each value, nothing on anything else, sizes that keep their order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from cnngen.drawing import words
from cnngen.drawing.build import drawing
from cnngen.drawing.grid import MARGIN, Place, grid
from cnngen.drawing.layout import Box
from cnngen.drawing.solid import SHORTEST, TALLEST, THINNEST
from cnngen.drawing.volumes import ROW, picture, volumes
from cnngen.ir import Network
from drawing.drawn import examples, names, network, of
from drawing.test_prints import overlap

every_network = pytest.mark.parametrize("network", examples(), ids=names(examples()))


class Text(NamedTuple):
    """A line of a picture and the room that it needs."""

    words: str
    box: Box


def texts(svg: str) -> Iterator[Text]:
    """The lines of a picture, by the estimate that it was laid out with."""
    for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        said = element.text or ""
        size = float(element.attrib["font-size"])
        wide = words.width(said, size)
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        left = x - wide / 2 if element.attrib["text-anchor"] == "middle" else x
        yield Text(said, Box(left, y - size * 0.75, wide, size * 0.9))


def _room(place: Place) -> Box:
    solid = place.solid
    top = place.y - solid.rise
    return Box(place.x, top, solid.length + solid.shift, place.foot - top)


@every_network
@pytest.mark.parametrize("depth", [None, 2])
def test_nothing_overlaps(network: Network, depth: int | None) -> None:
    drawn = drawing(network, depth, ROW)
    placed = grid(drawn)
    found = list(texts(picture(drawn, "light")))
    for a, b in itertools.combinations(found, 2):
        assert not overlap(a.box, b.box), f"{a.words} and {b.words}"
    solids = {
        name: Box(
            p.x, p.y - p.solid.rise, p.solid.length + p.solid.shift, p.foot - p.y + p.solid.rise
        )
        for name, p in placed.places.items()
    }
    for one, other in itertools.combinations(solids.values(), 2):
        assert not overlap(one, other)
    signs = {"+", "-", words.TIMES}
    for text in found:
        assert text.words in signs or not any(overlap(text.box, box) for box in solids.values())


@every_network
def test_all_is_inside_of_the_picture(network: Network) -> None:
    placed = grid(drawing(network, None, ROW))
    for place in placed.places.values():
        assert place.x > MARGIN - 1
        assert place.y - place.solid.rise > 0
        assert place.x + place.solid.length + place.solid.shift <= placed.width - MARGIN / 2
        assert place.foot + 14 * len(place.lines) <= placed.height
    assert all(0 < y < placed.height for y in placed.arcs.values())


@every_network
def test_each_value_is_drawn_once(network: Network) -> None:
    drawn = drawing(network, None, ROW)
    assert set(grid(drawn).places) == {n.id for n in drawn.nodes.values() if n.kind != "output"}
    root = ElementTree.fromstring(volumes(network))
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert sorted(ids) == sorted(grid(drawn).places)


def test_what_is_larger_is_drawn_larger() -> None:
    drawn = of("input 64x64x3\n conv 8 3x3\n maxpool 4x4\n conv 256 1x1\n avgpool global\n flatten")
    solids = [place.solid for place in grid(drawn).places.values()]
    heights = [solid.height for solid in solids[:5]]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == TALLEST
    assert heights[4] >= SHORTEST
    lengths = [solid.length for solid in solids[:4]]
    assert lengths[0] < lengths[1] == lengths[2] < lengths[3]
    assert lengths[0] >= THINNEST


def test_a_network_of_a_thousand_channels_and_pixels_still_shows_its_smallest_map() -> None:
    drawn = of("input 1024x1024x1\n conv 2048 1024x1024")
    assert [place.solid.height >= SHORTEST for place in grid(drawn).places.values()] == [True, True]


def test_side_heads_leave_the_line() -> None:
    head = "aux a weight=0.3 { flatten, dense 3 }"
    drawn = of(f"input 8x8x2\n conv 2 1x1\n {head}\n conv 2 1x1\n conv 2 1x1\n flatten, dense 3")
    rows = {place.node.path: place.row for place in grid(drawn).places.values()}
    assert {path for path, row in rows.items() if row} == {"a.0", "a.1"}


def test_shortcuts_are_arcs() -> None:
    drawn = of("input 8x8x2\n residual { conv 2 1x1\n conv 2 1x1 }\n residual { conv 2 1x1 }")
    placed = grid(drawn)
    shortcuts = [edge for edge in drawn.edges if edge.kind == "shortcut"]
    assert len(shortcuts) == 2
    assert set(placed.arcs) == set(shortcuts)


def test_arcs_that_cross_have_levels_of_their_own() -> None:
    drawn = of(
        "input 8x8x2\n a: conv 2 1x1\n b: conv 2 1x1\n conv 2 1x1\n add a\n conv 2 1x1\n add b"
    )
    assert len(set(grid(drawn).arcs.values())) == 2


def test_brackets_say_what_belongs_together_and_how_often() -> None:
    drawn = of("input 8x8x2\n repeat 36 { conv 2 1x1\n maxpool 1x1 }\n g: { flatten\n dense 4 }")
    assert [bracket.title for bracket in grid(drawn).brackets] == [f"{words.TIMES} 36", "g"]


@pytest.mark.parametrize("shape", ["100x3", "6x8x10x2"])
def test_maps_of_one_and_of_three_axes(shape: str) -> None:
    axes = shape.count("x")
    kernel = "x".join("3" * axes)
    svg = volumes(network(f"input {shape}\n conv 4 {kernel}\n maxpool {'x'.join('2' * axes)}"))
    assert f"conv 4 {kernel}" in svg
