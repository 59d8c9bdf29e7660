"""Arguments of what is no layer of the registry: blocks, regions and joins."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NoReturn

from cnngen.diagnostics import codes, did_you_mean, listed, shortened
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.foreign import FOREIGN_ARGUMENTS
from cnngen.elaborate.words import SETTINGS
from cnngen.ops import LAYERS
from cnngen.syntax import ast

Written = dict[str, ast.Expression]


def arrange(
    node: ast.Layer | ast.Region, positional: Sequence[str], named: Collection[str], usage: str
) -> Written:
    """Each argument under the name of its parameter.

    Args:
        node: what takes the arguments.
        positional: the parameters that an argument without a name may be for, in order.
        named: the parameters that an argument with a name may be for.
        usage: how it is written.

    Raises:
        DiagnosticError: one too many, unknown, or given twice.
    """
    written: Written = {}
    waiting = list(positional)
    for argument in node.arguments:
        if isinstance(argument, ast.Argument):
            name, value = argument.name.name, argument.value
            if name not in named:
                _unknown(node, argument, named)
        else:
            waiting = [each for each in waiting if each not in written]
            if not waiting:
                _extra(node, argument, positional, usage)
            name, value = waiting.pop(0), argument
        if name in written:
            fail(
                codes.REPEATED_ARGUMENT,
                f"`{name}` of `{node.word.name}` is given twice",
                argument.span,
                "the second time",
                f"leave out one of the two: the first is `{shortened(written[name].span.text)}`",
            )
        written[name] = value
    return written


def _unknown(
    node: ast.Layer | ast.Region, argument: ast.Argument, named: Collection[str]
) -> NoReturn:
    word, name = node.word.name, argument.name.name
    takes = f"`{word}` takes {listed(named)}" if named else f"`{word}` takes no arguments"
    meant = FOREIGN_ARGUMENTS.get(name, name)
    hint = did_you_mean(name, named, takes)
    if meant in SETTINGS:
        hint = f"`{meant}` stands on {SETTINGS[meant]}"
    fail(
        codes.UNKNOWN_ARGUMENT,
        f"`{word}` has no argument `{name}`",
        argument.name.span,
        "unknown argument",
        hint,
    )


def _extra(
    node: ast.Layer | ast.Region,
    argument: ast.Expression,
    positional: Sequence[str],
    usage: str,
) -> NoReturn:
    takes = f"at most {len(positional)} without a name ({listed(positional)})"
    if not positional:
        takes = "no argument without a name"
    text = shortened(argument.span.text)
    before = node.arguments[node.arguments.index(argument) - 1]
    if isinstance(before, ast.Argument) and before.value.span.text in LAYERS:
        usage = f"{before.name.name}={before.value.span.text}({text})"  # of `act=leaky_relu 0.1`
    fail(
        codes.EXTRA_ARGUMENT,
        f"`{node.word.name}` takes {takes}, here is one more: `{text}`",
        argument.span,
        "one argument too many",
        f"write it as `{usage}`",
    )
