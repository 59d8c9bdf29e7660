"""The values of expressions while a network is walked."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import islice

from cnngen.diagnostics import Diagnostic, DiagnosticError, Edit, Fix, codes, listed, shortened
from cnngen.diagnostics.suggest import MOST_COMPARED, nearest
from cnngen.elaborate.budget import Budget
from cnngen.elaborate.evaluate import Surroundings, evaluate, fail, literal
from cnngen.elaborate.flow import Flow
from cnngen.elaborate.scope import LONGEST_NAME, SHAPE_NAMES, Scope, Word, word_value
from cnngen.ops import LAYERS, Map, Vector
from cnngen.ops.kinds import Value
from cnngen.ops.shapes import POSITIONS
from cnngen.syntax import ast

CHARACTERS_PER_STEP = 64
"""A long expression counts by its length, short ones not at all."""

_IN_GROUPS = "joins, `from` and `resize like=` alone read the values of groups"
"""What reads ``group.label``."""

FOLLOWS = Diagnostic(codes.UNKNOWN_NAME, "")
"""Raised where a value is unknown because of a mistake that is reported elsewhere."""


class Values:
    """Evaluates expressions at the current place of a network."""

    def __init__(self, flow: Flow, budget: Budget) -> None:
        self.flow = flow
        self.budget = budget

    def evaluate(
        self, scope: Scope, expression: ast.Expression, words: Sequence[str] = ()
    ) -> Value:
        """A value; ``words`` can stand here, which a mistake elsewhere does not take away."""
        if isinstance(expression, ast.Name):
            name = expression.name
            if name in words and not scope.knows(name):
                return Word(name)
        length = expression.span.end - expression.span.start
        if length >= CHARACTERS_PER_STEP:
            self.budget.spend(expression.span, length // CHARACTERS_PER_STEP)
        if isinstance(expression, ast.Literal):
            return literal(expression)
        surroundings = Surroundings(lambda name: self.lookup(name, scope), self.budget.spend)
        return evaluate(expression, surroundings)

    def lookup(self, name: ast.Name, scope: Scope) -> Value:
        """What a name stands for; DiagnosticError where it has no value."""
        value = scope.find(name.name)
        if value is not None:
            return value
        if name.name in SHAPE_NAMES and not scope.knows(name.name):
            return self._shape_value(name)
        if scope.knows(name.name) or self.flow.incomplete:
            raise DiagnosticError(FOLLOWS)
        word = word_value(name.name)
        if word is not None:
            return word
        known = list(islice(scope.names(), MOST_COMPARED))
        otherwise = f"known here: {listed(known)}"
        if not known:
            define = f"define it with `let {shortened(name.name)} = ...`"
            otherwise = f"{define}, or as a parameter of the network"
        if len(known) < MOST_COMPARED:  # else that many are compared already
            otherwise = _like_layer(name.name) or otherwise
        hint = (
            (_IN_GROUPS if "." in name.name else "")
            or _layer_hint(name.name)
            or (f"write `{name.name.lower()}`" if name.name in ("True", "False") else "")
            or spaced_size(name.name, known)
            or self._nearest(name.name, known, otherwise)
        )
        message = f"`{name.name}` is not defined"
        found = Diagnostic(codes.UNKNOWN_NAME, message, name.span, "unknown name", hint)
        parts = split_size(name.name, known)
        if len(parts) > 1 and all(part in known or part.isdigit() for part in parts):
            found = found._replace(fix=Fix((Edit(name.span, " x ".join(parts)),)))
        raise DiagnosticError(found)

    def _nearest(self, name: str, known: list[str], otherwise: str) -> str:
        """A hint that names the nearest name; of an axis, with what it means.

        Who mistypes a parameter that is not there must not get as many filters as the map is wide.
        """
        match = nearest(name, [*known, "channels", *self._axes()])
        if match in self._axes() and match not in known:
            return (
                f"`{match}` is that of the map here; a number of filters is written or a parameter"
            )
        return f"did you mean `{match}`?" if match else otherwise

    def _axes(self) -> tuple[str, ...]:
        """What the axes of the map here are called."""
        shape = self.flow.shape
        return POSITIONS[shape.axes] if isinstance(shape, Map) else ()

    def _shape_value(self, name: ast.Name) -> int:
        shape = self.flow.shape
        if shape is None:
            if self.flow.started:
                raise DiagnosticError(FOLLOWS)
            fail(
                codes.LAYER_BEFORE_INPUT,
                f"`{name.name}` has no value before `input`",
                name.span,
                "no shape here yet",
            )
        if name.name == "channels":
            return shape.channels
        if isinstance(shape, Vector):
            fail(
                codes.NEEDS_MAP,
                f"a vector of {shape} features has no {name.name}",
                name.span,
                "no map here",
                "`channels` is its number of features",
            )
        axes = self._axes()
        if name.name not in axes:
            fail(
                codes.NEEDS_MAP,
                f"the map {shape} has no {name.name}",
                name.span,
                "no such axis",
                f"its axes are {listed(axes)}",
            )
        return shape.sizes[axes.index(name.name)]


def _layer_hint(name: str) -> str:
    """What to say of a layer where a value stands."""
    if name not in LAYERS:
        return ""
    return (
        f"`{name}` is a layer: a comma starts the next one, and of values only a parameter that is "
        f"given by name can be one, `act={name}`"
    )


LIKE = 0.85
"""How like the word of a layer a name has to be: most names are the user's own."""


def _like_layer(name: str) -> str:
    """What to say of a name that is almost the word of a layer."""
    from difflib import get_close_matches  # only on the way to an error: it costs a start

    close = get_close_matches(name[:LONGEST_NAME], LAYERS, 1, LIKE)
    return f"did you mean the layer `{close[0]}`?" if close else ""


def spaced_size(word: str, known: Collection[str]) -> str:
    """What to say of ``kx3``, where ``k`` is a name: a size of names is written with spaces."""
    batch = re.fullmatch(r"[BN]x(\d+(x\d+)+)", word)
    if batch:
        return f"the batch is never written: `{batch[1]}`"
    parts = split_size(word, {*known, *SHAPE_NAMES})
    if len(parts) < 2:
        return ""
    text = " x ".join(parts)
    unknown = next((part for part in parts if part not in known and not part.isdigit()), "")
    if unknown and unknown not in SHAPE_NAMES:
        text = f"`{text}`, where `{unknown}` is a parameter"
        return f"a size with a name in it is written with spaces: {text}"
    return f"a size with a name in it is written with spaces: `{text}`"


def split_size(word: str, known: Collection[str]) -> list[str]:
    """The parts of ``NxNx3``: names that are known, numbers, else what is between two `x`."""
    parts: list[str] = []
    names = sorted(known, key=len, reverse=True)
    while word:
        found = next((n for n in names if word == n or word.startswith(f"{n}x")), None)
        number = re.match(r"\d+(?=x|$)|[A-Za-wyz](?=x|$)", word)
        if found is None and number is None:
            return []
        parts.append(found or (number[0] if number else ""))
        word = word[len(parts[-1]) + 1 :]
    return parts
