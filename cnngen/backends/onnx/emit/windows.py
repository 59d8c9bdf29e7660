"""Windows over a map, and what is around it; ONNX says all cells before it, then those after."""

from __future__ import annotations

from typing import Any

from cnngen.backends.onnx.place import Place
from cnngen.ops.kinds import PerAxis
from cnngen.ops.window import Pads

MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge"}
"""What ONNX calls the ways to pad."""


def sides(around: Pads) -> list[int]:
    """The cells on both sides of all axes, in ONNX's order."""
    return [*around.before, *around.after]


def padded(
    at: Place,
    name: str,
    x: str,
    around: Pads,
    mode: str = "zeros",
    value: float = 0.0,
) -> str:
    """The map with cells around it, by an operator called ``name``; itself without any."""
    if not around.any:
        return x
    filling = at.constant("filling", value) if mode == "zeros" and value else ""
    # Batch and channels too: with ``axes``, ONNX Runtime 1.32 fails where it moves a transposition.
    pads = at.integers("pads", [0, 0, *around.before, 0, 0, *around.after])
    given = (x, pads, filling) if filling else (x, pads)
    return at.graph.node(name, "Pad", given, mode=MODES[mode])


def with_channels(at: Place, x: str, added: int) -> str:
    """The value with channels of zeros after its own."""
    none = [0] * at.rank
    pads = at.integers("pads", [0, 0, *none, 0, added, *none])
    return at.node("Pad", x, pads)


def surrounded(at: Place, x: str, around: Pads, mode: str = "zeros", value: float = 0.0) -> str:
    """The same for what an operator slides over next."""
    return padded(at, f"{at.path}/pad", x, around, mode, value)


def nothing(axes: int) -> Pads:
    """No cells around a map."""
    return Pads((0,) * axes, (0,) * axes)


def same_depends(pad: PerAxis | str, kernel: PerAxis, stride: PerAxis) -> bool:
    """Whether the padding depends on the sizes of the map: ``same`` does, where a window steps."""
    return pad == "same" and max(kernel) > 1 and max(stride) > 1


def window(
    kernel: PerAxis, stride: PerAxis, around: Pads, dilation: PerAxis | None = None
) -> dict[str, Any]:
    """The attributes that all operators with a window have."""
    given = {"kernel_shape": kernel, "strides": stride, "pads": sides(around)}
    return given if dilation is None else {**given, "dilations": dilation}
