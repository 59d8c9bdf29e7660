"""ATen's operators that torch's own functions hide: they are met in exported programs alone."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from cnngen.lifting.torch.site import Site
from cnngen.lifting.torch.table import FUNCTIONS, Rule


def _nearest(site: Site, input: Tensor, output_size: Any, scale_factors: Any) -> None:  # noqa: A002
    FUNCTIONS["interpolate"](site, input, output_size, scale_factors)


def _upsample(mode: str) -> Rule:
    def rule(
        site: Site,
        input: Tensor,  # noqa: A002 - the names are torch's
        output_size: Any,
        align_corners: bool,
        scale_factors: Any,
    ) -> None:
        FUNCTIONS["interpolate"](site, input, output_size, scale_factors, mode, align_corners)

    return rule


for _axes, _mode in ((1, "linear"), (2, "bilinear"), (2, "bicubic"), (3, "trilinear")):
    FUNCTIONS[f"upsample_{_mode}{_axes}d"] = _upsample(_mode)
for _axes in (1, 2, 3):
    FUNCTIONS[f"upsample_nearest{_axes}d"] = _nearest
