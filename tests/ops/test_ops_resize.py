"""What shortcuts are made of: strides between two sizes, and channels of zeros."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnngen.ops import Conv, Map, OpError, PadChannels, Shape, Vector
from cnngen.ops.resize import stride_between


@pytest.mark.parametrize(
    ("x", "y", "stride"),
    [
        ((8, 8), (8, 8), (1, 1)),
        ((8, 8), (4, 4), (2, 2)),
        ((7, 7), (4, 4), (2, 2)),
        ((7, 9), (4, 3), (2, 3)),
        ((8, 6), (8, 3), (1, 2)),
        ((8, 8), (1, 1), (8, 8)),
        ((8, 8), (3, 3), (3, 3)),
        ((8, 8), (2, 2), (4, 4)),
        ((8, 8), (6, 6), None),
        ((8, 8), (8, 6), None),
        ((8, 8), (16, 16), None),
        ((8, 8), (9, 8), None),
    ],
)
def test_stride_between(
    x: tuple[int, int], y: tuple[int, int], stride: tuple[int, int] | None
) -> None:
    assert stride_between(x, y) == stride


@given(st.integers(1, 200), st.integers(1, 200))
def test_the_stride_is_the_smallest_that_fits(size: int, wanted: int) -> None:
    fitting = [s for s in range(1, size + 1) if -(-size // s) == wanted]
    found = stride_between((size, size), (wanted, wanted))
    assert found == ((fitting[0], fitting[0]) if fitting else None)
    if found:
        assert Conv(1, (1, 1), stride=found).infer(Map((size, size), 1)) == Map((wanted, wanted), 1)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (Map((2, 3), 4), Map((2, 3), 6)),
        (Map((2, 3), 6), Map((2, 3), 6)),
        (Vector(4), Vector(6)),
        (Vector(4, (1, 2, 2)), Vector(6)),
        (Map((2, 3), 7), None),
        (Vector(7), None),
    ],
    ids=str,
)
def test_channels_of_zeros(x: Shape, y: Shape | None) -> None:
    op = PadChannels(6)
    assert not op.weights(x)
    assert op.macs(x, Map((8, 8), 6)) == 0
    if y is not None:
        assert op.infer(x) == y
        return
    with pytest.raises(OpError) as caught:
        op.infer(x)
    assert (caught.value.code.id, caught.value.argument) == ("E317", "channels")
