"""A file's networks and variants: which there are, and what each one's parameters are worth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from cnngen.diagnostics import (
    Diagnostic,
    DiagnosticError,
    Related,
    codes,
    did_you_mean,
    listed,
    there_are,
)
from cnngen.elaborate.evaluate import Surroundings, evaluate, fail
from cnngen.elaborate.layer_values import parameter_value
from cnngen.elaborate.scope import Scope, refusal, word_value
from cnngen.elaborate.start import check_settings
from cnngen.ops.kinds import Value
from cnngen.record import NamedTuple
from cnngen.syntax import ast

Report = Callable[[Diagnostic], None]
NetworkDefinition = ast.Network | ast.Variant

LONGEST_CHAIN = 20
"""Variants between one and the network with the body."""


class Instance(NamedTuple):
    """One network to elaborate: its name, the definition with the body, its parameters' values.

    ``given`` are the parameters that variants on the way to the body give a value.
    """

    name: ast.Name
    definition: NetworkDefinition
    base: ast.Network
    scope: Scope
    given: frozenset[str]


class Definitions:
    """The definitions of a file by name; a second one of the same name is reported."""

    def __init__(self, file: ast.File, report: Report) -> None:
        self.file = file
        self.report = report
        self.by_name: dict[str, NetworkDefinition] = {}
        for definition in file.definitions:
            if isinstance(definition, (ast.Network, ast.Variant)):
                self._add(definition)

    def _add(self, definition: NetworkDefinition) -> None:
        name = definition.name
        if isinstance(definition, ast.Network):
            check_settings(definition, self.report)
        why = refusal(name.name)
        if why:
            self.report(Diagnostic(codes.NAME_REFUSED, why, name.span, "choose another name"))
        before = self.by_name.setdefault(name.name, definition)
        if before is not definition:
            self.report(
                Diagnostic(
                    codes.NAME_TAKEN,
                    f"the network `{name.name}` is defined twice",
                    name.span,
                    "defined again",
                    hint="rename one of the two",
                    related=(Related(before.name.span, "defined here before"),),
                )
            )

    def instances(self, only: str | None, settings: Iterable[ast.Argument]) -> list[Instance]:
        """The networks to make: all that have a value for each parameter, or the one asked for.

        A network that needs values and has variants is there for them alone.
        """
        given = list(settings)
        self._check_settings(given)
        bases = {d.base.name for d in self.by_name.values() if isinstance(d, ast.Variant)}
        made = []
        for name, definition in self.by_name.items():
            if only is not None and name != only:
                continue
            template = name in bases and only is None
            instance = self._instance(definition, given, template=template)
            if instance:
                made.append(instance)
        return made

    def _check_settings(self, settings: list[ast.Argument]) -> None:
        """Each ``--set`` must name a parameter of some network."""
        networks = [d for d in self.by_name.values() if isinstance(d, ast.Network)]
        known = {p.name.name for network in networks for p in network.parameters}
        otherwise = there_are(sorted(known)) if known else "there are none"
        given: set[str] = set()
        for setting in settings:
            name = setting.name
            if name.name in given:
                self.report(
                    Diagnostic(
                        codes.REPEATED_ARGUMENT,
                        f"`{name.name}` is set twice",
                        name.span,
                        "set before",
                        hint="leave out one of the two",
                    )
                )
            given.add(name.name)
            if name.name not in known and not self.file.broken:
                message = f"no network here has a parameter `{name.name}`"
                hint = did_you_mean(name.name, known, otherwise)
                label = "unknown parameter"
                self.report(Diagnostic(codes.UNKNOWN_PARAMETER, message, name.span, label, hint))

    def _instance(
        self, definition: NetworkDefinition, settings: list[ast.Argument], *, template: bool
    ) -> Instance | None:
        """The definition with values for its parameters; None where it has none for some."""
        try:
            chain = self._to_base(definition)
            base = chain[-1]
            if not isinstance(base, ast.Network):
                return None
            known = {p.name.name: None for p in base.parameters}
            arguments = [a for d in reversed(chain[:-1]) for a in self._arguments(d, base, known)]
            of_variants = frozenset(argument.name.name for argument in arguments)
            arguments += [s for s in settings if s.name.name in known]
            scope = self._parameters(base, arguments)
        except DiagnosticError as error:
            self.report(error.diagnostic)
            return None
        missing = [p for p in base.parameters if p.name.name not in scope.values]
        if missing:
            if not template:
                self.report(_missing(definition, base, missing))
            return None
        return Instance(definition.name, definition, base, scope, of_variants)

    def _to_base(self, definition: NetworkDefinition) -> list[NetworkDefinition]:
        """The definition, what it is a variant of, and so on to the network with the body.

        The last one is a variant where its base may be what could not be read.
        """
        chain = [definition]
        place = definition.base.span if isinstance(definition, ast.Variant) else definition.span
        while isinstance(definition, ast.Variant):
            base = definition.base
            following = self.by_name.get(base.name)
            if following is None and self.file.broken:
                break
            if following is None:
                others = [name for name in self.by_name if name != chain[0].name.name]
                otherwise = there_are(others) if others else ""
                if any(isinstance(node, ast.Use) for node in self.file.definitions):
                    otherwise = "`use` brings in the blocks of a file, and none of its networks"
                hint = did_you_mean(base.name, others, otherwise)
                message = f"there is no network `{base.name}`"
                fail(codes.UNKNOWN_NETWORK, message, base.span, "unknown network", hint)
            if any(following is d for d in chain):
                names = " -> ".join(d.name.name for d in [*chain[:6], following])
                fail(
                    codes.VARIANT_CYCLE,
                    f"variants that refer to each other: {names}",
                    base.span,
                    "leads back here",
                    "one of them has to be a network with a body",
                )
            if len(chain) > LONGEST_CHAIN:
                fail(
                    codes.TOO_DEEP,
                    f"a variant of a variant, more than {LONGEST_CHAIN} times",
                    place,
                    "too deep from here",
                    "make it a variant of the network itself",
                )
            definition = following
            chain.append(definition)
        return chain

    def _arguments(
        self, variant: NetworkDefinition, base: ast.Network, known: Iterable[str]
    ) -> list[ast.Argument]:
        """A variant's arguments, each for a parameter of the base and given once."""
        assert isinstance(variant, ast.Variant)
        found: dict[str, ast.Argument] = {}
        for argument in variant.arguments:
            name = argument.name.name
            if name not in known:
                takes = f"`{base.name.name}` has {listed(known) or 'no parameters'}"
                fail(
                    codes.UNKNOWN_PARAMETER,
                    f"`{base.name.name}` has no parameter `{name}`",
                    argument.name.span,
                    "unknown parameter",
                    did_you_mean(name, known, takes),
                )
            if name in found:
                fail(
                    codes.REPEATED_ARGUMENT,
                    f"`{name}` is given twice",
                    argument.span,
                    "the second time",
                    "leave out one of the two",
                )
            found[name] = argument
        return list(found.values())

    def _parameters(self, base: ast.Network, arguments: list[ast.Argument]) -> Scope:
        """A scope with the parameters' values: the arguments', else the defaults'."""
        scope = Scope()
        given = {argument.name.name: argument.value for argument in arguments}
        seen: set[str] = set()
        for parameter in base.parameters:
            name = parameter.name.name
            why = refusal(name)
            if why:
                self.report(
                    Diagnostic(codes.NAME_REFUSED, why, parameter.name.span, "choose another name")
                )
            if name in seen:
                fail(
                    codes.NAME_TAKEN,
                    f"the parameter `{name}` is there twice",
                    parameter.span,
                    "defined again",
                    "rename one of the two",
                )
            seen.add(name)
            expression = given.get(name, parameter.default)
            if expression is not None:
                value = partial(_constant, earlier=scope.values)
                scope.values[name] = parameter_value(expression, value, scope.values)
        return scope


def _constant(expression: ast.Expression, earlier: Mapping[str, Value | None]) -> Value:
    """The value of an argument or a default, around which there is no network yet."""

    def lookup(name: ast.Name) -> Value:
        value = earlier.get(name.name)
        word = word_value(name.name)
        if value is None and name.name not in earlier and word is not None:
            return word
        if value is None:
            fail(
                codes.UNKNOWN_NAME,
                f"`{name.name}` has no value here",
                name.span,
                "unknown name",
                "a parameter's value is made of numbers and of the parameters before it",
            )
        return value

    return evaluate(expression, Surroundings(lookup))


def _missing(
    definition: NetworkDefinition, base: ast.Network, missing: list[ast.Parameter]
) -> Diagnostic:
    names = listed(p.name.name for p in missing)
    example = missing[0].name.name
    variant = f"`network Name = {base.name.name} {example}=...`"
    return Diagnostic(
        codes.MISSING_PARAMETER,
        f"`{definition.name.name}` needs a value for {names}",
        definition.name.span,
        f"no value for {names}",
        hint=f"give a default, use `--set {example}=...`, or write a variant: {variant}",
    )
