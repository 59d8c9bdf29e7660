"""Convolutions right behind one another, and dense layers, as one where that is less work.

Weighted sums of weighted sums are weighted sums. One of two convolutions has to be 1x1, so that
each output has the window of the other; and that must not see zeros where it saw a bias.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from cnngen.ir import Layer, Network
from cnngen.ops import Conv, Dense, Identity, Op
from cnngen.passes.inference.chains import each_chain, rows
from cnngen.passes.inference.identities import is_identity
from cnngen.passes.inference.plan import Array, Pass, Plan, Told, Weights
from cnngen.passes.inference.sizes import is_pointwise, is_unpadded
from cnngen.record import NamedTuple


def merged(first: Op, second: Op) -> Op | None:
    """The op that does what both do, with a bias; None where there is none.

    What is open in a definition is not known to fit.
    """
    if type(first) is Dense and type(second) is Dense:
        return second.replace(bias=True) if first.per == second.per else None
    if not (type(first) is Conv and type(second) is Conv):
        return None
    if not first.groups == second.groups == 1:
        return None
    if is_pointwise(second):
        return first.replace(channels=second.channels, bias=True)
    is_exact = is_unpadded(second) or first.bias is False
    return second.replace(bias=True) if is_pointwise(first) and is_exact else None


def saves_work(first: Layer, second: Layer) -> bool:
    """Whether one layer in place of the two, which stand in a network, takes fewer MACs."""
    op = merged(first.op, second.op)
    assert op is not None
    ahead, behind = first.at, second.at
    before = first.op.macs(ahead.input, ahead.output) + second.op.macs(behind.input, behind.output)
    return op.macs(ahead.input, behind.output) < before


def past_identities(items: tuple[Any, ...]) -> Iterator[tuple[int, int]]:
    """The places of items that follow each other, with nothing but identities between."""
    kept = (place for place, item in enumerate(items) if not is_identity(item))
    return pairwise(kept)


def merge_pairs(items: tuple[Any, ...], plan: Plan) -> tuple[Any, ...]:
    """The items of a chain or of a definition with one layer in place of each pair of the plan."""
    made = list(items)
    for place, behind in past_identities(items):
        first, second = items[place], items[behind]
        if _is_merged(first, second, plan):
            output = second.at.output
            at = first.at._replace(output=output)
            made[place] = first._replace(op=merged(first.op, second.op), at=at)
            for each in range(place + 1, behind + 1):
                at = items[each].at._replace(input=output, output=output)
                made[each] = items[each]._replace(op=Identity(), at=at)
    return tuple(made)


def _is_merged(first: Any, second: Any, plan: Plan) -> bool:
    at, its = (getattr(each, "at", None) for each in (first, second))
    if at is None or its is None or (at.span, its.span) not in plan.sequences:
        return False
    return merged(first.op, second.op) is not None  # there may be others: a layer may be a value


def merge_layers(network: Network, plan: Plan) -> Network:
    """The network with one layer in place of each pair of the plan."""
    return each_chain(network, lambda chain: chain._replace(items=merge_pairs(chain.items, plan)))


class Site(NamedTuple):
    """Two layers that become the first one, with their paths."""

    path: str
    first: Layer
    behind: str
    second: Layer


def sites(network: Network, wanted: Callable[[Layer, Layer], bool]) -> Iterator[Site]:
    """Neighbours that are wanted, once each."""
    found = {site.behind: site for site in _sites(network, wanted)}
    return iter(found.values())


def _sites(network: Network, wanted: Callable[[Layer, Layer], bool]) -> Iterator[Site]:
    for prefix, row in rows(network.body):
        for place, behind in past_identities(row):
            first, second = row[place], row[behind]
            if isinstance(first, Layer) and isinstance(second, Layer) and wanted(first, second):
                yield Site(prefix + first.name, first, prefix + second.name, second)


def _planned(network: Network, plan: Plan) -> Iterator[Site]:
    return sites(network, lambda first, second: _is_merged(first, second, plan))


def merged_weights(network: Network, plan: Plan, weights: Weights) -> Weights:
    """The weights after :func:`merge_layers`, for those before it."""
    made = {path: dict(arrays) for path, arrays in weights.items()}
    for site in _planned(network, plan):
        made[site.path] = _composed(made[site.path], made.pop(site.behind))
    return made


def _composed(first: Mapping[str, Array], second: Mapping[str, Array]) -> dict[str, Array]:
    """The kernel and the bias that do both, worked out in float64."""
    dtype = first["kernel"].dtype
    before, after = (each["kernel"].astype("float64") for each in (first, second))
    sums = after.reshape(*after.shape[:2], -1).sum(axis=2)
    shift = sums @ first["bias"] if "bias" in first else 0
    bias = second.get("bias", sums[:, 0] * 0) + shift
    window = range(2, before.ndim)  # of one of the two it is 1x1
    kernel = after.transpose(*window, 0, 1) @ before.transpose(*window, 0, 1)
    kernel = kernel.transpose(-2, -1, *range(before.ndim - 2))
    return {"kernel": kernel.astype(dtype), "bias": bias.astype(dtype)}


def _told(network: Network, plan: Plan) -> Iterator[Told]:
    for site in _planned(network, plan):
        yield site.second.at.span, f"part of the `{site.first.op.word}` before it"


MERGE_LAYERS = Pass(
    "merge-layers",
    "two convolutions behind one another, one of them 1x1, or two dense layers become one",
    merge_layers,
    _told,
    merged_weights,
)
