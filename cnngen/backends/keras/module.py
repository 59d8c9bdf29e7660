"""A module of functions: for each network one that returns a functional ``keras.Model``."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cnngen import definition as d
from cnngen.backends.code import (
    INDENT,
    Call,
    Code,
    Raw,
    Symbolic,
    call,
    code,
    dictionary,
    docstring,
    exports,
    flat,
    lay_out,
    names_in,
    signature,
    string,
)
from cnngen.backends.helpers import gather, import_lines
from cnngen.backends.keras.body import FunctionWriter, Prefix, return_last, shape_text
from cnngen.backends.keras.forms import has_forms
from cnngen.backends.keras.inference import from_trained_lines
from cnngen.backends.keras.names import GLOBALS, LOCALS
from cnngen.backends.keras.sized import TRACED, first_sized, reads_channels, reuses_sized
from cnngen.backends.lower import identifier
from cnngen.backends.page import (
    MARKS,
    Names,
    base_text,
    definition_paragraphs,
    entry_text,
    module_docstring,
    nodes_of,
    shown_parameters,
    signature_of,
    spelling,
    standard_imports,
    variant,
    variant_text,
    with_values,
)
from cnngen.backends.python import Line, Tree, Writer, laid_out, live_names
from cnngen.backends.skeleton import template
from cnngen.backends.taken import Taken
from cnngen.define import Defined
from cnngen.definition import Definition
from cnngen.expressions import IN_CHANNELS, Expression
from cnngen.ir import Module, Network
from cnngen.passes.inference import Plan
from cnngen.record import NamedTuple
from cnngen.source import stem

HELPERS = os.path.join(os.path.dirname(__file__), "helpers")
PACKAGE = '"cnngen"'
"""What helpers are registered under, until a module has its own name there."""

IN_BLOCK = Prefix("{name}_", in_text=True)
TENSOR = "keras.KerasTensor"

NORM = "batch_norm = partial(layers.BatchNormalization, momentum=0.9, epsilon=1e-5)"
"""The batch norm that most networks have, which is not Keras' own default."""


INPUT_SHAPE = "input_shape"
"""The argument that replaces the shape of the input, as in Keras' own applications."""

FIXED_SHAPE = "tuple[int, ...]"
"""The type of shapes whose sizes layers have to know."""

SHAPE = "Shape = tuple[int | None, ...]"
"""The type of shapes of which a size may be left open."""

LOSSES = {
    "binary_cross_entropy": ("BinaryCrossentropy", "from_logits=True"),
    "cross_entropy": ("SparseCategoricalCrossentropy", "from_logits=True"),
    "huber": ("Huber",),
    "mae": ("MeanAbsoluteError",),
    "mse": ("MeanSquaredError",),
}
"""The classes of Keras for the losses of the language, with what they are given."""


class Function(NamedTuple):
    """One block or network, ready for the template."""

    signature: str
    docstring: str
    lines: list[str]


class Model(NamedTuple):
    """The class of networks with side heads, ready for the template."""

    name: str
    weights: list[str]


def write(module: Module, defined: Defined) -> str:
    """The module's source, without the header."""
    return _Writer(module, defined).text()


class _Writer:
    def __init__(self, module: Module, defined: Defined) -> None:
        self.module = module
        self.defined = defined
        own = {f"{n.name}{ending}" for n in module.networks for ending in ("Model", "Losses")}
        taken = GLOBALS | LOCALS | own
        self.names = Names(defined, module, str, taken)
        self.functions: list[Function] = []
        self.models: dict[tuple[tuple[str, object], ...], Model] = {}
        self.losses: list[str] = []
        self.open: set[int] = set()

    def text(self) -> str:
        """The module's source, without the header."""
        for definition in self.defined.blocks:
            self._block(definition)
        done: set[int] = set()
        for network in self.module.networks:
            definition = self.defined.networks[network.name]
            if id(definition) not in done:
                done.add(id(definition))
                self._network(network, definition)
            if self.names.of(definition) != network.name:
                self._variant(network, definition)
        if self.defined.inference is not None:
            self.functions.append(self._from_trained(self.defined.inference.plan))
        package = string(stem(self.module.source.path))
        gathered = gather(HELPERS, self.names.needs - {"math", "batch_norm", "Shape"})
        imports = self.names.imports | gathered.imports | {("keras", "")}
        if self.losses:
            imports.add(("typing", "Any"))
        if self.models:
            imports |= {("keras", "ops"), ("typing", "Any")}
        imports |= standard_imports(self.names, (function.signature for function in self.functions))
        norms = []
        if "batch_norm" in self.names.needs:
            imports |= {("functools", "partial"), ("keras", "layers")}
            norms.append(NORM)
        shapes = [SHAPE] if "Shape" in self.names.needs else []
        names = [network.name for network in self.module.networks]
        names += [*(model.name for model in self.models.values()), *self.losses]
        names += ["from_trained"] if self.defined.inference is not None else []
        described = module_docstring(self.module, self.defined, "Keras 3")
        return template(__file__).render(
            marks=MARKS,
            docstring="\n".join(docstring(described, "")),
            imports=import_lines(imports),
            exports="\n".join(exports(names)),
            constants=[*gathered.constants, *shapes, *norms],
            helpers=[text.replace(PACKAGE, package) for text in gathered.texts],
            registered="\n".join(
                lay_out("", "@", call("keras.saving.register_keras_serializable", Raw(package)))
            ),
            models=list(self.models.values()),
            functions=self.functions,
        )

    def _from_trained(self, plan: Plan) -> Function:
        return Function(
            "def from_trained(model: keras.Model, trained: keras.Model) -> keras.Model:",
            f'{INDENT}"""The model for inference with the weights of the trained one."""',
            from_trained_lines(plan, self.names.needs),
        )

    def _writer(
        self, definition: Definition, reserved: Sequence[str] = (), *, any_shape: bool = False
    ) -> FunctionWriter:
        writer = Writer(
            spelling(definition, Taken(GLOBALS, LOCALS, self.names.definitions)),
            definition.fractions,
            self.names.needs,
            definition.mixed,
        )
        return FunctionWriter(
            writer,
            self.names,
            shown_parameters(definition),
            ordered=self.defined.ordered,
            reserved=reserved,
            any_shape=any_shape,
        )

    def _block(self, definition: Definition) -> None:
        function = self._writer(definition)
        tree, result = function.write(definition.body, "x", IN_BLOCK)
        reads = live_names(tree)
        self.names.reads[id(definition)] = frozenset()
        if IN_CHANNELS in reads:
            first = Line(lambda indent: [f"{indent}in_channels = x.shape[-1]"])
            tree.insert(0, first)
        ending = return_last(tree, result)
        lines = _body(laid_out(tree, INDENT, function.writer), *ending)
        parameters = [*signature_of(definition.parameters), "*", "name: str"]
        head = signature("", self.names.of(definition), [f"x: {TENSOR}"], parameters, TENSOR)
        text = docstring("\n\n".join(definition_paragraphs(definition)), INDENT)
        self.functions.append(Function("\n".join(head), "\n".join(text), lines))

    def _network(self, network: Network, definition: Definition) -> None:
        name = self.names.of(definition)
        entry = name == network.name
        called = string(name) if entry else Raw("name")
        shape = self._open_shape(network, definition)
        reserved = [f"{name}Model", f"{name}Losses"]
        function = self._writer(definition, reserved, any_shape=bool(shape))
        tree: Tree = []
        inputs = self._inputs(definition, function, tree, open_shape=bool(shape))
        first = next(iter(inputs.values()))
        body, result = function.write(definition.body, first, Prefix(""), inputs)
        tree += body
        if len(inputs) > 1:
            tree.append(_assigned("inputs", dictionary(inputs)))
        lines = laid_out(tree, INDENT, function.writer)
        lines = _body(lines, *self._model(name, function, result, Raw("name")))
        parameters_ = definition.parameters
        if entry:
            text = entry_text(network, definition, shape_text)
            parameters_ = with_values(definition, network)
        else:
            text = base_text(network, definition, shape_text)
        self.names.parameters[id(definition)] = parameters_
        parameters = [*signature_of(parameters_), "*"]
        if shape:
            sized = first_sized(definition.body.nodes, TRACED)
            kind = "Shape" if sized is None else FIXED_SHAPE
            self.names.needs.update({kind} - {FIXED_SHAPE})
            known = all(type(part) is int for part in shape)
            parameters.append(
                f"{INPUT_SHAPE}: {kind}" + (f" = {shape}" if known else " | None = None")
            )
            self.open.add(id(definition))
        parameters.append(f"name: str = {called}" if entry else "name: str")
        head = signature("", name, [], parameters, "keras.Model")
        described = docstring(text, INDENT)
        self.functions.append(Function("\n".join(head), "\n".join(described), lines))
        self._losses(name, definition)

    def _losses(self, name: str, definition: Definition) -> None:
        """The function that gives what ``compile`` takes, where outputs have losses."""
        trained = [node for node in nodes_of(definition, d.Output) if node.loss]
        if not trained:
            return
        self.losses.append(f"{name}Losses")
        losses: dict[str, Code] = {}
        weights: dict[str, Code] = {}
        for node in trained:
            for label in map(d.written, node.labels):
                function, *given = LOSSES[node.loss]
                losses[label] = Call(f"keras.losses.{function}", tuple(map(Raw, given)))
                weights[label] = code(_float(node.weight))
        taken: dict[str, Code] = {"loss": dictionary(losses)}
        if set(weights.values()) != {"1.0"}:
            taken["loss_weights"] = dictionary(weights)
        lines = lay_out(INDENT, "return ", dictionary(taken))
        head = signature("", f"{name}Losses", [], [], "dict[str, Any]")
        text = docstring(f"What `compile` takes to train {name}: losses by output.", INDENT)
        self.functions.append(Function("\n".join(head), "\n".join(text), lines))

    def _open_shape(self, network: Network, definition: Definition) -> tuple[Expression, ...]:
        """The shape that an argument can replace by another; empty where none can."""
        if len(definition.inputs) > 1:
            return ()
        (parts,) = definition.inputs.values()
        if len(parts) == 1 or type(parts[-1]) is not int:
            return ()
        opened = self.defined.for_any_shape(network)
        if opened is None or not has_forms(opened) or reads_channels(opened):
            return ()
        return () if reuses_sized(opened) else parts

    def _inputs(
        self,
        definition: Definition,
        function: FunctionWriter,
        tree: Tree,
        *,
        open_shape: bool,
    ) -> dict[str, str]:
        """The variables of the inputs by their names; the lines that make them go to ``tree``."""
        self.names.needs.add("require_channels_last")
        tree.append(_plain("require_channels_last()"))
        several = len(definition.inputs) > 1
        variables: dict[str, str] = {}
        for name, parts in definition.inputs.items():
            variable = function.fresh(identifier(name)) if several else "inputs"
            shape = code(tuple(map(function.writer.code, parts)))
            if open_shape and all(type(part) is int for part in parts):
                shape = Raw(INPUT_SHAPE)
            elif open_shape:  # parameters say the sizes: no value of theirs stands in the signature
                shape = Symbolic(f"{INPUT_SHAPE} or {flat(shape)}", names_in(shape))
            named = {"name": name} if several else {}
            tree.append(_assigned(variable, call("keras.Input", shape, **named)))
            variables[name] = variable
        return variables

    def _model(self, name: str, function: FunctionWriter, result: str, called: Raw) -> list[str]:
        """The lines that make the model."""
        model_name = Raw(f"name={called}")
        if function.outputs:
            made = Call("keras.Model", (Raw("inputs"), Raw("outputs"), model_name))
            lines = lay_out(INDENT, "outputs = ", dictionary(function.outputs))
            return [*lines, *lay_out(INDENT, "return ", made)]
        if not function.heads:
            made = Call("keras.Model", (Raw("inputs"), Raw(result), model_name))
            return lay_out(INDENT, "return ", made)
        key = tuple((head.name.text, head.weight) for head, _ in function.heads)
        if key not in self.models:
            table = code(tuple((head, _float(weight)) for head, weight in key))
            weights = lay_out(INDENT, "side_weights = ", table)
            self.models[key] = Model(f"{name}Model", weights)
        outputs = {"main": result, **{head.name.text: value for head, value in function.heads}}
        lines = lay_out(INDENT, "outputs = ", dictionary(outputs))
        made = Call(self.models[key].name, (Raw("inputs"), Raw("outputs"), model_name))
        return [*lines, *lay_out(INDENT, "return ", made)]

    def _variant(self, network: Network, definition: Definition) -> None:
        """A function that only says what is its own."""
        parameters, positional, named = variant(network, definition, self.names)
        made = call(self.names.of(definition), *positional, **named)
        more = [Raw(f"name={string(network.name)}")]
        if id(definition) in self.open:
            parameters.append("**kwargs: Any")
            self.names.imports.add(("typing", "Any"))
            more.append(Raw("**kwargs"))
        made = made._replace(arguments=(*made.arguments, *more))
        head = signature("", network.name, [], parameters, "keras.Model")
        text = docstring(variant_text(network, definition, shape_text), INDENT)
        lines = lay_out(INDENT, "return ", made)
        self.functions.append(Function("\n".join(head), "\n".join(text), lines))


def _plain(text: str) -> Line:
    return Line(lambda indent: [f"{indent}{text}"])


def _assigned(target: str, value: Code) -> Line:
    """``target = value``, which reads the names that the value has."""
    return Line(lambda indent: lay_out(indent, f"{target} = ", value), names_in(value))


def _float(value: object) -> float:
    assert isinstance(value, (int, float))
    return float(value)


def _body(lines: list[str], *ending: str) -> list[str]:
    """The lines of a function, with no empty one after another and none at its end."""
    made: list[str] = []
    for line in lines:
        if line or (made and made[-1]):
            made.append(line)
    while made and not made[-1]:
        made.pop()
    return [*made, *ending]
