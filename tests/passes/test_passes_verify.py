"""A broken IR is refused, a valid one is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lowering import elaborated, with_fields

from cnngen.choice import Choice
from cnngen.compiler import analyse
from cnngen.ir import (
    Branches,
    Chain,
    Gate,
    Instance,
    Item,
    Join,
    Layer,
    Network,
    Residual,
    Resume,
    SideHead,
    layers,
    named_items,
)
from cnngen.ops import Conv, Dense, Map, Vector
from cnngen.passes import PASSES, InvalidIRError, run_passes, verify
from cnngen.passes.shortcuts import resolve_shortcuts
from cnngen.source import Source

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.cnn"))
BODY = "input 8x8x3\nfeatures: { conv 4 3x3, relu }\nflatten, dense n"
LAST = -1


def layer_of(item: object) -> Layer:
    assert isinstance(item, Layer)
    return item


def with_items(network: Network, *items: Item) -> Network:
    return network._replace(body=network.body._replace(items=items))


def changed(network: Network, place: int, **fields: object) -> Network:
    """The network with other fields in one item of its body."""
    items = list(network.body.items)
    items[place] = with_fields(items[place], **fields)
    return with_items(network, *items)


def inner(network: Network, **fields: object) -> Network:
    """The network with other fields in the first layer of its group."""
    group = network.body.items[0]
    assert isinstance(group, Chain)
    first = with_fields(layer_of(group.items[0]), **fields)
    return changed(network, 0, items=(first, *group.items[1:]))


BREAK: dict[str, Callable[[Network], Network]] = {
    "one name twice": lambda n: changed(n, 1, name="features"),
    "one name twice in a group": lambda n: inner(n, name="1"),
    "wrong output of a layer": lambda n: changed(n, LAST, output=Vector(11)),
    "wrong output in a group": lambda n: inner(n, output=Map((6, 6), 5)),
    "wrong input of a layer": lambda n: changed(n, LAST, input=Vector(9)),
    "wrong input of the first": lambda n: inner(n, input=Map((8, 8), 4)),
    "wrong input of a group": lambda n: changed(n, 0, input=Map((9, 9), 3)),
    "wrong output of a group": lambda n: changed(n, 0, output=Map((5, 5), 4)),
    "wrong input of the body": lambda n: n._replace(body=replaced(input=Map((9, 8), 3))(n.body)),
    "wrong output of the body": lambda n: n._replace(body=replaced(output=Vector(11))(n.body)),
    "another op": lambda n: inner(n, op=Conv(4, (5, 5))),
    "an op that cannot be here": lambda n: inner(n, op=Conv(4, (9, 9))),
    "an op for another input": lambda n: inner(n, op=Dense(4)),
    "a layer left out": lambda n: with_items(n, n.body.items[0], n.body.items[2]),
    "items exchanged": lambda n: with_items(n, *reversed(n.body.items)),
    "an order forgotten": lambda n: changed(n, 1, output=Vector(144)),
    "an empty group": lambda n: changed(n, 0, items=()),
    "an empty body": with_items,
}


@pytest.mark.parametrize("change", BREAK.values(), ids=BREAK)
def test_a_broken_ir_is_refused(change: Callable[[Network], Network]) -> None:
    network = elaborated(BODY, "n=10")
    verify(network)
    with pytest.raises(InvalidIRError, match="Net"):
        verify(change(network))


def test_the_place_is_named() -> None:
    with pytest.raises(InvalidIRError, match=r"^Net\.features\.0: says .*5.*gives .*4"):
        verify(inner(elaborated(BODY, "n=10"), output=Map((6, 6), 5)))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_stay_valid_through_all_passes(path: Path) -> None:
    result = analyse(Source(path.name, path.read_text()), Choice(), debug=True)
    assert not result.diagnostics
    assert result.module
    for network in result.module.networks:
        assert run_passes(network, debug=True) == network, "a second time changes nothing"


REGIONS = """
input 8x8x4
a: relu
residual { conv 6 1x1, bn }
conv 4 1x1
concat {
    conv 3 1x1
    b: relu
}
conv 4 1x1
gate { avgpool global, conv 4 1x1 }
one: block_of_one
b2: add a
from a
concat b2
flatten
aux h weight=1 { dense 3 }
dense 3
"""


def regions() -> Network:
    blocks = "block block_of_one() { relu, conv 4 1x1 }"
    return resolve_shortcuts(elaborated(REGIONS, blocks=blocks))


def set_in(network: Network, kind: type[Item], **fields: object) -> Network:
    """The network with other fields in the first item of a kind; functions get the old values."""
    items = list(network.body.items)
    place = next(place for place, item in enumerate(items) if isinstance(item, kind))
    old = items[place]
    new = {name: f(getattr(old, name)) if callable(f) else f for name, f in fields.items()}
    items[place] = with_fields(old, **new)
    return with_items(network, *items)


RESIZED = "input 8x8x4\na: relu\nsmall: maxpool 2x2\nresize like=a\nflatten, dense 3"


def set_resize(_network: Network, **fields: object) -> Network:
    return set_in(elaborated(RESIZED), Join, **fields)


def first(**fields: object) -> Callable[[Chain], Chain]:
    """Gives a chain other fields in its first item."""
    return lambda chain: chain._replace(
        items=(with_fields(chain.items[0], **fields), *chain.items[1:])
    )


def first_branch(change: Callable[[Chain], Chain]) -> Callable[[tuple[Chain, ...]], object]:
    return lambda branches: (change(branches[0]), *branches[1:])


def replaced(**fields: object) -> Callable[[Any], Any]:
    return lambda item: with_fields(item, **fields)


def part(body: str) -> Chain:
    """A valid chain of one layer, with a name that no other has."""
    chain = elaborated(body).body
    return chain._replace(items=(chain.items[0]._replace(name="fresh"),))


WRONG = Map((8, 8), 5)
BREAK_REGIONS: dict[str, Callable[[Network], Network]] = {
    "residual: input": lambda n: set_in(n, Residual, input=WRONG),
    "residual: output": lambda n: set_in(n, Residual, output=WRONG),
    "residual: a layer in it": lambda n: set_in(n, Residual, body=first(output=WRONG)),
    "residual: an empty body": lambda n: set_in(n, Residual, body=replaced(items=())),
    "residual: the body takes another value": lambda n: set_in(
        n, Residual, body=lambda b: part("input 8x8x5\nconv 6 1x1")
    ),
    "residual: no path": lambda n: set_in(n, Residual, path=None),
    "residual: a path beside the identity": lambda n: set_in(n, Residual, mode="identity"),
    "residual: nothing with a path": lambda n: set_in(n, Residual, mode="none"),
    "residual: the identity of another size": lambda n: set_in(
        n, Residual, mode="identity", path=None
    ),
    "residual: the path gives something else": lambda n: set_in(
        n, Residual, path=lambda p: part("input 8x8x4\nconv 5 1x1").items[0]
    ),
    "residual: the path takes another value": lambda n: set_in(
        n, Residual, path=lambda p: part("input 8x8x5\nconv 6 1x1").items[0]
    ),
    "residual: a name twice": lambda n: set_in(n, Residual, body=first(name="conv2")),
    "residual: the path's name twice": lambda n: set_in(n, Residual, path=replaced(name="conv2")),
    "branches: input": lambda n: set_in(n, Branches, input=WRONG),
    "branches: output": lambda n: set_in(n, Branches, output=WRONG),
    "branches: a layer in one": lambda n: set_in(
        n, Branches, branches=first_branch(first(output=WRONG))
    ),
    "branches: a branch says something else": lambda n: set_in(
        n, Branches, branches=first_branch(replaced(output=WRONG))
    ),
    "branches: an empty one": lambda n: set_in(
        n, Branches, branches=first_branch(replaced(items=()))
    ),
    "branches: one takes another value": lambda n: set_in(
        n, Branches, branches=lambda b: (part("input 8x8x5\nconv 3 1x1"), *b[1:])
    ),
    "branches: of different size": lambda n: set_in(
        n,
        Branches,
        branches=lambda b: (part("input 8x8x4\nconv 3 1x1 stride=2"), *b[1:]),
    ),
    "branches: a name twice": lambda n: set_in(
        n, Branches, branches=first_branch(first(name="conv2"))
    ),
    "gate: input": lambda n: set_in(n, Gate, input=WRONG),
    "gate: output": lambda n: set_in(n, Gate, output=WRONG),
    "gate: a layer in it": lambda n: set_in(n, Gate, body=first(output=WRONG)),
    "gate: a factor that does not fit": lambda n: set_in(
        n, Gate, body=lambda b: part("input 8x8x4\nconv 3 1x1")
    ),
    "block: input": lambda n: set_in(n, Instance, input=WRONG),
    "block: output": lambda n: set_in(n, Instance, output=WRONG),
    "block: a layer in it": lambda n: set_in(n, Instance, body=first(output=WRONG)),
    "block: an empty body": lambda n: set_in(n, Instance, body=replaced(items=())),
    "block: a name twice": lambda n: set_in(n, Instance, body=first(name="1")),
    "join: input": lambda n: set_in(n, Join, input=WRONG),
    "join: output": lambda n: set_in(n, Join, output=WRONG),
    "join: an unknown label": lambda n: set_in(n, Join, labels=("nothing",)),
    "join: a label that comes later": lambda n: set_in(n, Join, labels=("flatten1",)),
    "join: a label of another namespace": lambda n: set_in(n, Join, labels=("0",)),
    "join: a value that does not fit": lambda n: set_in(n, Join, labels=("conv1",)),
    "resize: a value that gives another size": lambda n: set_resize(n, labels=("small",)),
    "resize: a vector": lambda n: set_resize(n, labels=("flatten1",)),
    "resize: output": lambda n: set_resize(n, output=Map((4, 4), 8)),
    "resize: an unknown label": lambda n: set_resize(n, labels=("nothing",)),
    "from: input": lambda n: set_in(n, Resume, input=WRONG),
    "from: output": lambda n: set_in(n, Resume, output=WRONG),
    "from: an unknown label": lambda n: set_in(n, Resume, label="nothing"),
    "from: another value": lambda n: set_in(n, Resume, label="conv1"),
    "side head: input": lambda n: set_in(n, SideHead, input=Vector(9)),
    "side head: output": lambda n: set_in(n, SideHead, output=Vector(9)),
    "side head: the layer": lambda n: set_in(n, SideHead, head=replaced(output=Vector(9))),
    "side head: the layer takes another value": lambda n: set_in(
        n, SideHead, head=replaced(input=Vector(9))
    ),
}


@pytest.mark.parametrize("change", BREAK_REGIONS.values(), ids=BREAK_REGIONS)
def test_a_broken_region_is_refused(change: Callable[[Network], Network]) -> None:
    network = regions()
    verify(network)
    with pytest.raises(InvalidIRError, match="Net"):
        verify(change(network))


def test_a_label_of_a_region_can_be_read_after_it() -> None:
    verify(set_in(regions(), Join, labels=("a",)))
    assert {"a", "b", "conv1"} <= {item.name for item in named_items(regions().body)}


def test_before_shortcuts_are_resolved_a_path_may_be_missing() -> None:
    network = elaborated("input 8x8x4\nresidual { conv 6 1x1 }")
    verify(network, resolved=False)
    with pytest.raises(InvalidIRError, match="shortcut"):
        verify(network)


def test_debug_verifies() -> None:
    broken = changed(elaborated(BODY, "n=10"), LAST, output=Vector(11))
    with pytest.raises(InvalidIRError):
        run_passes(broken, debug=True)


def test_passes_leave_names_and_sizes() -> None:
    before = elaborated(BODY, "n=10")
    expected = [(path, str(layer.at.output)) for path, layer in layers(before.body)]
    for a_pass in PASSES:
        after = a_pass(before)
        assert [(path, str(layer.at.output)) for path, layer in layers(after.body)] == expected
