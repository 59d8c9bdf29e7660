"""The registry of layers: words, documentation, and what registering twice does."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path

import pytest
from example_ops import example

from cnngen.elaborate.bind import signature
from cnngen.ops import LAYERS, Op, OpError, parameters
from cnngen.ops.base import op
from cnngen.ops.shapes import Map, Vector
from cnngen.syntax.parser import read_grammar

SHAPE_STATEMENT = re.compile(r"->|Shape unchanged|[Aa]ll keep their input's shape")
"""What an op's own docstring or its family's says of shapes."""

ops = pytest.mark.parametrize("cls", LAYERS.values(), ids=LAYERS)
every_parameter = pytest.mark.parametrize(
    ("word", "name"), [(word, name) for word, cls in LAYERS.items() for name in parameters(cls)]
)


def own_docstring(cls: type[Op]) -> str:
    """The docstring in the source: a dataclass without one is given its signature."""
    file = Path(inspect.getfile(cls))
    classes = [n for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.ClassDef)]
    (node,) = [node for node in classes if node.name == cls.__name__]
    return ast.get_docstring(node) or ""


@ops
def test_an_op_says_what_it_is_and_what_shape_it_gives(cls: type[Op]) -> None:
    own = own_docstring(cls)
    family = inspect.getdoc(sys.modules[cls.__module__]) or ""
    assert own, f"{cls.__name__} in {cls.__module__} has no docstring"
    assert own.split("\n")[0].endswith("."), "the first line is a sentence"
    assert SHAPE_STATEMENT.search(own) or SHAPE_STATEMENT.search(family), (
        f"the docstring of {cls.__name__} does not say which shape comes out: write "
        "`HxWxC -> ...` or `Shape unchanged.`"
    )


@ops
def test_a_statement_of_an_unchanged_shape_is_true(cls: type[Op]) -> None:
    if "Shape unchanged" in own_docstring(cls):
        given = example(cls)
        for shape in (Map((4, 6), 8), Vector(8)):
            try:
                assert given.infer(shape) == shape
            except OpError:
                assert isinstance(shape, Vector), "needs a map, which has to stay as it is"


@every_parameter
def test_a_parameter_is_documented(word: str, name: str) -> None:
    parameter = parameters(LAYERS[word])[name]
    assert parameter.doc.strip()
    assert not parameter.doc.endswith("."), "what it is, for a table: no sentence"
    assert parameter.kind.expected.strip()


@every_parameter
def test_a_default_is_of_its_own_kind(word: str, name: str) -> None:
    parameter = parameters(LAYERS[word])[name]
    if not parameter.required and parameter.default is not None:
        assert parameter.kind.read(parameter.default) == parameter.default


@ops
def test_a_signature_names_every_parameter(cls: type[Op]) -> None:
    text = signature(cls)
    assert text.split()[0] == cls.word
    for name, parameter in parameters(cls).items():
        assert re.search(rf"\b{name}\b", text)
        assert parameter.required != (f"[{name}" in text)


@ops
def test_a_word_can_be_written(cls: type[Op]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", cls.word)
    keywords = set(re.findall(r'^[A-Z]+: "([a-z]+)"$', read_grammar(), re.MULTILINE))
    assert "network" in keywords
    assert cls.word not in keywords


@every_parameter
def test_a_word_that_an_argument_takes_can_be_written(word: str, name: str) -> None:
    keywords = set(re.findall(r'^[A-Z]+: "([a-z]+)"$', read_grammar(), re.MULTILINE))
    keywords -= {"default"}  # the grammar takes it for a name where a value stands
    assert keywords.isdisjoint(parameters(LAYERS[word])[name].kind.words)


@ops
def test_ops_are_values(cls: type[Op]) -> None:
    one, two = example(cls), example(cls)
    assert one == two
    assert hash(one) == hash(two)
    assert one != object()
    assert repr(one).startswith(f"{cls.__name__}(")
    for name in one.__dict__:
        with pytest.raises(AttributeError):
            setattr(one, name, 3)


def test_a_word_is_registered_once() -> None:
    with pytest.raises(ValueError, match="the layer word 'relu' is taken by Relu"):

        @op("relu")
        class Another(Op):
            """max(x, 0)."""

    assert LAYERS["relu"].__name__ == "Relu"
