"""Layers as values: ``block unit(width, act=relu)``, ``unit 64 act=leaky_relu(0.1)``, ``act``."""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import partial
from itertools import zip_longest

from cnngen.diagnostics import codes
from cnngen.elaborate.evaluate import describe, fail
from cnngen.elaborate.scope import Word
from cnngen.ops import LAYERS, positional
from cnngen.ops.kinds import Kind, Value
from cnngen.syntax import ast

NONE = "none"
"""The value that is no layer at all."""


class LayerWord(Word):
    """A layer with arguments as a value; its text is what the source would have."""

    __slots__ = ("arguments", "word")

    word: str
    arguments: tuple[Value, ...]

    def __new__(cls, word: str, arguments: tuple[Value, ...]) -> LayerWord:
        """The layer of this word with these arguments, which have no names."""
        made = super().__new__(cls, f"{word}({', '.join(map(str, arguments))})")
        made.word = word
        made.arguments = arguments
        return made

    def __reduce__(self) -> tuple[object, ...]:
        """As it is made, so that copies have the arguments too."""
        return LayerWord, (self.word, self.arguments)


def parameter_value(
    expression: ast.Expression,
    evaluate: Callable[[ast.Expression], Value],
    names: Container[str],
    use: ast.Layer | None = None,
) -> Value:
    """What a parameter is given: a layer by its word, or any other value.

    Args:
        expression: what the source gives.
        evaluate: works out any other value, and the arguments of a layer.
        names: what the user calls something, which hides the layer of that word.
        use: the use of a block that gives it, by the parameter's name: without one, a word is
            likely the next layer, before which the comma is missing.
    """
    if use is not None and any(each is expression for each in use.arguments):
        return evaluate(expression)
    word = expression.function if isinstance(expression, ast.Call) else expression
    if not isinstance(word, ast.Name) or word.name not in LAYERS or word.name in names:
        return evaluate(expression)
    if not isinstance(expression, ast.Call):
        return Word(word.name)
    kinds = [p.kind for p in positional(LAYERS[word.name])]
    given = zip_longest(expression.arguments, kinds[: len(expression.arguments)])
    return LayerWord(word.name, tuple(_value(each, kind, evaluate) for each, kind in given))


def _value(
    expression: ast.Expression, kind: Kind | None, evaluate: Callable[[ast.Expression], Value]
) -> Value:
    """An argument of a layer that is a value; ``kind`` is None of one too many."""
    literal = kind.literal if kind is not None else ()
    if isinstance(expression, ast.Name) and expression.name in literal:
        return Word(expression.name)
    return evaluate(expression)


def is_layer(value: object) -> bool:
    """Whether a value is a layer, or none at all."""
    return isinstance(value, Word) and (word_of(value) in LAYERS or value == NONE)


def word_of(value: Word) -> str:
    """The word of a layer that is a value."""
    return value.word if isinstance(value, LayerWord) else str(value)


def layer_of(node: ast.Layer, value: object) -> ast.Layer | None:
    """The layer that stands where its value's name does; None for none without a label.

    With one, none is an ``identity``, whose value can be read.

    Raises:
        DiagnosticError: the value is no layer.
    """
    if not isinstance(value, Word) or not is_layer(value):
        fail(
            codes.UNKNOWN_LAYER,
            f"`{node.word.name}` is {describe(value)} here, which is no layer",  # type: ignore[arg-type]
            node.word.span,
            "expected a layer",
            "a parameter that stands for a layer is given one: `act=relu`, `act=leaky_relu(0.1)`, "
            "`act=none`",
        )
    if value == NONE and node.label is None:
        return None
    if value == NONE:
        value = Word("identity")
    given = value.arguments if isinstance(value, LayerWord) else ()
    arguments = tuple(map(partial(_argument, node), given))
    word = node.word._replace(name=word_of(value))
    return node._replace(word=word, arguments=(*arguments, *node.arguments))


def _argument(node: ast.Layer, value: Value) -> ast.Expression:
    """An argument as if the source had it where the layer is used."""
    if isinstance(value, Word):
        return ast.Name(node.word.span, str(value))
    return ast.Literal(node.word.span, value)
