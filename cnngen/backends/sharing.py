"""Which uses of blocks share one class or function, and what it takes as parameters.

A target writes each body of a block in the terms of the block's parameters, as far as they differ
from use to use. Bodies of which the same text comes out share it: what is written is right for
each of them, whatever the others are.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from cnngen.backends.base import symbolic
from cnngen.backends.code import Call, call
from cnngen.formula import (
    INPUT_CHANNELS,
    Constant,
    Formula,
    Symbol,
    is_constant,
    names,
    progression,
    substitute,
)
from cnngen.ir import (
    Block,
    Chain,
    Instance,
    Layer,
    Module,
    Network,
    Residual,
    distinct,
    named_items,
    without_blocks,
)
from cnngen.ops.initial import Initial
from cnngen.record import NamedTuple
from cnngen.source import Span


class Body(NamedTuple):
    """A block's body for some values of its parameters.

    ``free`` are the parameters that are a parameter of the network.
    """

    block: Block
    chain: Chain
    values: Mapping[str, Any]
    free: frozenset[str]


class Context(NamedTuple):
    """In what terms a body is written.

    ``live`` are the parameters that are not the same in all of the bodies that share what is
    written, ``values`` those of this body; ``mixed`` are the residuals that have a path, or any
    shortcut, in some of them only.
    """

    live: frozenset[str]
    values: Mapping[str, Any]
    mixed: frozenset[str]

    def formula(self, formula: Formula) -> Formula:
        """The formula with all that is the same everywhere worked out."""
        if is_constant(formula):
            return formula
        known: dict[str, Constant] = {
            name: self.values[name] for name in names(formula) - self.live
        }
        return substitute(formula, known) if known else formula

    def layer(self, layer: Layer) -> Layer:
        """The layer with the formulas that are left."""
        formulas = {name: self.formula(f) for name, f in layer.formulas.items()}
        return layer._replace(
            formulas={name: f for name, f in formulas.items() if not is_constant(f)},
            channels=self.formula(layer.channels),
            source=self.formula(layer.source),
        )

    def differs(self, residual: Residual) -> list[tuple[Formula, Formula]]:
        """What has to be equal for the input to be added as it is; empty where nothing is open."""
        pairs = [
            (self.formula(residual.stride), 1),
            (self.formula(residual.source), self.formula(residual.channels)),
        ]
        unlike = [(a, b) for a, b in pairs if a != b and not (is_constant(a) and is_constant(b))]
        return [(b, a) if is_constant(a) else (a, b) for a, b in unlike]

    def is_open(self, residual: Residual) -> bool:
        """Whether the code itself has to see whether the input fits."""
        if residual.name not in self.mixed or residual.mode not in ("auto", "pad", "match"):
            return False
        if residual.path is None and residual.mode != "match":
            return False
        pairs = self.differs(residual)
        fits = all(self._value(a) == self._value(b) for a, b in pairs)
        return bool(pairs) and fits == residual.fits

    def _value(self, formula: Formula) -> Formula:
        return substitute(formula, self.values)


class Unit(NamedTuple):
    """A class or function that some bodies of a block share.

    ``parameters`` are those that it takes, in order, ``types`` what they are in Python;
    ``context`` is that of ``body``, which stands for all; ``alone`` where it is the only one.
    """

    name: str
    block: Block
    parameters: tuple[str, ...]
    types: Mapping[str, str]
    body: Chain
    context: Context
    alone: bool

    def defaults(self) -> dict[str, Any]:
        """The defaults of its parameters."""
        known = {p.name: _plain(p.default) for p in self.block.parameters if p.default is not None}
        return {name: known[name] for name in self.parameters if name in known}

    def arguments(self, instance: Instance, context: Context) -> dict[str, object]:
        """What a use passes on, without what is the default."""
        return self.written({p: context.formula(_given(instance, p)) for p in self.parameters})

    def arguments_over(
        self, uses: Sequence[Instance], context: Context, index: Symbol
    ) -> dict[str, object] | None:
        """What several uses pass on, one after another, over ``index``; None if nothing fits."""
        formulas: dict[str, Formula] = {}
        for name in self.parameters:
            found = progression([context.formula(_given(use, name)) for use in uses], index)
            if found is None:
                return None
            formulas[name] = found
        return self.written(formulas)

    def variant_arguments(self, network: Network) -> dict[str, object]:
        """What a variant of a network passes on: its own parameters, and what is fixed in it."""
        own = {parameter.name for parameter in network.parameters}
        values = {p: _plain(network.values[p]) for p in self.parameters}
        return self.written({p: Symbol(p) if p in own else v for p, v in values.items()})

    def written(self, formulas: Mapping[str, Formula]) -> dict[str, object]:
        """Arguments as code, without what is the default."""
        defaults = self.defaults()
        return {
            name: symbolic(formula)
            for name, formula in ((name, _plain(f)) for name, f in formulas.items())
            if name not in defaults or not _same(formula, defaults[name])
        }

    def call(self, given: Mapping[str, object]) -> Call:
        """The call with these arguments; those that have a default are named."""
        optional = self.defaults()
        positional = [value for name, value in given.items() if name not in optional]
        return call(self.name, *positional, **{n: v for n, v in given.items() if n in optional})


def _given(instance: Instance, name: str) -> Formula:
    """What a parameter is, in the terms of the place of use."""
    if name == INPUT_CHANNELS:
        return instance.source
    argument = instance.arguments[name]
    return _plain(argument.value) if argument.formula is None else argument.formula


def _plain(value: Any) -> Any:
    """A size as one number where height and width are the same: every layer takes that too."""
    is_size = type(value) is tuple and len(value) == 2
    return value[0] if is_size and value[0] == value[1] else value


class Written(NamedTuple):
    """A body as a target writes it: the text, and the parameters that it reads."""

    text: str
    names: frozenset[str]


Units = dict[int, Unit]
"""The unit of each body, by the body's identity."""

Write = Callable[[Chain, Context, Units], Written]


def share(
    module: Module, write: Write, spell: Callable[[str], str], taken: Iterable[str]
) -> tuple[list[Unit], Units]:
    """The units of a module, callees first, and which of them each body has.

    Args:
        module: the networks.
        write: how the target writes a body.
        spell: what the target calls a block.
        taken: names that a unit cannot have.
    """
    by_body: Units = {}
    units: list[Unit] = []
    used = set(taken)
    for bodies in _by_block(module):
        groups = list(_groups(bodies, write, by_body))
        for group, written in groups:
            called = "_".join([group[0].block.name, *_words(group, [g for g, _ in groups])])
            name = _free_name(spell(called), used)
            used.add(name)
            unit = _unit(name, group, written)
            units.append(unit)
            by_body.update((id(body.chain), unit) for body in group)
    return units, by_body


def share_networks(
    module: Module, write: Write, units: Units, taken: Iterable[str]
) -> dict[str, Unit]:
    """The units that variants of one network share, by the networks' names."""
    used = {*taken, *(unit.name for unit in units.values())}
    by_base: dict[Span, dict[str, Body]] = {}
    for network in module.networks:
        free = {parameter.name: parameter.default for parameter in network.parameters}
        body = Body(network.base, network.body, {**network.values, **free}, frozenset(free))
        by_base.setdefault(network.base.span, {})[network.name] = body
    found: dict[str, Unit] = {}
    for members in by_base.values():
        if len(members) < 2:
            continue
        groups = list(_groups(list(members.values()), write, units))
        for group, written in groups:
            if len(group) > 1:
                words = _words(group, [each for each, _ in groups])
                name = "".join(
                    [group[0].block.name, *(word.title().replace("_", "") for word in words)]
                )
                name = _free_name(f"{name}Base" if name in used else name, used)
                used.add(name)
                unit = _unit(name, group, written)
                own = {id(body.chain) for body in group}
                found.update((n, unit) for n, body in members.items() if id(body.chain) in own)
    return found


def _words(group: Sequence[Body], groups: Sequence[Sequence[Body]]) -> list[str]:
    """The words that tell a group's uses from those of other groups, such as ``pad``."""
    words: list[str] = []
    for parameter in group[0].block.parameters:
        given = {str(b.values[parameter.name]) for b in group if _is_word(b, parameter.name)}
        others = {repr(body.values[parameter.name]) for each in groups for body in each}
        if len(given) == 1 and len(others) > 1 and given != {str(parameter.default)}:
            words += ("_".join(re.findall(r"\w+", word)) for word in given)
    return words


def _is_word(body: Body, name: str) -> bool:
    value = body.values[name]
    return isinstance(value, Initial) or (isinstance(value, str) and value.isidentifier())


def _unit(name: str, group: Sequence[Body], written: Written) -> Unit:
    first = group[0]
    order = [INPUT_CHANNELS, *(p.name for p in first.block.parameters)]
    parameters = tuple(each for each in order if each in written.names)
    # Python wants those with a default at the end.
    has_default = {p.name for p in first.block.parameters if p.default is not None}
    parameters = tuple(sorted(parameters, key=lambda each: each in has_default))
    context = Context(_live(group), first.values, _mixed(group))
    kinds = {name: types(body.values[name] for body in group) for name in parameters}
    alone = len(group) == 1 and not first.free
    return Unit(name, first.block, parameters, kinds, first.chain, context, alone)


def types(values: Iterable[Any]) -> str:
    """The type of a parameter in Python, for all of its values."""
    return " | ".join(sorted({_type(_plain(value)) for value in values}))


def _type(value: Any) -> str:
    if isinstance(value, tuple):
        return f"tuple[{', '.join(map(_type, value))}]"
    return type(value).__name__


def _same(a: Any, b: Any) -> bool:
    """Whether two values are written the same: 8 is not 8.0."""
    return type(a) is type(b) and bool(a == b)


def _free_name(name: str, used: set[str]) -> str:
    if name not in used:
        return name
    stem = f"{name}_" if name[-1].isdigit() else name
    return next(f"{stem}{n}" for n in count(2) if f"{stem}{n}" not in used)


def _groups(
    bodies: list[Body], write: Write, by_body: Units
) -> Iterator[tuple[list[Body], Written]]:
    """The bodies that share what is written: split until all in a group have the same text."""
    waiting = [bodies]
    while waiting:
        group = waiting.pop(0)
        texts: dict[str, list[Body]] = {}
        live, mixed = _live(group), _mixed(group)
        for body in group:
            written = write(body.chain, Context(live, body.values, mixed), by_body)
            texts.setdefault(written.text, []).append(body)
        if len(texts) == 1:
            yield group, written
        else:
            waiting[:0] = texts.values()


def _live(group: Sequence[Body]) -> frozenset[str]:
    """The parameters that are not the same in all of the bodies, or that are the network's."""
    seen: dict[str, set[str]] = {}
    for body in group:
        for name, value in body.values.items():
            seen.setdefault(name, set()).add(repr(value))
    differ = frozenset(name for name, values in seen.items() if len(values) > 1)
    return differ.union(*(body.free for body in group))


def _mixed(group: Sequence[Body]) -> frozenset[str]:
    """The residuals that are not the same in all bodies, by their names."""
    seen: dict[str, set[tuple[bool, bool]]] = {}
    for body in group:
        for residual in _residuals(body.chain):
            seen.setdefault(residual.name, set()).add((residual.joined, residual.takes_path))
    return frozenset(name for name, states in seen.items() if len(states) > 1)


def _residuals(chain: Chain) -> Iterator[Residual]:
    """The residuals of a body; in groups too, whose names may be the same, which does no harm."""
    for item in named_items(chain):
        if isinstance(item, Residual):
            yield item
        elif isinstance(item, Chain):
            yield from _residuals(item)


def taken_names(module: Module, own: Iterable[str]) -> set[str]:
    """The names that no unit can have: those of the target, of networks and of parameters."""
    taken = {*own, *dir(builtins), *keyword.kwlist, *(n.name for n in module.networks)}
    for network in module.networks:
        taken.update(network.values)
        uses = (item for item in distinct(network.body) if isinstance(item, Instance))
        taken.update(parameter.name for use in uses for parameter in use.block.parameters)
    return taken


def network_context(network: Network) -> Context:
    """A network's own body: its free parameters are live, its residuals are what they are."""
    live = frozenset(parameter.name for parameter in network.parameters)
    return Context(live, network.values, frozenset())


def _by_block(module: Module) -> list[list[Body]]:
    """The bodies of each block, blocks that others use first."""
    bodies: dict[Span, dict[int, Body]] = {}
    for network in module.networks:
        live = frozenset(parameter.name for parameter in network.parameters)
        _collect(network.body, live, bodies)
    order: dict[Span, None] = {}
    for block in bodies:
        _order(block, bodies, order)
    return [list(bodies[block].values()) for block in order]


def _order(block: Span, bodies: dict[Span, dict[int, Body]], order: dict[Span, None]) -> None:
    """Add a block after those that any of its bodies uses."""
    if block in order:
        return
    for body in bodies[block].values():
        for instance in _instances(body.chain):
            _order(instance.block.span, bodies, order)
    order[block] = None


def _collect(chain: Chain, live: frozenset[str], bodies: dict[Span, dict[int, Body]]) -> None:
    """Add the bodies that a chain uses, after those that they use themselves."""
    for instance in _instances(chain):
        free = frozenset(
            name
            for name, argument in instance.arguments.items()
            if argument.formula is not None and names(argument.formula) & live
        )
        key = instance.block.span
        if names(instance.source) & live:
            free |= {INPUT_CHANNELS}
        known = bodies.get(key, {}).get(id(instance.body))
        if known is not None and free <= known.free:
            continue
        _collect(instance.body, free, bodies)
        values = {name: argument.value for name, argument in instance.arguments.items()}
        values[INPUT_CHANNELS] = instance.body.input.channels
        free |= known.free if known else frozenset()
        body = Body(instance.block, instance.body, values, free)
        bodies.setdefault(key, {})[id(instance.body)] = body


def _instances(chain: Chain) -> Iterator[Instance]:
    return (item for item in without_blocks(chain) if isinstance(item, Instance))
