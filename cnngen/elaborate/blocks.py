"""Blocks: a use of one binds its parameters and walks its body, once for equal uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import NoReturn

from cnngen.diagnostics import Diagnostic, DiagnosticError, Related, codes, listed
from cnngen.elaborate.arguments import Written, arrange
from cnngen.elaborate.comments import comment_above
from cnngen.elaborate.evaluate import Surroundings, evaluate, fail, names_in
from cnngen.elaborate.flow import Step
from cnngen.elaborate.layer_values import parameter_value
from cnngen.elaborate.layers import note_start
from cnngen.elaborate.names import Label, Unnamed
from cnngen.elaborate.place import Namespace, Place
from cnngen.elaborate.scope import Scope, word_value
from cnngen.elaborate.start import Start, start_of
from cnngen.elaborate.values import FOLLOWS
from cnngen.elaborate.walker import Call, Walker
from cnngen.ir import At, Block, BlockParameter, Chain, Instance
from cnngen.ops import Shape
from cnngen.ops.kinds import Value
from cnngen.record import NamedTuple
from cnngen.syntax import ast

PARAMETERS_PER_STEP = 4
"""How many parameters of a block cost a use of it one step more."""

MOST_SHOWN = 20
"""Parameters that a hint shows of a block."""

STEPS_PER_BODY = 20
"""What walking a body once costs beside what is in it: each is written for each target."""


class Walked(NamedTuple):
    """A body that has been walked: what comes out of it, and what that cost."""

    chain: Chain
    value: Shape
    steps: int


class Bound(NamedTuple):
    """A block with its parameters' values and its input's shape."""

    block: Block
    arguments: Mapping[str, Value]
    x: Shape


def block_of(
    node: ast.Block | ast.Network, known: Mapping[str, Block], defaults: tuple[ast.Default, ...]
) -> Block:
    """A definition of a file whose blocks are ``known``, and in which these defaults stand."""
    description = comment_above(node.span.source, node.span.start)
    return Block(node, declared(node.parameters), description, known, defaults)


def defaults_of(file: ast.File) -> tuple[ast.Default, ...]:
    """The ``default`` statements that stand in a file itself."""
    return tuple(each for each in file.definitions if isinstance(each, ast.Default))


def declared(parameters: Iterable[ast.Parameter]) -> tuple[BlockParameter, ...]:
    """Parameters with the defaults that are plain values."""
    made: dict[str, BlockParameter] = {}
    for _, name, default in parameters:
        made[name.name] = BlockParameter(name.name, _plain(default, made), name.span)
    return tuple(made.values())


def _plain(default: ast.Expression | None, earlier: Collection[str]) -> Value | None:
    """The value of a default that reads no parameter; None where it has none."""
    if isinstance(default, ast.Literal):
        return default.value
    if default is None or any(name.name in earlier for name in names_in(default)):
        return None
    try:
        return parameter_value(default, lambda each: evaluate(each, Surroundings(_word)), ())
    except DiagnosticError:  # reported where the default is taken
        return None


def _word(name: ast.Name) -> Value:
    found = word_value(name.name)
    if found is None:
        raise DiagnosticError(FOLLOWS)
    return found


def usage(node: ast.Block | ast.Network) -> str:
    """How a block is used: ``bottleneck width [stride=1]``."""
    parameters = (
        f"[{p.name.name}={p.default.span.text}]" if p.default else p.name.name
        for p in node.parameters[:MOST_SHOWN]
    )
    more = ["..."] * (len(node.parameters) > MOST_SHOWN)
    return " ".join([node.name.name, *parameters, *more])


def call(walker: Walker, node: ast.Layer, place: Place, used: Block) -> None:
    """A use of a block."""
    walker.spend(node.span, 1 + len(used.node.parameters) // PARAMETERS_PER_STEP)
    label = walker.label(node.label, place)
    bindings = _bind(walker, node, place, used)
    note_start(walker, node.word)
    x = walker.flow.shape
    refuse_recursion(walker, node, used)
    walked = None
    if bindings is not None and x is not None:
        walked = _walked(walker, node, used, bindings, x)
    if bindings is None or x is None or walked is None:
        walker.flow.lose()
        walker.keep(label, place)
    else:
        _add(walker, node, place, label, Bound(used, bindings, x), walked)


def _walked(
    walker: Walker, node: ast.Layer, used: Block, bindings: dict[str, Value], x: Shape
) -> Walked | None:
    """The block's body, walked once for equal uses; None where there is a mistake in it."""
    start = _start(walker, node, used, bindings)
    if start is None:
        return None
    key = (_key(walker, used, bindings, x), start)
    walked: Walked | None = walker.bodies.get(key)
    if walked is not None:
        walker.spend(node.span, walked.steps)
        return walked
    walked = _walk(walker, node, used, bindings, x, start)
    if walked is not None:
        walker.bodies[key] = walked
    return walked


def _start(
    walker: Walker, node: ast.Layer, used: Block, bindings: Mapping[str, Value]
) -> Start | None:
    """What is in force in the block; None, with the reason reported, where a setting is wrong."""
    walker.calls.append(Call(used.name, node.span, used.node))
    try:
        scope, file = _parameters(bindings), node.span.source
        return start_of(used, walker.start, walker.values, scope, file)
    except DiagnosticError as error:
        walker.report(error.diagnostic)
        return None
    finally:
        walker.calls.pop()


def _key(walker: Walker, used: Block, bindings: dict[str, Value], x: Shape) -> object:
    """Equal uses have equal keys."""
    return (id(used.node), tuple(map(_exact, bindings.values())), repr(x))


def _exact(value: Value) -> object:
    """A value with its type: a word is not a text, nor a size a list, nor 8 the same as 8.0."""
    inner = tuple(map(_exact, value)) if isinstance(value, tuple) else value
    return type(value), inner


def refuse_recursion(walker: Walker, node: ast.Layer, used: Block) -> None:
    """Refuse a use of a block inside of itself."""
    names = [c.name for c in walker.calls]
    if used.node not in [c.node for c in walker.calls]:
        return
    start = next(i for i, c in enumerate(walker.calls) if c.node is used.node)
    cycle = " -> ".join([*names[start:], used.name])
    raise DiagnosticError(
        Diagnostic(
            codes.BLOCK_RECURSION,
            f"the block `{used.name}` contains itself: {cycle}",
            node.word.span,
            "leads back here",
            hint="a block is made of layers and of other blocks; `repeat` makes it deeper",
            related=(Related(used.node.name.span, f"`{used.name}` is defined here"),),
        )
    )


def _bind(walker: Walker, node: ast.Layer, place: Place, used: Block) -> dict[str, Value] | None:
    """The parameters' values, their formulas those of the place of use; None where one is wrong."""
    written = arguments_of(walker, node, used)
    if written is None:
        return None
    bindings: dict[str, Value] = {}
    earlier = Scope()
    complete = True
    for parameter in used.node.parameters:
        name = parameter.name.name
        try:
            if name in written:
                own = partial(walker.values.evaluate, place.scope)
                bindings[name] = parameter_value(written[name], own, place.scope, node)
            else:
                bindings[name] = _default(walker, parameter, earlier)
        except DiagnosticError as error:
            walker.report(error.diagnostic)
            bindings[name] = 1
            complete = False
        earlier.values[name] = bindings[name]
    return bindings if complete else None


def arguments_of(walker: Walker, node: ast.Layer, used: Block) -> Written | None:
    """What a use of a block gives to its parameters; None, with the reason reported, if wrong."""
    names = [p.name.name for p in used.node.parameters]
    related = (Related(used.node.name.span, f"`{usage(used.node)}`"),)
    try:
        written = arrange(node, names, names, usage(used.node))
    except DiagnosticError as error:
        walker.report(error.diagnostic._replace(related=related))
        return None
    missing = [p.name.name for p in used.node.parameters if not p.default]
    missing = [name for name in missing if name not in written]
    if missing:
        walker.report(_missing(node, used, missing)._replace(related=related))
        return None
    return written


def _missing(node: ast.Layer, used: Block, missing: list[str]) -> Diagnostic:
    return Diagnostic(
        codes.MISSING_ARGUMENT,
        f"`{used.name}` needs {listed(missing)}",
        node.word.span,
        f"expected {listed(missing)}",
        hint=f"write it as `{usage(used.node)}`",
    )


def _default(walker: Walker, parameter: ast.Parameter, earlier: Scope) -> Value:
    """A default's value; it may be made of the parameters before it."""
    assert parameter.default is not None
    return parameter_value(parameter.default, partial(walker.values.evaluate, earlier), earlier)


def _walk(
    walker: Walker,
    node: ast.Layer,
    used: Block,
    bindings: Mapping[str, Value],
    x: Shape,
    start: Start,
) -> Walked | None:
    """The block's body, walked for these values; None where there is a mistake in it."""
    flow, around = walker.flow, walker.start
    outside = (walker.blocks, walker.regions)
    trail, step, mistakes = len(flow.trail), walker.step, walker.mistakes
    walker.spend(node.span, STEPS_PER_BODY)
    spent = walker.budget.spent
    walker.regions = 0
    walker.blocks, walker.start = used.known, start
    walker.calls.append(Call(used.name, node.span, used.node))
    inner = Place(Scope(_parameters(bindings)), [], Namespace(used.node.body))
    walker.statements(used.node.body, inner)
    chain = walker.chain(inner, x, used.node.body.span, step)
    value = flow.shape
    walker.calls.pop()
    walker.start = around
    walker.blocks, walker.regions = outside
    del flow.trail[trail:]
    if not inner.items and walker.mistakes == mistakes and not flow.incomplete:
        _empty(used)
    if chain is None or value is None or walker.mistakes != mistakes:
        return None
    return Walked(chain, value, walker.budget.spent - spent)


def _empty(used: Block) -> NoReturn:
    fail(
        codes.EMPTY_NETWORK,
        f"the block `{used.name}` has no layers",
        used.node.name.span,
        "empty",
        "put `identity` into it where it is to do nothing",
    )


def _parameters(bindings: Mapping[str, Value]) -> Scope:
    """What a block sees: its parameters."""
    scope = Scope()
    scope.values |= bindings
    return scope


def _add(
    walker: Walker,
    node: ast.Layer,
    place: Place,
    label: Label | None,
    bound: Bound,
    walked: Walked,
) -> None:
    """Let the value flow through the block."""
    flow = walker.flow
    block, arguments, x = bound
    y = flow.shape = walked.value
    flow.note(Step(node.span, None, x, y))
    use = Instance("", block, walked.chain, arguments, At(x, y, node.span, walker.step))
    walker.add(Unnamed(label, node, use), place)
