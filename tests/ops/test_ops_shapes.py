"""Shapes that ops give and refuse; ops as values."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest
from example_ops import example

from cnngen.diagnostics import codes
from cnngen.ops import (
    LAYERS,
    Activation,
    AvgPool,
    BatchNorm,
    Conv,
    ConvTranspose,
    Dense,
    DepthwiseConv,
    Dropout,
    Flatten,
    Glu,
    GroupNorm,
    Identity,
    LayerNorm,
    LeakyRelu,
    LocalResponseNorm,
    Map,
    MaxPool,
    Op,
    OpError,
    Relu,
    Relu6,
    Shape,
    Tanh,
    Vector,
    same_size,
)

ACTIVATIONS = [c for c in LAYERS.values() if issubclass(c, Activation) and c is not Glu]
FLAT = Vector(12, (2, 3, 2))


@pytest.mark.parametrize(
    "op",
    [
        *(cls() for cls in ACTIVATIONS),
        BatchNorm(),
        LayerNorm(),
        GroupNorm(2),
        Dropout(),
        Identity(),
    ],
    ids=str,
)
@pytest.mark.parametrize("x", [Map((3, 5), 4), Vector(12), FLAT], ids=str)
def test_the_shape_stays(op: Op, x: Shape) -> None:
    assert op.infer(x) == x
    assert type(op.infer(x)) is type(x)


@pytest.mark.parametrize(
    ("op", "x", "y"),
    [
        (Flatten(), Map((2, 3), 4), Vector(24, (2, 3, 4))),
        (Flatten(), Map((1, 3), 4), Vector(12, (1, 3, 4))),
        (Flatten(), Map((1, 1), 4), Vector(4)),
        (Flatten(), Map((2, 3), 1), Vector(6)),
        (Flatten(ordered=True), Map((2, 3), 4), Vector(24)),
        (Flatten(), Vector(7), Vector(7)),
        (Flatten(), FLAT, FLAT),
        (Dense(10), Vector(7), Vector(10)),
        (Dense(10), FLAT, Vector(10)),
        (Conv(8, (1, 1)), Map((2, 3), 4), Map((2, 3), 8)),
        (Conv(8, (2, 3), groups=4), Map((2, 3), 4), Map((1, 1), 8)),
        (DepthwiseConv((1, 1)), Map((2, 3), 4), Map((2, 3), 4)),
        (DepthwiseConv((1, 1), multiplier=3), Map((2, 3), 4), Map((2, 3), 12)),
        (ConvTranspose(8, (2, 2), stride=(2, 2)), Map((2, 3), 4), Map((4, 6), 8)),
        (MaxPool((2, 3)), Map((4, 6), 5), Map((2, 2), 5)),
        (LocalResponseNorm(), Map((4, 6), 5), Map((4, 6), 5)),
    ],
    ids=str,
)
def test_the_shape_changes(op: Op, x: Shape, y: Shape) -> None:
    assert op.infer(x) == y
    assert type(op.infer(x)) is type(y)


@pytest.mark.parametrize(
    ("op", "x", "code", "argument"),
    [
        (Conv(8, (3, 3)), Vector(9), "E303", ""),
        (DepthwiseConv((3, 3)), Vector(9), "E303", ""),
        (ConvTranspose(8, (3, 3)), Vector(9), "E303", ""),
        (MaxPool((2, 2)), Vector(9), "E303", ""),
        (AvgPool("global"), Vector(9), "E303", ""),
        (AvgPool(adaptive=(2, 2)), Vector(9), "E303", ""),
        (LocalResponseNorm(), Vector(9), "E303", ""),
        (Dense(8), Map((3, 3), 3), "E304", ""),
        (Dense(8), Map((1, 1), 3), "E304", ""),
        (Conv(8, (5, 1)), Map((4, 4), 3), "E302", "kernel"),
        (Conv(8, (1, 5)), Map((4, 4), 3), "E302", "kernel"),
        (Conv(8, (3, 3), dilation=(2, 2)), Map((4, 4), 3), "E302", "kernel"),
        (DepthwiseConv((5, 5)), Map((4, 4), 3), "E302", "kernel"),
        (MaxPool((5, 5)), Map((4, 4), 3), "E302", "kernel"),
        (AvgPool((5, 5)), Map((4, 4), 3), "E302", "kernel"),
        (ConvTranspose(8, (2, 2), pad=(1, 1)), Map((1, 1), 3), "E302", "pad"),
        (ConvTranspose(8, (2, 2), pad=(0, 1)), Map((2, 1), 3), "E302", "pad"),
        (Conv(8, (1, 1), groups=2), Map((4, 4), 3), "E305", "groups"),
        (Conv(9, (1, 1), groups=2), Map((4, 4), 4), "E305", "groups"),
        (ConvTranspose(8, (1, 1), groups=2), Map((4, 4), 3), "E305", "groups"),
        (ConvTranspose(9, (1, 1), groups=2), Map((4, 4), 4), "E305", "groups"),
        (GroupNorm(2), Map((4, 4), 3), "E305", "groups"),
        (GroupNorm(2), Vector(3), "E305", "groups"),
    ],
    ids=str,
)
def test_inputs_that_are_refused(op: Op, x: Shape, code: str, argument: str) -> None:
    op.check()
    with pytest.raises(OpError) as caught:
        op.infer(x)
    assert caught.value.code.id == code
    assert caught.value.argument == argument
    assert caught.value.message == str(caught.value)
    assert caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("cls", [MaxPool, AvgPool])
@pytest.mark.parametrize(
    ("arguments", "code", "argument"),
    [
        ({}, "E205", "adaptive"),
        ({"kernel": (2, 2), "adaptive": (2, 2)}, "E220", "adaptive"),
        ({"kernel": "global", "adaptive": (2, 2)}, "E220", "adaptive"),
        ({"kernel": "global", "stride": (2, 2)}, "E220", "stride"),
        ({"kernel": "global", "pad": (1, 0)}, "E220", "pad"),
        ({"kernel": "global", "pad": "same"}, "E220", "pad"),
        ({"kernel": "global", "ceil": True}, "E220", "ceil"),
        ({"adaptive": (2, 2), "stride": (2, 2)}, "E220", "stride"),
        ({"adaptive": (2, 2), "pad": "same"}, "E220", "pad"),
        ({"adaptive": (2, 2), "ceil": True}, "E220", "ceil"),
        ({"kernel": (2, 2), "pad": "same", "ceil": True}, "E220", "ceil"),
        ({"kernel": (2, 2), "pad": (2, 0)}, "E310", "pad"),
        ({"kernel": (2, 2), "pad": (0, 2)}, "E310", "pad"),
        ({"kernel": (3, 5), "pad": (2, 2)}, "E310", "pad"),
        ({"kernel": (1, 1), "pad": (1, 1)}, "E310", "pad"),
    ],
)
def test_arguments_that_exclude_each_other(
    cls: type[Op], arguments: dict[str, object], code: str, argument: str
) -> None:
    with pytest.raises(OpError) as caught:
        cls(**arguments).check()
    assert (caught.value.code.id, caught.value.argument) == (code, argument)


@pytest.mark.parametrize("output_pad", [(1, 0), (0, 2), (2, 1)])
def test_padding_of_an_output_is_below_the_stride(output_pad: tuple[int, int]) -> None:
    with pytest.raises(OpError) as caught:
        ConvTranspose(8, (3, 3), stride=(1, 2), output_pad=output_pad).check()
    assert (caught.value.code.id, caught.value.argument) == ("E220", "output_pad")


@pytest.mark.parametrize(
    "op",
    [
        MaxPool((2, 2)),
        MaxPool((3, 3), stride=(2, 2), pad=(1, 1), ceil=True),
        MaxPool((2, 3), pad=(1, 1)),
        AvgPool("global"),
        AvgPool(adaptive=(2, 2)),
        AvgPool((2, 2), pad="same", count_pad=False),
        ConvTranspose(8, (3, 3), stride=(2, 3), output_pad=(1, 2)),
        Conv(8, (1, 1), pad=(9, 9)),
    ],
    ids=str,
)
def test_arguments_that_go_together(op: Op) -> None:
    op.check()


@pytest.mark.parametrize(
    ("one", "two", "equal"),
    [
        (Conv(8, (3, 3)), Conv(8, (3, 3)), True),
        (Conv(8, (3, 3)), Conv(channels=8, kernel=(3, 3), stride=(1, 1)), True),
        (Conv(8, (3, 3)), Conv(9, (3, 3)), False),
        (Conv(8, (3, 3)), Conv(8, (3, 3), bias=True), False),
        (Conv(8, (3, 3)), ConvTranspose(8, (3, 3)), False),
        (MaxPool((2, 2)), MaxPool((2, 2)), True),
        (MaxPool((2, 2)), AvgPool((2, 2)), False),
        (Relu(), Relu(), True),
        (Relu(), Relu6(), False),
        (LeakyRelu(), LeakyRelu(0.01), True),
        (LeakyRelu(), LeakyRelu(0.2), False),
        (Flatten(), Flatten(ordered=True), False),
    ],
    ids=str,
)
def test_equality(one: Op, two: Op, equal: bool) -> None:
    assert (one == two) is equal
    assert (one != two) is not equal
    assert len({one, two}) == (1 if equal else 2)
    if equal:
        assert hash(one) == hash(two)


def test_an_op_equals_nothing_else() -> None:
    assert Relu() != "Relu()"
    assert Conv(8, (3, 3)) != (8, (3, 3))


@pytest.mark.parametrize("cls", LAYERS.values(), ids=LAYERS)
def test_immutable(cls: type[Op]) -> None:
    op = example(cls)
    before = repr(op)
    for name in op.__dict__:
        with pytest.raises(AttributeError):
            setattr(op, name, 3)
    assert repr(op) == before
    assert replace(op) == op
    assert pickle.loads(pickle.dumps(op)) == op


@pytest.mark.parametrize("cls", [Relu, Conv])
def test_no_attribute_is_added_or_removed(cls: type[Op]) -> None:
    """It would change what the op equals."""
    op = example(cls)
    with pytest.raises(AttributeError):
        op.another = 3
    for name in list(op.__dict__):
        with pytest.raises(AttributeError):
            delattr(op, name)


@pytest.mark.parametrize(
    ("x", "y"),
    [(Map((3, 5), 4), Map((3, 5), 2)), (Vector(12), Vector(6)), (FLAT, Vector(6))],
    ids=str,
)
def test_glu_halves_the_channels(x: Shape, y: Shape) -> None:
    assert Glu().infer(x) == y
    assert Glu().out_channels(x.channels) == y.channels


def test_repr_is_how_it_is_made() -> None:
    assert repr(LeakyRelu(0.2)) == "LeakyRelu(slope=0.2)"
    assert repr(Tanh()) == "Tanh()"
    assert repr(Relu(6.0)) == "Relu(max=6.0)"
    for cls in LAYERS.values():
        assert eval(repr(example(cls)), {cls.__name__: cls}) == example(cls)


@pytest.mark.parametrize(
    ("shape", "text", "elements", "channels"),
    [
        (Map((28, 14), 6), "28x14x6", 2352, 6),
        (Map((1, 1), 1), "1x1x1", 1, 1),
        (Vector(84), "84", 84, 84),
        (FLAT, "12", 12, 12),
    ],
)
def test_shapes(shape: Shape, text: str, elements: int, channels: int) -> None:
    assert str(shape) == text
    assert shape.elements == elements
    assert shape.channels == channels


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (Map((2, 3), 4), Map((2, 3), 4), True),
        (Map((2, 3), 4), Map((3, 2), 4), False),
        (Vector(12), FLAT, True),
        (Vector(12), Vector(13), False),
        (Map((1, 1), 12), Vector(12), False),
    ],
)
def test_same_size(a: Shape, b: Shape, same: bool) -> None:
    assert same_size(a, b) is same
    assert same_size(b, a) is same


@pytest.mark.parametrize("op", [*map(example, LAYERS.values()), Dense(3, per="position")], ids=repr)
def test_whether_a_layer_needs_a_map_is_what_its_shape_says(op: Op) -> None:
    try:
        op.infer(Vector(12))
        refused = False
    except OpError as error:
        refused = error.code is codes.NEEDS_MAP
    assert op.needs_map == refused
