"""A recorded model as items, before its blocks are found."""

from __future__ import annotations

from collections.abc import Mapping

from cnngen.lifting.structure.items import (
    Group,
    Head,
    Item,
    Layer,
    Missing,
    Reuse,
)
from cnngen.lifting.structure.labels import label_of
from cnngen.lifting.structure.regions import Chain
from cnngen.lifting.structure.scopes import Leaf, Part, Scope, tree
from cnngen.lifting.structure.steps import Steps, has_weights, normal, readers
from cnngen.lifting.traced import Input, Module, Traced, Unsaid
from cnngen.ops import BatchNorm, Op, Shape
from cnngen.record import NamedTuple


class Built(NamedTuple):
    """The items of a model, and the steps that they are made of.

    ``other_sizes`` are the values of modules that are applied to other sizes later.
    """

    items: tuple[Item, ...]
    steps: Steps
    other_sizes: set[int]


def build(traced: Traced) -> Built:
    """The model's own chain."""
    steps = normal(traced)
    builder = _Builder(traced, steps)
    parts = tuple(part for part in tree(steps) if not _is_input(part, steps))
    trunk, heads = _apart(parts, traced, steps)
    start = next(at for at, step in steps.items() if isinstance(step.what, Input))
    items = builder.items(trunk, start, {out.step for out in traced.outputs} | set(heads))
    return Built(_with_heads(items, heads, builder), steps, builder.other_sizes)


def _is_input(part: Part, steps: Steps) -> bool:
    return isinstance(part, Leaf) and isinstance(steps[part.at].what, Input)


class _Builder:
    """Makes items of parts."""

    def __init__(self, traced: Traced, steps: Steps) -> None:
        self.traced, self.steps = traced, steps
        self.readers = readers(steps)
        self.first: dict[str, int] = {}
        """By the name of a layer or the path of a module, what its first application gave."""
        self.entered: dict[str, Shape] = {}
        """By the path of a module, the shape that it was first applied to."""
        self.other_sizes: set[int] = set()
        """What modules gave first that are applied to other sizes later, as blocks can be."""

    def items(self, parts: tuple[Part, ...], start: int, returned: set[int]) -> tuple[Item, ...]:
        """The items of one scope, of whose values some are ``returned``."""
        inside = {at for part in parts for at in part.steps}
        outside = {
            at: sum(reader not in inside for reader in self.readers[at]) + (at in returned)
            for at in inside
        }
        return Chain(self.steps, outside, self._item, named=self.traced.named).items(parts, start)

    def _item(self, part: Part) -> Item:
        return self._scope(part) if isinstance(part, Scope) else self._leaf(part)

    def _leaf(self, part: Leaf) -> Item:
        step = self.steps[part.at]
        channels = self.steps[part.inputs[0]].shape.channels
        if isinstance(step.what, Unsaid):
            return Missing(step.what.operator, step.what.why, step.place, channels, part.at)
        assert isinstance(step.what, Op)
        if has_weights(step):
            first = self.first.setdefault(step.name, part.at) if step.name else part.at
            if first != part.at:
                return Reuse(first, channels, part.at)
        label = label_of(part.name) if has_weights(step) else ""
        return Layer(
            step.what.word,
            dict(step.what.__dict__),
            channels,
            part.at,
            label,
            has_weights(step),
            self._is_normed(part.at),
        )

    def _is_normed(self, at: int) -> bool:
        """Whether a batch norm takes what a layer gives."""
        return any(isinstance(self.steps[at].what, BatchNorm) for at in self.readers[at])

    def _scope(self, scope: Scope) -> Item:
        start = scope.inputs[0]
        channels = self.steps[start].shape.channels
        end = self._end(scope)
        first = self.first.setdefault(scope.path, end)
        if first != end:
            if self.entered[scope.path] != self.steps[start].shape:
                self.other_sizes.add(first)
            return Reuse(first, channels, end)
        self.entered[scope.path] = self.steps[start].shape
        module = self.traced.modules.get(scope.path, Module("", ""))
        own = set(scope.steps)
        returned = {at for at in own if any(r not in own for r in self.readers[at])} | {end}
        items = self.items(scope.parts, start, returned)
        label = label_of(scope.name)
        plain = module.identity in PLAIN or not module.identity
        kind, identity = ("", "") if plain else (module.kind, module.identity)
        return Group(items, channels, end, label, kind, identity, module.arguments)

    def _end(self, scope: Scope) -> int:
        """The value that a scope gives: the last of those that are read outside of it."""
        own = set(scope.steps)
        ends = [
            at for at in scope.steps if not self.readers[at] or not own.issuperset(self.readers[at])
        ]
        return ends[-1]


PLAIN = {
    "torch.nn.modules.container.Sequential",
    "torch.nn.modules.container.ModuleList",
    "torch.nn.modules.container.ModuleDict",
}
"""Classes that only hold others."""


def _apart(
    parts: tuple[Part, ...], traced: Traced, steps: Steps
) -> tuple[tuple[Part, ...], dict[int, list[tuple[str, tuple[Part, ...]]]]]:
    """The trunk, and by the value where they leave it, the side heads with their parts."""
    produced = {at: part for part in parts for at in part.steps}
    trunk = _before([out.step for out in traced.outputs], produced)
    heads: dict[int, list[tuple[str, tuple[Part, ...]]]] = {}
    for out in traced.heads:
        own = [part for part in _before([out.step], produced) if part not in trunk]
        starts = {of for part in own for of in part.inputs} - {at for p in own for at in p.steps}
        if len(starts) == 1:
            ordered = tuple(part for part in parts if part in own)
            heads.setdefault(starts.pop(), []).append((out.name, ordered))
    return tuple(part for part in parts if part in trunk), heads


def _before(ends: list[int], produced: Mapping[int, Part]) -> dict[Part, None]:
    found: dict[Part, None] = {}
    waiting = list(ends)
    while waiting:
        part = produced.get(waiting.pop())
        if part is not None and part not in found:
            found[part] = None
            waiting += part.inputs
    return found


def _with_heads(
    items: tuple[Item, ...],
    heads: dict[int, list[tuple[str, tuple[Part, ...]]]],
    builder: _Builder,
) -> tuple[Item, ...]:
    made: list[Item] = []
    for item in items:
        made.append(item)
        for name, parts in heads.get(item.value, ()):
            inner = builder.items(parts, item.value, {parts[-1].steps[-1]})
            if len(inner) == 1 and isinstance(inner[0], Group) and inner[0].label:
                group = inner[0]
                # The head is called as its module is, whose name its weights have.
                name = group.label
                inner = group.items if not group.identity else (group._replace(label=""),)
            channels = builder.steps[item.value].shape.channels
            made.append(Head(name, inner, channels, item.value))
    return tuple(made)
