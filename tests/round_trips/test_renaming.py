"""Labels are names and nothing more: with others, only names change."""

from __future__ import annotations

import ast
import codecs
import re
from collections.abc import Iterator, Sequence

import pytest
from fuzz.text.examine import load
from fuzz.text.seeds import valid

from cnngen.backends import backend
from cnngen.compiler import Result, compile_source
from cnngen.elaborate.words import WORDS
from cnngen.ir import layers
from cnngen.ops import LAYERS
from cnngen.source import Source
from round_trips.renaming import renamed

TARGETS = (backend("torch"), backend("keras"))

KINDS = {*(op.stem for op in LAYERS.values()), *WORDS, "shortcut", "branch", "scale"}
"""What items without a label are counted as; blocks are by their names."""


def other(label: str) -> str:
    """Another label, as long as this one: lines are broken in the same places."""
    return codecs.encode(label, "rot13")


def other_names(text: str) -> str:
    """The source with other labels where none is what an item without one may be called: with
    ``conv1`` gone, another layer has that name."""
    kinds = {*KINDS, *re.findall(r"^block (\w+)", text, re.MULTILINE)}

    def rename(label: str) -> str:
        return label if label.rstrip("0123456789").rstrip("_") in kinds else other(label)

    return renamed(text, rename)


def compiled(text: str) -> list[Result]:
    """For each target."""
    source = Source("net.cnn", text)
    return [compile_source(source, [target], load=load(text)) for target in TARGETS]


LABEL = re.compile(r"\w\]?:|aux \w|shortcut_name=")
SOURCES = [text for text in valid() if LABEL.search(text) and "network " in text]
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_other_labels_give_the_same_modules_but_for_names(part: int) -> None:
    seen = 0
    for text in SOURCES[part::PARTS]:
        changed = other_names(text)
        for before, after in zip(compiled(text), compiled(changed), strict=True):
            assert len(before.outputs) == len(after.outputs), changed
            for one, two in zip(before.outputs, after.outputs, strict=True):
                seen += one.text != two.text
                compare(one.text, two.text)
    assert seen > 40, "labels are seen in modules"


def compare(before: str, after: str) -> None:
    """Two modules are equal but for names, of which each stands for one other, letter by letter."""
    names: dict[tuple[str, str], str] = {}
    for (kind, one), (_, two) in zip(words(before), words(after), strict=True):
        if one != two:
            assert len(one) == len(two), (one, two)
            assert all(b in (a, other(a)) for a, b in zip(one, two, strict=True)), (one, two)
        assert names.setdefault((kind, one), two) == two, (kind, one)
    assert len({(kind, two) for (kind, _), two in names.items()}) == len(names)


def words(text: str) -> Iterator[tuple[str, str]]:
    """All that stands in a module's tree, in order; local variables by number."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            _number_variables(node)
    for node in ast.walk(tree):
        yield "node", type(node).__name__
        for field, value in ast.iter_fields(node):
            if isinstance(value, str):
                yield f"{type(node).__name__}.{field}", value
            elif not isinstance(value, ast.AST | list):
                yield "value", repr(value)


def _number_variables(function: ast.FunctionDef) -> None:
    """Local variables take after labels, and are called otherwise where Python has such a name."""
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    stored = dict.fromkeys(name.id for name in names if isinstance(name.ctx, ast.Store))
    numbers = {name: f"variable {number}" for number, name in enumerate(stored)}
    for name in names:
        name.id = numbers.get(name.id, name.id)


@pytest.mark.parametrize("part", range(PARTS))
def test_other_labels_give_the_same_layers(part: int) -> None:
    for text in SOURCES[part::PARTS]:
        (before, _), (after, _) = compiled(text), compiled(renamed(text, other))
        assert facts(after) == facts(before), text


def facts(result: Result) -> Sequence[object]:
    """Of each network the layers in order, their shapes and weights, and how many names it has."""
    assert result.complete, [d.message for d in result.diagnostics]
    found: list[object] = []
    for network in result.module.networks:
        named = list(layers(network.body))
        free = [(name, network.values[name]) for name in network.parameters]
        found += [network.name, free, len({path for path, _ in named})]
        for _, layer in named:
            weights = [(weight.name, weight.axes) for weight in layer.op.weights(layer.at.input)]
            found.append((layer.op, str(layer.at.input), str(layer.at.output), weights))
    return found
