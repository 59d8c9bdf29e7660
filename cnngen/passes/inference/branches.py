"""Convolutions side by side whose outputs are added, as one (Ding et al., 2021, section 3.3).

A smaller kernel is a larger one with zeros around it. A batch norm of the input beside them, and
the input itself, are kernels with one weight other than zero for each channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cnngen.ir import Chain, Instance, Item, Layer, Network, children
from cnngen.ops import BatchNorm, Conv, Op
from cnngen.passes.inference.chains import each_chain
from cnngen.passes.inference.norms import scale_and_shift, with_bias
from cnngen.passes.inference.plan import Array, Merge, Pass, Plan, Told, Weights
from cnngen.passes.inference.sizes import is_each
from cnngen.record import NamedTuple


def fits_beside(op: Op, conv: Conv) -> bool:
    """Whether what a layer gives can be worked out by a convolution of the same input, added.

    What is open in a definition has to be the same in both.
    """
    if type(op) is BatchNorm:
        return True
    if type(op) is not Conv or not is_centred(op):
        return False
    same = (op.stride, op.groups) == (conv.stride, conv.groups)
    return same and all(own <= its for own, its in zip(op.kernel, conv.kernel, strict=True))


def is_centred(conv: Conv) -> bool:
    """Whether the middle of the kernel is where the output is, as far as is known."""
    plain = conv.pad_mode == "zeros" and conv.pad_after is None and is_each(conv.dilation, 1)
    if not plain or type(conv.kernel) is not tuple or {type(k) for k in conv.kernel} != {int}:
        return False
    around = tuple(size // 2 for size in conv.kernel)
    is_padded = conv.pad == around or (conv.pad == "same" and is_each(conv.stride, 1))
    return is_padded and all(size % 2 for size in conv.kernel)


def merge_branches(network: Network, plan: Plan) -> Network:
    """The network with one convolution in place of what the plan merges."""
    gone = frozenset(span for merge in plan.merged.values() for span in merge.gone)

    def rule(chain: Chain) -> Chain:
        kept = (item for item in chain.items if item.at.span not in gone)
        made = tuple(with_bias(each) if each.at.span in plan.merged else each for each in kept)
        return chain if made == chain.items else chain._replace(items=made)

    return each_chain(network, rule)


class Site(NamedTuple):
    """A convolution that takes others in: it and they, each with its path."""

    merge: Merge
    path: str
    conv: Layer
    others: tuple[tuple[str, Layer], ...]


def _sites(network: Network, plan: Plan) -> Iterable[Site]:
    """What is merged, once each."""
    return {site.path: site for site in _within(network.body, plan)}.values()


def _within(item: Item, plan: Plan, prefix: str = "") -> Iterator[Site]:
    """What is merged of items that are named together, and in those with names of their own.

    What is merged in a group is seen around it too, perhaps in part, and again in it.
    """
    found = {layer.at.span: (path, layer) for path, layer in _near(item, prefix)}
    for merge in plan.merged.values():
        others = tuple(found[span] for span in merge.others if span in found)
        if merge.conv in found and others:
            yield Site(merge, *found[merge.conv], others)
    for child in children(item):
        is_named = isinstance(child, (Chain, Instance))
        yield from _within(child, plan, f"{prefix}{child.name}." if is_named else prefix)


def _near(item: Item, prefix: str) -> Iterator[tuple[str, Layer]]:
    """The layers among the children of an item, and in groups among these."""
    for child in children(item):
        if isinstance(child, Layer):
            yield prefix + child.name, child
        elif isinstance(child, Chain):
            inside = (each for each in child.items if isinstance(each, Layer))
            yield from ((f"{prefix}{child.name}.{each.name}", each) for each in inside)


def merged_weights(network: Network, plan: Plan, weights: Weights) -> Weights:
    """The weights after :func:`merge_branches`, for those before it."""
    made = {path: dict(arrays) for path, arrays in weights.items()}
    for site in _sites(network, plan):
        added = [(layer.op, made.pop(path)) for path, layer in site.others]
        made[site.path] = _merged(site, made[site.path], added)
    return made


def _merged(site: Site, own: Any, added: list[tuple[Op, Any]]) -> dict[str, Array]:
    """The kernel and the bias of all, worked out in float64."""
    dtype = own["kernel"].dtype
    kernel = own["kernel"].astype("float64")
    none = kernel.reshape(len(kernel), -1)[:, :0].sum(axis=1)
    bias = own.get("bias", none)
    middle = tuple(size // 2 for size in kernel.shape[2:])
    outputs = range(len(kernel))
    inputs = [each % kernel.shape[1] for each in outputs]
    for op, arrays in added:
        if isinstance(op, BatchNorm):
            scale, shift = scale_and_shift(op, arrays)
            kernel[(outputs, inputs, *middle)] += scale
            bias = bias + shift
        else:
            kernel[_inside(kernel.shape, arrays["kernel"].shape)] += arrays["kernel"]
            bias = bias + arrays.get("bias", none)
    if site.merge.input:
        kernel[(outputs, inputs, *middle)] += 1
    return {"kernel": kernel.astype(dtype), "bias": bias.astype(dtype)}


def _inside(outer: tuple[int, ...], inner: tuple[int, ...]) -> tuple[slice, ...]:
    """Where the smaller array is in the larger one: in the middle."""
    starts = [(size - own) // 2 for size, own in zip(outer, inner, strict=True)]
    return tuple(slice(at, at + own) for at, own in zip(starts, inner, strict=True))


def _told(network: Network, plan: Plan) -> Iterator[Told]:
    for site in _sites(network, plan):
        words = [f"the `{layer.op.word}`" for _, layer in site.others]
        words += ["the input"] if site.merge.input else []
        yield site.conv.at.span, f"one with {' and '.join(words)} beside it"


MERGE_BRANCHES = Pass(
    "merge-branches",
    "convolutions and batch norms of one value whose outputs are added become one convolution",
    merge_branches,
    _told,
    merged_weights,
)
