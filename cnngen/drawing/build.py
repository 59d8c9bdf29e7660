"""A network as a drawing, opened down to a depth."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cnngen.analysis.cost import layer_parameters, mac_count
from cnngen.drawing import words
from cnngen.drawing.fold import Folder, Run
from cnngen.drawing.model import Cluster, Drawing, Edge, Node, TooLargeError
from cnngen.ir import (
    RESIZE,
    Branches,
    Chain,
    Gate,
    Input,
    Instance,
    Item,
    Join,
    Layer,
    Network,
    Output,
    Residual,
    Resume,
    Reuse,
    SideHead,
    inputs,
    labels_read,
    named_items,
    read_inside,
    total,
)
from cnngen.ops import Map, Shape
from cnngen.record import NamedTuple
from cnngen.source import Span

MOST_BOXES = 600
"""What a drawing may have: more can be laid out by no program in seconds, nor read by anyone."""

SIGNS = {"add": "+", "concat": "concat", "multiply": words.TIMES, "subtract": "-"}
"""What joins are drawn as; the others by their word."""


class Extent(NamedTuple):
    """How large a drawing may get where nobody says how deep it is opened.

    ``boxes`` are all in it, ``ranks`` those on the longest way from an input to an output.
    """

    boxes: int
    ranks: int


SHEET = Extent(120, 64)
"""Of a graph: what can be read from top to bottom."""


def drawing(network: Network, depth: int | None = None, extent: Extent = SHEET) -> Drawing:
    """A network as it is drawn.

    Args:
        network: which one.
        depth: levels of blocks and groups to show: 1 has these closed, 2 opens those of the
            network itself. Where not given, as many as ``extent`` has room for.
        extent: see there.

    Raises:
        TooLargeError: there are more than ``MOST_BOXES`` boxes.
    """
    if depth is not None:
        return _Walk(network, depth, MOST_BOXES).drawing()
    walk = _Walk(network, 1, MOST_BOXES)
    best = walk.drawing()
    level = 1
    while walk.closed:
        level += 1
        walk = _Walk(network, level, extent.boxes)
        try:
            found = walk.drawing()
        except TooLargeError:
            break
        if max(found.ranks().values()) > extent.ranks:
            break
        best = found
    return best


class _Value(NamedTuple):
    """What flows: the box that it comes from, and its shape."""

    node: str
    shape: Shape


class _Scope(NamedTuple):
    """Where items are named together: the path before their names, the labelled values.

    ``read`` are the labels that are read further on, ``depth`` the levels that are still shown.
    """

    prefix: str
    labels: dict[str, _Value]
    read: frozenset[str]
    depth: int


class _Walk:
    def __init__(self, network: Network, depth: int, most: int) -> None:
        self.network = network
        self.depth = depth
        self.most = most
        self.closed = False
        self.nodes: dict[str, Node] = {}
        self.clusters: dict[str, Cluster] = {}
        self.edges: list[Edge] = []
        self.members: list[str] = []
        self.folder = Folder()
        self.count = 0
        self.last = ""  # the box that a layer may be added to as a row
        self.by_edge = "flow"  # the kind of the next edge

    def drawing(self) -> Drawing:
        """The whole."""
        body = self.network.body
        given = inputs(self.network)
        self.inputs = {
            name: self._node("input", (_input(name, len(given)),), name, (shape, shape))
            for name, shape in given.items()
        }
        scope = _Scope("", {}, labels_read(body), self.depth)
        first = next(iter(self.inputs))
        value = self._items(body.items, _Value(self.inputs[first], given[first]), scope)
        if not any(isinstance(item, Output) for item in body.items):
            self._output(("output",), value)
        name = self.network.name
        root = self._cluster("network", name, "", tuple(self.members), 1, (body,))
        root = root._replace(spans=(self.network.span,))
        self.clusters[root.id] = root
        return Drawing(name, self.nodes, self.clusters, tuple(dict.fromkeys(self.edges)), root.id)

    # --- chains ------------------------------------------------------------------------------

    def _items(self, items: Sequence[Item], x: _Value, scope: _Scope) -> _Value:
        for run in self.folder.runs(items, scope.read):
            x = self._run(run, x, scope)
        return x

    def _run(self, run: Run, x: _Value, scope: _Scope) -> _Value:
        if run.times == 1 or run.period == 1:
            return self._item(run.items[0], x, scope, run.items)
        before, self.members, self.last = self.members, [], ""
        for place in range(run.period):
            item = run.turns(place)[0]
            x = self._item(item, x, scope, (item,))
        self._close("repeat", "", scope.prefix.rstrip("."), before, run.items, run.times)
        return _Value(x.node, run.items[-1].at.output)

    def _close(
        self,
        kind: str,
        title: str,
        path: str,
        before: list[str],
        items: Sequence[Item],
        times: int = 1,
    ) -> None:
        """Make a cluster of what has been drawn since ``before``; one box needs none of its own.

        ``items`` are all that it stands for, those of each turn.
        """
        inside, self.members, self.last = tuple(self.members), before, ""
        only = self.nodes.get(inside[0]) if len(inside) == 1 else None
        if only is not None and kind == "repeat" and only.times == 1:
            self.nodes[only.id] = only._replace(times=times)
            self.members += inside
        elif only is not None and kind == "projection":
            rows = (title, *only.rows)
            self.nodes[only.id] = only._replace(kind="projection", rows=rows)
            self.members += inside
        elif inside:
            made = self._cluster(kind, title, path, inside, times, items)
            self.clusters[made.id] = made
            self.members.append(made.id)

    def _cluster(
        self,
        kind: str,
        title: str,
        path: str,
        members: tuple[str, ...],
        times: int,
        items: Sequence[Item],
    ) -> Cluster:
        return Cluster(
            self._id("c"),
            kind,
            title,
            path,
            members,
            items[-1].at.output,
            times,
            tuple(item.at.span for item in items[: len(items) // times]),
            sum(total(item, layer_parameters, again=False) for item in items),
            sum(map(mac_count, items)),
        )

    def _item(self, item: Item, x: _Value, scope: _Scope, alike: tuple[Item, ...]) -> _Value:
        """The value that comes out of an item, which is drawn for all that are ``alike``."""
        if isinstance(item, Layer):
            y = self._layer(item, x, scope, alike)
        elif isinstance(item, (Instance, Chain)):
            y = self._body(item, x, scope, alike)
        elif isinstance(item, (Residual, Branches, Gate)):
            y = self._regions(item, x, scope, alike)
        else:
            y = self._other(item, x, scope)
        if len(alike) > 1:
            y = _Value(y.node, alike[-1].at.output)
        scope.labels[item.name] = y
        if item.name in scope.read or y.node != self.last:
            self.last = ""
        return y

    # --- boxes -------------------------------------------------------------------------------

    def _layer(self, layer: Layer, x: _Value, scope: _Scope, alike: tuple[Item, ...]) -> _Value:
        at, times = layer.at, len(alike)
        below = self.last == x.node and times == 1 and follows(layer)
        row = words.layer(layer.op, short=below)
        if times > 1 and layer.op.draws:
            row = layer.op.word  # the rate may be another one each time
        parameters, macs = layer_parameters(layer), layer.macs
        if below:
            box = self.nodes[x.node]
            self.nodes[x.node] = box._replace(
                rows=(*box.rows, row),
                parameters=box.parameters + parameters,
                macs=box.macs + macs,
                spans=(*box.spans, at.span),
            )
            return x
        box_id = self._node(
            kind_of(layer),
            (row,),
            scope.prefix + layer.name,
            (at.input, alike[-1].at.output),
            parameters=parameters,
            macs=macs,
            spans=(at.span,),
            window=_window(layer),
            times=times,
        )
        self._edge(x, box_id)
        self.last = box_id if times == 1 else ""
        return _Value(box_id, at.output)

    def _body(
        self, item: Instance | Chain, x: _Value, scope: _Scope, alike: tuple[Item, ...]
    ) -> _Value:
        """A block or a group: a box, or what is in it."""
        path = scope.prefix + item.name
        if isinstance(item, Chain) and len(alike) == 1 and _is_one_box(item, scope.read):
            return self._items(item.items, x, _Scope(f"{path}.", {}, frozenset(), scope.depth))
        title = item.name if len(alike) == 1 else item.name.rstrip("0123456789.")
        if isinstance(item, Instance):
            uses = [each for each in alike if isinstance(each, Instance)]
            title = _use(words.clipped(title, 24), uses)
        chain = item.body if isinstance(item, Instance) else item
        title = words.clipped(title, 60)
        if scope.depth <= 1:
            self.closed = True
            return self._closed(item, chain, title, x, scope, alike)
        inside: dict[str, _Value] = {}
        around = scope.read if isinstance(item, Chain) else frozenset()
        inner = _Scope(f"{path}.", inside, labels_read(chain, around), scope.depth - 1)
        before, self.members, self.last = self.members, [], ""
        y = self._items(chain.items, x, inner)
        if isinstance(item, Chain):
            scope.labels.update({f"{item.name}.{name}": value for name, value in inside.items()})
        kind = "block" if isinstance(item, Instance) else "group"
        self._close(kind, title, path, before, alike, len(alike))
        return _Value(y.node, item.at.output)

    def _closed(
        self,
        item: Item,
        chain: Chain,
        title: str,
        x: _Value,
        scope: _Scope,
        alike: tuple[Item, ...],
    ) -> _Value:
        box = self._node(
            "block",
            (title,),
            scope.prefix + item.name,
            (item.at.input, alike[-1].at.output),
            parameters=total(chain, layer_parameters, again=False),
            macs=mac_count(chain),
            spans=(item.at.span,),
            times=len(alike),
        )
        self._edge(x, box)
        if isinstance(item, Chain):
            scope.labels.update(_inside(item, box))
            self._heads_of(item, box)
        return _Value(box, item.at.output)

    def _heads_of(self, chain: Chain, box: str) -> None:
        """What side heads in a closed group give."""
        for item in chain.items:
            if isinstance(item, SideHead):
                self._output((_loss(item),), _Value(box, item.at.output))
            elif isinstance(item, Chain):
                self._heads_of(item, box)

    # --- regions and joins -------------------------------------------------------------------

    def _regions(
        self,
        item: Residual | Branches | Gate,
        x: _Value,
        scope: _Scope,
        alike: tuple[Item, ...],
    ) -> _Value:
        if len(alike) == 1:
            return self._region(item, x, scope)
        before, self.members, self.last = self.members, [], ""
        y = self._region(item, x, scope)
        self._close("repeat", "", scope.prefix.rstrip("."), before, alike, len(alike))
        return y

    def _region(self, item: Residual | Branches | Gate, x: _Value, scope: _Scope) -> _Value:
        if isinstance(item, Branches):
            values = [self._part(branch, x, scope) for branch in item.branches]
            return self._joined("concat", item, scope, values)
        body = self._part(item.body, x, scope)
        if isinstance(item, Gate):
            return self._joined("multiply", item, scope, [body], x)
        if item.mode == "none":
            return body
        if item.path is None:
            return self._joined("add", item, scope, [body], x)
        before, self.members, self.last = self.members, [], ""
        self.by_edge = "shortcut"
        path = self._item(item.path, x, scope._replace(depth=max(scope.depth, 2)), (item.path,))
        self.by_edge = "flow"
        if item.inserted:
            self._flatten(before, item.path)
        else:
            self._spill(before)
        return self._joined("add", item, scope, [body], path)

    def _flatten(self, before: list[str], path: Item) -> None:
        """What has been drawn as the projection that cnngen inserted."""
        if len(self.members) == 1 and self.members[0] in self.clusters:
            only = self.clusters.pop(self.members[0])
            self.members = list(only.members)
        title = "projection" if mac_count(path) else "shortcut"  # which skips and adds zeros
        self._close("projection", title, "", before, (path,))

    def _spill(self, before: list[str]) -> None:
        self.members, self.last = [*before, *self.members], ""

    def _part(self, chain: Chain, x: _Value, scope: _Scope) -> _Value:
        self.last = ""
        if chain.name:
            return self._item(chain, x, scope, (chain,))
        return self._items(chain.items, x, scope)

    def _joined(
        self,
        kind: str,
        item: Item,
        scope: _Scope,
        values: Sequence[_Value],
        past: _Value | None = None,
    ) -> _Value:
        """A join of values; of one that passes a region by, the edge is a shortcut."""
        box = self._node(
            "pool" if kind.startswith(RESIZE) else "join",
            (SIGNS.get(kind, kind),),
            scope.prefix + item.name,
            (item.at.input, item.at.output),
            spans=(item.at.span,),
        )
        for value in values:
            self._edge(value, box)
        if past is not None:
            self._edge(past, box, "shortcut")
        self.last = box
        return _Value(box, item.at.output)

    def _join(self, item: Join, x: _Value, scope: _Scope) -> _Value:
        others = [scope.labels[label] for label in item.labels]
        y = self._joined(f"{item.kind} {item.mode}".rstrip(), item, scope, [x])
        kind = "size" if item.kind == RESIZE else "shortcut"
        for other in others:
            self._edge(other, y.node, kind if other.node != x.node else "flow")
        return y

    # --- the rest ----------------------------------------------------------------------------

    def _other(self, item: Item, x: _Value, scope: _Scope) -> _Value:
        if isinstance(item, Join):
            return self._join(item, x, scope)
        if isinstance(item, Input):
            return _Value(self.inputs[item.name], item.at.output)
        if isinstance(item, Resume):
            return scope.labels[item.label]
        if isinstance(item, Reuse):
            return self._reuse(item, x, scope)
        if isinstance(item, Output):
            for label in item.labels:
                self._output((_returned(item, label),), scope.labels[label])
            return x
        assert isinstance(item, SideHead)
        before, self.members, self.last = self.members, [], ""
        self.by_edge = "shortcut"
        y = self._item(item.head, x, scope, (item.head,))
        self.by_edge = "flow"
        self._output((_loss(item),), y)
        self._close("aux", "side head, in training", scope.prefix + item.name, before, (item,))
        return x

    def _reuse(self, item: Reuse, x: _Value, scope: _Scope) -> _Value:
        box = self._node(
            "reuse",
            (f"reuse {words.clipped(item.label)}", "same weights"),
            scope.prefix + item.name,
            (item.at.input, item.at.output),
            macs=mac_count(item.item),
            spans=(item.at.span,),
        )
        self._edge(x, box)
        return _Value(box, item.at.output)

    def _output(self, rows: tuple[str, ...], value: _Value) -> None:
        box = self._node("output", rows, "", (value.shape, value.shape))
        self._edge(value, box)

    def _node(
        self,
        kind: str,
        rows: tuple[str, ...],
        path: str,
        shapes: tuple[Shape, Shape],
        *,
        parameters: int = 0,
        macs: int = 0,
        spans: tuple[Span, ...] = (),
        window: tuple[int, ...] = (),
        times: int = 1,
    ) -> str:
        if len(self.nodes) == self.most:
            raise TooLargeError(f"more than {self.most} boxes")
        made = self._id("n")
        rows = tuple(words.clipped(row, 60) for row in rows)
        self.nodes[made] = Node(
            made, kind, rows, path, *shapes, parameters, macs, spans, window, times
        )
        self.members.append(made)
        return made

    def _edge(self, value: _Value, head: str, kind: str = "") -> None:
        self.edges.append(Edge(value.node, head, value.shape, kind or self.by_edge))
        self.by_edge = "flow"

    def _id(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"


def follows(layer: Layer) -> bool:
    """Whether a layer is written below the one before it: norms, activations, dropout."""
    same = str(layer.at.input) == str(layer.at.output)
    return same and not layer.op.moves_window and not layer.macs


def kind_of(layer: Layer) -> str:
    """What a layer is to a reader of pictures, by its shapes and its cost."""
    x, y = layer.at.input, layer.at.output
    if layer.macs:
        return "conv" if isinstance(y, Map) else "dense"
    sizes_differ = isinstance(x, Map) and isinstance(y, Map) and x.sizes != y.sizes
    return "pool" if layer.op.moves_window or sizes_differ else "layer"


def _is_one_box(group: Chain, read: frozenset[str]) -> bool:
    """Whether a group is a layer and what follows it, with no value to read: it needs no frame."""
    first, *rest = group.items or (group,)
    alone = all(isinstance(item, Layer) and follows(item) for item in rest)
    return isinstance(first, Layer) and alone and not read_inside(read, group.name)


def _window(layer: Layer) -> tuple[int, ...]:
    kernel = getattr(layer.op, "kernel", ())
    return kernel if isinstance(kernel, tuple) else ()


def _inside(chain: Chain, box: str, prefix: str = "") -> dict[str, _Value]:
    """The labelled values in a closed group: all come out of its box."""
    found: dict[str, _Value] = {}
    for item in named_items(chain):
        name = f"{prefix}{chain.name}.{item.name}"
        found[name] = _Value(box, item.at.output)
        if isinstance(item, Chain):
            found |= _inside(item, box, f"{prefix}{chain.name}.")
    return found


def _use(name: str, uses: Sequence[Instance]) -> str:
    """What a block is called, if it has a name beside its block's, and with what it is used."""
    own = re.sub(r"^[\d.]*$", "", name.removeprefix(uses[0].block.name))
    return f"{name}: {words.use(uses)}" if own else words.use(uses)


def _input(name: str, count: int) -> str:
    return "input" if count == 1 else f"input {words.clipped(name)}"


def _loss(head: SideHead) -> str:
    return f"{words.clipped(head.name)} (loss {words.TIMES}{head.weight:g})"


def _returned(item: Output, label: str) -> str:
    loss = f" (loss {words.TIMES}{item.weight:g})" if item.loss and item.weight != 1 else ""
    return f"output {words.clipped(label)}{loss}"
