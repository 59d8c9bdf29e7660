"""Steps as a tree: what happens in a call of a module is one part of what is around it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from cnngen.lifting.structure.steps import Steps, has_weights
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


def tree(steps: Steps, returned: Collection[int] = ()) -> tuple[Part, ...]:
    """What happens in the model itself, of whose values some are ``returned``."""
    return _parts(list(steps.items()), 0, "", steps, returned)


def _parts(
    rows: Sequence[tuple[int, Step]],
    depth: int,
    path: str,
    steps: Steps,
    returned: Collection[int],
) -> tuple[Part, ...]:
    found: list[Part] = []
    place = 0
    while place < len(rows):
        at, step = rows[place]
        if len(step.calls) <= depth:
            # Only weights make a name a key.
            name = _relative(step.name, path) if has_weights(step) else ""
            found.append(Leaf(at, step.inputs, name))
            place += 1
            continue
        call = step.calls[depth]
        end = place
        while end < len(rows) and rows[end][1].calls[depth : depth + 1] == (call,):
            end += 1
        inner = _parts(rows[place:end], depth + 1, call.path, steps, returned)
        found.append(Scope(call.path, call.turn, _relative(call.path, path), inner))
        place = end
    return _gathered(tuple(found), path, returned)


def _relative(name: str, path: str) -> str:
    return name.removeprefix(f"{path}.") if path else name


def _gathered(parts: tuple[Part, ...], path: str, returned: Collection[int]) -> tuple[Part, ...]:
    """Parts that stand in a list of modules, as one part, where one value comes in."""
    found: list[Part] = []
    place = 0
    while place < len(parts):
        end = _joined(parts, place, _run(parts, place))
        run = parts[place:end]
        first = _list(run, (*parts[:place], *parts[end:]))
        if first and _is_one(run, returned):
            inner_path = f"{path}.{first}" if path else first
            inner = tuple(_inside(part, first) for part in run)
            found.append(Scope(inner_path, 0, first, _gathered(inner, inner_path, returned)))
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


def _joined(parts: tuple[Part, ...], place: int, end: int) -> int:
    """Where a run ends with the join of what is made in it, if that follows: of an ASPP's lists."""
    made = {at for part in parts[place:end] for at in part.steps}
    for further, part in enumerate(parts[end:], end):
        if part.name or not made.issuperset(part.inputs):
            break
        made.update(part.steps)
        if len(part.inputs) > 1:
            return further + 1
    return end


def _list(run: tuple[Part, ...], others: tuple[Part, ...]) -> str:
    """The list of modules that a run is all of; empty where it is only a part of each."""
    lists = [part.name.split(".")[:-1] for part in run if part.name]
    for depth in range(1, min(map(len, lists), default=0) + 1):
        name = ".".join(lists[0][:depth])
        if not all(names[:depth] == lists[0][:depth] for names in lists):
            break
        if not any(_is_around(name, part.name) or _is_around(part.name, name) for part in others):
            return name
    return ""


def _is_around(a: str, b: str) -> bool:
    return bool(a) and f"{b}.".startswith(f"{a}.")


def _inside(part: Part, first: str) -> Part:
    return part._replace(name=part.name.removeprefix(f"{first}."))


def _is_one(run: tuple[Part, ...], returned: Collection[int]) -> bool:
    """Whether the parts of a list can be one part: each is called once, one value comes in.

    A group gives one value, so that of several that the model returns each is a part.
    """
    names = [part.name for part in run if part.name]
    made = {at for part in run for at in part.steps}
    taken = {of for part in run for of in part.inputs} - made
    ends = made.intersection(returned) - set(run[-1].steps)
    return len(set(names)) == len(names) and len(taken) == 1 and not ends


def scopes(parts: tuple[Part, ...]) -> Iterator[Scope]:
    """All scopes of a tree."""
    for part in parts:
        if isinstance(part, Scope):
            yield part
            yield from scopes(part.parts)
