"""Random networks: whatever the language can say is drawn, in every form."""

from __future__ import annotations

from xml.etree import ElementTree

from fuzz.strategies.files import sources
from hypothesis import HealthCheck, Phase, given, settings

from cnngen.compiler import analyse
from cnngen.drawing import draw
from cnngen.drawing.build import drawing
from cnngen.ir import Item as Part
from cnngen.ir import Layer, Reuse, parts
from cnngen.source import Source
from drawing.drawn import is_nested_once
from drawing.test_html import assert_closed


def layers(item: Part) -> list[Layer]:
    """All layers but those of what is applied again."""
    if isinstance(item, Layer):
        return [item]
    inside = () if isinstance(item, Reuse) else parts(item)
    return [layer for part in inside for layer in layers(part)]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],
)
@given(sources())
def test_random_networks_are_drawn(text: str) -> None:
    for network in analyse(Source("random.cnn", text)).module.networks:
        drawn = drawing(network, 99)
        spans = {span for node in drawn.nodes.values() for span in node.spans}
        assert {layer.at.span for layer in layers(network.body)} <= spans
        assert is_nested_once(drawn)
        order = {node: place for place, node in enumerate(drawn.nodes)}
        assert all(order[edge.tail] < order[edge.head] for edge in drawn.edges)
        for form in ("dot", "mmd"):
            assert draw(network, form)
        for style in ("graph", "volumes"):
            picture = draw(network, "svg", style=style)
            assert isinstance(picture, str)
            ElementTree.fromstring(picture)
        page = draw(network, "html")
        assert isinstance(page, str)
        assert_closed(page)
