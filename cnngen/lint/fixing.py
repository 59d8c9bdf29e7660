"""``check --fix``: fixes made in the text; safe ones as long as networks stay what they are.

Of errors, lines of another language are translated: there are fewer errors then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cnngen.choice import Choice
from cnngen.compiler import Result, analyse
from cnngen.diagnostics import Edit
from cnngen.diagnostics.edits import edited
from cnngen.elaborate.library import Load
from cnngen.ir import layers
from cnngen.lint import SAFE, UNSAFE, Selection, lint
from cnngen.record import NamedTuple
from cnngen.source import Source

MOST_ROUNDS = 20
"""A fix may make room for another one."""

MOST_ALONE = 50
"""Fixes that are tried one by one, where not all of them hold: each is a compilation."""


class Fixed(NamedTuple):
    """A source with fixes made, and how many."""

    source: Source
    fixes: int


def fixed(
    source: Source, choice: Choice, load: Load, selection: Selection, *, unsafe: bool = False
) -> Fixed:
    """The source with all safe fixes made; while it has errors, those alone that translate.

    After each fix the whole is compiled again: it is kept where there are no errors, and each
    network has the weights that it had, under the same names, and the same inputs and outputs.
    One of an error is kept where there are fewer errors.

    Args:
        source: the text.
        choice: which network, with which values.
        load: finds the files that the source uses.
        selection: which codes are wanted.
        unsafe: make those too that change networks, where as many of them compile then.
    """

    def read(text: Source) -> Result:
        return analyse(text, choice, load=load).accepting_blocks()

    count = 0
    refused: set[tuple[Edit, ...]] = set()
    for _ in range(MOST_ROUNDS):
        result = read(source)
        for edits, accepts in _ways(result, selection, whole=choice.is_whole, unsafe=unsafe):
            new = [each for each in dict.fromkeys(edits) if each not in refused]
            made = _first_that_hold(source, new, read, accepts, refused)
            if made is not None:
                break
        else:
            break
        source, own = made
        count += own
        refused.clear()
    return Fixed(source, count)


Accepts = Callable[[Result], bool]
"""Whether what a source with fixes has been compiled to is as it has to be."""


def _ways(
    result: Result, selection: Selection, *, whole: bool, unsafe: bool
) -> Iterator[tuple[list[tuple[Edit, ...]], Accepts]]:
    """The fixes that may be made, those first that are made first, with what they must lead to."""
    if not result.complete:
        fixes = [d.fix for d in result.diagnostics if d.fix and d.fix.translates]
        own = result.file.source
        yield [each.edits for each in fixes if each.edits[0].span.source is own], _mends(result)
        return
    found = lint(result, selection, whole=whole)
    for of, kept in ((SAFE, _essence), (UNSAFE, _number))[: 1 + unsafe]:
        yield [d.fix.edits for d in found if d.fix and d.code in of], _keeps(result, kept)


def _mends(before: Result) -> Accepts:
    """There are fewer errors."""
    return lambda after: _errors(after) < _errors(before)


def _errors(result: Result) -> int:
    return sum(d.code.severity == "error" for d in result.diagnostics)


def _keeps(before: Result, kept: Callable[[Result], object]) -> Accepts:
    """There are no errors, and what is ``kept`` is as before."""
    return lambda after: after.complete and kept(after) == kept(before)


def _first_that_hold(
    source: Source,
    edits: Sequence[tuple[Edit, ...]],
    read: Callable[[Source], Result],
    accepts: Accepts,
    refused: set[tuple[Edit, ...]],
) -> Fixed | None:
    """All fixes at once, or else the first that holds alone; None where none does."""
    whole = _apart(edits)
    alone = [[each] for each in edits[:MOST_ALONE]]
    for attempt in [whole, *alone] if len(whole) > 1 else alone:
        text = edited(source.text, (edit for each in attempt for edit in each))
        made = Source(source.path, text)
        if accepts(read(made)):
            return Fixed(made, len(attempt))
        if len(attempt) == 1:
            refused.add(attempt[0])
    return None


def _apart(fixes: Sequence[tuple[Edit, ...]]) -> list[tuple[Edit, ...]]:
    """The fixes, from the first in the text on, that do not touch one before."""
    chosen = []
    end = -1
    for edits in sorted(fixes, key=_start):
        if _start(edits) > end:
            chosen.append(edits)
            end = max(edit.span.end for edit in edits)
    return chosen


def _start(edits: Sequence[Edit]) -> int:
    return min(edit.span.start for edit in edits)


def _number(result: Result) -> int:
    """What an unsafe fix must leave as it is: how many networks there are."""
    return len(result.module.networks)


def _essence(result: Result) -> list[object]:
    """What a fix must leave as it is: shapes, and each layer with weights under its name."""
    return [
        (
            network.name,
            network.parameters,
            network.body.at.input,
            network.body.at.output,
            [
                (path, layer.op, layer.at.input)
                for path, layer in layers(network.body)
                if layer.op.weights(layer.at.input)
            ],
        )
        for network in result.module.networks
    ]
