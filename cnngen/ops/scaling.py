"""Factors and constants. All keep their input's shape; `layer_scale` alone has weights."""

from __future__ import annotations

from cnngen.diagnostics import codes
from cnngen.ops import kinds
from cnngen.ops.base import Op, OpError, Weight, feature_axis, op, param
from cnngen.ops.shapes import Shape


@op("scale")
class Scale(Op):
    """Its input times a constant (Szegedy et al., 2017, section 3.3, scales residuals by 0.1)."""

    keeps_output = False
    only_weighs = True

    factor: float = param("what each value is multiplied by", kinds.any_real(), positional=True)


@op("offset")
class Offset(Op):
    """Its input plus a constant."""

    keeps_output = False

    constant: float = param("what is added to each value", kinds.any_real(), positional=True)


@op("normalize")
class Normalize(Op):
    """(x - mean) / deviation with constants for each channel: inputs as they are prepared.

    Nothing is learned; for images in RGB, torchvision has `mean=[0.485, 0.456, 0.406]
    deviation=[0.229, 0.224, 0.225]` of ImageNet.
    """

    keeps_output = False
    reads_order = True

    mean: tuple[float, ...] = param("what is taken away, for each channel", kinds.reals())
    deviation: tuple[float, ...] = param(
        "what is divided by then, for each channel", kinds.reals(*kinds.DIVISORS)
    )

    def infer(self, x: Shape) -> Shape:
        for name in ("mean", "deviation"):
            count = len(getattr(self, name))
            if count != x.channels:
                numbers = "1 number" if count == 1 else f"{count} numbers"
                raise OpError(
                    codes.WRONG_VALUE,
                    f"`{name}` has {numbers}, but its input {x} has {x.channels} channels",
                    argument=name,
                    hint="one number for each channel",
                )
        return x


@op("layer_scale")
class LayerScale(Op):
    """Its input times a learned factor for each channel (Touvron et al., 2021, section 2).

    Factors start at 1e-6 in ConvNeXt (Liu et al., 2022, appendix A.1). In checkpoints of PyTorch
    they are `label.gamma`, as of a module. Where `bare` says the shape, they are a parameter of the
    module around, and the label alone is its key: Cx1x1 on an image (`map`, as torchvision's
    ConvNeXt has it), 1xCx1x1 (`batch`) or C (`vector`).
    """

    keeps_output = False
    only_weighs = True

    start: float = param("what all factors start at", kinds.any_real(), 1e-6)
    bare: str = param(
        "the shape of the factors as a parameter of the module around",
        kinds.word("none", "map", "batch", "vector"),
        "none",
    )

    @property
    def needs_label(self) -> bool:
        """Whether what holds its weights has no name but the layer's label."""
        return self.bare != "none"

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return (Weight("scale", (feature_axis(x),)),)
