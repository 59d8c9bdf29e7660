"""Functions that show a tensor's numbers otherwise: they change its arrangement, and are no layer.

Each is a rule from the arrangement before, the arguments, and the result to the arrangement after;
None where it shows them as no arrangement can say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor

from cnngen.lifting.torch.arrangement import REPEATED, Atom, Dims, size_of, viewed

View = Callable[[Dims, Sequence[Any], Tensor], Dims | None]
"""The first of the arguments is the tensor itself."""


_NAMES = ("input", "self", "dim0", "dim1", "axis0", "axis1", "source", "destination", "dims")
"""Arguments that may be given by name, in the order in which functions take them."""


def in_order(args: Sequence[Any], given: Mapping[str, Any]) -> tuple[Any, ...]:
    """The arguments of a view, those that are given by name among them."""
    return (*args, *(given[name] for name in _NAMES if name in given))


def _reshaped(dims: Dims, args: Sequence[Any], result: Tensor) -> Dims | None:
    return viewed(dims, tuple(result.shape))


def _same(dims: Dims, args: Sequence[Any], result: Tensor) -> Dims | None:
    return dims


def _permuted(dims: Dims, args: Sequence[Any], result: Tensor) -> Dims | None:
    order = args[1] if isinstance(args[1], (list, tuple)) else args[1:]
    return tuple(dims[place] for place in order)


def _exchanged(dims: Dims, args: Sequence[Any], result: Tensor) -> Dims | None:
    made = list(dims)
    made[args[1]], made[args[2]] = dims[args[2]], dims[args[1]]
    return tuple(made)


def _turned(dims: Dims, args: Sequence[Any], result: Tensor) -> Dims | None:
    """Of a matrix alone: its two axes exchanged."""
    return dims[::-1] if len(dims) <= 2 else None


def _last_turned(dims: Dims, args: Sequence[Any], result: Tensor) -> Dims | None:
    return (*dims[:-2], dims[-1], dims[-2])


def _moved(dims: Dims, args: Sequence[Any], result: Tensor) -> Dims | None:
    sources, places = (
        [axis % len(dims) for axis in (each if isinstance(each, (list, tuple)) else [each])]
        for each in args[1:3]
    )
    rest = iter([axis for axis in range(len(dims)) if axis not in sources])
    at = dict(zip(places, sources, strict=True))
    order = [at[place] if place in at else next(rest) for place in range(len(dims))]
    return tuple(dims[axis] for axis in order)


def _expanded(dims: Dims, args: Sequence[Any], result: Tensor) -> Dims | None:
    """Dimensions of size 1, and new ones in front, hold the same all along."""
    sizes = tuple(result.shape)
    own = ((),) * (len(sizes) - len(dims)) + dims
    return tuple(
        (Atom(REPEATED, size),) if size_of(dim) != size else dim
        for dim, size in zip(own, sizes, strict=True)
    )


def _indexed(dims: Dims, args: Sequence[Any], result: Tensor) -> Dims | None:
    """An index of new axes and whole ones only."""
    index = args[1] if isinstance(args[1], tuple) else (args[1],)
    whole = (None, Ellipsis, slice(None))
    if all(any(part is each or part == each for each in whole) for part in index):
        return viewed(dims, tuple(result.shape))
    return None


def is_repeated(dims: Dims) -> bool:
    """Whether some dimension holds the same all along."""
    return any(atom.axis == REPEATED for dim in dims for atom in dim)


def unrepeated(dims: Dims) -> Dims:
    """The same, with 1 for the size of each dimension that holds the same all along."""
    return tuple(tuple(atom for atom in dim if atom.axis != REPEATED) for dim in dims)


VIEWS: Mapping[str, View] = {
    **dict.fromkeys(("view", "reshape", "view_as", "reshape_as", "unsafe_view"), _reshaped),
    **dict.fromkeys(("flatten", "unflatten", "squeeze", "unsqueeze", "ravel"), _reshaped),
    **dict.fromkeys(
        ("contiguous", "clone", "detach", "alias", "requires_grad", "lift_fresh_copy"), _same
    ),
    **dict.fromkeys(("to", "cpu", "cuda", "float", "double", "type", "type_as"), _same),
    "permute": _permuted,
    **dict.fromkeys(("transpose", "swapaxes", "swapdims"), _exchanged),
    "t": _turned,
    "T": _turned,
    "mT": _last_turned,
    **dict.fromkeys(("movedim", "moveaxis"), _moved),
    **dict.fromkeys(("expand", "expand_as", "broadcast_to"), _expanded),
    "getitem": _indexed,
}
