"""Modules of one class, and equal parts of flat graphs, as blocks with parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from cnngen.elaborate.scope import refusal
from cnngen.elaborate.words import WORDS
from cnngen.highlight.vocabulary import RESERVED
from cnngen.lifting.structure.alignment import aligned, fitted, present
from cnngen.lifting.structure.items import (
    Group,
    Item,
    Layer,
    Residual,
    Shapes,
    Use,
    everything,
    parts,
    rebuild,
)
from cnngen.lifting.structure.loops import is_plain, looped
from cnngen.lifting.structure.shortcuts import resolved
from cnngen.lifting.structure.skeletons import Key, skeleton
from cnngen.lifting.structure.unify import Parameter, Unified, unify
from cnngen.ops import LAYERS
from cnngen.record import NamedTuple

CHAIN = "unit"
"""What a block is called whose own name says nothing."""

SHORT = 4
"""Layers of a chain that is as plain written out, where its uses are not alike."""


TAKEN = frozenset({*LAYERS, *WORDS, *RESERVED.values()})
"""Words that mean something else."""


class Block(NamedTuple):
    """A block and what its parameters are in each use."""

    name: str
    parameters: tuple[Parameter, ...]
    items: tuple[Item, ...]
    reads_entry: bool
    origin: str


class Found(NamedTuple):
    """The network's items, and the blocks that they use, each after those that it uses itself."""

    items: tuple[Item, ...]
    blocks: tuple[Block, ...]


def find_blocks(
    items: tuple[Item, ...], shapes: Shapes, other_sizes: Collection[int] = ()
) -> Found:
    """Blocks for all classes of which there are several modules.

    A module of ``other_sizes``, by the value that it gives, is one alone too: a group is for one
    size, and a block for any.
    """
    finder = _Finder(shapes, other_sizes)
    items = _rewritten(items, lambda group: _of_its_own(group, other_sizes))
    while True:
        identity = _innermost(items)
        if identity is None:
            return Found(items, tuple(finder.blocks))
        items = finder.replaced(items, identity)


def _innermost(items: tuple[Item, ...]) -> str | None:
    """A class none of whose modules holds one of another class that is still to be looked at."""
    waiting: dict[str, set[str]] = {}
    for group in _groups(items):
        inner = {each.identity for each in _groups(group.items)} - {group.identity}
        waiting.setdefault(group.identity, set()).update(inner)
    if not waiting:
        return None
    return next((each for each, inner in waiting.items() if not inner), next(iter(waiting)))


def _groups(items: tuple[Item, ...]) -> Iterator[Group]:
    for item in everything(items):
        if isinstance(item, Group) and item.identity:
            yield item


class _Finder:
    def __init__(self, shapes: Shapes, other_sizes: Collection[int]) -> None:
        self.shapes, self.other_sizes = shapes, other_sizes
        self.blocks: list[Block] = []
        self.names: set[str] = set()

    def replaced(self, items: tuple[Item, ...], identity: str) -> tuple[Item, ...]:
        """The items with uses of blocks in the places of a class' modules."""
        items = _rewritten(items, self._matched(_of(items, identity)))
        items = _rewritten(items, lambda group: _folded(group, identity))
        clusters: dict[Key, list[Group]] = {}
        for group in _of(items, identity):
            clusters.setdefault(skeleton(group.items), []).append(group)
        uses: dict[int, Item] = {}
        order = {id(group): place for place, group in enumerate(_of(items, identity))}
        families = sorted(
            self._families(list(clusters.values())),
            key=lambda family: min(order[id(group)] for group, _ in family),
        )
        for family in families:
            uses |= self._block(family)
        items = _rewritten(items, lambda group: _replacement(group, identity, uses))
        return resolved(items, self.shapes)

    def _families(self, clusters: list[list[Group]]) -> Iterator[list[tuple[Group, Group]]]:
        """Modules that one block can stand for: each as it is, and in the form of the block."""
        needed = any(group.value in self.other_sizes for each in clusters for group in each)
        if all(_is_short(groups[0]) for groups in clusters) and len(clusters) > 1 and not needed:
            return
        while clusters:
            clusters = sorted(clusters, key=len, reverse=True)
            form, inside, others = clusters[0][0].items, [clusters[0]], []
            for groups in clusters[1:]:
                merged = aligned(form, groups[0].items)
                if merged is None or not all(_in_form(each, merged) for each in [*inside, groups]):
                    others.append(groups)
                else:
                    form, inside = merged, [*inside, groups]
            family = [group for groups in inside for group in groups]
            pairs = [(group, fitted(form, group.items)) for group in family]
            forms = present([items for _, items in pairs if items is not None])
            fitting = [group for group, items in pairs if items is not None]
            several = len(fitting) > 1 and not _is_trivial(family[0])
            if several or any(group.value in self.other_sizes for group in fitting):
                yield [
                    (group, group._replace(items=items))
                    for group, items in zip(fitting, forms, strict=True)
                ]
            clusters = others

    def _matched(self, groups: list[Group]) -> Callable[[Group], Item]:
        """Modules that add nothing where shapes differ are residuals that say so."""
        added = [group for group in groups if _adds_input(group)]
        wrapped: dict[int, Group] = {}
        for group in groups:
            for form in added[:1]:
                found = None if _has_residual(group) else self._wrapped(group, form)
                if found is not None:
                    wrapped[id(group)] = found
        if wrapped:
            for group in added:
                first = group.items[0]._replace(shortcut="match")  # type: ignore[call-arg]
                wrapped[id(group)] = group._replace(items=(first, *group.items[1:]))
        return lambda group: wrapped.get(id(group), group)

    def _wrapped(self, group: Group, form: Group) -> Group | None:
        """A module without a residual as one that has it, but for adding anything."""
        first, *tail = form.items
        assert isinstance(first, Residual)
        end = len(group.items) - len(tail)
        body, rest = group.items[:end], group.items[end:]
        if not body or skeleton(rest) != skeleton(tuple(tail)) or not self._changes(group, body):
            return None
        if aligned(first.body, body) is None:
            return None
        residual = Residual(body, group.channels, body[-1].value, "match")
        return group._replace(items=(residual, *rest))

    def _changes(self, group: Group, body: tuple[Item, ...]) -> bool:
        """Whether the body's output cannot be added to its input."""
        first = next((each for each in everything(body) if isinstance(each, Layer)), None)
        strided = any(
            isinstance(each, Layer) and set(_sizes(each.arguments.get("stride"))) - {1}
            for each in everything(body)
        )
        return first is not None and (
            strided or group.channels != self.shapes[body[-1].value].channels
        )

    def _block(self, family: list[tuple[Group, Group]]) -> dict[int, Item]:
        groups = [group for group, _ in family]
        unified: Unified = unify([form for _, form in family])
        name = self._name(groups[0].kind)
        origin = f"`{groups[0].identity}`."
        if groups[0].identity == groups[0].kind:
            origin = f"Found {len(groups)} times."
        self.blocks.append(
            Block(name, unified.parameters, unified.items, unified.reads_entry, origin)
        )
        return {
            id(group): Use(
                name,
                {each.name: each.values[place] for each in unified.parameters},
                group,
                group.label,
            )
            for place, group in enumerate(groups)
        }

    def _name(self, kind: str) -> str:
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind).lower()
        stem = re.sub(r"\W|^_+", "", words).strip("_") or CHAIN
        if stem in TAKEN or refusal(stem):
            stem = CHAIN if stem == RESERVED["BLOCK"] else f"{stem}_block"
        name, count = stem, 1
        while name in self.names:
            count += 1
            name = f"{stem}_{_letter(count)}"
        self.names.add(name)
        return name


def _letter(count: int) -> str:
    """Of several blocks of one name: by a number, they would be named as the uses of one are."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return letters[count - 1] if count <= len(letters) else f"{_letter(count - 26)}z"


def _folded(group: Group, identity: str) -> Group:
    """A module of the class with its loops."""
    if group.identity != identity:
        return group
    return group._replace(items=looped(group.items, named=not is_plain(group.items)))


def _adds_input(group: Group) -> bool:
    """Whether a module begins with a residual that adds the input itself."""
    first = group.items[0]
    return isinstance(first, Residual) and first.shortcut == "auto" and not first.shortcut_name


def _has_residual(group: Group) -> bool:
    return any(isinstance(item, Residual) for item in group.items)


def _in_form(groups: list[Group], form: tuple[Item, ...]) -> bool:
    """Whether modules with one skeleton fit a form."""
    return fitted(form, groups[0].items) is not None


def _is_short(group: Group) -> bool:
    """Whether a chain is as plain written out."""
    return len(group.items) <= SHORT and all(isinstance(item, Layer) for item in group.items)


def _is_trivial(group: Group) -> bool:
    return len(group.items) == 1 and isinstance(group.items[0], (Layer, Use))


def _sizes(value: object) -> tuple[int, ...]:
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, int) else ()


def _of(items: tuple[Item, ...], identity: str) -> list[Group]:
    return [group for group in _groups(items) if group.identity == identity]


def _of_its_own(group: Group, other_sizes: Collection[int]) -> Group:
    """A group that has to be a block, as a module of a class of its own; so for those in it."""
    group = group._replace(
        items=_rewritten(group.items, lambda inner: _of_its_own(inner, other_sizes))
    )
    if group.value not in other_sizes or group.identity:
        return group
    return group._replace(kind=group.label, identity=f"module {group.label}")


def _rewritten(items: tuple[Item, ...], change: Callable[[Group], Item]) -> tuple[Item, ...]:
    """The items with other items in the places of groups; not in those that are others now."""
    made: list[Item] = []
    for item in items:
        if isinstance(item, Group):
            changed = change(item)
            if changed is not item:
                made.append(changed)
                continue
        made.append(rebuild(item, tuple(_rewritten(body, change) for body in parts(item))))
    return tuple(made)


def _replacement(group: Group, identity: str, uses: dict[int, Item]) -> Item:
    if group.identity != identity:
        return group
    return uses.get(id(group)) or group._replace(identity="", kind="")
