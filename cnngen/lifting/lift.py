"""A recorded model as the text of a ``.cnn`` file."""

from __future__ import annotations

from cnngen.lifting.structure.blocks import Block, find_blocks
from cnngen.lifting.structure.build import build
from cnngen.lifting.structure.items import INSIDE, Group, Head, Item, parts, rebuild
from cnngen.lifting.structure.labels import labelled, without_counted
from cnngen.lifting.structure.loops import is_plain, looped
from cnngen.lifting.structure.shortcuts import resolved
from cnngen.lifting.traced import Input, Traced
from cnngen.lifting.writing import Page, written


def lift(traced: Traced) -> str:
    """The text of a file with one network, which is laid out, and not yet compiled."""
    items, steps = build(traced)
    shapes = {at: step.shape for at, step in steps.items()}
    inputs = [(at, step) for at, step in steps.items() if isinstance(step.what, Input)]
    several = len(inputs) > 1
    names = {at: step.what.name for at, step in inputs if several and isinstance(step.what, Input)}
    items = labelled(resolved(items, shapes), inputs[0][0], names)
    found = find_blocks(items, shapes)
    blocks = tuple(
        block._replace(items=_finished(block.items, top=False)) for block in found.blocks
    )
    items = _finished(found.items, top=True)
    rows = tuple((names.get(at, ""), step.shape) for at, step in inputs)
    outputs = ()
    return written(Page(traced.origin, traced.name, rows, items, outputs, blocks, shapes))


def _finished(items: tuple[Item, ...], *, top: bool) -> tuple[Item, ...]:
    """Without labels that need not be written, and with loops."""
    items = tuple(_inside(item) for item in items)
    named = without_counted(items, top=top)
    return looped(named, named=top or not is_plain(named))


def _inside(item: Item) -> Item:
    if isinstance(item, Group):
        return item._replace(items=_finished(item.items, top=False))
    if isinstance(item, Head):
        return item._replace(items=_finished(item.items, top=False))
    if isinstance(item, INSIDE):
        return rebuild(item, tuple(tuple(map(_inside, body)) for body in parts(item)))
    return item
