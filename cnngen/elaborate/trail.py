"""How shapes came about: the steps to one, and where the trails of several part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cnngen.diagnostics import shortened
from cnngen.elaborate.flow import Step
from cnngen.elaborate.place import Namespace
from cnngen.ops import same_size

TRAIL = 8
"""Steps shown of the trail to a shape."""

MOST_WALKED = 2_000
"""Steps of a trail that are looked at."""

_FROM = re.compile(r"from\s+\"?([\w-]+)\"?")
_STATED = re.compile(r"(?:\"[^\"\n]*\"|\w+)?\s*:?\s*input\b|from\b")


def came_about(trail: Sequence[Step], what: str = "it") -> tuple[str, ...]:
    """A note that lists the steps to a shape; none where there is but one, its input."""
    return (f"how {what} came about:\n" + "\n".join(_rows(trail)),) if len(trail) > 1 else ()


def _rows(trail: Sequence[Step]) -> Iterator[str]:
    if len(trail) > TRAIL:
        yield f"... {len(trail) - TRAIL} steps before"
    rows = [(f"line {s.span.line}", _text(s), s.output) for s in trail[-TRAIL:]]
    places = max((len(place) for place, _, _ in rows), default=0)
    width = max((len(text) for _, text, _ in rows), default=0)
    for place, text, output in rows:
        yield f"{place:<{places}}  {text:<{width}}  -> {output}"


def _text(step: Step) -> str:
    text = shortened(" ".join(step.span.text.split()), 48)
    stated = step.op is None and step.input is None and not _STATED.match(text)
    return f"-> {text}" if stated else text


def trails_apart(
    trail: Sequence[Step], namespace: Namespace, labels: Sequence[str]
) -> tuple[str, ...]:
    """Notes on how the current value and labelled ones came about, from where they part.

    Args:
        trail: the steps to the current value.
        namespace: what the labels are in.
        labels: of the other values.
    """
    trails = [(trail_to(trail, namespace, len(trail)), "the current value")]
    for label in labels:
        labelled = namespace.labels.get(label)
        if labelled is not None:
            trails.append((trail_to(trail, namespace, labelled.position), f"`{label}`"))
    common = 0
    for steps in zip(*(trail for trail, _ in trails), strict=False):
        if any(step is not steps[0] for step in steps):
            break
        common += 1
    first = max(common - 1, 0)
    return tuple(
        note
        for trail, what in trails
        for note in came_about([*trail[first:common], *_changing(trail[common:])], what)
    )


def _changing(trail: Sequence[Step]) -> list[Step]:
    """The steps that change the shape."""
    return [s for s in trail if s.input is None or not same_size(s.input, s.output)]


def trail_to(trail: Sequence[Step], namespace: Namespace, end: int) -> list[Step]:
    """The steps that lead to a place of the trail, from the input or the last stated shape on.

    What a ``from`` left is no part of it.
    """
    steps: list[Step] = []
    place = min(end, len(trail)) - 1
    while place >= 0 and len(steps) < MOST_WALKED:
        step = trail[place]
        steps.append(step)
        if step.op is None and step.input is None:
            break
        resumed = _FROM.match(step.span.text) if step.op is None else None
        labelled = namespace.labels.get(resumed[1]) if resumed else None
        place = min(place, labelled.position if labelled else place) - 1
    return steps[::-1]
