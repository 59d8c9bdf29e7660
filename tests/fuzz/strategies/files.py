"""Whole files: blocks, a network with parameters, side heads, variants."""

from __future__ import annotations

from hypothesis import strategies as st

from cnngen.compiler import analyse
from cnngen.ops import Map, Shape, Vector
from cnngen.source import Source
from fuzz.strategies.again import layer_parameter, reuse
from fuzz.strategies.blocks import use, uses
from fuzz.strategies.bodies import line, nested
from fuzz.strategies.control import choice, loop, repeat
from fuzz.strategies.drawer import Drawer
from fuzz.strategies.ends import another_input, inputs, merged, outputs, shape
from fuzz.strategies.expressions import other_value
from fuzz.strategies.joins import join
from fuzz.strategies.layers import fit
from fuzz.strategies.regions import branches, gate, residual, side_head, side_head_in_group
from fuzz.strategies.scope import Constructs, CrashedError, Parameter, Program, Scope
from fuzz.strategies.values import COUNT

MOST_LINES = 5
"""Lines of a network's body, its inputs and outputs aside."""

CONSTRUCTS = Constructs(
    use=use,
    reuse=reuse,
    regions=(residual, branches, gate, residual),
    others=(uses, repeat, loop, choice, join, uses, layer_parameter),
)
"""All items that are no layers; the more frequent ones stand here twice."""


@st.composite
def sources(draw: st.DrawFn, most_layers: int = 14) -> str:
    """The text of a file, valid but for what only the compiler knows; of about that size."""
    try:
        return _source(Drawer(draw), most_layers)
    except CrashedError as crashed:
        return crashed.text


def _source(drawer: Drawer, most_layers: int) -> str:
    program = Program(CONSTRUCTS, layers_left=most_layers)
    scope = Scope(drawer, program, shape(drawer), {}, set(), [], top=True)
    text = _network(scope)
    networks = [text, *_variants(scope, f"{program.head()}\n\n{text}")]
    if drawer.chance(8):  # that shares blocks with the first
        program.layers_left = 6
        other = Scope(drawer, program, shape(drawer), {}, set(), [], top=True)
        networks.append(_network(other, "Other"))
    return "\n\n".join([part for part in (program.head(), *networks) if part]) + "\n"


DEFAULTS = (
    "bn eps=1e-3 momentum=0.01",
    "conv bias=true",
    "conv init=he",
    "dense bias=false",
    "leaky_relu slope=0.25",
    "layernorm affine=false",
)
"""Settings of layers that change no shape."""


def _network(scope: Scope, name: str = "Net") -> str:
    drawer = scope.drawer
    returns = drawer.chance(4)
    if not returns and drawer.chance(2):
        scope.final = _final(scope)
        scope.stay = isinstance(scope.final[0], Map)
    lines = inputs(scope)
    least = len(lines)
    if drawer.chance(5):
        lines.insert(drawer.below(2), f"default {drawer.pick(DEFAULTS)}")
        least += 1
    while len(lines) == least or (len(lines) < least + MOST_LINES and _goes_on(scope)):
        lines += _lines(scope, lines)
    if returns:
        lines += outputs(scope)
    while scope.pending:
        lines += merged(scope)
    if scope.final is not None:
        lines += [", ".join(fit(scope, *scope.final)) or "identity"]
        if drawer.chance(4):
            lines[-1] += f" -> {scope.final[1] if isinstance(scope.shape, Vector) else scope.shape}"
    comment = "# A network.\n" if drawer.chance(4) else ""
    return comment + nested(f"network {name}{_head(scope)}", lines)


def _lines(scope: Scope, before: list[str]) -> list[str]:
    """A line of a network's body, and what can follow one there alone."""
    draw = scope.drawer
    lines = line(scope)
    if scope.final is not None and draw.chance(6):
        lines.append((side_head_in_group if draw.chance(3) else side_head)(scope))
    elif scope.pending and draw.chance(3):
        lines += merged(scope)
    elif any(": input " in each for each in before) and draw.chance(12):
        lines += another_input(scope)
    return lines


def _goes_on(scope: Scope) -> bool:
    return scope.program.layers_left > 0 and scope.drawer.below(4) > 0


def _final(scope: Scope) -> tuple[Shape, str]:
    """What the network gives, and how its channels or features are written."""
    drawer = scope.drawer
    classes = drawer.pick((3, 2, 5))
    text = str(classes)
    if drawer.chance(2):
        text = scope.fresh("classes")
        assert scope.parameters is not None
        scope.parameters.append(Parameter(text, COUNT, classes, str(classes)))
        scope.names[text] = classes
    if isinstance(scope.shape, Map) and drawer.chance(4):
        return scope.shape._replace(channels=classes), text
    return Vector(classes), text


def _head(scope: Scope) -> str:
    given = ", ".join(f"{p.name}={p.default}" for p in scope.parameters or ())
    return f"({given})" if given else ""


def _variants(scope: Scope, text: str) -> list[str]:
    """Variants of the network with other values, as far as those are possible."""
    found: list[str] = []
    while scope.parameters and len(found) < 2 and scope.drawer.chance(4):
        scope.names.clear()
        chosen = [p for p in scope.parameters if scope.drawer.chance(2)]
        given = " ".join(f"{p.name}={other_value(scope, p)[0]}" for p in chosen)
        line = f"network Net{len(found) + 2} = Net {given}".rstrip()
        result = analyse(Source("variant.cnn", "\n\n".join([text, *found, line])))
        if not result.complete:
            break
        found.append(line)
    return found
