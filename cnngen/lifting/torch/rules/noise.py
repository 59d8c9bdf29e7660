"""What draws at random in training."""

from __future__ import annotations

from torch import Tensor

from cnngen.lifting.torch.recorder import UnsayableError
from cnngen.lifting.torch.site import Site
from cnngen.lifting.torch.table import FUNCTIONS, Rule
from cnngen.ops import Dropout, DropPath, Op, SpatialDropout


def _drops(kind: type[Op]) -> Rule:
    def rule(
        site: Site,
        input: Tensor,  # noqa: A002 - the names are torch's
        p: float = 0.5,
        training: bool = True,
        inplace: bool = False,
    ) -> None:
        drop(site, kind, input, p, training)

    return rule


def drop(site: Site, kind: type[Op], tensor: Tensor, rate: float, training: bool) -> None:
    """A layer that draws in training, and hands on its input in evaluation."""
    if training and not site.training:
        raise UnsayableError("it draws at random in evaluation too")
    if not training and site.training and rate:
        raise UnsayableError("it does not draw in training: it is switched off")
    if rate and (training or site.recorder.is_exported):
        site.each(kind, tensor, rate=float(rate))
    else:
        site.recorder.contents[site.result] = site.value(tensor)


FUNCTIONS["dropout"] = _drops(Dropout)
for _axes in (1, 2, 3):
    FUNCTIONS[f"dropout{_axes}d"] = _drops(SpatialDropout)


def _stochastic_depth(
    site: Site,
    input: Tensor,  # noqa: A002
    p: float,
    mode: str,
    training: bool = True,
) -> None:
    if mode != "row":
        raise UnsayableError("it drops the whole batch at once")
    drop(site, DropPath, input, p, training)


FUNCTIONS["stochastic_depth"] = _stochastic_depth
