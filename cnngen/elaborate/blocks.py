"""Blocks: a use of one binds its parameters and walks its body, once for equal uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NoReturn

from cnngen.diagnostics import Diagnostic, DiagnosticError, Related, codes, listed
from cnngen.elaborate.arguments import arrange
from cnngen.elaborate.comments import comment_above
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.flow import Current, Step
from cnngen.elaborate.layers import note_start
from cnngen.elaborate.names import Label, Unnamed
from cnngen.elaborate.place import Namespace, Place
from cnngen.elaborate.scope import Binding, Scope, word_value
from cnngen.elaborate.start import Start, start_of
from cnngen.elaborate.walker import Call, Walker
from cnngen.formula import INPUT_CHANNELS, Formula, Symbol, bounded, is_long, substitute
from cnngen.ir import Argument, Block, BlockParameter, Chain, Instance
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


class Definition(NamedTuple):
    """A block, and the blocks that its own file knows."""

    node: ast.Block
    block: Block
    known: Mapping[str, Definition]


class Walked(NamedTuple):
    """A body that has been walked: what comes out of it, and what that cost."""

    chain: Chain
    value: Current
    strides: list[Formula | None]
    steps: int


class Bound(NamedTuple):
    """A block with its parameters' values and its input's shape."""

    block: Block
    bindings: Mapping[str, Binding]
    x: Shape


def definition(node: ast.Block, known: Mapping[str, Definition]) -> Definition:
    """A block of a file."""
    source, start = node.span.source, node.span.start
    description = comment_above(source, start)
    block = Block(node.name.name, declared(node.parameters), description, node.name.span)
    return Definition(node, block, known)


def declared(parameters: Iterable[ast.Parameter]) -> tuple[BlockParameter, ...]:
    """Parameters with the defaults that are plain values."""
    made: dict[str, BlockParameter] = {}
    for _, name, default in parameters:
        made[name.name] = BlockParameter(name.name, _plain(default, made), name.span)
    return tuple(made.values())


def _plain(default: ast.Expression | None, earlier: Collection[str]) -> Value | None:
    if isinstance(default, ast.Name):
        return None if default.name in earlier else word_value(default.name)
    return default.value if isinstance(default, ast.Literal) else None


def usage(node: ast.Block) -> str:
    """How a block is used: ``bottleneck width [stride=1]``."""
    parameters = (
        f"[{p.name.name}={p.default.span.text}]" if p.default else p.name.name
        for p in node.parameters[:MOST_SHOWN]
    )
    more = ["..."] * (len(node.parameters) > MOST_SHOWN)
    return " ".join([node.name.name, *parameters, *more])


def call(walker: Walker, node: ast.Layer, place: Place, used: Definition) -> None:
    """A use of a block."""
    walker.spend(node.span, 1 + len(used.node.parameters) // PARAMETERS_PER_STEP)
    label = walker.label(node.label, place)
    bindings = _bind(walker, node, place, used)
    note_start(walker, node.word)
    x = walker.flow.shape
    _refuse_recursion(walker, node, used)
    walked = None
    if bindings is not None and x is not None:
        walked = _walked(walker, node, used, bindings, x)
    if bindings is None or x is None or walked is None:
        walker.flow.lose()
        walker.keep(label, place)
    else:
        _add(walker, node, place, label, Bound(used.block, bindings, x), walked)


def _walked(
    walker: Walker, node: ast.Layer, used: Definition, bindings: dict[str, Binding], x: Shape
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
    walker: Walker, node: ast.Layer, used: Definition, bindings: Mapping[str, Binding]
) -> Start | None:
    """What is in force in the block; None, with the reason reported, where a setting is wrong."""
    walker.calls.append(Call(used.block.name, node.span, used.node))
    try:
        return start_of(used.node, walker.start, walker.values, _parameters(bindings))
    except DiagnosticError as error:
        walker.report(error.diagnostic)
        return None
    finally:
        walker.calls.pop()


def _key(walker: Walker, used: Definition, bindings: dict[str, Binding], x: Shape) -> object:
    """Equal uses have equal keys."""
    values = tuple((_exact(b.value), b.parameter) for b in bindings.values())
    return (id(used.node), values, repr(x), walker.flow.symbol)


def _exact(value: Value) -> object:
    """A value with its type: a word is not a text, nor a size a list, nor 8 the same as 8.0."""
    inner = tuple(map(_exact, value)) if isinstance(value, tuple) else value
    return type(value), inner


def _refuse_recursion(walker: Walker, node: ast.Layer, used: Definition) -> None:
    names = [c.name for c in walker.calls]
    if used.node not in [c.node for c in walker.calls]:
        return
    start = next(i for i, c in enumerate(walker.calls) if c.node is used.node)
    cycle = " -> ".join([*names[start:], used.block.name])
    raise DiagnosticError(
        Diagnostic(
            codes.BLOCK_RECURSION,
            f"the block `{used.block.name}` contains itself: {cycle}",
            node.word.span,
            "leads back here",
            hint="a block is made of layers and of other blocks; `repeat` makes it deeper",
            related=(Related(used.node.name.span, f"`{used.block.name}` is defined here"),),
        )
    )


def _bind(
    walker: Walker, node: ast.Layer, place: Place, used: Definition
) -> dict[str, Binding] | None:
    """The parameters' values, their formulas those of the place of use; None where one is wrong."""
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
    bindings: dict[str, Binding] = {}
    earlier = Scope()
    complete = True
    for parameter in used.node.parameters:
        name = parameter.name.name
        try:
            if name in written:
                bindings[name] = walker.values.argument(place.scope, written[name], True)
            else:
                bindings[name] = _default(walker, parameter, earlier)
        except DiagnosticError as error:
            walker.report(error.diagnostic)
            bindings[name] = Binding(1)
            complete = False
        earlier.bindings[name] = bindings[name]
    return bindings if complete else None


def _missing(node: ast.Layer, used: Definition, missing: list[str]) -> Diagnostic:
    return Diagnostic(
        codes.MISSING_ARGUMENT,
        f"`{used.block.name}` needs {listed(missing)}",
        node.word.span,
        f"expected {listed(missing)}",
        hint=f"write it as `{usage(used.node)}`",
    )


def _default(walker: Walker, parameter: ast.Parameter, earlier: Scope) -> Binding:
    """A default's value; it may be made of the parameters before it."""
    assert parameter.default is not None
    return walker.values.argument(earlier, parameter.default, True)


def _walk(
    walker: Walker,
    node: ast.Layer,
    used: Definition,
    bindings: Mapping[str, Binding],
    x: Shape,
    start: Start,
) -> Walked | None:
    """The block's body, walked for these values; None where there is a mistake in it."""
    flow, values, around = walker.flow, walker.values, walker.start
    outside = (flow.channels, flow.strides, values.parameters, walker.blocks, walker.regions)
    trail, step, mistakes = len(flow.trail), walker.step, walker.mistakes
    walker.spend(node.span, STEPS_PER_BODY)
    spent = walker.budget.spent
    flow.channels, flow.strides, walker.regions = Symbol(INPUT_CHANNELS), [], 0
    values.parameters = {
        name: b.value for name, b in bindings.items() if not isinstance(b.value, str)
    } | {INPUT_CHANNELS: x.channels}
    walker.blocks, walker.start = used.known, start
    walker.calls.append(Call(used.block.name, node.span, used.node))
    inner = Place(Scope(_parameters(bindings)), [], [], Namespace(used.node.body))
    walker.statements(used.node.body, inner)
    chain = walker.chain(inner, x, used.node.body.span, step, Symbol(INPUT_CHANNELS))
    value, strides = flow.current(), flow.strides
    walker.calls.pop()
    walker.start = around
    flow.channels, flow.strides, values.parameters, walker.blocks, walker.regions = outside
    del flow.trail[trail:]
    if not inner.items and walker.mistakes == mistakes and not flow.incomplete:
        _empty(used)
    if chain is None or value is None or walker.mistakes != mistakes:
        return None
    return Walked(chain, value, strides, walker.budget.spent - spent)


def _empty(used: Definition) -> NoReturn:
    fail(
        codes.EMPTY_NETWORK,
        f"the block `{used.block.name}` has no layers",
        used.node.name.span,
        "empty",
        "put `identity` into it where it is to do nothing",
    )


def _parameters(bindings: Mapping[str, Binding]) -> Scope:
    """What a block sees: its parameters, each a symbol in what is made of it."""
    scope = Scope()
    for name, (value, parameter, _) in bindings.items():
        formula = None if isinstance(value, str) else Symbol(name)
        scope.bindings[name] = Binding(value, parameter, formula)
    return scope


def _add(
    walker: Walker,
    node: ast.Layer,
    place: Place,
    label: Label | None,
    bound: Bound,
    walked: Walked,
) -> None:
    """Let the value flow through the block: its formulas, in the terms of the place of use."""
    flow = walker.flow
    block, bindings, x = bound
    source = flow.channels
    terms = dict(_terms(bindings)) | {INPUT_CHANNELS: source}
    flow.shape, flow.symbol = walked.value.shape, walked.value.symbol
    channels = substitute(walked.value.channels, terms)
    flow.channels = bounded(channels, flow.shape.channels)
    flow.strides += [_stride(stride, terms) for stride in walked.strides]
    flow.trail.append(Step(node.span, None, x, flow.shape))
    arguments = {name: Argument(b.value, b.formula) for name, b in bindings.items()}
    use = Instance(
        "",
        block,
        walked.chain,
        arguments,
        x,
        flow.shape,
        node.span,
        walker.step,
        flow.channels,
        source,
    )
    walker.add(Unnamed(label, block.name, use), place)


def _stride(stride: Formula | None, terms: Mapping[str, Formula]) -> Formula | None:
    """A stride in the block, in the terms of the place of use."""
    made = None if stride is None else substitute(stride, terms)
    return None if made is None or is_long(made) else made


def _terms(bindings: Mapping[str, Binding]) -> Iterator[tuple[str, Formula]]:
    for name, binding in bindings.items():
        if binding.formula is not None:
            yield name, binding.formula
        elif not isinstance(binding.value, str):
            yield name, binding.value
