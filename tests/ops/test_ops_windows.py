"""Output sizes against windows counted one by one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from cnngen.diagnostics import codes
from cnngen.ops import AvgPool, Conv, ConvTranspose, DepthwiseConv, Map, MaxPool, Op, OpError
from cnngen.ops.kinds import PerAxis
from cnngen.ops.window import Pads

SIZES = range(1, 13)
KERNELS = (1, 2, 3, 4, 5, 7)
STRIDES = (1, 2, 3, 4)
PADS = (0, 1, 2, 3)
DILATIONS = (1, 2, 3)
POOLS = pytest.mark.parametrize("cls", [MaxPool, AvgPool])
OTHER = 2
"""Kernel, stride, pad and size of the other axis, on which one window fits."""


def counted(size: int, before: int, after: int, kernel: int, stride: int, dilation: int = 1) -> int:
    """Starts at which every cell of the window is on the padded axis."""
    cells = range(-before, size + after)
    starts = range(-before, size + after, stride)
    return sum(all(start + cell * dilation in cells for cell in range(kernel)) for start in starts)


def counted_ceil(size: int, pad: int, kernel: int, stride: int) -> int:
    """As ``counted``, and a last window partly outside that starts on the map or before it."""
    count, start = 1, -pad
    while start + kernel < size + pad and start + stride < size:
        count, start = count + 1, start + stride
    return count


def output(op: Op, size: int, axis: int) -> int:
    """The output's size along ``axis``; 0 where no window fits."""
    try:
        y = op.infer(Map(pair(size, axis), 2))
    except OpError as error:
        if error.code is not codes.WINDOW_TOO_LARGE:
            raise
        return 0
    assert isinstance(y, Map)
    return y.sizes[axis]


def pair(value: int, axis: int, other: int = OTHER) -> PerAxis:
    """``value`` along ``axis``, so that one that mixes the axes up is found out."""
    return (value, other) if axis == 0 else (other, value)


def along(pads: Pads, axis: int) -> PerAxis:
    return pads.before[axis], pads.after[axis]


def windows() -> Iterator[tuple[int, int, int, int, int, int]]:
    """Axis, size, kernel, stride, pad and dilation."""
    return product((0, 1), SIZES, KERNELS, STRIDES, PADS, DILATIONS)


def test_conv() -> None:
    for axis, size, kernel, stride, pad, dilation in windows():
        kwargs: dict[str, Any] = {
            "kernel": pair(kernel, axis),
            "stride": pair(stride, axis),
            "pad": pair(pad, axis, 0),
            "dilation": pair(dilation, axis, 1),
        }
        expected = counted(size, pad, pad, kernel, stride, dilation)
        assert output(Conv(8, **kwargs), size, axis) == expected, (size, kwargs)
        assert output(DepthwiseConv(**kwargs), size, axis) == expected, (size, kwargs)


@POOLS
def test_pool(cls: type[MaxPool | AvgPool]) -> None:
    for axis, size, kernel, stride, pad in product((0, 1), SIZES, KERNELS, STRIDES, PADS):
        if pad > kernel // 2:
            continue
        op = cls(pair(kernel, axis), stride=pair(stride, axis), pad=pair(pad, axis, 0))
        op.check()
        assert output(op, size, axis) == counted(size, pad, pad, kernel, stride), (size, op)


@POOLS
def test_pool_that_takes_a_last_window(cls: type[MaxPool | AvgPool]) -> None:
    for axis, size, kernel, stride, pad in product((0, 1), SIZES, KERNELS, STRIDES, PADS):
        if pad > kernel // 2 or kernel > size + 2 * pad:
            continue
        op = cls(pair(kernel, axis), stride=pair(stride, axis), pad=pair(pad, axis, 0), ceil=True)
        op.check()
        expected = counted_ceil(size, pad, kernel, stride)
        assert output(op, size, axis) == expected, (size, op)
        before, after = along(op.pads(pair(size, axis)), axis)
        assert before == pad
        assert after >= pad
        assert counted(size, before, after, kernel, stride) == expected, "what the pads are for"
        start = -pad + (expected - 1) * stride
        assert start < size, "no window is wholly in the padding after"


@POOLS
def test_a_pool_steps_by_its_window(cls: type[MaxPool | AvgPool]) -> None:
    for size, kernel in product(SIZES, KERNELS):
        assert output(cls((kernel, 2)), size, 0) == size // kernel


@pytest.mark.parametrize("cls", [Conv, DepthwiseConv])
def test_same(cls: type[Conv | DepthwiseConv]) -> None:
    for axis, size, kernel, stride, dilation in product((0, 1), SIZES, KERNELS, STRIDES, DILATIONS):
        kwargs: dict[str, Any] = {
            "kernel": pair(kernel, axis),
            "stride": pair(stride, axis),
            "dilation": pair(dilation, axis, 1),
        }
        op = Conv(8, **kwargs, pad="same") if cls is Conv else DepthwiseConv(**kwargs, pad="same")
        assert_same(op, size, axis, kernel, stride, dilation)


@POOLS
def test_same_of_pools(cls: type[MaxPool | AvgPool]) -> None:
    for axis, size, kernel, stride in product((0, 1), SIZES, KERNELS, STRIDES):
        op = cls(pair(kernel, axis), stride=pair(stride, axis), pad="same")
        op.check()
        assert_same(op, size, axis, kernel, stride, 1)


def assert_same(
    op: Conv | DepthwiseConv | MaxPool | AvgPool,
    size: int,
    axis: int,
    kernel: int,
    stride: int,
    dilation: int,
) -> None:
    """ceil(size / stride) windows, the least padding that gives them, the odd pixel after."""
    expected = len(range(0, size, stride))
    assert output(op, size, axis) == expected, (size, op)
    before, after = along(op.pads(pair(size, axis)), axis)
    assert after - before in (0, 1), (size, op)
    assert counted(size, before, after, kernel, stride, dilation) == expected, (size, op)
    if after:
        assert counted(size, before, after - 1, kernel, stride, dilation) < expected, (size, op)


def test_conv_transpose() -> None:
    """Each cell of the input paints a window; `pad` cuts off, `output_pad` adds."""
    for axis, size, kernel, stride, pad in product((0, 1), SIZES, KERNELS, STRIDES, PADS):
        for more in range(stride):
            op = ConvTranspose(
                8,
                pair(kernel, axis),
                stride=pair(stride, axis),
                pad=pair(pad, axis, 0),
                output_pad=pair(more, axis, 0),
            )
            op.check()
            painted = {i * stride + cell for i in range(size) for cell in range(kernel)}
            expected = max(painted) + 1 - 2 * pad + more
            assert output(op, size, axis) == max(expected, 0), (size, op)


def test_conv_transpose_is_the_way_back() -> None:
    for size, kernel, stride, pad in product(SIZES, KERNELS, STRIDES, PADS):
        forward = counted(size, pad, pad, kernel, stride)
        if not forward:
            continue
        left = (size + 2 * pad - kernel) % stride
        args: dict[str, Any] = {
            "kernel": (kernel, kernel),
            "stride": (stride, stride),
            "pad": (pad, pad),
        }
        back = ConvTranspose(3, **args, output_pad=(left, left))
        there = Conv(8, **args).infer(Map((size, size), 3))
        assert back.infer(there) == Map((size, size), 3)


@POOLS
@pytest.mark.parametrize("shape", [Map((1, 1), 3), Map((7, 5), 3), Map((32, 16), 8)])
def test_whole_maps(cls: type[MaxPool | AvgPool], shape: Map) -> None:
    assert cls("global").infer(shape) == Map((1, 1), shape.channels)
    assert cls(adaptive=(2, 3)).infer(shape) == Map((2, 3), shape.channels)


@pytest.mark.parametrize(
    ("op", "shape", "pads"),
    [
        (Conv(1, (3, 3), pad="same"), Map((5, 5), 1), (1, 1, 1, 1)),
        (Conv(1, (2, 2), pad="same"), Map((5, 5), 1), (0, 1, 0, 1)),
        (Conv(1, (4, 1), pad="same"), Map((5, 5), 1), (1, 2, 0, 0)),
        (Conv(1, (3, 3), stride=(2, 2), pad="same"), Map((224, 223), 1), (0, 1, 1, 1)),
        (Conv(1, (3, 5), dilation=(2, 3), pad="same"), Map((9, 9), 1), (2, 2, 6, 6)),
        (Conv(1, (1, 1), stride=(2, 2), pad="same"), Map((5, 6), 1), (0, 0, 0, 0)),
        (Conv(1, (3, 3), pad=(1, 2)), Map((5, 5), 1), (1, 1, 2, 2)),
        (MaxPool((3, 3), stride=(2, 2), ceil=True), Map((6, 7), 1), (0, 1, 0, 0)),
        (MaxPool((2, 2), ceil=True), Map((5, 4), 1), (0, 1, 0, 0)),
    ],
)
def test_pads(op: Conv | MaxPool, shape: Map, pads: tuple[int, ...]) -> None:
    made = op.pads(shape.sizes)
    assert tuple(zip(made.before, made.after, strict=True)) == (pads[:2], pads[2:])


@pytest.mark.parametrize(
    ("pads", "symmetric", "any_"),
    [
        (Pads((0, 0), (0, 0)), True, False),
        (Pads((1, 2), (1, 2)), True, True),
        (Pads((0, 0), (1, 0)), False, True),
        (Pads((1, 0), (1, 1)), False, True),
    ],
)
def test_what_pads_say(pads: Pads, symmetric: bool, any_: bool) -> None:
    assert pads.symmetric is symmetric
    assert pads.any is any_
