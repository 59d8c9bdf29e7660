"""From the arguments that a layer is written with to an op."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from cnngen.diagnostics import (
    Diagnostic,
    DiagnosticError,
    codes,
    did_you_mean,
    listed,
    shortened,
)
from cnngen.elaborate.evaluate import WITHOUT_QUOTES, describe, fail, hiding, rounded
from cnngen.elaborate.foreign import FOREIGN_ARGUMENTS, FOREIGN_INITIALS
from cnngen.elaborate.scope import Word
from cnngen.elaborate.values import FOLLOWS
from cnngen.elaborate.words import LIKE, SETTINGS
from cnngen.ops import LAYERS, Op, OpError, Parameter, initial, made, parameters, positional
from cnngen.ops.kinds import Misfit, Value
from cnngen.record import NamedTuple
from cnngen.source import Span
from cnngen.syntax import ast

Evaluate = Callable[[ast.Expression, tuple[str, ...]], Value]
"""Gives an expression's value, or one of the words that fit."""

Report = Callable[[Diagnostic], None]


class Bound(NamedTuple):
    """An op, and where each of its fields was given."""

    op: Op
    places: dict[str, Span]


def bind(
    layer: ast.Layer,
    cls: type[Op],
    axes: int,
    defaults: Mapping[str, Value],
    evaluate: Evaluate,
    report: Report,
) -> Bound | None:
    """The op that a layer's arguments make; None, with the reasons reported, if they make none.

    ``axes`` are those of the map that comes in, 0 of a vector; ``defaults`` are the arguments that
    are in force where the layer says nothing.
    """
    known = parameters(cls)
    waiting = list(positional(cls))
    values: dict[str, Any] = {}
    places: dict[str, Span] = {}
    complete = right = True
    for argument in layer.arguments:
        if not (right or waiting or isinstance(argument, ast.Argument)):
            continue  # one argument too many may follow from the mistake before it
        try:
            parameter = _parameter(layer, argument, known, waiting, places)
            expression = argument.value if isinstance(argument, ast.Argument) else argument
            places[parameter.name] = expression.span
            values[parameter.name] = read(layer.word, parameter, expression, evaluate, axes)
        except DiagnosticError as error:
            report(error.diagnostic)
            complete = False
            right = right and error.diagnostic is FOLLOWS
    try:
        if defaults:
            unsaid = {name: value for name, value in defaults.items() if name not in places}
            values |= _in_force(layer, known, axes, unsaid)
    except DiagnosticError as error:
        report(error.diagnostic)
        return None
    missing = [p for p in known.values() if p.required and p.name not in places]
    if missing and right:
        report(_missing(layer, missing))
    if missing or not complete:
        return None
    bound = Bound(made(cls, values, axes), places)
    try:
        bound.op.check()
    except OpError as error:
        report(op_diagnostic(error, layer, places))
        return None
    return bound


def _in_force(
    layer: ast.Layer, known: dict[str, Parameter], axes: int, defaults: Mapping[str, Value]
) -> dict[str, Any]:
    """The arguments that are in force, read for the axes that come in."""
    values: dict[str, Any] = {}
    for name, value in defaults.items():
        try:
            values[name] = read_default(known[name], axes, value)
        except Misfit as misfit:
            fail(
                codes.WRONG_VALUE,
                f"`{name}` of `{layer.word.name}` cannot be {describe(value)}, its default here",
                layer.word.span,
                f"expected {misfit.expected or known[name].kind.on_axes(axes).expected}",
                f"write `{name}=...` here, or change the `default {layer.word.name}`",
            )
    return values


def read_default(parameter: Parameter, axes: int, value: Value) -> Any:
    """What a ``default`` comes to on so many axes; Misfit where it is for others."""
    return parameter.kind.on_axes(axes).read(str(value) if isinstance(value, Word) else value)


def op_diagnostic(error: OpError, layer: ast.Layer, places: dict[str, Span]) -> Diagnostic:
    """What an op objects to, at the argument that it names or at the layer's word."""
    span = places.get(error.argument, layer.word.span)
    return Diagnostic(error.code, error.message, span, "", error.hint)


def signature(cls: type[Op]) -> str:
    """How the layer is written: ``conv channels kernel [stride=1] ...``."""
    words = [cls.word]
    for p in parameters(cls).values():
        text = p.name if p.positional else f"{p.name}={default_text(p.default)}"
        words.append(text if p.required else f"[{text}]")
    return " ".join(words)


def default_text(value: object) -> str:
    """A default as it would be written in a source."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return str(value[0]) if len(set(value)) == 1 else "x".join(map(str, value))
    return "..." if value is None else str(value)


def _parameter(
    layer: ast.Layer,
    argument: ast.Expression | ast.Argument,
    known: dict[str, Parameter],
    waiting: list[Parameter],
    places: dict[str, Span],
) -> Parameter:
    """The parameter that an argument is for."""
    if isinstance(argument, ast.Argument):
        parameter = named_parameter(layer, argument, known)
    else:
        while waiting and waiting[0].name in places:
            waiting.pop(0)
        if not waiting:
            _extra_argument(layer, argument, known)
        parameter = waiting.pop(0)
    if parameter.name in places:
        fail(
            codes.REPEATED_ARGUMENT,
            f"`{parameter.name}` of `{layer.word.name}` is given twice",
            argument.span,
            "the second time",
            f"leave out one of the two: the first is {_quoted(places[parameter.name].text)}",
        )
    return parameter


def named_parameter(
    layer: ast.Layer | ast.Default, argument: ast.Argument, known: dict[str, Parameter]
) -> Parameter:
    """The parameter that an argument with a name is for.

    Raises:
        DiagnosticError: there is none.
    """
    if argument.name.name not in known:
        _unknown_argument(layer, argument, known)
    return known[argument.name.name]


def _unknown_argument(
    layer: ast.Layer | ast.Default, argument: ast.Argument, known: dict[str, Parameter]
) -> NoReturn:
    name, word, value = argument.name.name, layer.word.name, argument.value.span.text.strip('"')
    names = [*known, LIKE] if word == "resize" and name != LIKE else list(known)
    takes = f"`{word}` takes {listed(names)}" if names else f"`{word}` takes no arguments"
    meant = FOREIGN_ARGUMENTS.get(name, name)
    hint = did_you_mean(meant, names, takes)
    if value in LAYERS:
        hint = f"`{value}` is a layer of its own: it follows `{word}` after a comma"
    elif name == LIKE and word == "resize":
        hint = f"only the word `resize` itself takes a label: write `resize {LIKE}={value}`"
    elif name == "name":
        hint = f"a label names a layer: `label: {word} ...`"
    elif meant in SETTINGS and meant not in known:
        hint = f"`{meant}` stands on {SETTINGS[meant]}"
    fail(
        codes.UNKNOWN_ARGUMENT,
        f"`{word}` has no argument `{name}`",
        argument.name.span,
        "unknown argument",
        hint,
    )


def _extra_argument(
    layer: ast.Layer, argument: ast.Expression, known: dict[str, Parameter]
) -> NoReturn:
    word = layer.word.name
    names = [p.name for p in positional(LAYERS[word])]
    takes = f"at most {len(names)} without a name ({listed(names)})"
    if not names:
        takes = "no argument without a name"
    hint = f"write it as `{signature(LAYERS[word])}`" if known else ""
    if isinstance(argument, ast.Name):
        hint = _called_hint(layer, argument.name) or _extra_word_hint(argument.name, known) or hint
    fail(
        codes.EXTRA_ARGUMENT,
        f"`{word}` takes {takes}, here is one more: {_quoted(argument.span.text)}",
        argument.span,
        "one argument too many",
        hint,
    )


def _called_hint(layer: ast.Layer, word: str) -> str:
    """A hint for the word after `init=he`; empty where it is another one."""
    for argument in layer.arguments:
        if isinstance(argument, ast.Argument) and word in initial.MODE_WORDS:
            name, value = argument.name.name, argument.value
            if isinstance(value, ast.Name) and value.name in initial.CALLS:
                return f"write `{name}={value.name}({word})`"
    return ""


def _extra_word_hint(name: str, known: dict[str, Parameter]) -> str:
    """What a word was meant to be that is one argument too many."""
    named = [p.name for p in known.values() if name in p.kind.words]
    if name in LAYERS:
        return f"`{name}` is a layer: put a comma before it"
    if named:
        return f"write `{named[0]}={name}`"
    if name in known:
        return f"write `{name}=...`"
    if re.fullmatch(r"x\w+", name):
        return f"a size with a name in it is written with spaces: `x {name[1:]}`"
    return ""


def read(
    word: ast.Name,
    parameter: Parameter,
    expression: ast.Expression,
    evaluate: Evaluate,
    axes: int = 2,
) -> Any:
    """What an argument of ``word`` says, read as its parameter's kind.

    Raises:
        DiagnosticError: where it has no value, or one of another kind.
    """
    kind = parameter.kind.on_axes(axes)
    if isinstance(expression, ast.Name) and expression.name in kind.literal:
        return kind.read(expression.name)
    try:
        value = evaluate(expression, kind.words)
    except DiagnosticError as error:
        raise _with_words(error, expression, parameter) from error
    if kind.written_out and not isinstance(expression, (ast.Size, ast.Literal)):
        fail(
            codes.WRONG_VALUE,
            f"`{parameter.name}` of `{word.name}` has to be written out",
            expression.span,
            f"expected {kind.expected}",
            "each of its numbers may be a name or a sum: `size x size x 2 * width`",
        )
    try:
        if isinstance(value, Word):
            return kind.read(str(value))
        if type(value) is str:  # words are written without quotes
            raise Misfit
        return kind.read(value)
    except Misfit as misfit:
        fail(
            codes.WRONG_VALUE,
            f"`{parameter.name}` of `{word.name}` cannot be {describe(value)}",
            expression.span,
            f"expected {misfit.expected or kind.expected}",
            _value_hint(parameter, value, word, expression, axes),
            (f"`{parameter.name}`: {parameter.doc}",),
        )


def _with_words(
    error: DiagnosticError, expression: ast.Expression, parameter: Parameter
) -> DiagnosticError:
    """An unknown name where a parameter takes words: those are what was likely meant."""
    diagnostic, hint = error.diagnostic, ""
    if diagnostic.code is codes.UNKNOWN_NAME and diagnostic.span:
        hint = _word_hint(diagnostic.span, expression, parameter)
    elif diagnostic.code is codes.UNKNOWN_FUNCTION and isinstance(expression, ast.Call):
        hint = _initial(parameter, expression.function.name, expression.arguments)
    return DiagnosticError(diagnostic._replace(hint=hint)) if hint else error


def _word_hint(unknown: Span, expression: ast.Expression, parameter: Parameter) -> str:
    """What an unknown name may be where words are expected; empty where none are."""
    name, kind = unknown.text, parameter.kind
    words = (*kind.words, *kind.literal, *("true", "false") * ("`true`" in kind.expected))
    if unknown == expression.span and words:
        takes = f"`{parameter.name}` takes {kind.expected}"
        return _initial(parameter, name) or did_you_mean(name, words, takes)
    if isinstance(expression, ast.Call) and expression.function.name in initial.CALLS:
        usage = initial.USAGE[expression.function.name]
        return did_you_mean(name, initial.MODE_WORDS, f"write {usage}")
    return ""


def _initial(parameter: Parameter, name: str, arguments: Sequence[ast.Expression] = ()) -> str:
    """The initialiser that a name of another tool stands for; empty where it is none."""
    meant = FOREIGN_INITIALS.get(name.lower().rstrip("_"))
    if not meant or parameter.kind.words != initial.WORDS:
        return ""
    function, _, own = meant.rstrip(")").partition("(")
    inside = [own, *(a.span.text for a in arguments if _is_taken(function, a))]
    words = ", ".join(filter(None, inside))
    return f"write `{function}({words})`" if words else f"write `{function}`"


def _is_taken(function: str, argument: ast.Expression) -> bool:
    """Whether an initialiser can be called with the argument."""
    if function == "truncated_normal":
        return isinstance(argument, ast.Literal)
    return function in ("he", "lecun") and argument.span.text in initial.MODE_WORDS


def _value_hint(
    parameter: Parameter, value: object, word: ast.Name, expression: ast.Expression, axes: int
) -> str:
    """What would mend a value of the wrong kind; empty where nothing likely would."""
    if isinstance(expression, ast.Name) and expression.name in parameter.kind.words:
        return hiding(expression.name)
    if isinstance(value, str):
        known = value in parameter.kind.words
        return WITHOUT_QUOTES if known else _initial(parameter, value)
    if type(value) is float and "whole number" in parameter.kind.expected:
        return rounded(expression, value)
    if value in (0, 1) and "`true`" in parameter.kind.expected:
        return f"write `{'true' if value else 'false'}`"
    if not isinstance(value, tuple):
        return ""
    after = expression.span.source.text[expression.span.end :][:80]
    index = re.match(r" +(\[[^\[\]]*\])", after)
    if index and isinstance(expression, ast.Name):
        return f"an index has no space before it: `{expression.name}{index[1]}`"
    if len(value) == 3 and axes == 2 and parameter.name == "kernel":
        return "a window is height x width; its depth is that of its input"
    if len(value) == 2 and axes == 1 and parameter.kind.on:
        return "an image of one channel is written `HxWx1`; `LxC` are positions in a row"
    if len(value) == 2 and axes == 3 and parameter.kind.on:
        return "the batch is left out of `input`; of four sizes, three are positions"
    sizes = type(expression) is ast.Literal and len(value) == 2 and min(value) > 0
    if sizes and parameter.name == "channels":
        size = expression.span.text
        return f"the number of filters comes first: `{word.name} 64 {size}`"
    return ""


def _missing(layer: ast.Layer, missing: list[Parameter]) -> Diagnostic:
    word = layer.word.name
    names = listed(p.name for p in missing)
    notes = ["; ".join(f"`{p.name}`: {p.doc}" for p in missing)]
    notes += [
        f"{_quoted(argument.span.text)} is one argument, a sum"
        for argument in layer.arguments
        if isinstance(argument, ast.Binary) and argument.operator in "+-"
    ]
    return Diagnostic(
        codes.MISSING_ARGUMENT,
        f"`{word}` needs {names}",
        layer.word.span,
        f"expected {names}",
        hint=f"write it as `{signature(LAYERS[word])}`",
        notes=tuple(notes),
    )


def _quoted(text: str) -> str:
    return f"`{shortened(text)}`"
