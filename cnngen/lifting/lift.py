"""A recorded model as the text of a ``.cnn`` file."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cnngen.ir import MAIN
from cnngen.lifting.structure.blocks import find_blocks
from cnngen.lifting.structure.build import build
from cnngen.lifting.structure.defaults import with_defaults
from cnngen.lifting.structure.flat import grouped, ungrouped, unnamed, with_names
from cnngen.lifting.structure.flat import names as names_of_layers
from cnngen.lifting.structure.items import (
    INSIDE,
    Group,
    Head,
    Item,
    Layer,
    Missing,
    Read,
    Shapes,
    everything,
    in_execution_order,
    parts,
    rebuild,
    with_norms,
)
from cnngen.lifting.structure.labels import (
    distinct,
    label_of,
    labelled,
    outputs_labelled,
    plain_name,
    without_counted,
)
from cnngen.lifting.structure.loops import is_plain, looped
from cnngen.lifting.structure.shortcuts import resolved
from cnngen.lifting.traced import Input, Step, Traced, UnliftableError
from cnngen.lifting.writing import Page, written
from cnngen.record import NamedTuple


class Lifted(NamedTuple):
    """A network as text.

    Attributes:
        text: of the file, which is not laid out, and not yet compiled.
        weighted: the steps with weights, in the order in which they are executed.
        heads: the names of side heads by those that the model has for what they return.
        missing: what the language cannot say; the text has a stand-in there that no compiler takes.
    """

    text: str
    weighted: tuple[Step, ...]
    heads: dict[str, str]
    missing: tuple[Missing, ...]


def lift(traced: Traced) -> Lifted:
    """The text of a file with one network.

    Raises:
        UnliftableError: values go ways that the language has not.
    """
    returned = {out.step: out.name for out in traced.heads}
    if MAIN in returned.values():
        raise UnliftableError(
            f"it returns `{MAIN}` in training alone: that is what a network's own output is called"
        )
    traced = _with_labels(traced)
    named = [out for out in traced.outputs if out.name]
    if named and traced.heads:
        raise UnliftableError(
            f"it returns `{traced.heads[0].name}` in training alone, beside several outputs: a "
            "network that names its outputs has no side heads"
        )
    items, steps, other_sizes = build(traced)
    # Before shortcuts are resolved: a projection that is inserted is written nowhere.
    weighted = _weighted(items, steps)
    shapes = {at: step.shape for at, step in steps.items()}
    inputs = [(at, step.what, step.shape) for at, step in steps.items() if _is_input(step)]
    several = len(inputs) > 1
    names = {at: what.name for at, what, _ in inputs if several and isinstance(what, Input)}
    items = distinct(items, names.values())
    heads = {
        returned[item.items[-1].value]: item.name
        for item in everything(items)
        if isinstance(item, Head)
    }
    if len(heads) < len(traced.heads):
        raise UnliftableError(
            "it returns one value twice in training alone: side heads are several"
        )
    own = {} if traced.named else names_of_layers(items)
    if not traced.named:
        items = grouped(unnamed(items))
    items = resolved(items, shapes) or (Layer("identity", {}, 1, inputs[0][0]),)
    outputs: tuple[str, ...] = ()
    if named:
        items, outputs = outputs_labelled(items, named, names)
    if several:
        items = _from_an_input(items, inputs[0][0], shapes)
    items = labelled(items, inputs[0][0], names)
    missing = tuple(item for item in everything(items) if isinstance(item, Missing))
    found = find_blocks(items, shapes, other_sizes)
    blocks = tuple(
        block._replace(items=_finished(block.items, top=False)) for block in found.blocks
    )
    items = found.items if traced.named else ungrouped(found.items)
    items = _finished(with_names(items, own), top=True, named=traced.named, returned=outputs)
    items, blocks, defaults = with_defaults(items, blocks)
    rows = tuple((names.get(at, ""), shape) for at, _, shape in inputs)
    blocks = tuple(block._replace(items=with_norms(block.items)) for block in blocks)
    items = with_norms(items)
    page = Page(
        f"Lifted from {traced.origin}.", traced.name, rows, items, outputs, blocks, shapes, defaults
    )
    return Lifted(written(page), weighted, heads, missing)


def _weighted(items: tuple[Item, ...], steps: Mapping[int, Step]) -> tuple[Step, ...]:
    """The steps of layers with weights, in the order in which they are executed."""
    layers = (item for item in in_execution_order(items) if isinstance(item, Layer))
    return tuple(steps[layer.value] for layer in layers if layer.weighted)


def _from_an_input(items: tuple[Item, ...], first: int, shapes: Shapes) -> tuple[Item, ...]:
    """Items that say which of several inputs they begin with."""
    begin = items[0]
    if isinstance(begin, Read) and begin.word == "from":
        return items
    return (Read("from", (first,), shapes[first].channels, first), *items)


def _with_labels(traced: Traced) -> Traced:
    """With names of inputs and outputs that are labels, whatever the model calls them."""
    steps = tuple(
        step._replace(what=Input(label_of(step.what.name) or "x"))
        if isinstance(step.what, Input)
        else step
        for step in traced.steps
    )
    return traced._replace(
        steps=steps,
        outputs=tuple(out._replace(name=label_of(out.name)) for out in traced.outputs),
        heads=tuple(out._replace(name=plain_name(out.name)) for out in traced.heads),
    )


def _is_input(step: Step) -> bool:
    return isinstance(step.what, Input)


def _finished(
    items: tuple[Item, ...], *, top: bool, named: bool = True, returned: Collection[str] = ()
) -> tuple[Item, ...]:
    """Without labels that need not be written, and with loops."""
    items = tuple(_inside(item) for item in items)
    items = without_counted(items, top=top, returned=returned)
    return looped(items, named=named and (top or not is_plain(items)))


def _without_braces(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """What is in a side head, which has the name of the only group in it."""
    first = items[0]
    is_alone = len(items) == 1 and isinstance(first, Group) and not first.label
    return first.items if is_alone and isinstance(first, Group) else items


def _inside(item: Item) -> Item:
    if isinstance(item, Group) and item.is_read:
        return item._replace(items=tuple(map(_inside, item.items)))
    if isinstance(item, Head):
        return item._replace(items=_finished(_without_braces(item.items), top=False))
    if isinstance(item, Group):
        return item._replace(items=_finished(item.items, top=False))
    if isinstance(item, INSIDE):
        return rebuild(item, tuple(tuple(map(_inside, body)) for body in parts(item)))
    return item
