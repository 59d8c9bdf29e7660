"""Steps as a tree: what happens in a call of a module is one part of what is around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from cnngen.lifting.structure.steps import Steps
from cnngen.lifting.traced import Step
from cnngen.record import NamedTuple


class Leaf(NamedTuple):
    """One step."""

    at: int
    inputs: tuple[int, ...]
    name: str

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps in it."""
        return (self.at,)


class Scope(NamedTuple):
    """What happens inside of a call; ``name`` is the path of its module in the one around it."""

    path: str
    turn: int
    name: str
    parts: tuple[Part, ...]

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps in it."""
        return tuple(at for part in self.parts for at in part.steps)

    @property
    def inputs(self) -> tuple[int, ...]:
        """The values that come in."""
        own = set(self.steps)
        reads = (of for part in self.parts for of in part.inputs if of not in own)
        return tuple(dict.fromkeys(reads))


Part = Leaf | Scope


def tree(steps: Steps) -> tuple[Part, ...]:
    """What happens in the model itself."""
    return _parts(list(steps.items()), 0, "", steps)


def _parts(
    rows: Sequence[tuple[int, Step]], depth: int, path: str, steps: Steps
) -> tuple[Part, ...]:
    found: list[Part] = []
    place = 0
    while place < len(rows):
        at, step = rows[place]
        if len(step.calls) <= depth:
            name = _relative(step.name, path)
            found.append(Leaf(at, step.inputs, name))
            place += 1
            continue
        call = step.calls[depth]
        end = place
        while end < len(rows) and rows[end][1].calls[depth : depth + 1] == (call,):
            end += 1
        inner = _parts(rows[place:end], depth + 1, call.path, steps)
        found.append(Scope(call.path, call.turn, _relative(call.path, path), inner))
        place = end
    return _gathered(tuple(found), path)


def _relative(name: str, path: str) -> str:
    return name.removeprefix(f"{path}.") if path else name


def _gathered(parts: tuple[Part, ...], path: str) -> tuple[Part, ...]:
    """Parts that stand in a list of modules, as one part, where they are one chain."""
    used = _used_later(parts)
    found: list[Part] = []
    place = 0
    while place < len(parts):
        end = _run(parts, place)
        run = parts[place:end]
        first = _list(run, (*parts[:place], *parts[end:]))
        if first and len(run) > 1 and _is_chain(run, used):
            inner_path = f"{path}.{first}" if path else first
            inner = tuple(_inside(part, first) for part in run)
            found.append(Scope(inner_path, 0, first, _gathered(inner, inner_path)))
            place = end
        else:
            found.append(parts[place])
            place += 1
    return tuple(found)


def _run(parts: tuple[Part, ...], place: int) -> int:
    """Where the parts of one list that begins at ``place`` end, nameless ones between them."""
    first, dot, _ = parts[place].name.partition(".")
    if not dot:
        return place + 1
    end = place + 1
    for further in range(place + 1, len(parts)):
        name = parts[further].name
        if name.startswith(f"{first}."):
            end = further + 1
        elif name:
            break
    return end


def _list(run: tuple[Part, ...], others: tuple[Part, ...]) -> str:
    """The list of modules that a run is all of; empty where it is only a part of each."""
    lists = [part.name.split(".")[:-1] for part in run if part.name]
    for depth in range(1, min(map(len, lists), default=0) + 1):
        name = ".".join(lists[0][:depth])
        if not all(names[:depth] == lists[0][:depth] for names in lists):
            break
        if not any(part.name.startswith(f"{name}.") for part in others):
            return name
    return ""


def _inside(part: Part, first: str) -> Part:
    return part._replace(name=part.name.removeprefix(f"{first}."))


def _used_later(parts: tuple[Part, ...]) -> dict[int, set[int]]:
    """By value, the places of the parts that read it."""
    found: dict[int, set[int]] = {}
    for place, part in enumerate(parts):
        for of in part.inputs:
            found.setdefault(of, set()).add(place)
    return found


def _is_chain(run: tuple[Part, ...], used: dict[int, set[int]]) -> bool:
    """Whether each takes what the one before gives, and nothing else does."""
    names = [part.name for part in run if part.name]
    if len(set(names)) != len(names):
        return False
    for before, after in pairwise(run):
        if not set(after.inputs) <= set(before.steps):
            return False
        if any(len(used.get(of, ())) > 1 for of in after.inputs):
            return False
    return len(run[0].inputs) == 1


def scopes(parts: tuple[Part, ...]) -> Iterator[Scope]:
    """All scopes of a tree."""
    for part in parts:
        if isinstance(part, Scope):
            yield part
            yield from scopes(part.parts)
