"""Which weight of a model of the user's own is which of the generated one's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cnngen.frameworks import Arrays
from cnngen.ir import Network
from cnngen.record import NamedTuple
from cnngen.verification.differences import of_outputs
from cnngen.verification.problem import problem
from cnngen.verification.subjects import Subject

SAME = 1e-3
"""Of the relative difference of outputs, in either type: with other weights it is about 1."""

MOST = 5
"""How many of what does not match are told."""


class Match(NamedTuple):
    """Two names of one weight, and by what they were found to be: ``name`` or ``order``."""

    generated: str
    own: str
    shape: tuple[int, ...]
    by: str


class MismatchError(Exception):
    """The weights are not those of the network; the message says which."""


def match(generated: Arrays, own: Arrays) -> list[Match]:
    """Match by name, and layers that are left by order among those with the same weights.

    Both are in the order of one framework, so that the habit of either side does not matter. The
    weights of a layer stay together. What training does not change and nothing matches, such as
    a constant, is left aside.

    Raises:
        MismatchError: there are more or fewer of a kind, or one is not trained.
    """
    by_name = {name: name for name in generated if _shape_of(own, name) == generated[name].shape}
    found = match_in_order(generated, own, by_name)
    _complain(generated, own, found)
    return [
        Match(name, found[name], array.shape, "name" if name in by_name else "order")
        for name, array in generated.items()
    ]


def likelier(
    network: Network, made: Subject, own: Any, ways: Sequence[list[Match]], dtype: str
) -> list[Match]:
    """Which of several ways to match gives the outputs of the generated model, else the first.

    Loops may be held turn by turn, or in lists; the weights themselves do not say it.

    Args:
        network: what both are models of.
        made: the generated model.
        own: the user's, as its framework has it.
        ways: the likeliest first.
        dtype: ``float64`` or ``float32``.
    """
    start = problem(network, dtype, 2)
    made.model.load(start.weights)
    expected = made.model.evaluate(start.inputs)
    for way in ways:
        names = {each.generated: each.own for each in way}
        model = made.framework.adopt(own, network, dtype, names)
        model.load(start.weights)
        if of_outputs(model.evaluate(start.inputs), expected).relative < SAME:
            return way
    return ways[0]


def match_in_order(
    generated: Arrays, own: Arrays, known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The names in ``own`` of generated layers, in order among those with the same weights.

    Where one has more layers of a kind than the other, none of these are found.

    Args:
        generated: what the network's model owns.
        own: what they are looked for in, in the order of the same framework.
        known: names that are found already; they are part of what is returned.
    """
    found = dict(known or {})
    for kind in (_attributes_and_shapes, _shapes):
        taken = set(found.values())
        ours = _layers([name for name in generated if name not in found])
        theirs = _groups(_layers([name for name in own if name not in taken]), own, kind)
        for key, alike in _groups(ours, generated, kind).items():
            if len(theirs.get(key, ())) == len(alike):
                for a, b in zip(alike, theirs[key], strict=True):
                    found.update(zip(a, b, strict=True))
    return found


def _shape_of(arrays: Arrays, name: str) -> tuple[int, ...] | None:
    return arrays[name].shape if name in arrays else None


def _layers(names: Sequence[str]) -> list[list[str]]:
    """The names by the layer that they belong to."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(name.rpartition(".")[0], []).append(name)
    return list(found.values())


def _attributes_and_shapes(names: Sequence[str], arrays: Arrays) -> object:
    return tuple((name.rpartition(".")[2], arrays[name].shape) for name in names)


def _shapes(names: Sequence[str], arrays: Arrays) -> object:
    return tuple(arrays[name].shape for name in names)


def _groups(
    layers: Sequence[list[str]], arrays: Arrays, kind: Callable[[Sequence[str], Arrays], object]
) -> dict[object, list[list[str]]]:
    """The layers of each kind, in their order."""
    groups: dict[object, list[list[str]]] = {}
    for names in layers:
        groups.setdefault(kind(names, arrays), []).append(names)
    return groups


def _complain(generated: Arrays, own: Arrays, found: Mapping[str, str]) -> None:
    taken = set(found.values())
    ours = {name: of for name, of in generated.items() if name not in found}
    theirs = {name: of for name, of in own.items() if name not in taken}
    if ours or any(of.trained for of in theirs.values()):
        raise MismatchError("\n".join(_complaints(ours, theirs)))
    frozen = [b for a, b in found.items() if generated[a].trained and not own[b].trained]
    if frozen:
        raise MismatchError(f"not trained in the model: {', '.join(frozen[:MOST])}")


def _complaints(ours: Arrays, theirs: Arrays) -> Iterator[str]:
    for whose, arrays in (("network", ours), ("model", theirs)):
        if arrays:
            shown = [f"{name} {of.shape}" for name, of in list(arrays.items())[:MOST]]
            more = f" and {len(arrays) - MOST} more" if len(arrays) > MOST else ""
            yield f"only in the {whose}: {', '.join(shown)}{more}"
