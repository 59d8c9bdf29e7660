"""Pooling, and what is put around a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cnngen.lifting.torch.recorder import UnsayableError
from cnngen.lifting.torch.site import Site
from cnngen.lifting.torch.table import FUNCTIONS, Rule, function, per_axis
from cnngen.lifting.traced import Unsaid
from cnngen.ops import AvgPool, Crop, Map, MaxPool, Op, Pad, PadChannels

NEVER_WINS = "pads with minus infinity"
"""Why a padding is unsaid that a maximum right behind it takes as its own."""


@function("max_pool1d", "max_pool2d", "max_pool3d")
def _max_pool(
    site: Site,
    input: Tensor,  # noqa: A002 - the names are torch's
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> None:
    axes = int(site.name[-2])
    given = _window(kernel_size, stride, padding, ceil_mode, axes)
    given["dilation"] = per_axis(dilation, axes)
    step = site.settled(input)
    padded = site.recorder.steps[step]
    if isinstance(padded.what, Unsaid) and padded.what.why.startswith(NEVER_WINS):
        cells = [int(part) for part in padded.what.why.split()[-2 * axes :]]
        if any(given["pad"]):
            raise UnsayableError("it pads what is padded already")
        given |= {"pad": tuple(cells[:axes]), "pad_after": tuple(cells[axes:])}
        step = padded.inputs[0]
    site.gives(site.recorder.layer(MaxPool, step, **given))


@function("avg_pool1d", "avg_pool2d", "avg_pool3d")
def _avg_pool(
    site: Site,
    input: Tensor,  # noqa: A002
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> None:
    if divisor_override is not None:
        raise UnsayableError("an average with a divisor of its own")
    given = _window(kernel_size, stride, padding, ceil_mode, int(site.name[-2]))
    sizes = tuple(site.result.shape[2:])
    is_whole = isinstance(kernel_size, torch.Size) and set(sizes) == {1} and not any(given["pad"])
    if is_whole:
        site.layer(AvgPool, input, kernel="global")  # the size was asked of the map itself
    else:
        site.layer(AvgPool, input, count_pad=count_include_pad, **given)


def _window(kernel: Any, stride: Any, padding: Any, ceil: bool, axes: int) -> dict[str, Any]:
    window = per_axis(kernel, axes)
    return {
        "kernel": window,
        "stride": per_axis(stride, axes) if stride not in (None, [], ()) else window,
        "pad": per_axis(padding, axes),
        "ceil": ceil,
    }


def _adaptive(kind: type[Op]) -> Rule:
    def rule(
        site: Site,
        input: Tensor,  # noqa: A002
        output_size: Any,
        return_indices: bool = False,
    ) -> None:
        step = site.settled(input)
        shape = site.shape(step)
        if not isinstance(shape, Map):
            raise UnsayableError("it pools a vector")
        wanted = per_axis_or_own(output_size, shape.sizes)
        if all(size == 1 for size in wanted):
            site.gives(site.recorder.layer(kind, step, kernel="global"))
        elif wanted == shape.sizes:
            site.gives(step)
        else:
            site.gives(site.recorder.layer(kind, step, adaptive=wanted))

    return rule


def per_axis_or_own(output: Any, sizes: Sequence[int]) -> tuple[int, ...]:
    """The size that an adaptive pool gives: None stands for that of its input."""
    parts = tuple(output) if isinstance(output, (list, tuple)) else (output,) * len(sizes)
    return tuple(own if part is None else int(part) for part, own in zip(parts, sizes, strict=True))


for _axes in (1, 2, 3):
    FUNCTIONS[f"adaptive_avg_pool{_axes}d"] = _adaptive(AvgPool)
    FUNCTIONS[f"adaptive_max_pool{_axes}d"] = _adaptive(MaxPool)


MODES = {"constant": "zeros", "reflect": "reflect", "replicate": "replicate"}
"""What torch calls the language's ways to pad."""


@function("pad", "constant_pad_nd")
def _pad(
    site: Site,
    input: Tensor,  # noqa: A002
    pad: Sequence[int],
    mode: str = "constant",
    value: float | None = None,
) -> None:
    """Torch has the last axis first, before and after it."""
    step = site.settled(input)
    shape = site.shape(step)
    if mode not in MODES:
        raise UnsayableError(f"it pads in the mode `{mode}`")
    axes = shape.axes
    cells = [*map(int, pad), *[0] * (2 * axes + 2 - len(pad))]
    before, after = tuple(cells[0 : 2 * axes : 2][::-1]), tuple(cells[1 : 2 * axes : 2][::-1])
    channels = cells[2 * axes : 2 * axes + 2]
    if any(cells[2 * axes + 2 :]) or channels[0] < 0 or channels[1] < 0:
        raise UnsayableError("it pads the batch, or takes channels away")
    fills = mode != "constant" or not value
    if value == float("-inf") and mode == "constant" and not any(channels):
        raise UnsayableError(" ".join(map(str, (NEVER_WINS, *before, *after))))
    if not fills:
        raise UnsayableError(f"it pads with {value:g}")
    if any(channels):
        step = _pad_channels(site, step, channels, mode)
    if any(cell < 0 for cell in (*before, *after)):
        step = _crop(site, step, before, after)
        before, after = (tuple(max(cell, 0) for cell in side) for side in (before, after))
    if any((*before, *after)):
        given = {"cells": before, "after": None if before == after else after}
        step = site.recorder.layer(Pad, step, None, mode=MODES[mode], **given)
    site.gives(step)


def _pad_channels(site: Site, step: int, channels: Sequence[int], mode: str) -> int:
    if channels[0] or mode != "constant":
        raise UnsayableError("it puts channels before those of its input")
    return site.recorder.layer(PadChannels, step, channels=site.shape(step).channels + channels[1])


def _crop(site: Site, step: int, before: Sequence[int], after: Sequence[int]) -> int:
    sides = [tuple(max(-cell, 0) for cell in side) for side in (before, after)]
    given = {"cells": sides[0], "after": None if sides[0] == sides[1] else sides[1]}
    return site.recorder.layer(Crop, step, None, **given)
