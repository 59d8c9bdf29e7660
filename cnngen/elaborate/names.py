"""What items are called: by their labels, else after the habit of the field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from cnngen.diagnostics import Diagnostic, Related, codes
from cnngen.elaborate.naming import Naming
from cnngen.elaborate.scope import written_label
from cnngen.ir import Chain, Item, SideHead, heads_in
from cnngen.record import NamedTuple
from cnngen.source import Span
from cnngen.syntax import ast

Report = Callable[[Diagnostic], None]
Items = list["Unnamed"]
Named = tuple[Item, ...]
Build = Callable[[Sequence[Named], str], Item]


class Label(NamedTuple):
    """A name that the source gives, and its place; ``is_read`` where labels may be read by it."""

    name: str
    span: Span
    is_read: bool = True


class Unnamed(NamedTuple):
    """An item that gets its name when all that is named with it is there.

    ``node`` is what the source has at its place. A region is made then by ``build``, from its
    named ``parts`` and, where it ``has_path``, the path's name: ``path`` where the source gives it
    one.
    """

    label: Label | None
    node: ast.Layer | ast.Region | ast.Group | ast.Input
    item: Item | None = None
    parts: Sequence[Items] = ()
    build: Build | None = None
    has_path: bool = False
    path: Label | None = None


def name_items(items: Items, report: Report, naming: Naming) -> Named:
    """The items with names that are unique among them.

    Where the namespace is numbered 0, 1, 2, ...; else labels, and for the others those of their
    places: ``conv1``, ``relu1``; in a loop with the turn, ``conv1.0``, ``conv1.1``.
    """
    if naming.numbered:
        return tuple(_renamed(each, str(place)) for place, each in enumerate(items))
    return _Namer(items, report, naming).items(items)


def _renamed(each: Unnamed, name: str) -> Item:
    assert each.item is not None
    return each.item._replace(name=name)


class _Namer:
    """Names the items of one namespace: regions add no level to it."""

    def __init__(self, items: Items, report: Report, naming: Naming) -> None:
        self.naming = naming
        self.report = report
        self.turns: Counter[tuple[str, int]] = Counter()
        taken: dict[str, Span] = {}
        for label in _labels(items):
            if "{" in label.name:  # a mistake that is reported
                continue
            if label.name in taken:
                report(label_taken(label.name, label.span, taken[label.name]))
            taken.setdefault(label.name, label.span)
        for name, span in taken.items():
            for holder in taken.keys() & {*holders(name)}:
                report(label_inside(name, span, holder, taken[holder]))

    def items(self, items: Items) -> Named:
        return tuple(map(self._item, items))

    def _item(self, each: Unnamed) -> Item:
        if each.build is None:
            self._check_heads(each)
            return _renamed(each, self._name(each.label, each.node, self.naming.names))
        parts = [self.items(part) for part in each.parts]
        path = self._name(each.path, each.node, self.naming.paths) if each.has_path else ""
        name = self._name(each.label, each.node, self.naming.names)
        return each.build(parts, path)._replace(name=name)

    def _check_heads(self, each: Unnamed) -> None:
        """Refuse side heads in a group that only the turn of a loop tells from others."""
        if isinstance(each.item, Chain) and each.label is None and self._is_looped(each.node):
            for _, head in heads_in(each.item):
                self.report(_in_turn(head))

    def _is_looped(self, node: ast.Item | ast.Input) -> bool:
        return id(node) in self.naming.looped

    def _name(
        self, label: Label | None, node: ast.Item | ast.Input, names: Mapping[int, str]
    ) -> str:
        if label is not None:
            return label.name
        name = names[id(node)]
        if not self._is_looped(node):
            return name
        turn = self.turns[name, id(node)]
        self.turns[name, id(node)] += 1
        return f"{name}.{turn}"


def _labels(items: Items) -> Iterator[Label]:
    for item in items:
        for label in (item.label, item.path):
            if label is not None:
                yield label
        for part in item.parts:
            yield from _labels(part)


def _in_turn(head: SideHead) -> Diagnostic:
    return Diagnostic(
        codes.SIDE_HEAD_PLACE,
        "a side head is in a group without a label, in a loop",
        head.at.span,
        "its group is one of several",
        hint="label the group, `part: { ... }`, or `part[i]: { ... }` where `i` counts the turns",
    )


def holders(label: str) -> Iterator[str]:
    """What a label with dots is in: ``a`` and ``a.b`` for ``a.b.c``."""
    parts = label.partition("{")[0].split(".")
    return (".".join(parts[:end]) for end in range(1, len(parts)))


def label_inside(name: str, span: Span, holder: str, around: Span) -> Diagnostic:
    """What is said of a label with dots that would be in what has another label."""
    return Diagnostic(
        codes.NAME_TAKEN,
        f"the label `{name}` names something in `{holder}`, which is another label here",
        span,
        "in something else",
        hint="rename one of the two; what is inside of a group stands in its braces",
        related=(Related(around, f"`{holder}`"),),
    )


def label_taken(name: str, span: Span, before: Span) -> Diagnostic:
    """What is said where a label is at a place that another one of its namespace has already."""
    again = span == before
    other = f"{name}[i]" if name.isidentifier() else f'"{name}-{{i}}"'
    group = f"{{ {{ {written_label(name)}: ... }} }}"
    return Diagnostic(
        codes.NAME_TAKEN,
        f"the label `{name}` is used twice in one chain",
        span,
        "the loop comes here more than once" if again else "used again",
        hint=f"in `for i in ...`, a number makes it another name each time: `{other}: ...`; "
        f"or a second pair of braces gives each turn a group: `{group}`"
        if again
        else "rename one of the two",
        related=() if again else (Related(before, "used here before"),),
    )
