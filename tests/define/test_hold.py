"""A definition that says something else than a use comes to is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from defining import network

from cnngen import ir
from cnngen.define import define
from cnngen.define.hold import HeldError, Holder
from cnngen.definition import (
    Body,
    Branch,
    Branches,
    Definition,
    For,
    Gate,
    Group,
    If,
    Join,
    Layer,
    Let,
    Name,
    Node,
    Repeat,
    Residual,
    Resume,
    SideHead,
    Use,
    nodes,
    rebuild,
)
from cnngen.expressions import Symbol
from cnngen.ops import BatchNorm, Conv, Relu, Tanh

BLOCKS = """
block b(w, how=auto) { residual shortcut=how { conv w 3x3 pad=1, bn } }
block t(w) { conv w 1x1, relu }
"""
BODY = """
input 8x8x4
let m = n * 2
stem: conv n 3x3 pad=1, bn, relu
for w in [4, 6] { conv w 1x1 }
repeat 2 { conv channels + m 1x1, relu }
if n > 2 { conv 8 1x1 } else { tanh }
g: { relu, conv 5 1x1 }
b 6
b 7
b 7 pad
t n
residual shortcut=none { conv 4 1x1 }
concat {
    u: conv n 1x1
    relu
}
gate { sigmoid }
a: conv 3 1x1
for i in range(2) { e[i]: relu }
add a
resize like=a mode=linear
c: concat e0
from a
concat c
flatten
aux h weight=0.3 { dense n }
dense n
"""


@pytest.fixture(scope="module")
def made() -> tuple[ir.Network, Definition]:
    own = network(BODY, "n=3", BLOCKS)
    return own, define([own]).networks["Net"]


def hold(own: ir.Network, definition: Definition) -> None:
    Holder().hold(definition, own.body, own.values)


def changed(definition: Definition, change: Callable[[Node], Node | None]) -> Definition:
    """The definition with the first node changed that ``change`` gives another for."""
    done = False

    def body(old: Body) -> Body:
        return old._replace(nodes=tuple(node(each) for each in old.nodes))

    def node(old: Node) -> Node:
        nonlocal done
        new = None if done else change(old)
        if new is not None:
            done = True
            return new
        return rebuild(old, body, node)

    other = with_body(definition, body(definition.body))
    assert done, "nothing was changed"
    return other


def with_body(old: Definition, body: Body) -> Definition:
    return Definition(
        old.name, old.description, old.span, old.parameters, old.fixed, body,
        old.input, old.output, old.stride, old.inputs, old.outputs, old.overwritable,
    )  # fmt: skip


def first(kind: type[Any], /, **fields: Any) -> Callable[[Node], Node | None]:
    """Changes fields of the first node of a kind; functions get the old values."""

    def change(node: Node) -> Node | None:
        if not isinstance(node, kind):
            return None
        new = {name: f(getattr(node, name)) if callable(f) else f for name, f in fields.items()}
        made: Node = node._replace(**new)  # type: ignore[attr-defined]
        return None if made == node else made

    return change


def op_of(kind: type[Any], /, **fields: Any) -> Callable[[Node], Node | None]:
    """Changes fields of the first op of a kind."""

    def change(node: Node) -> Node | None:
        if not isinstance(node, Layer) or type(node.op) is not kind:
            return None
        op: Any = node.op
        return node._replace(op=replace(op, **fields))

    return change


def without_last(body: Body) -> Body:
    return body._replace(nodes=body.nodes[:-1])


def twice_last(body: Body) -> Body:
    return body._replace(nodes=(*body.nodes, body.nodes[-1]))


def outer(place: str, value: Any) -> Callable[[Any], Any]:
    return lambda at: at._replace(**{place: getattr(at, place)._replace(channels=value)})


def callee(change: Callable[[Node], Node | None]) -> Callable[[Definition], Definition]:
    return lambda old: changed(old, change)


BREAK: dict[str, Callable[[Node], Node | None]] = {
    "another op": lambda n: (
        n._replace(op=Tanh()) if isinstance(n, Layer) and n.op == Relu() else None
    ),
    "channels of a layer": op_of(Conv, channels=9),
    "channels by an expression": op_of(Conv, channels=Symbol("m")),
    "a kernel": op_of(Conv, kernel=(1, 3)),
    "a bias": op_of(Conv, bias=True),
    "an eps": op_of(BatchNorm, eps=0.5),
    "an unknown symbol": op_of(Conv, channels=Symbol("unknown")),
    "a name": first(Layer, name=Name("other")),
    "a name that is not counted": first(
        Layer, name=lambda name: name._replace(looped=False) if name.looped else name
    ),
    "a name that is counted": first(Layer, name=lambda name: name._replace(looped=True)),
    "the index of a label": first(
        Layer, name=lambda name: name if name.position is None else name._replace(position=7)
    ),
    "channels that come in": first(Layer, at=outer("input", 5)),
    "channels that go out": first(Layer, at=outer("output", 5)),
    "a vector for a map": first(
        Layer, at=lambda at: at._replace(output=at.output._replace(axes=0))
    ),
    "a size": first(Layer, at=lambda at: at._replace(output=at.output._replace(sizes=(7, 8)))),
    "how often a loop runs": first(Repeat, times=3),
    "a loop that does not run": first(Repeat, times=0),
    "the values of a loop": first(For, values=(4, 5)),
    "a loop over fewer values": first(For, values=(4,)),
    "the rows of a loop": first(For, targets=("w", "v")),
    "a condition": first(If, condition=False),
    "a name that is computed": first(Let, value=7),
    "a group's name": first(Group, name=Name("h")),
    "a group that is numbered": first(
        Group, body=lambda body: body._replace(numbered=not body.numbered)
    ),
    "a layer less in a group": first(Group, body=without_last),
    "a layer more in a group": first(Group, body=twice_last),
    "a group opened": lambda n: n.body.nodes[0] if isinstance(n, Group) else None,
    "the shortcut's mode": first(Residual, mode="projection"),
    "whether a shortcut changes the shape": first(
        Residual, mode=lambda mode: "auto" if mode == "none" else mode
    ),
    "a residual's body": first(Residual, body=without_last),
    "a branch less": first(Branches, body=without_last),
    "a branch more": first(Branches, body=twice_last),
    "a layer of a branch": first(Branch, body=lambda body: body._replace(nodes=())),
    "the body of a gate": first(Gate, body=twice_last),
    "what is joined": first(Join, labels=(Name("stem"),)),
    "how it is joined": first(Join, kind="concat"),
    "how a size is reached": first(Join, mode=lambda mode: "cubic" if mode else None),
    "what it goes on from": first(Resume, label=Name("c")),
    "the weight of a side head": first(SideHead, weight=0.4),
    "the name of a side head": first(SideHead, name=Name("k")),
    "the layer of a side head": first(
        SideHead, head=lambda head: head._replace(op=replace(head.op, units=5))
    ),
    "an argument of a use": first(Use, arguments={"w": 5, "how": "auto"}),
    "an argument less": first(Use, arguments={}),
    "the name of a use": first(Use, name=Name("b3")),
    "the op of a block": first(Use, callee=callee(op_of(Conv, kernel=(1, 1)))),
    "the mode of a block's shortcut": first(Use, callee=callee(first(Residual, mode="none"))),
    "a block's shortcut without a path": first(
        Use, callee=callee(lambda n: n._replace(path=None) if isinstance(n, Residual) else None)
    ),
    "a block's body": first(Use, callee=lambda old: with_body(old, without_last(old.body))),
    "an empty block": first(Use, callee=lambda old: with_body(old, Body(()))),
}


def test_what_holds_is_not_refused(made: tuple[ir.Network, Definition]) -> None:
    hold(*made)
    kinds = {type(node) for node in nodes(made[1].body)}
    assert {Layer, Use, Group, Residual, Branches, Branch, Gate, Join, Resume, SideHead} <= kinds
    assert {Repeat, For, If, Let} <= kinds


@pytest.mark.parametrize("change", BREAK.values(), ids=BREAK)
def test_a_definition_that_says_something_else_is_refused(
    change: Callable[[Node], Node | None], made: tuple[ir.Network, Definition]
) -> None:
    own, definition = made
    with pytest.raises(HeldError):
        hold(own, changed(definition, change))


def test_the_error_names_the_definition(made: tuple[ir.Network, Definition]) -> None:
    own, definition = made
    broken = changed(definition, op_of(Conv, channels=9))
    with pytest.raises(HeldError, match=r"^Net: ") as raised:
        hold(own, broken)
    assert raised.value.definition is broken


def test_an_item_left_out_at_the_end_is_missed(made: tuple[ir.Network, Definition]) -> None:
    own, definition = made
    with pytest.raises(HeldError, match="missing"):
        hold(own, with_body(definition, without_last(definition.body)))


def test_an_output_that_is_another_is_refused(made: tuple[ir.Network, Definition]) -> None:
    own, old = made
    other = Definition(
        old.name, old.description, old.span, old.parameters, old.fixed, old.body,
        old.input, old.output._replace(channels=99), old.stride, old.inputs, old.outputs,
        old.overwritable,
    )  # fmt: skip
    with pytest.raises(HeldError):
        hold(own, other)


def test_a_value_that_a_definition_is_not_written_for_is_refused() -> None:
    blocks = "block b(f) { if f { flatten } else { relu } }"
    own = network("input 8x8x4\nb false\nb false\nb true", "", blocks)
    definition = define([own]).networks["Net"]
    hold(own, definition)
    calls = [node for node in definition.body.nodes if isinstance(node, Use)]
    swapped = calls[0]._replace(callee=calls[2].callee)
    broken = with_body(definition, Body((swapped, *calls[1:])))
    with pytest.raises(HeldError):
        hold(own, broken)


def test_each_pair_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    own = network("input 8x8x4\nrepeat 5 { t 4 }", "", BLOCKS)
    definition = define([own]).networks["Net"]
    holder = Holder()
    holder.hold(definition, own.body, own.values)
    assert len(holder.done) == 2


def test_the_order_of_a_flattened_map_is_that_of_its_uses() -> None:
    own = network("input 8x8x4\nflatten, groupnorm 2, dense 3")
    found = define([own])
    (flatten,) = (
        n
        for n in nodes(found.networks["Net"].body)
        if isinstance(n, Layer) and n.op.word == "flatten"
    )
    assert found.ordered[id(flatten.op)] is True
    own = network("input 8x8x4\nflatten, dense 3")
    assert set(define([own]).ordered.values()) == {False}


def test_two_uses_that_differ_in_the_order_are_two_definitions() -> None:
    blocks = "block f() { flatten }\nblock b() { residual { relu } }"
    text = "input 8x8x4\nconcat {\ng: { f, dense 3 }\nh: { f }\n}"
    own = network(text, "", blocks)
    ordered = [layer.op.ordered for _, layer in ir.layers(own.body) if layer.op.word == "flatten"]  # type: ignore[attr-defined]
    assert ordered == [False, True] or len(set(ordered)) == 1
    define([own])
