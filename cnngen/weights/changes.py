"""What a change of a network does to checkpoints: the names and the shapes of its weights."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import groupby, zip_longest

from cnngen.frameworks import BY_PLACE, places, shapes
from cnngen.ir import Network, layers
from cnngen.record import NamedTuple
from cnngen.source import Span


class Kind(Enum):
    """What has become of a layer's weights, as programs are told."""

    REMOVED = "removed"
    CHANGED = "changed"
    RENAMED = "renamed"
    REORDERED = "reordered"
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

    @property
    def word(self) -> object:
        """The layer's word in the language, which goes with its class in a framework."""
        return self.signature[0]


class Change(NamedTuple):
    """What has become of a layer: as it was, if it was there, and as it is, if it is.

    Where layers were reordered, ``new`` is another one: it stands where ``old`` stood.
    """

    kind: Kind
    old: Held | None
    new: Held | None

    def rows(self, target: str) -> Iterator[tuple[Named | None, Named | None]]:
        """Each weight that is not what it was, before and after, as a target has it."""
        if self.kind is Kind.REORDERED and target not in BY_PLACE:
            return
        before = self.old.weights[target] if self.old else ()
        after = self.new.weights[target] if self.new else ()
        if self.kind in (Kind.RENAMED, Kind.REORDERED):
            yield from zip_longest(before, after)
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
    signature are likely the same under new names where, between two of that signature that have
    not changed, there are as many as before, in their order; else nothing tells which one is new.

    Args:
        old: the network as it was.
        new: the network as it is.
        targets: names of targets that can express both.
    """
    was, now = held(old, targets), held(new, targets)
    before, after = {layer.path: layer for layer in was}, {layer.path: layer for layer in now}
    kept = {path for path in before.keys() & after.keys() if _same(before[path], after[path])}
    renamed = dict(_likely(was, now, kept))
    same = {path: path for path in kept} | renamed
    there = set(same.values())
    found = [Change(Kind.RENAMED, before[path], after[name]) for path, name in renamed.items()]
    gone = {path: layer for path, layer in before.items() if path not in same}
    come = {path: layer for path, layer in after.items() if path not in there}
    for path, layer in gone.items():
        now_there = come.pop(path, None)
        found.append(Change(Kind.CHANGED if now_there else Kind.REMOVED, layer, now_there))
    found += [Change(Kind.ADDED, None, layer) for layer in come.values()]
    found += _reordered(was, now, same)
    return [change for change in found if _is_seen(change, targets)]


def _same(a: Held, b: Held) -> bool:
    return a.signature == b.signature


def _likely(
    before: Iterable[Held], after: Iterable[Held], kept: Container[str]
) -> Iterator[tuple[str, str]]:
    """Old and new paths of layers that are likely the same, of those that are not ``kept``."""
    was, now = _between(before, kept), _between(after, kept)
    for place, paths in was.items():
        if len(paths) == len(now.get(place, ())):
            yield from zip(paths, now[place], strict=True)


def _between(layers: Iterable[Held], kept: Container[str]) -> dict[object, list[str]]:
    """Layers that are not ``kept``, by signature and by the last of it before them that is."""
    last: dict[object, str] = {}
    found: dict[object, list[str]] = {}
    for path, _, signature, _ in layers:
        if path in kept:
            last[signature] = path
        else:
            found.setdefault((signature, last.get(signature)), []).append(path)
    return found


def _reordered(
    before: Iterable[Held], after: Iterable[Held], same: Mapping[str, str]
) -> Iterator[Change]:
    """Layers that stand where another of their class stood, of those that are there still.

    Args:
        before: the layers as they were.
        after: the layers as they are.
        same: new paths by old ones.
    """
    there = set(same.values())
    was = _by_class(layer for layer in before if layer.path in same)
    now = _by_class(layer for layer in after if layer.path in there)
    for word, stood in was.items():
        for old, new in zip(stood, now[word], strict=True):
            if same[old.path] != new.path:
                yield Change(Kind.REORDERED, old, new)


def _by_class(layers: Iterable[Held]) -> dict[object, list[Held]]:
    found: dict[object, list[Held]] = {}
    for layer in layers:
        found.setdefault(layer.word, []).append(layer)
    return found


def _is_seen(change: Change, targets: Sequence[str]) -> bool:
    """Whether a target has other names: it may write two paths in one way."""
    return any(was != now for target in targets for was, now in change.rows(target))
