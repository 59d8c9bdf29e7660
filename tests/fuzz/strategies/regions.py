"""Residuals with every shortcut, branches of every form, gates, side heads."""

from __future__ import annotations

from cnngen.ops import Map, Shape, Vector, same_size
from cnngen.ops.resize import stride_between
from fuzz.strategies.bodies import DEEPEST, body, items, labelled, nested
from fuzz.strategies.control import branching
from fuzz.strategies.expressions import argument
from fuzz.strategies.layers import fit
from fuzz.strategies.scope import MOST_CHANNELS, Scope
from fuzz.strategies.values import SHORTCUT


def residual(scope: Scope) -> str:
    """A residual with any ``shortcut=``, or with its path written out."""
    x, draw = scope.shape, scope.drawer
    inner = scope.inner(stay=True, keep=scope.keep or draw.chance(2))
    lines = body(inner)
    y = inner.shape
    if draw.chance(5):
        scope.shape = y
        return _with_path(scope, lines, x, y)
    text, mode = argument(scope, SHORTCUT, "shortcut") if draw.chance(2) else ("", "auto")
    if not _possible(mode, x, y):
        last = fit(inner, x)
        lines = [*lines, ", ".join(last)] if last else lines
    if not _possible(mode, x, inner.shape):
        text = "none"
    scope.shape = inner.shape
    given = f" shortcut={text}" if text else ""
    return nested(f"residual{given}{_path_name(scope)}", lines)


def _with_path(scope: Scope, lines: list[str], x: Shape, y: Shape) -> str:
    inner = scope.group(shape=x, stay=True)
    path = body(inner, most=2, to=y)
    return f"{nested('residual' + _path_name(scope), lines)} {nested('shortcut', path)}"


def _path_name(scope: Scope) -> str:
    if scope.looped or not scope.drawer.chance(4):
        return ""
    return f" shortcut_name={scope.label(quoted=False)[0]}"


def _possible(mode: str, x: Shape, y: Shape) -> bool:
    """Whether a shortcut of this mode can be made."""
    if mode in ("none", "match"):
        return True
    if same_size(x, y) and mode != "projection":
        return True
    if mode == "identity" or not isinstance(x, Map) or not isinstance(y, Map):
        return False
    if stride_between(x.sizes, y.sizes) is None:
        return False
    return mode != "pad" or y.channels >= x.channels


def branches(scope: Scope) -> str:
    """Branches joined on channels: lines, labelled, of loops and of conditions."""
    x, draw = scope.shape, scope.drawer
    word = draw.pick(("concat", "inception"))
    first = scope.inner(stay=True, keep=scope.keep or draw.chance(2))
    lines, total = [_branch(first)], first.shape.channels
    size = first.shape
    while len(lines) < 4 and draw.below(3) > 0:
        before = dict(scope.labels), dict(scope.made)
        inner = scope.inner(stay=True, shape=x)
        made = branching(inner, size) if draw.chance(4) else None
        if made is not None:
            line, channels = made
        else:
            line, channels = _fitted(inner, size)
        if total + channels > MOST_CHANNELS:
            scope.forget(*before)
            break
        lines.append(line)
        total += channels
    scope.shape = size._replace(channels=total) if isinstance(size, Map) else Vector(total)
    return "\n".join([f"{word} {{", *(_indented(line) for line in lines), "}"])


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))


def _branch(scope: Scope) -> str:
    if scope.drawer.chance(4) and scope.may_label():
        return labelled(scope)
    text = items(scope)
    # A loop alone on its line would make a branch of each of its lines.
    return f"identity, {text}" if text.startswith(("repeat ", "for ", "if ")) else text


def _fitted(scope: Scope, size: Shape) -> tuple[str, int]:
    """A branch of the given height and width, and its channels."""
    text = _branch(scope)
    channels = scope.shape.channels
    wanted = size._replace(channels=channels) if isinstance(size, Map) else Vector(channels)
    return ", ".join([text, *fit(scope, wanted)]), channels


def gate(scope: Scope) -> str:
    """A gate for each channel, for each position, or for each value."""
    x, draw = scope.shape, scope.drawer
    inner = scope.inner(stay=True)
    lines: list[str] = []
    wanted = x
    if isinstance(x, Map):
        form = draw.below(4)
        point, line = x._replace(sizes=(1,) * x.axes), x._replace(sizes=(*x.sizes[:-1], 1))
        wanted = [point, x, x._replace(channels=1), line][form]
        lines = ["avgpool global"] if form == 0 else []
        inner.shape = point if form == 0 else x
    lines += body(inner, most=2, to=wanted)
    if draw.chance(2):
        lines.append(draw.pick(("sigmoid", "hard_sigmoid", "tanh")))
    return nested("gate", lines)


def side_head(scope: Scope) -> str:
    """``aux``: a head that ends in what the network ends in."""
    assert scope.final is not None
    target, channels = scope.final
    name = scope.label(quoted=False)[0]
    while name in ("main", "index", *scope.program.heads):  # what a tuple has itself
        name = f"{name}_"
    scope.program.heads.append(name)
    scope.taken.add(name)
    inner = scope.group(stay=isinstance(target, Map))
    lines = body(inner, 0, 2)
    lines.append(", ".join(fit(inner, target, channels)) or "identity")
    weight = scope.drawer.pick(("0.3", "1", "0.5"))
    return nested(f"aux {name} weight={weight}", lines)


def side_head_in_group(scope: Scope) -> str:
    """A group with a side head somewhere in it, or in a group in it, with a label or without."""
    draw = scope.drawer
    looped = draw.chance(4)
    text = f"{scope.label()[0]}: " if looped or draw.chance(2) else ""
    inner = scope.group()
    lines = body(inner, 0, 2)
    deeper = inner.depth < DEEPEST and draw.chance(3)
    lines.append((side_head_in_group if deeper else side_head)(inner))
    lines += body(inner, 0, 2)
    scope.shape = inner.shape
    made = text + nested("", lines)
    return nested("repeat 1", [made]) if looped else made
