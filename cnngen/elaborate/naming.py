"""What the places of a namespace are called: decided from the source, once for all of its uses.

A name belongs to a place in the definition. It does not move with the value of a parameter, with
how often a loop runs, or with the way that a condition takes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from cnngen.elaborate.words import JOINS, LIKE, REGIONS
from cnngen.ops import LAYERS
from cnngen.record import NamedTuple
from cnngen.syntax import ast

SHORTCUT = "shortcut"
"""What the paths of shortcuts are counted as."""

GATE = "scale"
"""What gates are counted as."""

GROUP = "group"
"""What groups without a label are counted as."""

STEMS = {"residual": "add", "inception": "concat", "concat": "concat", "gate": GATE}
"""What regions are counted as."""


class Naming(NamedTuple):
    """The names of a namespace.

    ``numbered`` where items are just called 0, 1, 2, ... as they come. ``names`` are those of
    items without a label, ``paths`` those of shortcuts' paths, by the identity of the node;
    ``looped`` are the nodes in a loop, of which each turn makes one.
    """

    numbered: bool
    names: Mapping[int, str]
    paths: Mapping[int, str]
    looped: Collection[int]


Named = ast.Layer | ast.Region | ast.Group


class _Found(NamedTuple):
    """An item of a namespace, in the order in which names are given; ``path``: of its shortcut."""

    node: Named
    looped: bool
    path: bool = False


def naming_of(body: ast.Body | ast.Region, *, top: bool = False) -> Naming:
    """The names of what is in a body, or of a region that stands alone in its namespace.

    ``top`` where it is a network's own body, whose items are never numbered.
    """
    alone = isinstance(body, ast.Region)
    found = list(_walk(body))
    labels = [label for each in found for label in _labels(each, skipped=alone and body)]
    if isinstance(body, ast.Body):
        labels += input_labels(body)
    plain = all(_is_plain(each.node) for each in found)
    looped = frozenset(id(each.node) for each in found if each.looped)
    if plain and not labels and not top:
        return Naming(True, {}, {}, looped)
    counter = _Counter(labels)
    names: dict[int, str] = {}
    paths: dict[int, str] = {}
    for node, _, path in found:
        if path:
            paths[id(node)] = counter.next(SHORTCUT)
        elif node.label is None or (alone and node is body):
            names[id(node)] = counter.next(_stem(node))
    return Naming(False, names, paths, looped)


class _Counter:
    """Counts names by kind, past those that labels have."""

    def __init__(self, labels: list[ast.Label]) -> None:
        self.counts: Counter[str] = Counter()
        self.taken = {label.name.name for label in labels if not label.numbers}
        self.taken |= {name.partition(".")[0] for name in (label.name.name for label in labels)}
        self.indexed = {
            str((*label.pieces, label.name.name)[0]) for label in labels if label.numbers
        }

    def next(self, stem: str) -> str:
        # The sixty-first relu must not be called what the first relu6 is, nor the second conv
        # what the label `conv[2]` is.
        while stem[-1].isdigit() or stem in self.indexed:
            stem += "_"
        while True:
            self.counts[stem] += 1
            name = f"{stem}{self.counts[stem]}"
            if name not in self.taken:
                return name


class _Item(NamedTuple):
    """An item that is still to be looked into; ``looped`` where it stands in a loop."""

    item: ast.Item
    looped: bool


def _walk(start: ast.Body | ast.Region) -> Iterator[_Found]:
    """What a namespace holds, in the order in which names are given.

    No recursion: braces may be nested deeper than the stack.
    """
    waiting: list[_Item | _Found] = []
    first = _open(start, False) if isinstance(start, ast.Region) else _items(start, False)
    waiting += reversed(first)
    while waiting:
        task = waiting.pop()
        if isinstance(task, _Found):
            yield task
        else:
            waiting += reversed(_inside(*task))


def _inside(item: ast.Item, looped: bool) -> list[_Item | _Found]:
    if isinstance(item, (ast.Repeat, ast.For)):
        return _items(item.body, True)
    if isinstance(item, ast.If):
        rest: list[_Item | _Found] = []
        if isinstance(item.otherwise, ast.If):
            rest = [_Item(item.otherwise, looped)]
        elif item.otherwise is not None:
            rest = _items(item.otherwise, looped)
        return [*_items(item.body, looped), *rest]
    if isinstance(item, ast.Region) and item.word.name in STEMS and item.label is None:
        # What is in a region is named with what is around it; a label makes it a group.
        return _open(item, looped)
    return [_Found(item, looped)]


def _items(body: ast.Body, looped: bool) -> list[_Item | _Found]:
    lines = (statement for statement in body.statements if isinstance(statement, ast.Line))
    return [
        _Found(item, looped) if isinstance(item, ast.Layer) else _Item(item, looped)
        for line in lines
        for item in line.items
    ]


def _open(node: ast.Region, looped: bool) -> list[_Item | _Found]:
    made = _items(node.body, looped)
    if node.word.name == "residual" and not shortcut_name(node):
        made.append(_Found(node, looped, path=True))
    return [*made, _Found(node, looped)]


def input_labels(body: ast.Body) -> list[ast.Label]:
    """The label of a network's input, if it has one."""
    inputs = (each for each in body.statements if isinstance(each, ast.Input))
    return [each.label for each in inputs if each.label is not None]


def stem_of(label: str) -> str:
    """What stands before the index of a label: ``up`` of ``up3``."""
    return label.rstrip("0123456789")


def head_name(node: ast.Region) -> ast.Name | None:
    """What a side head is called; None of another region."""
    if node.word.name != "aux":
        return None
    for argument in node.arguments:
        named = isinstance(argument, ast.Argument) and argument.name.name == "name"
        value = argument.value if isinstance(argument, ast.Argument) else argument
        if (named or value is argument) and isinstance(value, ast.Name):
            return value
    return None


def shortcut_name(node: ast.Region) -> ast.Name | None:
    """What ``shortcut_name=`` says."""
    for argument in node.arguments:
        if isinstance(argument, ast.Argument) and argument.name.name == "shortcut_name":
            value = argument.value
            return value if isinstance(value, ast.Name) else None
    return None


def _labels(found: _Found, skipped: object) -> Iterator[ast.Label]:
    """The labels that an item takes, but for the own one of the node ``skipped``."""
    if not found.path:
        yield from (each for each in labels_given(found.node) if each is not _own(skipped))


def _own(node: object) -> ast.Label | None:
    return node.label if isinstance(node, ast.Region) else None


def labels_given(node: Named) -> Iterator[ast.Label]:
    """The labels that the source gives at an item: its own, its path's and its side head's."""
    if node.label is not None:
        yield node.label
    if isinstance(node, ast.Region):
        path = shortcut_name(node)
        if path is not None:
            yield ast.Label(path.span, path)
        if node.word.name == "aux" and node.arguments:
            name = node.arguments[0]
            if isinstance(name, ast.Name):
                yield ast.Label(name.span, name)


def comes_once(body: ast.Body) -> bool:
    """Whether a loop can have one turn only: something in it has a label without an index."""
    labels = (label for each in _walk(body) for label in _labels(each, None))
    return any(not label.numbers for label in labels)


def _is_plain(node: Named) -> bool:
    """Whether it is a layer, a block or a group, which a sequence can hold."""
    if isinstance(node, ast.Group):
        return not has_side_heads(node.body)
    return isinstance(node, ast.Layer) and not is_join(node)


def is_join(node: ast.Layer) -> bool:
    """Whether a word without a body reads labels: ``add a``, ``from a``, ``resize like=a``."""
    return node.word.name in JOINS or like_of(node) is not None


def like_of(node: ast.Layer) -> ast.Argument | None:
    """What says which value has the size that ``resize like=a`` makes; None in other layers."""
    if node.word.name != "resize":
        return None
    given = (each for each in node.arguments if isinstance(each, ast.Argument))
    return next((each for each in given if each.name.name == LIKE), None)


def label_arguments(node: ast.Layer) -> tuple[ast.Expression | ast.Argument, ...]:
    """The arguments of a word that may be labels of values before it."""
    like = like_of(node)
    if like is not None:
        return (like.value,)
    return node.arguments if node.word.name in JOINS else ()


def has_side_heads(named: ast.Body | ast.Region) -> bool:
    """Whether a namespace, or a group in it, holds side heads."""
    if "aux" not in named.span.text:  # asked of every group: most networks have no side heads
        return False
    waiting = [named]
    while waiting:  # no recursion, see _walk
        for node, _, _ in _walk(waiting.pop()):
            if isinstance(node, ast.Group):
                waiting.append(node.body)
            elif isinstance(node, ast.Region) and node.word.name == "aux":
                return True
    return False


def _stem(node: Named) -> str:
    if isinstance(node, ast.Group):
        return GROUP
    word = node.word.name
    if isinstance(node, ast.Region):
        return STEMS.get(word, word if word in REGIONS else GROUP)
    return LAYERS[word].stem if word in LAYERS else word


def labels_in(named: ast.Body | ast.Region) -> frozenset[str]:
    """The labels that joins of a namespace name; of one with an index, what stands before it."""
    found: set[str] = set()
    for node, _, _ in _walk(named):
        if isinstance(node, ast.Layer):
            names = map(label_read, label_arguments(node))
            found |= {name.name for name in names if name is not None}
    return frozenset(found)


def label_read(argument: ast.Expression | ast.Argument) -> ast.Name | None:
    """The label that an argument of a join is, without its index; None where it is none."""
    value = argument.value if isinstance(argument, ast.Index) else argument
    if isinstance(value, ast.Name):
        return value
    if isinstance(argument, ast.Literal) and isinstance(argument.value, str):
        return ast.Name(argument.span, argument.value)
    return None


def shared_families(named: ast.Body | ast.Region) -> frozenset[str]:
    """The stems of labels with an index of which one value may come from several places."""
    alone = isinstance(named, ast.Region)
    labels = [label for each in _walk(named) for label in _labels(each, skipped=alone and named)]
    indexed = Counter(label.name.name for label in labels if label.position is not None)
    plain = {stem_of(label.name.name) for label in labels if label.position is None}
    return frozenset(stem for stem, places in indexed.items() if places > 1 or stem in plain)


SAMPLES = ("0", "1", "11")
"""Numbers to put into labels, to see whether two may be the same."""

HOLE = re.compile(r"\{.*?\}")
"""Where a label in quotes has a number."""

MOST_COMPARED = 20_000
"""Pairs of labels that are compared; of more, all with numbers are taken to meet others."""


def meeting_labels(named: ast.Body | ast.Region) -> frozenset[str]:
    """The labels with numbers in them that, with some numbers, may be what another label is."""
    alone = isinstance(named, ast.Region)
    labels = [label for each in _walk(named) for label in _labels(each, skipped=alone and named)]
    numbered = [label for label in labels if label.pieces]
    if len(numbered) * len(labels) > MOST_COMPARED:
        return frozenset(label.name.name for label in numbered)
    texts = [label.name.name + "{}" * (label.position is not None) for label in labels]
    patterns = list(map(label_pattern, texts))
    samples = [[numbers_in(text, number) for number in SAMPLES] for text in texts]
    return frozenset(
        label.name.name
        for place, label in enumerate(labels)
        if label.pieces
        and any(
            any(re.fullmatch(patterns[place], text) for text in samples[other])
            or any(re.fullmatch(patterns[other], text) for text in samples[place])
            for other in range(len(labels))
            if other != place
        )
    )


def numbers_in(label: str, written: str) -> str:
    """A label with something written in place of each number in braces."""
    return HOLE.sub(lambda _: written, label)


def label_pattern(label: str) -> str:
    """A regular expression of all that a label with numbers in braces may be."""
    return "[0-9]+".join(map(re.escape, HOLE.split(label)))


def is_apart(named: ast.Body | ast.Region) -> bool:
    """Whether a namespace is more than a chain of items that have names of their own."""
    numbered = naming_of(named).numbered
    for node, looped, _ in _walk(named):
        joins = isinstance(node, ast.Layer) and is_join(node)
        if isinstance(node, ast.Region) or joins or (looped and not numbered and not node.label):
            return True
    return False
