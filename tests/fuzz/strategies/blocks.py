"""Blocks: definitions with parameters, used with equal and with other arguments."""

from __future__ import annotations

from cnngen import shipped
from cnngen.ops import LAYERS
from cnngen.ops.kinds import Kind, per_axis, whole
from cnngen.syntax import ast
from cnngen.syntax.parser import parse
from fuzz.strategies.again import layer_parameter
from fuzz.strategies.bodies import body, nested
from fuzz.strategies.expressions import other_value
from fuzz.strategies.layers import layer
from fuzz.strategies.scope import Block, Parameter, Scope
from fuzz.strategies.values import LAYER, SHORTCUT, is_number, written

WORDS = ("unit", "stage", "mixed", "cell", "conv_bn", "Tower", "head_", "step")
"""What blocks are called."""

SHIPPED_KINDS: dict[str, Kind] = {"shortcut": SHORTCUT, "stride": per_axis(1)}
"""Kinds of parameters of shipped blocks that are not whole numbers."""


def uses(scope: Scope) -> str:
    """The use of a block, or two of the same one after another."""
    text = use(scope)
    block = next((each for each in scope.program.blocks if each.name == text.split()[0]), None)
    again = _call(scope, block) if block is not None and scope.drawer.chance(3) else None
    return f"{text}, {again}" if again else text


def use(scope: Scope) -> str:
    """The use of a block, a new one or one that is there; a layer where it does not fit."""
    draw = scope.drawer
    known = scope.program.blocks
    if draw.chance(6):
        block = _shipped(scope)
    elif known and draw.below(5) < 3:
        block = known[-1 - draw.below(len(known))]
    else:
        block = _defined(scope)
    return _call(scope, block) or layer(scope)


def _call(scope: Scope, block: Block) -> str | None:
    """A use with arguments that fit here, else with those it was drawn for; None if none fit."""
    for given in (_arguments(scope, block), _sample(block)):
        text = " ".join([block.name, *given])
        network = scope.probe(text)
        if network is None:
            continue
        if not scope.allows(network.body.at.output):
            continue
        scope.spend(network)
        scope.shape = network.body.at.output
        return text
    return None


def _arguments(scope: Scope, block: Block) -> list[str]:
    given: list[str] = []
    in_order = True
    for parameter in block.parameters:
        if parameter.default and scope.drawer.below(2) == 0:
            in_order = False
            continue
        text, _ = other_value(scope, parameter)
        plain = in_order and parameter.kind is not LAYER and not text.startswith(("-", "["))
        given.append(text if plain else f"{parameter.name}={text}")
        in_order = plain
    return given


def _sample(block: Block) -> list[str]:
    return [f"{p.name}={written(p.value)}" for p in block.parameters]


def _defined(scope: Scope) -> Block:
    """A new block, drawn for the shape that is here."""
    draw, program = scope.drawer, scope.program
    inner = scope.group(names={}, used=set(), parameters=[], turn=None, final=None)
    lines = [layer_parameter(inner)] if draw.chance(4) else []
    lines += body(inner, most=3)
    assert inner.parameters is not None
    _leave_out_defaults(inner)
    own = sorted(inner.parameters, key=lambda parameter: bool(parameter.default))
    _default_by_others(scope, own)
    head = ", ".join(p.name + (f"={p.default}" if p.default else "") for p in own)
    name = _new_name(scope)
    comment = f"# What {name} does.\n" if draw.chance(4) else ""
    text = comment + nested(f"block {name}" + (f"({head})" if own else ""), lines)
    block = Block(name, own, text)
    program.blocks.append(block)
    return block


def _leave_out_defaults(scope: Scope) -> None:
    for parameter in scope.parameters or ():
        if scope.drawer.chance(2):
            parameter.default = ""


def _default_by_others(scope: Scope, own: list[Parameter]) -> None:
    """Write some defaults as multiples of parameters before them."""
    for place, parameter in enumerate(own):
        fitting = [
            before
            for before in own[:place]
            if is_number(before.value)
            and is_number(parameter.value)
            and before.value > 0
            and parameter.value % before.value == 0
        ]
        if parameter.default and fitting and scope.drawer.chance(3):
            before = scope.drawer.pick(fitting)
            times = parameter.value // before.value
            parameter.default = f"{times} * {before.name}" if times != 1 else before.name


def _new_name(scope: Scope) -> str:
    wanted = scope.drawer.pick(WORDS)
    name, count = wanted, 1
    taken = {block.name for block in scope.program.blocks}
    while name in taken or name in LAYERS:
        count += 1
        name = f"{wanted}{count}"
    return name


def _shipped(scope: Scope) -> Block:
    """A block of the library, which is brought in."""
    target = scope.drawer.pick(shipped.names(shipped.STD))
    source = shipped.source(target)
    assert source is not None
    nodes = [n for n in parse(source)[0].definitions if isinstance(n, ast.Block)]
    scope.program.uses.add(target)
    return _of_node(scope.drawer.pick(nodes))


def _of_node(node: ast.Block) -> Block:
    own = [
        Parameter(
            p.name.name,
            SHIPPED_KINDS.get(p.name.name, whole(1)),
            2,
            p.default.span.text if p.default else "",
        )
        for p in node.parameters
    ]
    return Block(node.name.name, own)
