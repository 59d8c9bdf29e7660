"""What a residual's shortcut is in the language: the projection, where that is inserted."""

from __future__ import annotations

from cnngen.lifting.structure.items import (
    Gate,
    Group,
    Item,
    Layer,
    Residual,
    Shapes,
    Use,
    parts,
    rebuild,
)
from cnngen.lifting.structure.labels import plain_name
from cnngen.ops import LAYERS, Conv, made

ONLY_WEIGHS = frozenset(word for word, op in LAYERS.items() if op.only_weighs)


def resolved(items: tuple[Item, ...], shapes: Shapes) -> tuple[Item, ...]:
    """Items whose residuals say ``auto`` where the compiler inserts what they have."""
    return tuple(_item(item, shapes) for item in items)


def _item(item: Item, shapes: Shapes) -> Item:
    item = rebuild(item, tuple(resolved(body, shapes) for body in parts(item)))
    if not isinstance(item, Residual):
        return item
    if item.shortcut == "identity":
        return item._replace(shortcut="auto")
    return item if isinstance(item.shortcut, str) else _of_path(item, item.shortcut, shapes)


def _of_path(item: Residual, path: tuple[Item, ...], shapes: Shapes) -> Residual:
    """The name of the path's one part is the path's."""
    if len(path) == 1:
        own = path[0]
        name = plain_name(own.label) if own.label else item.shortcut_name
        item = item._replace(shortcut_name=name)
        plain = isinstance(own, Group) and not own.identity
        path = own.items if isinstance(own, Group) and plain else (own._replace(label=""),)
    item = item._replace(shortcut=path)
    if not _is_projection(path, item):
        return item
    (conv, *_) = _layers(path)
    return item._replace(shortcut="projection" if _keeps_shape(conv, item, shapes) else "auto")


def _keeps_shape(conv: Layer, item: Residual, shapes: Shapes) -> bool:
    """Whether a projection is one that only the source asks for."""
    stride = conv.arguments["stride"]
    return item.channels == shapes[item.value].channels and set(stride) == {1}


def _layers(items: tuple[Item, ...]) -> list[Layer]:
    return [item for item in items if isinstance(item, Layer)]


def _is_projection(path: tuple[Item, ...], item: Residual) -> bool:
    if not path or not all(isinstance(each, Layer) for each in path):
        return False
    conv, *rest = _layers(path)
    if (
        conv.word != "conv"
        or len(rest) > 1
        or any(each.label not in ("", str(place)) for place, each in enumerate(path))
    ):
        return False
    given = dict(conv.arguments)
    axes = len(given["kernel"])
    one = made(Conv, {"channels": given["channels"], "kernel": (1,) * axes}, axes)
    if given != {**one.__dict__, "stride": given["stride"], "bias": False}:
        return False
    last = _last_norm(item.body)
    norms = [] if last is None else [last.arguments]
    return [each.arguments for each in rest] == norms and all(each.word == "bn" for each in rest)


def _last_norm(body: tuple[Item, ...]) -> Layer | None:
    """The batch norm that a body ends in: the path gets one like it."""
    last = next((item for item in reversed(body) if not _only_weighs(item)), None)
    if isinstance(last, (Group, Use)):
        return _last_norm(parts(last)[0])
    return last if isinstance(last, Layer) and last.word == "bn" else None


def _only_weighs(item: Item) -> bool:
    """As the compiler has it: a gate, a factor, or several of them."""
    if isinstance(item, Layer):
        return item.word in ONLY_WEIGHS
    inside = parts(item)[0] if isinstance(item, (Group, Use)) else ()
    return isinstance(item, Gate) or (bool(inside) and all(map(_only_weighs, inside)))
