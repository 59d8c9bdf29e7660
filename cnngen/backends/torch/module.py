"""A module of torch classes: blocks, groups, networks."""

from __future__ import annotations

import os

from cnngen import definition as d
from cnngen.backends.code import (
    Call,
    Raw,
    call,
    docstring,
    exports,
    lay_out,
    number,
    readable,
    signature,
)
from cnngen.backends.helpers import gather, import_lines
from cnngen.backends.page import (
    MARKS,
    Names,
    base_text,
    camel,
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
from cnngen.backends.python import Writer
from cnngen.backends.skeleton import template
from cnngen.backends.taken import Taken
from cnngen.backends.torch import inference
from cnngen.backends.torch.body import Class, ClassWriter, GroupClass, shape_text
from cnngen.backends.torch.names import GLOBALS, LOCALS
from cnngen.backends.torch.statements import METHOD
from cnngen.define import Defined
from cnngen.definition import Definition
from cnngen.expressions import IN_CHANNELS, Symbol
from cnngen.ir import Module, Network, layers
from cnngen.passes.inference import Plan
from cnngen.record import NamedTuple

HELPERS = os.path.join(os.path.dirname(__file__), "helpers")


class Page(NamedTuple):
    """One class, ready for the template."""

    name: str
    base: str
    docstring: str
    signature: str
    constructor: list[str]
    forward: list[str]
    result: str
    inputs: tuple[str, ...] = ()
    from_trained: list[str] = []  # noqa: RUF012 - never changed
    attributes: list[str] = []  # noqa: RUF012

    @property
    def forward_head(self) -> str:
        """The first line of ``forward``, or the first lines."""
        given = [f"{name}: Tensor" for name in self.inputs]
        return "\n".join(signature("    ", "forward", ["self"], given, self.result))


class Outputs(NamedTuple):
    """What networks with several outputs return.

    ``loss`` are the lines of a method that takes a target by each name, or one for all ``heads``.
    """

    name: str
    docstring: str
    fields: list[str]
    loss: list[str]
    heads: bool = False


def write(module: Module, defined: Defined) -> str:
    """The module's source, without the header."""
    return _Writer(module, defined).text()


class _Writer:
    def __init__(self, module: Module, defined: Defined) -> None:
        self.module = module
        self.defined = defined
        taken = GLOBALS | LOCALS | {f"{n.name}Outputs" for n in module.networks}
        self.names = Names(defined, module, camel, taken)
        self.pages: list[Page] = []
        self.outputs: dict[object, Outputs] = {}

    def text(self) -> str:
        """The module's source, without the header."""
        for definition in self.defined.blocks:
            self._block(definition)
        done: dict[int, str] = {}
        for network in self.module.networks:
            definition = self.defined.networks[network.name]
            if id(definition) not in done:
                done[id(definition)] = self._network(network, definition)
            if self.names.of(definition) != network.name:
                self.pages.append(self._variant(network, definition, done[id(definition)]))
        gathered = gather(HELPERS, self.names.needs - {"math"})
        imports = self.names.imports | gathered.imports | {("torch", "Tensor"), ("torch", "nn")}
        for outputs in self.outputs.values():
            imports.add(("typing", "NamedTuple"))
            if outputs.loss:
                given = "Callable" if outputs.heads else "Mapping"
                imports |= {("collections.abc", given), ("torch.nn", "functional")}
        imports |= standard_imports(self.names, (page.signature for page in self.pages))
        names = [network.name for network in self.module.networks]
        described = module_docstring(self.module, self.defined, "PyTorch")
        return template(__file__).render(
            marks=MARKS,
            docstring="\n".join(docstring(described, "")),
            imports=import_lines(imports),
            exports="\n".join(exports([*names, *(each.name for each in self.outputs.values())])),
            constants=gathered.constants,
            helpers=gathered.texts,
            outputs=list(self.outputs.values()),
            pages=self.pages,
        )

    def _class(self, definition: Definition, *, is_network: bool, outputs: str = "") -> Class:
        writer = Writer(
            spelling(definition, Taken(GLOBALS, LOCALS, self.names.definitions)),
            definition.fractions,
            self.names.needs,
            definition.mixed,
        )
        parameters = shown_parameters(definition)
        made = ClassWriter(writer, self.names, parameters, outputs=outputs)
        written = made.write(definition.body, sequential=not is_network)
        self.names.reads[id(definition)] = written.reads
        for group in self.names.groups:
            page = self._group(group, definition, writer)
            own = (page.name, page.signature)  # another network may have the same group
            if all((each.name, each.signature) != own for each in self.pages):
                self.pages.append(page)
        self.names.groups.clear()
        return written

    def _block(self, definition: Definition) -> None:
        written = self._class(definition, is_network=False)
        first = ["in_channels: int"] if IN_CHANNELS in written.reads else []
        parameters = [*first, *signature_of(definition.parameters)]
        text = "\n\n".join(definition_paragraphs(definition))
        self.pages.append(_page(self.names.of(definition), text, parameters, written))

    def _group(self, group: GroupClass, definition: Definition, writer: Writer) -> Page:
        types = {parameter.name: parameter.type for parameter in definition.parameters}
        parameters = [
            f"{writer.text(Symbol(name))}: "
            + types.get(name, "float" if name in writer.reals else "int")
            for name in group.parameters
        ]
        text = f"The group `{group.group.name.text or 'group'}`."
        page = _page(group.name, text, parameters, group.written)
        given = ["Tensor"] * (1 + len(group.group.exports))
        return page._replace(result=f"tuple[{', '.join(given)}]") if len(given) > 1 else page

    def _network(self, network: Network, definition: Definition) -> str:
        """The class of a network's definition; the class of its outputs, where it has several."""
        heads, named = nodes_of(definition, d.SideHead), nodes_of(definition, d.Output)
        outputs = ""
        if heads or named:
            made = f"{self.names.of(definition)}Outputs"
            key = made if named else tuple((head.name.text, head.weight) for head in heads)
            own = _outputs_page(made, network.name, named) if named else _heads_page(made, heads)
            outputs = self.outputs.setdefault(key, own).name
        written = self._class(definition, is_network=True, outputs=outputs)
        name = self.names.of(definition)
        parameters_ = definition.parameters
        if name == network.name:
            text = entry_text(network, definition, shape_text)
            parameters_ = with_values(definition, network)
        else:
            text = base_text(network, definition, shape_text)
        self.names.parameters[id(definition)] = parameters_
        parameters = signature_of(parameters_)
        page = _page(name, text, parameters, written)
        result = f"Tensor | {outputs}" if heads else outputs or "Tensor"
        page = page._replace(result=result)
        if self.defined.inference is not None:
            page = self._for_inference(page, network, self.defined.inference.plan)
        self.pages.append(page)
        return outputs

    def _for_inference(self, page: Page, network: Network, plan: Plan) -> Page:
        """The class with its memory format, and with what takes the weights after training."""
        first = inference.forward_lines(network, page.inputs)
        if first:
            self.names.imports.add(("torch", ""))
        made = page._replace(
            constructor=[*page.constructor, *inference.constructor_lines(network)],
            forward=[*first, *page.forward],
        )
        if not any(layer.op.weights(layer.at.input) for _, layer in layers(network.body)):
            return made
        self.names.imports |= inference.IMPORTS
        eps = self._eps(plan, self.defined.networks[network.name])
        merges = any(each.at.span in plan.merged for _, each in layers(network.body))
        steps = inference.steps(plan, folds=bool(eps), merges=merges)
        self.names.needs |= {*steps}
        if len(eps) > 1:
            self.names.imports.add(("typing", "ClassVar"))
            made = made._replace(attributes=[f"    {inference.EPS}: ClassVar[float]"])
        return made._replace(from_trained=inference.from_trained_lines(plan, eps, steps))

    def _eps(self, plan: Plan, definition: Definition) -> set[float]:
        """Those of the folded norms in networks that are written from one definition."""
        own = (n.name for n in self.module.networks if self.defined.networks[n.name] is definition)
        return {plan.eps[name] for name in own if name in plan.eps}

    def _variant(self, network: Network, definition: Definition, outputs: str) -> Page:
        """A class that only says what is its own."""
        parameters, positional, named = variant(network, definition, self.names)
        made = call("super().__init__", *positional, **named)
        text = variant_text(network, definition, shape_text)
        attributes: list[str] = []
        if self.defined.inference is not None:
            plan = self.defined.inference.plan
            if len(self._eps(plan, definition)) > 1 and network.name in plan.eps:
                attributes = [f"    {inference.EPS} = {number(plan.eps[network.name])}"]
        return Page(
            network.name,
            self.names.of(definition),
            "\n".join(docstring(text, "    ")),
            "\n".join(signature("    ", "__init__", ["self"], parameters, "None")),
            lay_out(METHOD, "", made),
            [],
            "",
            attributes=attributes,
        )


def _heads_page(name: str, heads: list[d.SideHead]) -> Outputs:
    names = [head.name.text for head in heads]
    described = "What is returned in training: the main output, and those of the side heads."
    terms = ["criterion(self.main, target)"]
    terms += [f"{number(_weight(h))} * criterion(self.{h.name.text}, target)" for h in heads]
    text = "\n".join(docstring(described, "    "))
    return Outputs(name, text, ["main", *names], _sum(terms), heads=True)


FUNCTIONS = {
    "binary_cross_entropy": "binary_cross_entropy_with_logits",
    "cross_entropy": "cross_entropy",
    "huber": "huber_loss",
    "mae": "l1_loss",
    "mse": "mse_loss",
}
"""The functions of torch for the losses of the language."""


def _outputs_page(name: str, network: str, named: list[d.Output]) -> Outputs:
    """The class of what a network says that it returns, with its loss, if it has one."""
    terms = [
        (_weight(node), FUNCTIONS[node.loss], label)
        for node in named
        for label in map(d.written, node.labels)
        if node.loss
    ]
    lines: list[str] = []
    for weight, function, label in terms:
        given = (Raw(f"self.{label}"), Raw(f'targets["{label}"]'))
        target = "return " if len(terms) == 1 else "loss += " if lines else "loss = "
        factor = "" if weight == 1 else f"{number(weight)} * "
        lines += lay_out(METHOD, target + factor, Call(f"functional.{function}", given))
    if len(terms) > 1:
        lines.append(f"{METHOD}return loss")
    fields = [d.written(label) for node in named for label in node.labels]
    text = "\n".join(docstring(f"What {network} returns.", "    "))
    return Outputs(name, text, fields, lines)


def _weight(node: d.SideHead | d.Output) -> float:
    value = node.weight
    assert isinstance(value, (int, float))
    return float(value)


def _sum(terms: list[str]) -> list[str]:
    """``return a + b + c`` as formatters lay it out."""
    line = f"        return {' + '.join(terms)}"
    if len(line) <= 88:
        return [line]
    first, *others = terms
    rows = [f"            {first}", *(f"            + {term}" for term in others)]
    return ["        return (", *rows, "        )"]


def _page(name: str, described: str, parameters: list[str], written: Class) -> Page:
    return Page(
        name,
        "nn.Module" if written.forward else "nn.Sequential",
        "\n".join(docstring(readable(described), "    ")),
        "\n".join(signature("    ", "__init__", ["self"], parameters, "None")),
        written.constructor,
        written.forward,
        "Tensor",
        written.inputs,
    )
