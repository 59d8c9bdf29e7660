"""A recorded model as items, before its blocks are found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from cnngen.lifting.structure.items import (
    Group,
    Head,
    Item,
    Layer,
    Missing,
    Read,
    Reuse,
)
from cnngen.lifting.structure.labels import path_label, plain_name
from cnngen.lifting.structure.regions import Chain
from cnngen.lifting.structure.scopes import Leaf, Part, Scope, tree
from cnngen.lifting.structure.steps import Steps, has_weights, normal, readers
from cnngen.lifting.traced import Input, Module, Traced, UnliftableError, Unsaid
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
    returned = {out.step for out in traced.outputs}
    made = tree(steps, returned | {out.step for out in traced.heads})
    parts = tuple(part for part in made if not _is_input(part, steps))
    start = next(at for at, step in steps.items() if isinstance(step.what, Input))
    items = builder.items(parts, start, returned)
    if builder.waiting:
        name = next(iter(builder.waiting.values()))
        raise UnliftableError(
            f"it returns `{name}` in training alone, which is made of several values: a side head "
            "takes one"
        )
    return Built(items, steps, builder.other_sizes)


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
        self.waiting = {out.step: out.name for out in traced.heads}
        """The side heads that are in no scope yet, by the values that they give."""

    def items(self, parts: tuple[Part, ...], start: int, returned: set[int]) -> tuple[Item, ...]:
        """The items of one scope, of whose values some are ``returned``, with its side heads."""
        trunk = _before(returned, parts)
        heads = self._heads(trunk, parts, start)
        parts = tuple(part for part in parts if part in trunk)
        inside = {at for part in parts for at in part.steps}
        outside = {
            at: sum(reader not in inside for reader in self.readers[at])
            + (at in returned or at in heads)
            for at in inside
        }
        chain = Chain(self.steps, outside, self._item, named=self.traced.named)
        return self._with_heads(chain.items(parts, start), heads, start)

    def _heads(
        self, trunk: Collection[Part], parts: tuple[Part, ...], start: int
    ) -> dict[int, list[tuple[str, tuple[Part, ...]]]]:
        """By the value where they leave a scope, the side heads that are all in it."""
        found: dict[int, list[tuple[str, tuple[Part, ...]]]] = {}
        values = {start, *map(self._end, parts)}
        for end, name in tuple(self.waiting.items()):
            own = [part for part in _before([end], parts) if part not in trunk]
            made = {at for part in own for at in part.steps}
            starts = {of for part in own for of in part.inputs} - made if own else {end}
            if len(starts) == 1 and starts <= values:
                del self.waiting[end]
                ordered = tuple(part for part in parts if part in own)
                found.setdefault(starts.pop(), []).append((name, ordered))
        return found

    def _with_heads(
        self,
        items: tuple[Item, ...],
        heads: Mapping[int, list[tuple[str, tuple[Part, ...]]]],
        start: int,
    ) -> tuple[Item, ...]:
        made = [self._head(name, parts, start) for name, parts in heads.get(start, ())]
        for item in items:
            made.append(item)
            rows = heads.get(item.value, ()) if not _passes(item) else ()
            made += [self._head(name, parts, item.value) for name, parts in rows]
        return tuple(made)

    def _head(self, name: str, parts: tuple[Part, ...], start: int) -> Item:
        channels = self.steps[start].shape.channels
        if not parts:
            return Head(name, (Layer("identity", {}, channels, start),), channels, start)
        inner = self.items(parts, start, {parts[-1].steps[-1]})
        label = inner[0].label if len(inner) == 1 else ""
        if label and label == plain_name(label):
            # The head is called as its module is, whose name its weights have.
            name, inner = label, _called_by_the_head(inner[0])
        return Head(name, inner, channels, start)

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
        label = path_label(part.name) if has_weights(step) else ""
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
        label = path_label(scope.name)
        plain = module.identity in PLAIN or not module.identity
        kind, identity = ("", "") if plain else (module.kind, module.identity)
        return Group(items, channels, end, label, kind, identity, module.arguments)

    def _end(self, part: Part) -> int:
        """The value that a part gives: the last of those that are read outside of it."""
        own = set(part.steps)
        ends = [at for at in own - set(self.waiting) if not own.issuperset(self.readers[at])]
        ends += [at for at in own - set(self.waiting) if not self.readers[at]]
        return max(ends, key=part.steps.index, default=part.steps[-1])


PLAIN = {
    "torch.nn.modules.container.Sequential",
    "torch.nn.modules.container.ModuleList",
    "torch.nn.modules.container.ModuleDict",
}
"""Classes that only hold others."""


def _before(ends: Iterable[int], parts: tuple[Part, ...]) -> dict[Part, None]:
    """The parts that values are made of."""
    produced = {at: part for part in parts for at in part.steps}
    found: dict[Part, None] = {}
    waiting = list(ends)
    while waiting:
        part = produced.get(waiting.pop())
        if part is not None and part not in found:
            found[part] = None
            waiting += part.inputs
    return found


def _passes(item: Item) -> bool:
    """Whether it only goes on from a value that is there."""
    return isinstance(item, Read) and item.word == "from"


def _called_by_the_head(item: Item) -> tuple[Item, ...]:
    """What is in a head whose name the only part of it has."""
    if isinstance(item, Group) and not item.identity:
        return item.items
    return (item._replace(label=""),)
