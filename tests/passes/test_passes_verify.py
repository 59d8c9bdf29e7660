"""A broken IR is refused, a valid one is not, and `map_layers` keeps what it does not change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lowering import elaborated

from cnngen.compiler import analyse
from cnngen.elaborate import Choice
from cnngen.ir import Chain, Layer, Network, layers, map_layers
from cnngen.ops import Conv, Dense, Map, Relu, Vector
from cnngen.passes import PASSES, InvalidIRError, run_passes, verify
from cnngen.source import Source

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.cnn"))
BODY = "input 8x8x3\nfeatures: { conv 4 3x3, relu }\nflatten, dense n"
LAST = -1


def layer_of(item: object) -> Layer:
    assert isinstance(item, Layer)
    return item


def with_items(network: Network, *items: Layer | Chain) -> Network:
    return network._replace(body=network.body._replace(items=items))


def changed(network: Network, place: int, **fields: object) -> Network:
    """The network with other fields in one item of its body."""
    items = list(network.body.items)
    items[place] = items[place]._replace(**fields)  # type: ignore[arg-type]
    return with_items(network, *items)


def inner(network: Network, **fields: object) -> Network:
    """The network with other fields in the first layer of its group."""
    group = network.body.items[0]
    assert isinstance(group, Chain)
    first = layer_of(group.items[0])._replace(**fields)  # type: ignore[arg-type]
    return changed(network, 0, items=(first, *group.items[1:]))


BREAK: dict[str, Callable[[Network], Network]] = {
    "one name twice": lambda n: changed(n, 1, name="features"),
    "one name twice in a group": lambda n: inner(n, name="1"),
    "wrong output of a layer": lambda n: changed(n, LAST, output=Vector(11)),
    "wrong output in a group": lambda n: inner(n, output=Map(6, 6, 5)),
    "wrong input of a layer": lambda n: changed(n, LAST, input=Vector(9)),
    "wrong input of the first": lambda n: inner(n, input=Map(8, 8, 4)),
    "wrong input of a group": lambda n: changed(n, 0, input=Map(9, 9, 3)),
    "wrong output of a group": lambda n: changed(n, 0, output=Map(5, 5, 4)),
    "wrong input of the body": lambda n: n._replace(body=n.body._replace(input=Map(9, 8, 3))),
    "wrong output of the body": lambda n: n._replace(body=n.body._replace(output=Vector(11))),
    "another op": lambda n: inner(n, op=Conv(4, (5, 5))),
    "an op that cannot be here": lambda n: inner(n, op=Conv(4, (9, 9))),
    "an op for another input": lambda n: inner(n, op=Dense(4)),
    "a layer left out": lambda n: with_items(n, n.body.items[0], n.body.items[2]),
    "items exchanged": lambda n: with_items(n, *reversed(n.body.items)),
    "an order forgotten": lambda n: changed(n, 1, output=Vector(144)),
    "an empty group": lambda n: changed(n, 0, items=()),
    "an empty body": with_items,
    "an unknown symbol": lambda n: changed(n, LAST, symbols={"units": "m"}),
    "an unknown symbol in a group": lambda n: inner(n, symbols={"channels": "m"}),
    "an unknown width": lambda n: changed(n, LAST, width="m"),
    "a parameter that is gone": lambda n: n._replace(parameters=()),
}


@pytest.mark.parametrize("change", BREAK.values(), ids=BREAK)
def test_a_broken_ir_is_refused(change: Callable[[Network], Network]) -> None:
    network = elaborated(BODY, "n=10")
    verify(network)
    with pytest.raises(InvalidIRError, match="Net"):
        verify(change(network))


def test_the_place_is_named() -> None:
    with pytest.raises(InvalidIRError, match=r"^Net\.features\.0: says .*5.*gives .*4"):
        verify(inner(elaborated(BODY, "n=10"), output=Map(6, 6, 5)))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_stay_valid_through_all_passes(path: Path) -> None:
    result = analyse(Source(path.name, path.read_text()), Choice(), debug=True)
    assert not result.diagnostics
    assert result.module
    for network in result.module.networks:
        assert run_passes(network, debug=True) == network, "a second time changes nothing"


def test_debug_verifies() -> None:
    broken = changed(elaborated(BODY, "n=10"), LAST, output=Vector(11))
    with pytest.raises(InvalidIRError):
        run_passes(broken, debug=True)


def test_passes_leave_names_and_sizes() -> None:
    before = elaborated(BODY, "n=10")
    expected = [(path, str(layer.output)) for path, layer in layers(before.body)]
    for a_pass in PASSES:
        after = a_pass(before)
        assert [(path, str(layer.output)) for path, layer in layers(after.body)] == expected


def test_map_layers_keeps_what_does_not_change() -> None:
    body = elaborated("input 8x8x3\na: { relu, b: { relu } }\nc: { tanh }\ntanh").body
    assert map_layers(body, lambda _path, layer: layer) is body
    as_equal = map_layers(body, lambda _path, layer: layer._replace())
    assert as_equal is not body
    assert as_equal == body

    def to_tanh(_path: str, layer: Layer) -> Layer:
        return layer._replace(op=tanh) if isinstance(layer.op, Relu) else layer

    tanh = layer_of(body.items[-1]).op
    after = map_layers(body, to_tanh)
    same = [new is old for new, old in zip(after.items, body.items, strict=True)]
    assert same == [False, True, True]
    assert {layer.op for _, layer in layers(after)} == {tanh}
    assert after._replace(items=()) == body._replace(items=())


def test_map_layers_goes_in_the_order_of_execution() -> None:
    body = elaborated("input 8\na: { relu, b: { tanh } }\ndense 4").body
    seen = []

    def look(path: str, layer: Layer) -> Layer:
        seen.append((path, layer))
        return layer

    map_layers(body, look)
    assert seen == list(layers(body))
