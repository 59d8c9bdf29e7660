"""What the pages of all targets share: names of classes and functions, parameters, calls, texts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, TypeVar

from cnngen import definition as d
from cnngen.analysis.cost import mac_count, parameter_count
from cnngen.backends.code import COLUMNS, INDENT, Call, call, readable
from cnngen.backends.lower import free_name
from cnngen.backends.python import EITHER, REAL, WHOLE, Writer, constant
from cnngen.backends.taken import Taken
from cnngen.define import Defined
from cnngen.definition import Body, Definition, Form, Parameter
from cnngen.expressions import (
    IN_CHANNELS,
    Expression,
    Symbol,
    are_constant,
    is_constant,
)
from cnngen.ir import Module, Network, inputs, outputs, side_heads
from cnngen.ops import Map, Shape
from cnngen.passes.inference import BY_DEFAULT, PASSES, Plan
from cnngen.passes.shortcuts import inserted
from cnngen.python_names import BUILTINS, KEYWORDS

MARKS = "# fmt: off\n# ruff: noqa"
"""What tells formatters and linters with other settings to leave a module as it is.

Black and ruff know the first, ruff the second. Without them ruff's own settings find nothing.
"""


class Names:
    """What definitions are called in a module, and what the module needs.

    ``needs`` are helpers, ``imports`` modules and names from them; ``reads`` says of each
    definition that is written which symbols it takes beside its parameters.
    """

    def __init__(
        self, defined: Defined, module: Module, spell: Callable[[str], str], taken: Iterable[str]
    ) -> None:
        self.needs: set[str] = set()
        self.imports: set[tuple[str, str]] = set()
        self.reads: dict[int, frozenset[str]] = {}
        self.groups: list[Any] = []
        self.texts: dict[str, str] = {}
        self.taken = taken_names(module, taken)
        self.called: dict[int, str] = {}
        self.parameters: dict[int, tuple[Parameter, ...]] = {}
        entries = {network.name for network in module.networks}
        for network in module.networks:
            definition = defined.networks[network.name]
            if id(definition) not in self.called and not network.is_variant:
                self.called[id(definition)] = network.name
        for network in module.networks:
            definition = defined.networks[network.name]
            if id(definition) not in self.called:
                name = (
                    definition.name if definition.name not in entries else f"{definition.name}Base"
                )
                self.called[id(definition)] = self.free(name)
        circumstances: dict[str, Sequence[str]] = {}
        for definition in defined.blocks:
            own = "_".join([definition.name, *definition.words])
            name = spell(own)
            if name in self.taken and circumstances.get(name) != definition.circumstances:
                name = spell("_".join([own, *definition.circumstances]))
            circumstances.setdefault(name, definition.circumstances)
            self.called[id(definition)] = self.free(name)
        self.definitions = frozenset(self.called.values())

    def of(self, definition: Definition) -> str:
        """The class or function of a definition."""
        return self.called[id(definition)]

    def free(self, name: str) -> str:
        """A name that nothing has yet."""
        stem = f"{name}_" if name[-1].isdigit() else name
        numbered = (f"{stem}{n}" for n in count(2))
        free = name if name not in self.taken else next(n for n in numbered if n not in self.taken)
        self.taken.add(free)
        return free

    def group_class(self, node: d.Group, hidden: Collection[str], *texts: Sequence[str]) -> str:
        """The name of the class for a group; groups of the same text share it.

        ``hidden`` are the names that variables have where it is called.
        """
        text = "\n".join("\n".join(lines) for lines in texts)
        label = node.name.text.replace(".", "_")
        while text not in self.texts or self.texts[text] in hidden:
            stem = camel(label if label.isidentifier() else "group")
            self.texts[text] = self.free(stem)
        return self.texts[text]


def camel(name: str) -> str:
    """``conv_bn`` as a class is called: ``ConvBn``."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def taken_names(module: Module, own: Iterable[str]) -> set[str]:
    """The names that no class or function can have: those of the target, networks, parameters."""
    taken = {*own, *BUILTINS, *KEYWORDS, *(n.name for n in module.networks)}
    for network in module.networks:
        taken.update(network.values)
        taken.update(*({p.name for p in b.parameters} for b in network.base.known.values()))
    return taken


def ordered(parameters: Iterable[Parameter]) -> list[Parameter]:
    """Parameters as Python wants them: those with a default at the end."""
    return sorted(parameters, key=lambda parameter: parameter.default is not None)


def with_values(definition: Definition, network: Network) -> tuple[Parameter, ...]:
    """The parameters of a network, whose defaults are the values that it was compiled with."""
    return tuple(p._replace(default=network.values[p.name]) for p in definition.parameters)


def signature_of(parameters: Iterable[Parameter]) -> list[str]:
    """Parameters with their types and defaults."""
    written = []
    for name, kind, value in ordered(parameters):
        value = float(value) if kind == "float" and type(value) is int else value
        written.append(f"{name}: {kind}" + (f" = {constant(value)}" if value is not None else ""))
    return written


def calls(node: d.Use, names: Names, writer: Writer, *, torch: bool) -> Call:
    """The call of what a definition is written as."""
    first: list[Any] = []
    if torch and IN_CHANNELS in names.reads[id(node.callee)]:
        first.append(writer.code(node.at.input.channels))
    made = arguments(node.callee.parameters, node.arguments, writer)
    return call(names.of(node.callee), *first, *made[0], **made[1])


def arguments(
    parameters: Iterable[Parameter], given: Mapping[str, Expression], writer: Writer
) -> tuple[list[Any], dict[str, Any]]:
    """What a call passes on, without what is the default; what has one is named."""
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for name, kind, default in ordered(parameters):
        value = given[name]
        if kind == "float" and type(value) is int:
            value = float(value)
        code = writer.code(value, _wanted(kind))
        if default is None:
            positional.append(code)
        elif not _same(value, default):
            named[name] = code
    return positional, named


def variant(
    network: Network, definition: Definition, names: Names
) -> tuple[list[str], list[Any], dict[str, Any]]:
    """The parameters of a variant, and what it gives its base: its values, and those parameters.

    By name, as in the source; the only one that the base needs goes without saying.
    """
    own = [p for p in definition.parameters if p.name in network.parameters]
    free = {parameter.name for parameter in own}
    given: dict[str, Expression] = {
        name: Symbol(name) if name in free else value for name, value in network.values.items()
    }
    writer = Writer({}, (), names.needs)
    base = names.parameters[id(definition)]
    needed = [parameter.name for parameter in ordered(base) if parameter.default is None]
    positional, named = arguments(base, given, writer)
    parameters = signature_of([p._replace(default=network.values[p.name]) for p in own])
    if len(needed) > 1:
        positional, named = [], dict(zip(needed, positional, strict=True)) | named
    return parameters, positional, named


def standard_imports(names: Names, signatures: Iterable[str]) -> set[tuple[str, str]]:
    """What of Python's own library is read in a module."""
    found = {("math", "")} if "math" in names.needs else set()
    if any("Sequence[" in each for each in signatures):
        found.add(("collections.abc", "Sequence"))
    return found


def _wanted(kind: str) -> str:
    """What a parameter of this type wants of a value."""
    if kind in ("float", "Sequence[float]"):
        return REAL
    return EITHER if kind.startswith("Sequence") else WHOLE


def _same(a: Expression, b: Expression) -> bool:
    """Whether two values are written the same: 8 is not true."""
    if not is_constant(a):
        return False
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


# --- texts ---------------------------------------------------------------------------------------


TAKES_WEIGHTS = "`from_trained` takes the weights of the form for training."


def module_docstring(module: Module, defined: Defined, framework: str) -> str:
    """The comment at the head of the file, else the names of its networks; and the form."""
    names = ", ".join(network.name for network in module.networks)
    described = readable(module.description) or f"{names} for {framework}."
    if defined.inference is None:
        return described
    return f"{described}\n\n{_form(defined.inference.plan)} {TAKES_WEIGHTS}"


def _form(plan: Plan) -> str:
    """The form for inference, and by which passes if not by those that are on by default."""
    if plan.passes != BY_DEFAULT:
        names = (f"`{each.name}`" for each in PASSES if each.name in plan.passes)
        return f"The form for inference, by {', '.join(names)} alone."
    return (
        "The form for inference: batch norms are part of the layers beside them, and what is there "
        "for training alone is left out."
    )


N = TypeVar("N", bound=d.Node)


def nodes_of(definition: Definition, kind: type[N]) -> list[N]:
    """The nodes of a kind in a definition, in the order of execution."""
    return [node for node in d.nodes(definition.body) if isinstance(node, kind)]


def network_paragraphs(network: Network, shapes: str) -> list[str]:
    """What a docstring says of a network: description, shapes, size."""
    found = [each for each in inserted(network) if each.parameters]
    inside = ""
    if found:
        plural = "s" if len(found) > 1 else ""
        weights = sum(each.parameters for each in found)
        inside = f" ({weights:,} in {len(found)} projection shortcut{plural})"
    aside = sum(mac_count(each.head) for each in side_heads(network))
    training = f" ({aside:,} in side heads)" if aside else ""
    size = f"{parameter_count(network):,} parameters{inside}, "
    size += f"{mac_count(network):,} MACs{training}."
    description = readable(network.description) or f"The network {network.name}."
    if shapes:
        return [description, shapes, size]
    joined = f"{description.removesuffix('.')}: {size}"
    return [joined] if len(joined) <= COLUMNS - len(INDENT + '""""""') else [description, size]


ShapeText = Callable[[Form, Collection[str]], str]
"""A shape with the batch as a framework orders it; channels may be one of these parameters."""


def entry_text(network: Network, definition: Definition, shape_text: ShapeText) -> str:
    """The docstring of a network that is written for itself."""
    shapes = _shapes(network, definition, shape_text)
    paragraphs = network_paragraphs(network, shapes)
    return "\n\n".join([*paragraphs, *definition_paragraphs(definition)[1:]])


def variant_text(network: Network, definition: Definition, shape_text: ShapeText) -> str:
    """The docstring of a variant; what comes in and goes out, where variants differ in it."""
    shapes = "" if _are_shared(definition) else _shapes(network, definition, shape_text)
    return "\n\n".join(network_paragraphs(network, shapes))


def base_text(network: Network, definition: Definition, shape_text: ShapeText) -> str:
    """The docstring of what variants share."""
    described = readable(definition.description) or f"What variants of {definition.name} share."
    shapes = _shapes(network, definition, shape_text) if _are_shared(definition) else ""
    return "\n\n".join(filter(None, [described, *definition_paragraphs(definition)[1:], shapes]))


def _are_shared(definition: Definition) -> bool:
    """Whether all variants take inputs of one shape."""
    return all(map(are_constant, definition.inputs.values()))


def _shapes(network: Network, definition: Definition, shape_text: ShapeText) -> str:
    """What comes in and goes out, the latter with the parameters that its channels are."""
    given = {name: shape_text(_known(shape), ()) for name, shape in inputs(network).items()}
    returned: dict[str, str] = {}
    for name, shape in outputs(network).items():
        known = _known(shape)
        channels = definition.outputs.get(name, definition.output).channels
        open_ = shape_text(known._replace(channels=channels), shown_parameters(definition))
        returned[name] = open_ or shape_text(known, ())
    has_names = bool(definition.outputs)
    return f"{_listed('Input', given, len(given) > 1)} {_listed('Output', returned, has_names)}"


def _listed(what: str, shapes: Mapping[str, str], has_names: bool) -> str:
    """``Input: (N, 3, 8, 8).``, or with names."""
    if not has_names:
        return f"{what}: {', '.join(shapes.values())}."
    plural = "s" if len(shapes) > 1 else ""
    return f"{what}{plural}: {', '.join(f'`{name}` {text}' for name, text in shapes.items())}."


def _known(shape: Shape) -> Form:
    if isinstance(shape, Map):
        return Form(shape.axes, shape.sizes, shape.channels)
    return Form(0, None, shape.features)


def definition_paragraphs(definition: Definition) -> list[str]:
    """What a docstring says of a block, and of what it is written for."""
    paragraphs = [readable(definition.description) or f"The block `{definition.name}`."]
    fixed = [f"{name}={_value(value)}" for name, value in definition.fixed.items()]
    if fixed:
        paragraphs.append(f"Specialised for {', '.join(fixed)}.")
    return paragraphs


def _value(value: object) -> str:
    """A value as the source has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if type(value) is tuple:
        return "x".join(map(str, value))
    return f"[{', '.join(map(_value, value))}]" if isinstance(value, tuple) else str(value)


def shown_parameters(definition: Definition) -> list[str]:
    """The names of what a definition takes."""
    return [parameter.name for parameter in definition.parameters]


def bound_names(body: Body) -> Iterator[str]:
    """The names that a body computes on the way, and the variables of its loops."""
    for node in d.nodes(body):
        if isinstance(node, d.Let):
            yield node.name
        elif isinstance(node, d.For):
            yield from node.targets


def spelling(definition: Definition, taken: Collection[str]) -> dict[str, str]:
    """What names of the user's are called in code, apart from those that the module has."""
    bound = list(dict.fromkeys(bound_names(definition.body)))
    used = Taken(taken, {*bound, *shown_parameters(definition)})
    spelled: dict[str, str] = {}
    for name in bound:
        spelled[name] = free_name(name, used) if name in taken else name
        used.add(spelled[name])
    return spelled
