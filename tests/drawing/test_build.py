"""What a drawing has of a network: each layer, the values that flow, what is nested in what."""

from __future__ import annotations

import pytest

from cnngen.analysis.cost import mac_count, parameter_count
from cnngen.drawing.build import MOST_BOXES, SHEET, drawing
from cnngen.drawing.model import TooLargeError
from cnngen.ir import Layer, Network, paths, side_heads
from drawing.drawn import edges, examples, is_nested_once, names, network, of, outline

every_network = pytest.mark.parametrize("network", examples(), ids=names(examples()))

UNIT = "block unit(width) { residual { conv width 3x3 pad=1, relu }\n relu }"


@every_network
def test_every_layer_is_drawn(network: Network) -> None:
    drawn = drawing(network, 99)
    spans = {span for node in drawn.nodes.values() for span in node.spans}
    layers = [item for _, item in paths(network.body) if isinstance(item, Layer)]
    assert [layer.name for layer in layers if layer.at.span not in spans] == []


@every_network
@pytest.mark.parametrize("depth", [1, 2, 99])
def test_values_flow_from_inputs_to_outputs(network: Network, depth: int) -> None:
    drawn = drawing(network, depth)
    order = {node: place for place, node in enumerate(drawn.nodes)}
    read = {edge.tail for edge in drawn.edges}
    made = {edge.head for edge in drawn.edges}
    for edge in drawn.edges:
        assert order[edge.tail] < order[edge.head]
    for node in drawn.nodes.values():
        assert (node.id in made) == (node.kind != "input")
        assert (node.id in read) == (node.kind != "output")
    heads = [node for node in drawn.nodes.values() if "(loss" in node.rows[0]]
    assert len(heads) >= len(side_heads(network))
    assert is_nested_once(drawn)


@every_network
def test_a_closed_drawing_has_all_parameters_and_macs(network: Network) -> None:
    nodes = drawing(network, 1).nodes.values()
    if all(node.times == 1 for node in nodes):
        assert sum(node.parameters for node in nodes) == parameter_count(network)
        assert sum(node.macs for node in nodes) == mac_count(network)


@every_network
def test_by_itself_a_drawing_is_readable(network: Network) -> None:
    drawn = drawing(network)
    fits = len(drawn.nodes) <= SHEET.boxes and max(drawn.ranks().values()) <= SHEET.ranks
    assert fits or drawn == drawing(network, 1)


def test_shapes_are_those_of_the_layers() -> None:
    drawn = of("input 8x8x3\n conv 4 3x3, bn, relu\n maxpool 2x2\n flatten, dense 5")
    assert list(outline(drawn)) == [
        "input: input",
        "conv: conv 4 3x3, bn, relu",
        "pool: maxpool 2x2",
        "layer: flatten",
        "dense: dense 5",
        "output: output",
    ]
    assert [str(edge.shape) for edge in drawn.edges] == ["8x8x3", "6x6x4", "3x3x4", "36", "5"]


def test_a_residual_with_its_projection() -> None:
    drawn = of("input 8x8x3\n residual { conv 4 3x3 pad=1, bn }\n relu\n conv 1 1x1")
    assert edges(drawn) == [
        "input > conv 4 3x3 pad=1",
        "input ~ projection",
        "conv 4 3x3 pad=1 > +",
        "projection ~ +",
        "+ > conv 1 1x1",
        "conv 1 1x1 > output",
    ]
    assert "projection: projection, conv 4 1x1, bn" in list(outline(drawn))
    assert "join: +, relu" in list(outline(drawn))


def test_a_shortcut_that_skips_and_adds_zeros_is_no_projection() -> None:
    body = "residual shortcut=pad { conv 4 3x3 pad=1 stride=2 }"
    drawn = of(f"input 8x8x3\n {body}")
    assert "projection: shortcut, subsample 4 stride=2" in list(outline(drawn))


def test_a_residual_with_the_input_itself_and_one_without_a_shortcut() -> None:
    drawn = of("input 8x8x3\n residual { conv 3 1x1 }\n residual shortcut=none { conv 2 1x1 }")
    assert edges(drawn) == [
        "input > conv 3 1x1",
        "conv 3 1x1 > +",
        "input ~ +",
        "+ > conv 2 1x1",
        "conv 2 1x1 > output",
    ]


def test_branches_gates_and_joins() -> None:
    drawn = of(
        "input 8x8x4\n a: conv 4 1x1\n concat { identity\n conv 2 1x1 }\n"
        "gate { avgpool global, conv 6 1x1, sigmoid }\n conv 4 1x1, subtract a"
    )
    assert edges(drawn) == [
        "input > conv 4 1x1",
        "conv 4 1x1 > identity",
        "conv 4 1x1 > conv 2 1x1",
        "identity > concat",
        "conv 2 1x1 > concat",
        "concat > avgpool global",
        "avgpool global > conv 6 1x1",
        "conv 6 1x1 > \N{MULTIPLICATION SIGN}",
        "concat ~ \N{MULTIPLICATION SIGN}",
        "\N{MULTIPLICATION SIGN} > conv 4 1x1",
        "conv 4 1x1 > -",
        "conv 4 1x1 ~ -",
        "- > output",
    ]


def test_a_layer_joins_no_box_whose_value_is_read_before_it() -> None:
    drawn = of(
        "input 8x8x2\n conv 2 1x1\n residual { relu, conv 2 1x1 }\n a: conv 2 1x1, relu, add a"
    )
    assert edges(drawn) == [
        "input > conv 2 1x1",
        "conv 2 1x1 > relu",
        "relu > conv 2 1x1",
        "conv 2 1x1 > +",
        "conv 2 1x1 ~ +",
        "+ > conv 2 1x1",
        "conv 2 1x1 > relu",
        "relu > +",
        "conv 2 1x1 ~ +",
        "+ > output",
    ]


def test_side_heads_of_a_closed_group() -> None:
    head = "aux a weight=0.3 { flatten, dense 3 }"
    drawn = of(
        f"input 8x8x2\n g: {{ conv 2 1x1\n {head}\n conv 2 1x1 }}\n flatten, dense 3", depth=1
    )
    assert "g > a (loss \N{MULTIPLICATION SIGN}0.3)" in edges(drawn)


def test_inputs_outputs_and_weights_that_are_used_again() -> None:
    drawn = of(
        "left: input 4\n right: input 4\n from left\n tower: { dense 3, relu }\n from right\n"
        "other: reuse tower\n sum: add tower\n output sum other",
        depth=2,
    )
    assert edges(drawn) == [
        "input left > dense 3",
        "input right > reuse tower",
        "reuse tower > +",
        "dense 3 ~ +",
        "+ > output sum",
        "reuse tower > output other",
    ]
    again = [line for line in outline(drawn) if "reuse" in line]
    assert again == ["reuse: reuse tower, same weights"]


def test_side_heads() -> None:
    drawn = of(
        "input 8x8x2\n conv 2 1x1\n aux a weight=0.3 { flatten, dense 3 }\n flatten, dense 3"
    )
    assert list(outline(drawn))[2:7] == [
        "aux: side head, in training",
        "  group: a",
        "    layer: flatten",
        "    dense: dense 3",
        "  output: a (loss \N{MULTIPLICATION SIGN}0.3)",
    ]


def test_what_is_repeated_is_drawn_once() -> None:
    loop = "repeat 5 { conv 2 1x1, relu\n maxpool 1x1 }"
    drawn = of(f"input 8x8x2\n {loop}\n repeat 3 {{ unit 2 }}", UNIT)
    assert list(outline(drawn))[1:-1] == [
        "repeat:  5",
        "  conv: conv 2 1x1, relu",
        "  pool: maxpool 1x1",
        "block: unit 2 3",
        "  conv: conv 2 3x3 pad=1, relu",
        "  join: +, relu",
    ]


def test_what_differs_is_not_folded() -> None:
    """The first unit has a projection; what is read further on is drawn for itself."""
    drawn = of("input 8x8x3\n repeat 3 { unit 2 }\n a: conv 2 1x1\n conv 2 1x1\n add a", UNIT, 1)
    assert list(outline(drawn))[1:-1] == [
        "block: unit 2",
        "block: unit 2 2",
        "conv: conv 2 1x1",
        "conv: conv 2 1x1",
        "join: +",
    ]


def test_turns_that_differ_are_drawn_one_by_one() -> None:
    """One is read further on; one has a shortcut."""
    drawn = of("input 8x8x2\n for i in range(3) { c[i]: conv 2 1x1 }\n add c[0]")
    assert [node.times for node in drawn.nodes.values() if node.kind == "conv"] == [1, 2]
    modes = "for i in range(2) { residual shortcut=(none if i == 0 else identity) { conv 2 1x1 } }"
    kinds = [node.kind for node in of(f"input 8x8x2\n {modes}").nodes.values()]
    assert kinds == ["input", "conv", "conv", "join", "output"]


def test_lines_that_are_written_twice_are_drawn_twice() -> None:
    drawn = of("input 8x8x2\n conv 2 1x1\n conv 2 1x1")
    assert [node.times for node in drawn.nodes.values()] == [1, 1, 1, 1]


def test_what_grows_from_turn_to_turn_is_folded_with_its_last_shape() -> None:
    drawn = of("input 4x4x2\n repeat 3 { concat { identity\n conv 2 1x1 } }\n relu")
    assert [(e.shape.channels, drawn.nodes[e.head].kind) for e in drawn.edges][-1] == (8, "output")
    grown = of(
        "input 4x4x2\n repeat 3 { wider }", "block wider { concat { identity\n identity } }", 1
    )
    assert [(str(node.shape), node.times) for node in grown.nodes.values()][1] == ("4x4x16", 3)
    loop = of("input 4x4x2\n repeat 3 { concat { identity\n conv 2 1x1 }\n relu }")
    (cluster,) = [each for each in loop.clusters.values() if each.kind == "repeat"]
    assert (cluster.times, str(cluster.shape), cluster.parameters) == (3, "4x4x8", 6 + 10 + 14)


def test_values_in_closed_groups_come_out_of_their_boxes() -> None:
    group = "g: { a: conv 2 1x1\n h: { b: conv 4 1x1 } }"
    drawn = of(f"input 8x8x3\n {group}\n conv 3 1x1\n concat g.a g.h.b", depth=1)
    assert edges(drawn)[-4:] == [
        "conv 3 1x1 > concat",
        "g ~ concat",
        "g ~ concat",
        "concat > output",
    ]
    assert [str(edge.shape) for edge in drawn.edges[-3:]] == ["8x8x2", "8x8x4", "8x8x9"]


def test_values_in_regions_of_closed_groups_are_known() -> None:
    group = "g: { residual { a: conv 2 1x1\n conv 3 1x1 } }"
    drawn = of(f"input 8x8x3\n {group}\n concat g.a", depth=1)
    assert edges(drawn)[-2:] == ["g > concat", "concat > output"]


def test_too_large() -> None:
    lines = "\n".join("conv 2 1x1" for _ in range(MOST_BOXES))
    with pytest.raises(TooLargeError):
        of(f"input 8x8x2\n{lines}")
    assert len(of("input 8x8x2\n repeat 10000 { conv 2 1x1 }").nodes) == 3


def test_blocks_that_double_are_not_opened_without_end() -> None:
    blocks = "block b0 { conv 2 1x1 }\n" + "\n".join(
        f"block b{n} {{ b{n - 1}\n b{n - 1} }}" for n in range(1, 12)
    )
    found = network("input 8x8x2\n b11", blocks)
    assert len(drawing(found).nodes) <= SHEET.boxes
    with pytest.raises(TooLargeError):
        drawing(found, 99)


def test_a_group_of_one_box_has_no_frame_unless_a_value_in_it_is_read() -> None:
    groups = "g: { conv 2 1x1, relu }\n h: { a: conv 2 1x1, relu }"
    drawn = of(f"input 8x8x3\n {groups}\n concat h.a", depth=1)
    assert list(outline(drawn))[1:-1] == ["conv: conv 2 1x1, relu", "block: h", "join: concat"]
