"""Bodies that differ in what some of them have, as one body in which that is optional."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from cnngen.lifting.structure.formulas import ABSENT
from cnngen.lifting.structure.items import (
    Branches,
    Item,
    Layer,
    Optional,
    Read,
    Residual,
    Reuse,
    Use,
    everything,
    parts,
    rebuild,
)
from cnngen.lifting.structure.skeletons import arguments, own, skeleton, with_arguments

MOST_OPTIONAL = 4
"""Optional parts of a block; more of them are another block."""

LEAST_COMMON = 0.5
"""What part of the layers has to be common."""

Items = tuple[Item, ...]


def aligned(a: Items, b: Items) -> Items | None:
    """A form that both have where parts of it are optional; None where they are too unlike."""
    if any(isinstance(item, (Read, Reuse)) for item in (*everything(a), *everything(b))):
        return None
    form = _merged(a, b)
    every = _common(form, optional=True)
    if _runs(form) > MOST_OPTIONAL or _common(form) < LEAST_COMMON * every:
        return None
    return form


def _common(items: Items, *, optional: bool = False) -> int:
    """The layers that are there always, or all; those with weights count more."""
    count = 0
    for item in items:
        if isinstance(item, Layer):
            count += 1 + 2 * item.weighted
        elif isinstance(item, Use):
            count += 3
        elif optional or not isinstance(item, Optional):
            count += sum(_common(body, optional=optional) for body in parts(item))
    return count


def _runs(items: Items) -> int:
    """How many runs of optional items there are."""
    runs, before = 0, False
    for item in items:
        is_optional = isinstance(item, Optional)
        runs += is_optional and not before
        before = is_optional
        if not is_optional:
            runs += sum(map(_runs, parts(item)))
    return runs


def is_part(a: Items, b: Items) -> bool:
    """Whether all of ``a`` is in ``b``, which may have more at its own level."""
    form = _merged(b, a)
    if len(form) != len(b) or not a:
        return False
    there = [item for item in form if not isinstance(item, Optional)]
    nested = (each for item in there for body in parts(item) for each in everything(body))
    return len(there) == len(a) and not any(isinstance(each, Optional) for each in nested)


def _merged(a: Items, b: Items) -> Items:
    """The longest common form, with what only one of them has as optional."""

    @cache
    def best(i: int, j: int) -> tuple[int, str]:
        if i == len(a) or j == len(b):
            return 0, "a" if i < len(a) else "b"
        options = [(best(i + 1, j)[0], "a"), (best(i, j + 1)[0], "b")]
        score = _score(a[i], b[j])
        if score:
            options.append((score + best(i + 1, j + 1)[0], "both"))
        return max(options, key=lambda option: (option[0], option[1] == "both"))

    made: list[Item] = []
    i = j = 0
    while i < len(a) or j < len(b):
        step = best(i, j)[1]
        if step == "both":
            made.append(_merged_item(a[i], b[j]))
            i, j = i + 1, j + 1
        elif step == "a":
            made.append(_optional(a[i]))
            i += 1
        else:
            made.append(_optional(b[j]))
            j += 1
    return tuple(made)


def _optional(item: Item) -> Item:
    if isinstance(item, Optional):
        return item
    return Optional((item,), True, item.channels, item.value)


def _bare(item: Item) -> Item:
    return item.items[0] if isinstance(item, Optional) else item


def _score(a: Item, b: Item) -> int:
    """How many layers two items have in common; 0 where they cannot be one."""
    a, b = _bare(a), _bare(b)
    if type(a) is not type(b) or a.label != b.label or own(a) != own(b):
        return 0
    if isinstance(a, Use) and isinstance(b, Use):
        return 3 * (a.block == b.block)
    if isinstance(a, Layer):
        return 1 + 2 * a.weighted
    if len(parts(a)) != len(parts(b)):
        return 0
    if not parts(a):
        return 1
    if isinstance(a, Branches) and skeleton((a,)) != skeleton((b,)):
        return 0
    bodies = zip(parts(a), parts(b), strict=True)
    return sum(_common(_merged(own_body, other)) for own_body, other in bodies)


def _merged_item(a: Item, b: Item) -> Item:
    if isinstance(a, Optional) or isinstance(b, Optional):
        return _optional(_merged_item(_bare(a), _bare(b)))
    if isinstance(a, (Layer, Use)):
        return a
    bodies = tuple(_merged(x, y) for x, y in zip(parts(a), parts(b), strict=True))
    merged = rebuild(a, bodies)
    if isinstance(merged, Residual) and isinstance(b, Residual) and not merged.shortcut_name:
        return merged._replace(shortcut_name=b.shortcut_name)
    return merged


def fitted(form: Items, items: Items) -> Items | None:
    """The items in a form: what they lack is there, and not present; None where they do not fit."""

    @cache
    def pair(i: int, j: int) -> Item | None:
        return _fitted_item(_bare(form[i]), items[j]) if _score(form[i], items[j]) else None

    @cache
    def best(i: int, j: int) -> int:
        if i == len(form):
            return 0 if j == len(items) else -1
        scores = [best(i + 1, j)] if isinstance(form[i], Optional) else []
        scores += [taken(i, j)]
        return max(scores)

    def taken(i: int, j: int) -> int:
        if j == len(items) or pair(i, j) is None:
            return -1
        rest = best(i + 1, j + 1)
        return -1 if rest < 0 else rest + _score(form[i], items[j])

    if best(0, 0) < 0:
        return None
    made: list[Item] = []
    j = 0
    for i, item in enumerate(form):
        fit = pair(i, j) if taken(i, j) == best(i, j) and j < len(items) else None
        if fit is None:
            assert isinstance(item, Optional)
            made.append(_absent(item))
            continue
        made.append(item._replace(items=(fit,)) if isinstance(item, Optional) else fit)
        j += 1
    return tuple(made)


def _fitted_item(form: Item, item: Item) -> Item | None:
    if isinstance(form, (Layer, Use)):
        return item
    found = [
        fitted(own_body, body) for own_body, body in zip(parts(form), parts(item), strict=True)
    ]
    bodies = [body for body in found if body is not None]
    return rebuild(item, tuple(bodies)) if len(bodies) == len(found) else None


def present(forms: Sequence[Items]) -> list[Items]:
    """Bodies in one form, without what is optional in it and that none of them has."""
    columns = [column for column in zip(*forms, strict=True) if not _is_nowhere(column)]
    made = [_present(column) for column in columns]
    return [tuple(column[place] for column in made) for place in range(len(forms))]


def _is_nowhere(column: Sequence[Item]) -> bool:
    return all(isinstance(item, Optional) and not item.present for item in column)


def _present(column: Sequence[Item]) -> list[Item]:
    if any(isinstance(item, Use) for item in column):
        return list(column)
    bodies = [present(body) for body in zip(*map(parts, column), strict=True)]
    return [rebuild(item, tuple(body[at] for body in bodies)) for at, item in enumerate(column)]


def _absent(item: Optional) -> Optional:
    rows = [dict.fromkeys(given, ABSENT) for given, _ in arguments(item.items)]
    return item._replace(items=with_arguments(item.items, iter(rows)), present=False)
