"""The definitions of a file: each built once, or once for each value that it has to know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cnngen.define.bias import inlined, resolve_bias
from cnngen.define.builder import Builder, plain
from cnngen.define.flattens import check_flattens
from cnngen.define.overwriting import overwrite
from cnngen.define.regions import with_zeros
from cnngen.define.symbols import IN_SIZES, OpenError, Symbols
from cnngen.define.types import expectations, fits, is_mixed, may_be_fraction, python_type, reads
from cnngen.definition import Body, Definition, Form, Parameter
from cnngen.elaborate.layer_values import word_of
from cnngen.elaborate.scope import Word
from cnngen.elaborate.start import Start
from cnngen.expressions import (
    IN_CHANNELS,
    Expression,
    Operation,
    Symbol,
    are_constant,
    is_constant,
    names,
    walk,
)
from cnngen.ir import Block, used_blocks
from cnngen.ops.initial import DEFAULT
from cnngen.ops.kinds import PerAxis
from cnngen.record import NamedTuple
from cnngen.syntax import ast

EXACT = frozenset({IN_CHANNELS, IN_SIZES})


class Key(NamedTuple):
    """What tells definitions of one block apart; see docs/targets.md, "One class for each block".

    ``zero`` where the batch norm that it ends in starts at zero.
    """

    block: int
    axes: int
    start: Start
    zero: bool = False


class Origin(NamedTuple):
    """What a definition was built from; ``hints`` are the arguments of the use that asked first."""

    key: Key
    block: Block
    fixed: Mapping[str, Expression]
    form: Form
    hints: Mapping[str, Expression]


class Registry:
    """Definitions by their keys and fixed values, in the order in which they were built."""

    def __init__(self) -> None:
        self.made: dict[object, Definition] = {}
        self.fixed: dict[Key, frozenset[str]] = {}
        self.reasons: dict[Key, list[str]] = {}
        self.origins: dict[int, Origin] = {}
        self.words: dict[int, frozenset[str]] = {}
        self.sizes: dict[object, PerAxis | None] = {}
        self.exact: set[Key] = set()
        self.flat: set[Key] = set()

    def make_exact(self, definition: Definition) -> bool:
        """From now on write a definition for the values of each use, then without its loops.

        False where it is written so already.
        """
        key = self.origins[id(definition)][0]
        if key in self.flat:
            return False
        (self.flat if key in self.exact else self.exact).add(key)
        for known in (self.made, self.fixed, self.origins, self.sizes):
            known.clear()
        return True

    def definition(
        self,
        block: Block,
        arguments: Mapping[str, Expression],
        form: Form,
        start: Start,
        *,
        zero: bool = False,
        hints: Mapping[str, Expression] | None = None,
    ) -> Definition:
        """The definition of a block for a use with these arguments, over the names around it.

        ``hints`` are the arguments with what names around it are worth in some use.

        Raises:
            OpenError: the definition has to know a value that is open around the use.
        """
        given = {word_of(value) for value in arguments.values() if isinstance(value, Word)}
        start = start.only(self._words(block) | given)
        key = Key(id(block.node), form.axes, start, zero)
        needed = self.fixed.get(key, frozenset())
        if key in self.exact:
            needed = EXACT | {p.name for p in block.parameters}
        while True:
            is_network = isinstance(block.node, ast.Network)
            asked = needed - EXACT if is_network else needed  # its input is its own
            fixed = self._values(asked, arguments, form)
            try:
                made = self._built(key, block, fixed, form, hints or arguments)
            except OpenError as error:
                more = error.names & (EXACT | arguments.keys())
                if not error.names <= EXACT | arguments.keys() or not more - needed:
                    more = EXACT | arguments.keys()
                if more <= needed and key in self.flat:
                    raise
                if more <= needed:
                    self.flat.add(key)
                needed |= more
                self.fixed[key] = needed
                self.reasons.setdefault(key, []).append(error.reason)
                continue
            unfit = {
                parameter.name
                for parameter in made.parameters
                if is_constant(arguments[parameter.name])
                and not fits(parameter.type, arguments[parameter.name])
            }
            if not unfit:
                return made
            needed |= unfit

    def _words(self, block: Block) -> frozenset[str]:
        """The words in a block and in those that it uses: what stands there depends on no other."""
        if id(block.node) not in self.words:
            words = frozenset[str]().union(*(each.words for each in used_blocks([block])))
            # A projection that is inserted is a convolution, too.
            self.words[id(block.node)] = words | {"conv"} if "residual" in words else words
        return self.words[id(block.node)]

    def _values(
        self, needed: Iterable[str], arguments: Mapping[str, Expression], form: Form
    ) -> dict[str, Expression]:
        """The values that a definition has to know."""
        known: dict[str, Expression] = {**arguments, IN_CHANNELS: form.channels}
        if form.is_map:
            known[IN_SIZES] = form.sizes  # type: ignore[assignment]
        values = {name: known[name] for name in sorted(needed) if name in known}
        if IN_SIZES in values and values[IN_SIZES] is None:
            raise OpenError([IN_SIZES], "what is used here depends on the size")
        for name, value in values.items():
            if not is_constant(value):
                raise OpenError(names(value), f"what is used here depends on {name}")
        return values

    def _built(
        self,
        key: Key,
        block: Block,
        fixed: Mapping[str, Expression],
        form: Form,
        hints: Mapping[str, Expression],
    ) -> Definition:
        whole = (key, repr(fixed), key in self.flat)
        if whole not in self.made:
            made = self._build(key, block, fixed, form, hints)
            self.made[whole] = made
            self.origins[id(made)] = Origin(key, block, fixed, form, hints)
        return self.made[whole]

    def _build(
        self,
        key: Key,
        block: Block,
        fixed: Mapping[str, Expression],
        form: Form,
        hints: Mapping[str, Expression],
        *,
        any_shape: bool = False,
    ) -> Definition:
        own: dict[str, Expression] = {
            p.name: fixed.get(p.name, Symbol(p.name)) for p in block.parameters
        }
        sizes: Any = fixed.get(IN_SIZES)
        start = Form(form.axes, sizes, fixed.get(IN_CHANNELS, Symbol(IN_CHANNELS)))
        flat = key in self.flat
        builder = Builder(
            block, Symbols(own), start, key.start, self, flat=flat, any_shape=any_shape
        )
        builder.hints = {name: value for name, value in hints.items() if is_constant(value)}
        body = builder.body()
        if not body.nodes:
            raise OpenError((), "there are no layers in it")
        if key.zero:
            body = with_zeros(builder, body)
        body = inlined(resolve_bias(body))
        body, overwritable = overwrite(body)
        expected = expectations(body)
        computed = expected.keys() - own.keys() - {IN_CHANNELS}
        fractions = {name for name in computed if may_be_fraction(expected[name])}
        parameters = tuple(
            _typed(p.name, p.default, expected.get(p.name, set()), hints.get(p.name))
            for p in block.parameters
            if p.name not in fixed
        )
        _check_truth(body, parameters)
        check_flattens(body)
        output, stride = _given(builder)
        return Definition(
            block.name,
            block.description,
            block.span,
            parameters,
            {name: value for name, value in fixed.items() if name in own},
            body,
            start,
            output,
            stride,
            builder.inputs,
            builder.outputs,
            overwritable,
            frozenset(fractions) | {p.name for p in parameters if p.type == "float"},
            frozenset(name for name in computed if is_mixed(expected[name])),
            _words(block, fixed),
            _circumstances(key),
        )

    def for_any_shape(self, definition: Definition) -> Definition:
        """The definition of a network over the channels that come in, of maps of any size.

        Raises:
            OpenError: something in it depends on them.
        """
        return self._build(*self.origins[id(definition)], any_shape=True)

    def add_form(self, changed: Definition, definition: Definition) -> None:
        """Remember that a definition is another form of one that was built here."""
        if id(definition) in self.origins:  # not those for any shape, which are built apart
            self.origins[id(changed)] = self.origins[id(definition)]

    def zeroed(self, definition: Definition, builder: Builder) -> Definition:
        """The definition whose last batch norm starts at zero."""
        key, block, fixed, form, hints = self.origins[id(definition)]
        return self._built(key._replace(zero=True), block, fixed, form, hints)

    def sizes_after(
        self, block: Block, arguments: Mapping[str, Expression], form: Form, start: Start
    ) -> PerAxis | None:
        """The sizes after a use; None where they are not known from the definition."""
        if form.is_map and form.sizes is None:
            return None
        own = {
            name: value if is_constant(value) else Symbol(name) for name, value in arguments.items()
        }
        key = (id(block.node), repr(own), form.sizes, repr(form.channels), start)
        if key not in self.sizes:
            self.sizes[key] = self._sizes(block, own, form, start, flat=False)
            if self.sizes[key] is None and are_constant(own.values()):
                self.sizes[key] = self._sizes(block, own, form, start, flat=True)
        return self.sizes[key]

    def sizes_of(
        self, definition: Definition, arguments: Mapping[str, Expression], form: Form
    ) -> PerAxis | None:
        """The sizes after another use of what a definition was built from."""
        key, block, *_ = self.origins[id(definition)]
        return self.sizes_after(block, arguments, form, key.start)

    def _sizes(
        self,
        block: Block,
        arguments: Mapping[str, Expression],
        form: Form,
        start: Start,
        *,
        flat: bool,
    ) -> PerAxis | None:
        channels = form.channels if is_constant(form.channels) else Symbol(IN_CHANNELS)
        known = Form(form.axes, form.sizes, channels)
        builder = Builder(block, Symbols(arguments), known, start, self, flat=flat)
        try:
            builder.body()
        except OpenError:
            return None
        return builder.value.form.sizes


def _given(builder: Builder) -> tuple[Form, Expression | None]:
    """What a definition gives, and its stride, over its parameters and the channels that come in.

    Raises:
        OpenError: the channels cannot be said so.
    """
    resolve = builder.symbols.resolve
    form, stride, _ = builder.value
    channels = resolve(form.channels)
    if not names(channels) <= builder.symbols.given:
        raise OpenError((), "how many channels it gives cannot be said")
    return form._replace(channels=channels), None if stride is None else resolve(stride)


def _check_truth(body: Body, parameters: Iterable[Parameter]) -> None:
    """Refuse to compare what is true or false with a number: Python says that 1 is True."""
    types = {parameter.name: parameter.type for parameter in parameters}
    if "bool" not in types.values():
        return
    for expression, _ in reads(body):
        for part in walk(expression):
            if isinstance(part, Operation) and part.sign in ("==", "!="):
                symbols = [side.name for side in part[1:] if isinstance(side, Symbol)]
                sides = [types[name] for name in symbols if name in types]
                if len(sides) == 2 and "bool" in sides and sides[0] != sides[1]:
                    raise OpenError(names(part), "truth is compared with a number")


def _typed(name: str, default: Any, expected: set[str], hint: Expression | None) -> Parameter:
    """A parameter with its type, which what is done with it, its default and a use say."""
    default = None if default is None else plain(default)
    known = [value for value in (default, hint) if value is not None and is_constant(value)]
    kind = python_type(expected, known)
    if default is not None and is_constant(default) and not fits(kind, default):
        default = None  # what it says is written for that value alone
    return Parameter(name, kind, default)


def _words(block: Block, fixed: Mapping[str, Expression]) -> tuple[str, ...]:
    """The values that a definition is written for, where they are not the defaults."""
    usual = {parameter.name: parameter.default for parameter in block.parameters}
    own = [v for name, v in fixed.items() if name not in EXACT and v != usual.get(name)]
    words = [word for value in own for word in re.findall(r"[A-Za-z0-9]+", str(value))]
    if IN_SIZES in fixed:
        sizes: Any = fixed[IN_SIZES]
        words += [
            "of",
            "x".join(map(str, [*(sizes or ()), fixed.get(IN_CHANNELS, "")])).rstrip("x"),
        ]
    return tuple(words)


def _circumstances(key: Key) -> tuple[str, ...]:
    """What else a definition is written for: how many axes the input has, how weights start."""
    words = {0: ["vector"], 2: []}.get(key.axes, [f"{key.axes}d"])
    if key.start.init != DEFAULT:
        words += re.findall(r"[A-Za-z0-9]+", key.start.init)
    if key.start.layers:
        words += ["other", "defaults"]
    return (*words, "zero") if key.zero or key.start.zero_init else tuple(words)
