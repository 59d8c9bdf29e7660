"""Rewriting changes what it is asked to, and keeps the rest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lowering import elaborated, ops

from cnngen.ir import Instance, Item, Layer, Network, distinct, layers
from cnngen.ops import Flatten, Op, Relu, Shape, Tanh, Vector
from cnngen.passes import verify
from cnngen.passes.rewrite import Readers, rewrite
from cnngen.passes.shortcuts import resolve_shortcuts

BLOCKS = """
block b(c) { conv c 1x1, relu }
block c() { gelu }
"""
BODY = """
input 8x8x4
a: { gelu, g: { relu } }
residual { conv 6 1x1 }
concat {
    gelu
    relu
}
gate { relu }
conv 4 1x1
b 4
b 4
c
flatten
aux h weight=1 { dense 3 }
dense 3
"""


def network(body: str = BODY) -> Network:
    return resolve_shortcuts(elaborated(body, blocks=BLOCKS))


def keep(layer: Layer, _x: Shape, _readers: Readers) -> Op:
    return layer.op


def relu_to_tanh(layer: Layer, _x: Shape, _readers: Readers) -> Op:
    return Tanh() if isinstance(layer.op, Relu) else layer.op


def in_order(layer: Layer, _x: Shape, _readers: Readers) -> Op:
    return Flatten(ordered=True) if isinstance(layer.op, Flatten) else layer.op


def test_nothing_to_change_changes_nothing() -> None:
    before = network()
    assert rewrite(before, keep).body is before.body


def test_what_has_no_change_in_it_is_kept() -> None:
    before = network()
    after = rewrite(before, relu_to_tanh)
    verify(after)
    pairs = zip(after.body.items, before.body.items, strict=True)
    assert [new is old for new, old in pairs] == [
        False,  # the group
        True,  # residual
        False,  # branches
        False,  # gate
        True,
        False,  # b
        False,  # b
        True,  # c
        True,  # flatten
        True,  # side head
        True,
    ]
    assert {path: type(op) for path, op in ops(after).items()} == {
        path: Tanh if isinstance(op, Relu) else type(op) for path, op in ops(before).items()
    }


def test_equal_uses_still_share_one_body() -> None:
    after = rewrite(network(), relu_to_tanh)
    uses = [item for item in distinct(after.body) if isinstance(item, Instance)]
    assert uses[0].body is uses[1].body


@pytest.mark.parametrize(
    "body",
    [
        "relu",
        "g: { relu }\nrelu",
        "d\nrelu",
        "aux h weight=1 { relu }\nrelu",
        "gate { relu }\nrelu",
        "residual { relu }\nrelu",
        "residual { relu } shortcut { relu }\nrelu",
        "concat {\nrelu\nresidual { relu }\n}\nrelu",
        "a: relu\nadd a\nrelu",
        "a: relu\nconcat a\nrelu",
        "a: relu\nb: gelu, from a, concat b\nrelu",
        "g: { residual { relu } }\nrelu",
    ],
)
def test_shapes_follow(body: str) -> None:
    """Here the order of a vector, which is all that a pass changes of a shape."""
    before = elaborated(f"input 2x3x4\nflatten\n{body}", blocks="block d() { residual { relu } }")
    after = rewrite(before, in_order)
    verify(after)
    flatten, *others = (layer for _, layer in layers(after.body))
    assert flatten.at.output == Vector(24)
    assert [layer.at.input.factors for layer in others] == [None] * len(others)  # type: ignore[union-attr]


def seen(body: str) -> dict[str, tuple[list[str], bool]]:
    """For each layer, what follows and whether it is read again."""
    found: dict[str, tuple[list[str], bool]] = {}

    def look(layer: Layer, _x: Shape, readers: Readers) -> Op:
        words = [_word(reader.item) for reader in readers.following()]
        found[layer.op.word] = (words, readers.kept)
        return layer.op

    rewrite(network(f"input 8x8x4\n{body}"), look)
    return found


def _word(item: Item) -> str:
    return item.op.word if isinstance(item, Layer) else type(item).__name__


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("relu, tanh, gelu", "tanh gelu"),
        ("relu\ng: { tanh, h: { gelu } }\nelu", "tanh gelu elu"),
        ("g: { h: { relu }\ntanh }\ngelu", "tanh gelu"),
        ("relu\nresidual { tanh }\ngelu", "Residual gelu"),
        ("residual { relu, tanh }\ngelu", "tanh"),
        ("residual { g: { relu }\ntanh }\ngelu", "tanh"),
        ("residual { tanh } shortcut { relu, silu }\ngelu", "silu"),
        ("concat {\nrelu, silu\ntanh\n}\ngelu", "silu"),
        ("gate { relu, tanh }\ngelu", "tanh"),
        ("relu, c\ntanh", "Instance tanh"),
        ("relu\naux h weight=1 { tanh }\ntanh", "SideHead tanh"),
        ("aux h weight=1 { relu, tanh }\ntanh", "tanh"),
        ("a: tanh\nrelu, add a\ngelu", "Join gelu"),
    ],
)
def test_what_follows_a_layer(body: str, expected: str) -> None:
    following, kept = seen(body)["relu"]
    assert " ".join(following) == expected
    assert not kept


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("a: relu\ntanh, add a", True),
        ("a: relu\ntanh", False),
        ("g: { relu }\ntanh, add g", True),
        ("g: { relu, gelu }\ntanh, add g", False),
        ("g: { h: { relu } }\nb: tanh, from g, add b", True),
        ("g: { a: relu }\na: tanh\ngelu, add a", False),
        ("residual { a: relu, tanh }\nadd a", True),
        ("a: residual { relu }\nadd a", False),
        ("concat {\na: relu\ntanh\n}\nconcat a", True),
    ],
)
def test_what_is_read_again(body: str, kept: bool) -> None:
    assert seen(body)["relu"][1] is kept


def test_what_follows_a_layer_is_reached_without_passing_what_stands_before() -> None:
    """Else a chain takes time with the square of its length: 100,000 layers on one line."""

    class Items(tuple[Item, ...]):
        def __iter__(self) -> Iterator[Item]:
            raise AssertionError("starts at the first item")

    layer = network("input 4\nrelu, relu, relu").body.items[0]
    items = Items((layer,) * 3)
    readers = Readers(((items, 2, frozenset(), False),), False)
    assert [reader.item for reader in readers.following()] == [layer]
