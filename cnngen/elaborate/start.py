"""How weights start: the settings of networks and blocks.

A setting is in force for all that is in the network or block, and in the blocks used there, up to
a nearer one: a layer's own ``init`` counts first, then its block's, then that of the place of use.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from cnngen.diagnostics import Diagnostic, codes, did_you_mean, listed
from cnngen.elaborate.bind import read
from cnngen.elaborate.foreign import FOREIGN_ARGUMENTS
from cnngen.elaborate.scope import Scope
from cnngen.elaborate.values import Values
from cnngen.ops import Parameter, kinds
from cnngen.ops.conv import INIT
from cnngen.ops.initial import DEFAULT, Initial
from cnngen.record import NamedTuple
from cnngen.syntax import ast


class Start(NamedTuple):
    """What is in force at a place; ``zero_init`` is for residuals."""

    init: Initial = DEFAULT
    zero_init: bool = False


ZERO_INIT = "whether the scale of the batch norm that a residual's body ends in starts at zero"

SETTINGS = {
    "init": Parameter("init", INIT, kinds.initial(), False, False, DEFAULT),
    "zero_init": Parameter("zero_init", ZERO_INIT, kinds.switch(), False, False, False),
}
"""What a network and a block take after their parameters."""


def check_settings(node: ast.Network | ast.Block, report: Callable[[Diagnostic], None]) -> None:
    """Report settings that there are not, or that are given twice."""
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


def start_of(node: ast.Network | ast.Block, around: Start, values: Values, scope: Scope) -> Start:
    """What is in force in a network or block that is used where ``around`` is.

    Raises:
        DiagnosticError: a setting has no value, or one of another kind.
    """
    given: dict[str, Any] = {
        name: read(node.name, SETTINGS[name], value, partial(values.evaluate, scope))
        for _, (_, name), value in node.settings
        if name in SETTINGS
    }
    return around._replace(**given)
