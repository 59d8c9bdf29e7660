"""What a change of a network does to checkpoints: the names and the shapes of its weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import groupby

from cnngen.frameworks import places, shapes
from cnngen.ir import Network, layers
from cnngen.record import NamedTuple
from cnngen.source import Span


class Kind(Enum):
    """What has become of a layer's weights, as programs are told."""

    REMOVED = "removed"
    CHANGED = "changed"
    RENAMED = "renamed"
    ADDED = "added"


class Named(NamedTuple):
    """A weight as a target has it."""

    name: str
    shape: tuple[int, ...]


class Held(NamedTuple):
    """A layer with weights.

    Attributes:
        path: the layer's, in the network.
        span: where it stands.
        signature: what it is, and the names and sizes of its weights: layers of one signature
            could hold each other's.
        weights: its weights as each target has them.
    """

    path: str
    span: Span
    signature: tuple[object, ...]
    weights: Mapping[str, tuple[Named, ...]]


class Change(NamedTuple):
    """What has become of a layer: as it was, if it was there, and as it is, if it is."""

    kind: Kind
    old: Held | None
    new: Held | None

    def rows(self, target: str) -> Iterator[tuple[Named | None, Named | None]]:
        """Each weight that is not what it was, before and after, as a target has it."""
        before = self.old.weights[target] if self.old else ()
        after = self.new.weights[target] if self.new else ()
        if self.kind is Kind.RENAMED:
            yield from zip(before, after, strict=True)
            return
        was, now = {w.name: w for w in before}, {w.name: w for w in after}
        for name in dict.fromkeys([*was, *now]):
            if was.get(name) != now.get(name):
                yield was.get(name), now.get(name)


def held(network: Network, targets: Sequence[str]) -> list[Held]:
    """The layers of a network that have weights, in the order of execution."""
    named: dict[str, dict[str, tuple[Named, ...]]] = {}
    sizes: dict[str, list[object]] = {}
    for target in targets:
        own = shapes(target, network)
        for path, group in groupby(places(target, network), lambda place: place.key[0]):
            found = list(group)
            weights = tuple(Named(place.name, own[place.name]) for place in found)
            named.setdefault(path, {})[target] = weights
            sizes[path] = [
                (place.weight.name, *(axis.size for axis in place.weight.axes)) for place in found
            ]
    return [
        Held(path, layer.at.span, (layer.op.word, *sizes[path]), named[path])
        for path, layer in layers(network.body)
        if path in named
    ]


def changes(old: Network, new: Network, targets: Sequence[str]) -> list[Change]:
    """What a checkpoint of ``old`` has to be told before ``new`` takes it.

    A layer that has kept its name and its weights has not changed. Of the others, layers of one
    signature are likely the same under new names where there are as many as before, in their
    order; else nothing tells which one is new.

    Args:
        old: the network as it was.
        new: the network as it is.
        targets: names of targets that can express both.
    """
    before = {layer.path: layer for layer in held(old, targets)}
    after = {layer.path: layer for layer in held(new, targets)}
    for path in before.keys() & after.keys():
        if before[path].signature == after[path].signature:
            del before[path], after[path]
    renamed = dict(_likely(before.values(), after.values()))
    found = [Change(Kind.RENAMED, before.pop(was), after.pop(now)) for was, now in renamed.items()]
    for path, layer in before.items():
        now_there = after.pop(path, None)
        found.append(Change(Kind.CHANGED if now_there else Kind.REMOVED, layer, now_there))
    found += [Change(Kind.ADDED, None, layer) for layer in after.values()]
    return [change for change in found if _is_seen(change, targets)]


def _likely(before: Iterable[Held], after: Iterable[Held]) -> Iterator[tuple[str, str]]:
    """Old and new paths of layers that are likely the same."""
    was, now = _by_signature(before), _by_signature(after)
    for signature, paths in was.items():
        if len(paths) == len(now.get(signature, ())):
            yield from zip(paths, now[signature], strict=True)


def _by_signature(layers: Iterable[Held]) -> dict[tuple[object, ...], list[str]]:
    found: dict[tuple[object, ...], list[str]] = {}
    for layer in layers:
        found.setdefault(layer.signature, []).append(layer.path)
    return found


def _is_seen(change: Change, targets: Sequence[str]) -> bool:
    """Whether a target has other names: it may write two paths in one way."""
    return any(was != now for target in targets for was, now in change.rows(target))
