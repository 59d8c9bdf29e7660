"""Settings: how weights start, and what layers have that say nothing else.

A setting is in force for all that is in the network or block, and in the blocks used there, up to
a nearer one: a layer's own argument counts first, then its block's, then that of the place of use.
What stands in a file holds for the networks in it, and for its blocks in other files.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

from cnngen.diagnostics import Diagnostic, codes, did_you_mean, listed
from cnngen.elaborate.bind import Evaluate, named_parameter, read
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.foreign import FOREIGN_ARGUMENTS, foreign_hint
from cnngen.elaborate.scope import Scope, Word
from cnngen.elaborate.values import Values
from cnngen.elaborate.words import LIKE, REGIONS
from cnngen.ir import Block
from cnngen.ops import LAYERS, Parameter, kinds, parameters
from cnngen.ops.conv import INIT
from cnngen.ops.initial import DEFAULT, Initial
from cnngen.ops.kinds import Value
from cnngen.ops.shapes import POSITIONS
from cnngen.record import NamedTuple
from cnngen.source import Source
from cnngen.syntax import ast
from cnngen.syntax.walk import items_in


class Start(NamedTuple):
    """What is in force at a place; ``zero_init`` is for residuals.

    ``layers`` are arguments of layers: the layer's word, the argument, its value as it is written,
    since what it comes to depends on the axes of the layer's input.
    """

    init: Initial = DEFAULT
    zero_init: bool = False
    layers: tuple[tuple[str, str, Value], ...] = ()

    def of(self, word: str) -> dict[str, Value]:
        """The arguments that are in force for a layer."""
        return {name: value for own, name, value in self.layers if own == word}

    def only(self, words: Collection[str]) -> Start:
        """What of it is in force for these layers."""
        return self._replace(layers=tuple(each for each in self.layers if each[0] in words))

    @property
    def projection_init(self) -> Initial:
        """How the convolution of a projection starts: as those around it."""
        value = self.of("conv").get("init", self.init)
        made: Initial = SETTINGS["init"].kind.read(str(value) if isinstance(value, Word) else value)
        return made

    def with_layer(self, word: str, given: Mapping[str, Value]) -> Start:
        """What is in force with these arguments for a layer."""
        known = {(own, name): value for own, name, value in self.layers}
        known |= {(word, name): value for name, value in given.items()}
        return self._replace(layers=tuple((*key, known[key]) for key in sorted(known)))


ZERO_INIT = "whether the scale of the batch norm that a residual's body ends in starts at zero"

SETTINGS = {
    "init": Parameter("init", INIT, kinds.initial(), False, False, DEFAULT),
    "zero_init": Parameter("zero_init", ZERO_INIT, kinds.switch(), False, False, False),
}
"""What a network and a block take after their parameters."""


def check_settings(node: ast.Network | ast.Block, report: Callable[[Diagnostic], None]) -> None:
    """Report settings that there are not, or that are given twice."""
    for default in _inside(node.body):
        hint = "put it before them: it holds for the whole network or block"
        message = "`default` stands inside braces"
        report(Diagnostic(codes.DEFAULT_IN_BRACES, message, default.span, "inside braces", hint))
    seen: set[str] = set()
    for setting in node.settings:
        name = setting.name.name
        if name not in SETTINGS:
            report(_unknown(node, setting))
        elif name in seen:
            message = f"`{name}` of `{node.name.name}` is given twice"
            hint = "leave out one of the two"
            label = "the second time"
            report(Diagnostic(codes.REPEATED_ARGUMENT, message, setting.span, label, hint))
        seen.add(name)


def _inside(body: ast.Body) -> Iterator[ast.Default]:
    """The ``default`` statements in the braces of items."""
    for item, _ in items_in(body):
        for part in (getattr(item, "body", None), getattr(item, "otherwise", None)):
            if isinstance(part, ast.Body):
                yield from (each for each in part.statements if isinstance(each, ast.Default))


def _unknown(node: ast.Network | ast.Block, setting: ast.Argument) -> Diagnostic:
    word = "network" if isinstance(node, ast.Network) else "block"
    name = setting.name.name
    inside = [parameter.span.text for parameter in node.parameters]
    own = ", ".join([*inside, " ".join(setting.span.text.split())])
    return Diagnostic(
        codes.UNKNOWN_ARGUMENT,
        f"`{name}` is no setting of a {word}; there are {listed(SETTINGS)}",
        setting.name.span,
        "unknown setting",
        did_you_mean(
            FOREIGN_ARGUMENTS.get(name, name),
            SETTINGS,
            f"parameters stand in parentheses: `{word} {node.name.name}({own})`",
        ),
    )


def defaults_in(node: ast.Network | ast.Block) -> Iterator[ast.Default]:
    """The ``default`` statements of a definition."""
    return (each for each in node.body.statements if isinstance(each, ast.Default))


def check_default(node: ast.Default) -> None:
    """Refuse a ``default`` for what is no layer, or for what each layer says itself.

    Raises:
        DiagnosticError: with the place.
    """
    word = node.word.name
    if word in REGIONS:
        fail(
            codes.UNKNOWN_LAYER,
            f"`{word}` is no layer, and takes no default",
            node.word.span,
            "expected a layer",
            f"write its arguments on each `{word}`",
        )
    if word not in LAYERS:
        fail(
            codes.UNKNOWN_LAYER,
            f"there is no layer `{word}`",
            node.word.span,
            "expected a layer",
            foreign_hint(word)
            or did_you_mean(word, LAYERS, "`cnngen layers` lists them; a block has parameters"),
        )
    known = parameters(LAYERS[word])
    seen: set[str] = set()
    for argument in node.arguments:
        name = argument.name.name
        is_label = word == "resize" and name == LIKE
        if is_label or named_parameter(node, argument, known).required:
            fail(
                codes.EXTRA_ARGUMENT,
                f"each `{word}` says its own `{name}`",
                argument.span,
                "no default can be given",
                "leave it out",
            )
        if name in seen:
            fail(
                codes.REPEATED_ARGUMENT,
                f"`{name}` of `{word}` is given twice",
                argument.span,
                "the second time",
                "leave out one of the two",
            )
        seen.add(name)


def with_default(around: Start, node: ast.Default, evaluate: Evaluate) -> Start:
    """What is in force with a ``default``.

    Raises:
        DiagnosticError: it is for no layer, or an argument has no value, or one of another kind.
    """
    check_default(node)
    known = parameters(LAYERS[node.word.name])
    given: dict[str, Value] = {}
    for _, (_, name), expression in node.arguments:
        value = evaluate(expression, known[name].kind.words)
        # A size says by itself how many axes it is for.
        axes = len(value) if type(value) is tuple and len(value) in POSITIONS else 2
        read(node.word, known[name], expression, evaluate, axes)
        given[name] = value
    return around.with_layer(node.word.name, given)


def file_defaults(block: Block, used_in: Source | None) -> tuple[ast.Default, ...]:
    """What the file of a block says where it is used in another; a network is used in none."""
    return () if block.span.source is used_in else block.defaults


def start_of(
    block: Block, around: Start, values: Values, scope: Scope, used_in: Source | None
) -> Start:
    """What is in force in a network or block that is used where ``around`` is.

    ``used_in`` is the file of the use; a network is used in none.

    Raises:
        DiagnosticError: a setting has no value, or one of another kind.
    """
    evaluate = partial(values.evaluate, scope)
    for default in file_defaults(block, used_in):
        around = with_default(around, default, partial(values.evaluate, Scope()))
    given: dict[str, Any] = {
        name: read(block.node.name, SETTINGS[name], value, evaluate)
        for _, (_, name), value in block.node.settings
        if name in SETTINGS
    }
    made = around._replace(**given)
    for default in defaults_in(block.node):
        made = with_default(made, default, evaluate)
    return made
