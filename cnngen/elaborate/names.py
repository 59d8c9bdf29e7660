"""What the items of a chain are called: by their labels, else after the habit of the field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from cnngen.diagnostics import Diagnostic, Related, codes
from cnngen.ir import Item
from cnngen.source import Span
from cnngen.syntax import ast


class Unnamed(NamedTuple):
    """An item with an empty name, which gets its own when its chain is complete."""

    label: ast.Name | None
    stem: str
    item: Item


def name_items(
    items: Sequence[Unnamed], report: Callable[[Diagnostic], None], *, numbered: bool
) -> tuple[Item, ...]:
    """The items with names that are unique among them.

    ``numbered``: 0, 1, 2, ...; else labels, and for the others ``conv1``, ``conv2``, ``relu1``.
    The count goes by kind, so that a name changes only with what stands before it of its kind.
    """
    if numbered:
        return tuple(each.item._replace(name=str(place)) for place, each in enumerate(items))
    taken = _labels(items, report)
    counts: Counter[str] = Counter()
    return tuple(each.item._replace(name=_name(each, counts, taken)) for each in items)


def _labels(items: Sequence[Unnamed], report: Callable[[Diagnostic], None]) -> dict[str, Span]:
    taken: dict[str, Span] = {}
    for item in items:
        if item.label is None:
            continue
        name, span = item.label.name, item.label.span
        if name in taken:
            report(_taken(name, span, taken[name]))
        taken.setdefault(name, span)
    return taken


def _taken(name: str, span: Span, before: Span) -> Diagnostic:
    again = span == before
    return Diagnostic(
        codes.NAME_TAKEN,
        f"the label `{name}` is used twice in one chain",
        span,
        "the loop comes here more than once" if again else "used again",
        hint=f"a second pair of braces gives each turn a group: `{{ {{ {name}: ... }} }}`"
        if again
        else "rename one of the two",
        related=() if again else (Related(before, "used here before"),),
    )


def _name(item: Unnamed, counts: Counter[str], taken: dict[str, Span]) -> str:
    if item.label is not None:
        return item.label.name
    # The sixty-first relu must not be called what the first relu6 is.
    stem = f"{item.stem}_" if item.stem[-1].isdigit() else item.stem
    while True:
        counts[stem] += 1
        name = f"{stem}{counts[stem]}"
        if name not in taken:
            return name
