"""What items are called: by their labels, else after the habit of the field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from cnngen.diagnostics import Diagnostic, Related, codes
from cnngen.ir import Item
from cnngen.record import NamedTuple
from cnngen.source import Span

Report = Callable[[Diagnostic], None]
Items = list["Unnamed"]
Named = tuple[Item, ...]
Build = Callable[[Sequence[Named], str], Item]

SHORTCUT = "shortcut"
"""What the paths of shortcuts are counted as."""

GATE = "scale"
"""What gates are counted as."""


class Label(NamedTuple):
    """A name that the source gives, and its place."""

    name: str
    span: Span


class Unnamed(NamedTuple):
    """An item that gets its name when all that is named with it is there.

    A region is made then by ``build``, from its named ``parts`` and, where it ``has_path``, the
    path's name: ``path`` where the source gives it one.
    """

    label: Label | None
    stem: str
    item: Item | None = None
    parts: Sequence[Items] = ()
    build: Build | None = None
    has_path: bool = False
    path: Label | None = None


def is_numbered(items: Items) -> bool:
    """Whether the names are just places: there are no labels, and no regions."""
    return all(item.label is None and item.build is None for item in items)


def name_items(items: Items, report: Report, *, numbered: bool) -> Named:
    """The items with names that are unique among them.

    ``numbered``: 0, 1, 2, ...; else labels, and for the others ``conv1``, ``conv2``, ``relu1``.
    The count goes by kind, so that a name changes only with what stands before it of its kind.
    """
    if numbered:
        return tuple(_renamed(each, str(place)) for place, each in enumerate(items))
    return _Namer(items, report).items(items)


def _renamed(each: Unnamed, name: str) -> Item:
    assert each.item is not None
    return each.item._replace(name=name)


class _Namer:
    """Names the items of one namespace: regions add no level to it."""

    def __init__(self, items: Items, report: Report) -> None:
        self.counts: Counter[str] = Counter()
        self.taken: dict[str, Span] = {}
        for label in _labels(items):
            if label.name in self.taken:
                report(_taken(label, self.taken[label.name]))
            self.taken.setdefault(label.name, label.span)

    def items(self, items: Items) -> Named:
        return tuple(map(self._item, items))

    def _item(self, each: Unnamed) -> Item:
        if each.build is None:
            return _renamed(each, self._name(each.label, each.stem))
        parts = [self.items(part) for part in each.parts]
        path = self._name(each.path, SHORTCUT) if each.has_path else ""
        return each.build(parts, path)._replace(name=self._name(each.label, each.stem))

    def _name(self, label: Label | None, stem: str) -> str:
        if label is not None:
            return label.name
        # The sixty-first relu must not be called what the first relu6 is.
        stem = f"{stem}_" if stem[-1].isdigit() else stem
        while True:
            self.counts[stem] += 1
            name = f"{stem}{self.counts[stem]}"
            if name not in self.taken:
                return name


def _labels(items: Items) -> Iterator[Label]:
    for item in items:
        for label in (item.label, item.path):
            if label is not None:
                yield label
        for part in item.parts:
            yield from _labels(part)


def _taken(label: Label, before: Span) -> Diagnostic:
    again = label.span == before
    name = label.name
    return Diagnostic(
        codes.NAME_TAKEN,
        f"the label `{name}` is used twice in one chain",
        label.span,
        "the loop comes here more than once" if again else "used again",
        hint=f"in a loop, an index makes it another name each time: `{name}[i]: ...`; "
        f"or a second pair of braces gives each turn a group: `{{ {{ {name}: ... }} }}`"
        if again
        else "rename one of the two",
        related=() if again else (Related(before, "used here before"),),
    )
