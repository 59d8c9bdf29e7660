"""Labels that a namespace gives twice, whatever the values are: also where no value comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TypeGuard

from cnngen.elaborate.names import Report, holders, label_inside, label_taken
from cnngen.elaborate.naming import STEMS, Named, input_labels, labels_given
from cnngen.elaborate.together import Together, Way
from cnngen.record import NamedTuple
from cnngen.syntax import ast
from cnngen.syntax.walk import bodies_of

Ways = Mapping[int, Way]
"""The ways in which an item stands, by the identity of each ``if``."""

MOST_LEVELS = 64
"""Conditions in one another that are looked into: more are refused."""

MOST_PLACES = 20
"""Of one label, so many are compared: more are found as soon as values come to them."""


class Given(NamedTuple):
    """A label, and where it stands."""

    label: ast.Label
    ways: Ways


def report_labels_twice(definition: ast.Network | ast.Block, report: Report) -> None:
    """Report it for the namespaces of a definition: its body, and each group in it."""
    together = Together(definition)
    waiting: list[ast.Body] = [definition.body]
    while waiting:  # no recursion: braces may be nested deeper than the stack
        body = waiting.pop()
        given: dict[str, list[Given]] = {}
        dotted: list[Given] = []
        items = list(_items(body))
        for each in _given(body, items):
            if not each.label.numbers:
                given.setdefault(each.label.name.name, []).append(each)
            if "." in each.label.name.name:
                dotted.append(each)
        for name, places in given.items():
            for first, second in combinations(places[:MOST_PLACES], 2):
                if not _are_apart(first.ways, second.ways, together):
                    report(label_taken(name, second.label.span, first.label.span))
        for each in dotted:
            name = each.label.name.name
            for holder in holders(name):
                for other in given.get(holder, ())[:MOST_PLACES]:
                    if not _are_apart(each.ways, other.ways, together):
                        report(label_inside(name, each.label.span, holder, other.label.span))
        for item, _ in items:
            if not _is_open(item):
                waiting += bodies_of(item)
            elif item.otherwise is not None:  # the path of a shortcut is a group
                waiting.append(item.otherwise)


def _given(body: ast.Body, items: Sequence[tuple[Named, Ways]]) -> Iterator[Given]:
    """The labels of a namespace, in which these items are."""
    for label in input_labels(body):
        yield Given(label, {})
    for item, ways in items:
        yield from (Given(label, ways) for label in labels_given(item))


def _are_apart(first: Ways, second: Ways, together: Together) -> bool:
    """Whether no values come to both, as far as is seen."""
    shared = first.keys() & second.keys()
    if any(first[each].number != second[each].number for each in shared):
        return True
    if first.keys() == shared or second.keys() == shared:  # one stands wherever the other does
        return False
    return not together.may_be([*{**first, **second}.values()])


def _items(body: ast.Body) -> Iterator[tuple[Named, Ways]]:
    """What is named together, each with the ways in which it stands, in the source's order."""
    waiting: list[tuple[ast.Item, Ways]] = [(item, {}) for item in reversed(_in(body))]
    while waiting:
        item, ways = waiting.pop()
        inside: list[tuple[ast.Item, Ways]] = []
        if isinstance(item, ast.If) and len(ways) < MOST_LEVELS:
            for number, part in enumerate(bodies_of(item)):
                own = {**ways, id(item): Way(item, number)}
                inside += [(each, own) for each in _in(part)]
        elif isinstance(item, (ast.Repeat, ast.For)) or _is_open(item):
            inside = [(each, ways) for each in _in(item.body)]
        waiting += reversed(inside)
        if isinstance(item, (ast.Layer, ast.Region, ast.Group)):
            yield item, ways


def _is_open(item: ast.Item) -> TypeGuard[ast.Region]:
    """Whether what is in a region is named with what is around it."""
    return isinstance(item, ast.Region) and item.word.name in STEMS and item.label is None


def _in(body: ast.Body) -> list[ast.Item]:
    lines = (each for each in body.statements if isinstance(each, ast.Line))
    return [item for line in lines for item in line.items]
