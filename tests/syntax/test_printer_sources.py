"""Every source of this project: printed, it is the same tree and the same code."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from fuzz.text.examine import load
from fuzz.text.seeds import invalid, valid

from cnngen.backends import backend
from cnngen.compiler import compile_source
from cnngen.formatting.same import without_places
from cnngen.source import Source
from cnngen.syntax.comments import comments
from cnngen.syntax.parser import parse
from cnngen.syntax.printer import to_text
from syntax.trees import read

TARGETS = (backend("torch"), backend("keras"))


def is_readable(text: str) -> bool:
    file, found = parse(Source("net.cnn", text))
    return not found and not file.broken


# Two sources of the corpus are thousands of levels deep, which the printer refuses.
READABLE = [text for text in (*valid(), *invalid()) if is_readable(text) and text.count("{") < 999]


def test_there_are_many_sources() -> None:
    assert len(READABLE) > 350


@pytest.mark.parametrize("part", range(4))
def test_a_printed_source_is_the_same_tree(part: int) -> None:
    for text in READABLE[part::4]:
        file = read(text)
        printed = to_text(file)
        again = read(printed)
        assert without_places(again) == without_places(file), printed
        assert to_text(again) == printed
        said = [[comment.text for comment in comments(each.source)] for each in (file, again)]
        assert said[0] == said[1], printed


@pytest.mark.parametrize("part", range(4))
def test_a_printed_source_means_the_same(part: int) -> None:
    compiled = 0
    for text in valid()[part::4]:
        wanted = compiled_bodies(text)
        compiled += bool(wanted)
        assert compiled_bodies(to_text(read(text))) == wanted, text
    assert compiled > 50


def compiled_bodies(text: str) -> Sequence[str]:
    """The modules without their headers; Keras's is missing where only torch has the layer."""
    outputs = [
        output
        for target in TARGETS
        for output in compile_source(Source("net.cnn", text), [target], load=load(text)).outputs
    ]
    return [output.text.split("\n", 2)[2] for output in outputs]
