"""What changes the size of a map without weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from cnngen.lifting.torch.recorder import UnsayableError
from cnngen.lifting.torch.site import Site
from cnngen.lifting.torch.table import function, per_axis
from cnngen.ops import ChannelShuffle, Map, PixelShuffle, PixelUnshuffle, Resize
from cnngen.ops.kinds import PerAxis

LINEAR = ("linear", "bilinear", "trilinear")


@function("interpolate", "upsample")
def _interpolate(
    site: Site,
    input: Tensor,  # noqa: A002 - the names are torch's
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> None:
    step = site.settled(input)
    shape = site.shape(step)
    if not isinstance(shape, Map):
        raise UnsayableError("it resizes a vector")
    if align_corners or antialias:
        raise UnsayableError("it aligns the corners" if align_corners else "it averages")
    words = {"nearest": "nearest", "bicubic": "cubic"} | dict.fromkeys(LINEAR, "linear")
    if mode not in words:
        raise UnsayableError(f"it resizes in the mode `{mode}`")
    if mode == "bicubic" and shape.axes != 2:
        raise UnsayableError("it resizes in the mode `bicubic` along other axes than two")
    given = _sizes(shape, size, scale_factor)
    if mode == "nearest" and given is not None:
        _check_nearest(shape.sizes, tuple(site.result.shape[2:]), input.dtype)
    if given is None:
        site.gives(step)
    else:
        site.gives(site.recorder.layer(Resize, step, mode=words[mode], **given))


def _check_nearest(sizes: PerAxis, wanted: PerAxis, number: torch.dtype) -> None:
    """UnsayableError where torch's rounding takes another position than the language has."""
    for size, new in zip(sizes, wanted, strict=True):
        positions = torch.arange(size, dtype=number, device="cpu")[None, None]
        taken = torch.nn.functional.interpolate(positions, size=new).flatten().tolist()
        if taken != [place * size // new for place in range(new)]:
            raise UnsayableError(f"torch rounds positions where it makes {new} of {size}")


def _sizes(shape: Map, size: Any, factor: Any) -> dict[str, Any] | None:
    """The factor or the size; None where the map keeps its own."""
    if size is not None:
        wanted = per_axis(size, shape.axes)
        return None if wanted == shape.sizes else {"to": wanted}
    parts = tuple(factor) if isinstance(factor, (list, tuple)) else (factor,) * shape.axes
    if any(part != int(part) for part in parts):
        raise UnsayableError("it resizes by a factor that is not whole")
    whole = tuple(map(int, parts))
    return None if set(whole) == {1} else {"factor": whole}


@function("index_select")
def _index_select(site: Site, input: Tensor, dim: int, index: Tensor) -> None:  # noqa: A002
    """Position floor(i n / m) of n, as every i of m: along one axis after the other, one resize."""
    taken = site.numbers(index)
    step = site.settled(input)
    shape = site.shape(step)
    axis = dim % input.dim() - 2
    if taken is None or not isinstance(shape, Map) or axis < 0:
        raise UnsayableError("it takes elements that are not known to be positions of a map")
    size, new = shape.sizes[axis], taken.numel()
    if taken.tolist() != [place * size // new for place in range(new)]:
        raise UnsayableError("it takes positions in an order that no layer makes")
    sizes = (*shape.sizes[:axis], new, *shape.sizes[axis + 1 :])
    before = site.recorder.steps[step]
    if isinstance(before.what, Resize) and before.what.mode == "nearest" and not before.name:
        own = site.shape(before.inputs[0])
        assert isinstance(own, Map)
        if own.sizes[axis] == size:  # positions along this axis are still those of its input
            step = before.inputs[0]
    is_there = site.shape(step) == shape._replace(sizes=sizes)
    site.gives(step if is_there else site.recorder.layer(Resize, step, to=sizes))


@function("pixel_shuffle")
def _pixel_shuffle(site: Site, input: Tensor, upscale_factor: int) -> None:  # noqa: A002
    site.layer(PixelShuffle, input, factor=upscale_factor)


@function("pixel_unshuffle")
def _pixel_unshuffle(site: Site, input: Tensor, downscale_factor: int) -> None:  # noqa: A002
    site.layer(PixelUnshuffle, input, factor=downscale_factor)


@function("channel_shuffle", "native_channel_shuffle")
def _channel_shuffle(site: Site, input: Tensor, groups: int) -> None:  # noqa: A002
    site.layer(ChannelShuffle, input, groups=groups)
