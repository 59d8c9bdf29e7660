"""NumPy source as a target: functions of a batch, NHWC, and of each layer's weights by its path.

A layer is a call of a function in ``numpy_layers.py``, whose text goes into each module.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy_layers

from cnngen import definition as d
from cnngen import ops
from cnngen.backends import code, helpers, page, python
from cnngen.backends import lower as low
from cnngen.backends.base import Backend, InexpressibleError, Site, Slot, Table, argument, unusual
from cnngen.backends.code import INDENT, Raw, Symbolic
from cnngen.backends.names import reserved_globals, reserved_parameters
from cnngen.diagnostics import Diagnostic
from cnngen.expressions import IN_CHANNELS, Apply, Symbol, names, negated
from cnngen.ir import RESIZE, WITHOUT_PATH, Join, Layer, has_named_outputs, inputs, paths
from cnngen.python_names import BUILTINS

TABLE: Table[code.Call] = Table()
RUNTIME = Path(__file__).with_name("numpy_layers.py").read_text(encoding="utf-8")
OWN = {"np", "math", "divide", "round_half_up", "round_to", "x", "weights", "name", "in_channels"}
OWN |= {name for name in vars(numpy_layers) if not name.startswith("__")}
"""Names that generated code uses itself."""


def _emits(op: type[ops.Op], function) -> None:
    """Let a function stand for a layer: its arguments are fields of the op."""
    given = list(inspect.signature(function).parameters.values())[2:]
    needed = [each.name for each in given if each.default is each.empty]
    usual = {each.name: each.default for each in given if each.default is not each.empty}

    def emit(site: Site) -> code.Call:
        arguments = {name: argument(site, name) for name in needed}
        return code.call(function.__name__, **arguments, **unusual(site, **usual))

    emit.takes = {*needed, *usual, "init", "zero_scale", "ordered"}
    TABLE.emits(op)(emit)


for _op in (*ops.LAYERS.values(), ops.Subsample):
    if hasattr(numpy_layers, f"_{_op.word}"):
        _emits(_op, getattr(numpy_layers, f"_{_op.word}"))


def _refused(layer) -> InexpressibleError | None:
    """An error where there is no such layer: another word, argument or number of axes."""
    op, usual = layer.op, ops.parameters(type(layer.op))
    known = getattr(TABLE.functions.get(type(op)), "takes", usual.keys())
    others = [name for name in op.__dict__ if name not in known]
    is_usual = all(getattr(op, name) == usual[name].default for name in others)
    if type(op) in TABLE.functions and is_usual and layer.at.input.axes in (0, 2):
        return None
    error = InexpressibleError(f"the target numpy has no `{op.word}`", "")
    error.span = layer.at.span
    return error


class _Function:
    """Writes one function; ``taken`` are names that no more variables can have."""

    def __init__(self, definition, called: page.Names) -> None:
        self.called = called
        functions = set(called.called.values())
        respelled = page.spelling(definition, OWN | functions)
        self.code = python.Writer(respelled, definition.fractions, called.needs, definition.mixed)
        nodes = list(d.nodes(definition.body))
        bound = [node.name for node in nodes if isinstance(node, d.Let)]
        bound += [target for node in nodes if isinstance(node, d.For) for target in node.targets]
        self.taken = {*OWN, *BUILTINS, *functions, *page.shown_parameters(definition), *bound}
        self.taken |= set(respelled.values())

    def fresh(self, name: str) -> str:
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name


class _Namespace:
    """Writes items that are named together; ``prefix`` has variables in braces."""

    def __init__(self, function: _Function, body: d.Body, prefix: str, reads=frozenset()) -> None:
        self.function, self.code, self.body = function, function.code, body
        self.prefix, self.reads, self.counters = prefix, reads, {}

    def tree(self, value: str, target: str, exports=None) -> list:
        lowered = low.lower(self.body, value, target, self.function.taken, exports=exports)
        self.function.taken |= lowered.variables
        tree = self.statements(lowered.statements)
        start = [_line(f"{counter} = 0") for counter in self.counters.values()]
        return [*start, *tree, *_assign(target, Raw(lowered.result))]

    def statements(self, statements) -> list:
        """Each statement by the method that bears its name."""
        made = (getattr(self, type(each).__name__.lower())(each) for each in statements)
        return [line for lines in made for line in lines]

    def path(self, name: d.Name) -> tuple[str, frozenset[str]]:
        """The path of an item, and what it reads."""
        if name.position is not None:
            reads = self.reads.union(*map(names, name.numbers))
            return self.prefix + self.code.formatted(name), reads
        if not (self.body.numbered or name.looped):
            return self.prefix + name.text, self.reads
        if name.text not in self.counters:
            self.counters[name.text] = self.function.fresh(f"{name.text or 'item'}_turn")
        dot = "." if name.text else ""
        return f"{self.prefix}{name.text}{dot}{{{self.counters[name.text]}}}", self.reads

    def count(self, name: d.Name) -> list:
        return [_line(f"{self.counters[name.text]} += 1")] if name.text in self.counters else []

    def apply(self, statement: low.Apply) -> list:
        return self.applied(*statement[:3], statement.exports) + self.count(statement.node.name)

    def again(self, statement: low.Again) -> list:
        label = statement.node.label.text
        first, *more = (each for each in d.open_nodes(self.body) if d.label_of(each) == label)
        if more:
            raise InexpressibleError("one layer for each label", "")
        return self.applied(statement.target, first, statement.value)

    def applied(self, target: str, node, value: str, exports=None) -> list:
        """A layer, a use of a block, or a group, whose layers stand where it does."""
        path, reads = self.path(node.name)
        if isinstance(node, d.Group):
            inner = _Namespace(self.function, node.body, f"{path}.", reads)
            return inner.tree(value, target, exports)
        if isinstance(node, d.Use):
            made = page.calls(node, self.function.called, self.code, torch=False)
            called = Symbolic(f"name={_text(path + '.')}", reads)
            given = (Raw(value), Raw("weights"), *made.arguments, called)
            return _assign(target, made._replace(arguments=given))
        if error := _refused(node):  # in a way that no use takes
            raise error
        x, out = node.at.input, node.at.output.channels
        made = TABLE(Site(node.op, x.axes, x.sizes, x.channels, out, self.code.code))
        own = Symbolic(f"weights.get({_text(path)}, {{}})", reads)
        return _assign(target, made._replace(arguments=(Raw(value), own, *made.arguments)))

    def variable(self, value: str) -> Symbolic:
        if not isinstance(value, low.Indexed):
            return Symbolic(value, frozenset())
        position = value.position
        return Symbolic(f"{value.family}[{self.code.text(position)}]", names(position))

    def copy(self, statement: low.Copy) -> list:
        return _assign(statement.target, self.variable(statement.value))

    def combine(self, statement: low.Combine) -> list:
        values = tuple(map(self.variable, statement.values))
        if statement.kind == "concat":
            listed = values[0] if statement.listed else code.Call("", values, brackets="[]")
            axis = getattr(statement.node, "axis", None)
            given = listed, Raw("-1" if axis is None else 1 + axis)
            return _assign(statement.target, code.Call("np.concatenate", given))
        reads = frozenset().union(*map(code.names_in, values))
        if function := {"average": "np.mean", "maximum": "np.max"}.get(statement.kind):
            rows = code.Call("", values, brackets="[]")
            return _assign(statement.target, code.Call(function, (rows, Raw("0"))))
        sign = {"add": " + ", "multiply": " * ", "subtract": " - "}[statement.kind]
        return _assign(statement.target, Symbolic(sign.join(values), reads))

    def shortcut(self, statement: low.Shortcut) -> list:
        """The path, or the input itself, where there is anything to add."""
        target, value, source, node, _, _ = statement
        ways = low.shortcut_ways(node, node.differs)
        variable = self.function.fresh("shortcut")
        tree = _assign(variable, Raw(source))
        for condition, path in ways.paths:
            tree += self.when(condition, self.applied(variable, path, source))
        if node.mode not in WITHOUT_PATH:
            tree += self.count(node.path_name)
        return tree + self.when(
            negated(ways.nothing), _assign(target, Raw(f"{value} + {variable}"))
        )

    def when(self, condition, body: list, otherwise=()) -> list:
        return body if condition is True else [python.Condition(condition, body, [*otherwise])]

    def condition(self, statement: low.Condition) -> list:
        ways = map(self.statements, (statement.body, statement.otherwise))
        return self.when(statement.condition, *ways)

    def loop(self, statement: low.Loop) -> list:
        node, body = statement.node, self.statements(statement.body)
        if isinstance(node, d.Repeat):
            node = d.For((), Apply("range", (node.times,)), node.body)

        def head(indent, live):
            return python.for_lines(indent, node.targets, node.values, self.code, live)

        return [python.Block(head, names(node.values), body)]

    collect = staticmethod(lambda statement: [_line(f"{statement.target} = []")])
    families = staticmethod(lambda statement: [_line(f"{statement.target} = {{}}")])
    append = staticmethod(lambda each: [_line(f"{each.target}.append({each.value})")])

    def keep(self, statement: low.Keep) -> list:
        text = f"{statement.target}[{self.code.text(statement.position)}] = {statement.value}"
        return [python.Line(lambda indent: [indent + text], names(statement.position))]

    def let(self, statement: low.Let) -> list:
        return [python.Let(*statement)]

    head = staticmethod(lambda _: [])  # in evaluation, side heads are not there


def _text(path: str) -> str:
    return f"f'{path}'" if "{" in path else code.string(path)


def _line(text: str) -> python.Line:
    return python.Line(lambda indent: [indent + text])


def _assign(target: str, value) -> list:
    lines = python.Line(lambda at: code.lay_out(at, f"{target} = ", value), code.names_in(value))
    return [] if value == target else [lines]


def _body(definition, called: page.Names, prefix: str) -> list[str]:
    function = _Function(definition, called)
    tree = _Namespace(function, definition.body, prefix).tree("x", "x")
    if IN_CHANNELS in python.live_names(tree):
        tree.insert(0, _line("in_channels = x.shape[-1]"))
    return [*python.laid_out(tree, INDENT, function.code), f"{INDENT}return x"]


def _module(module, defined) -> str:
    """Functions for blocks and networks, after those that they call."""
    called = page.Names(defined, module, str, OWN)
    functions = []

    def function(name, parameters, paragraphs, lines):
        head = code.signature("", name, ["x", "weights"], parameters, "np.ndarray")
        text = code.docstring("\n\n".join(paragraphs), INDENT)
        functions.append("\n".join([*head, *text, *lines]))

    for each in defined.blocks:
        own = called.of(each), [*page.signature_of(each.parameters), "*", "name"]
        function(*own, page.definition_paragraphs(each), _body(each, called, "{name}"))
    for network in module.networks:
        each = defined.networks[network.name]
        name, own = called.of(each), network.name == called.of(each)
        described = page.network_paragraphs(network, "")
        valued = page.with_values(each, network)
        if id(each) not in called.parameters:
            called.parameters[id(each)] = parameters = valued if own else each.parameters
            base = described if own else page.definition_paragraphs(each)
            function(name, page.signature_of(parameters), base, _body(each, called, ""))
        if not own:
            free = [p for p in valued if p.name in network.parameters]
            given = {**network.values, **{p.name: Symbol(p.name) for p in free}}
            parameters, plain = called.parameters[id(each)], python.Writer({}, (), set())
            first, named = page.arguments(parameters, given, plain)
            made = code.call(name, Raw("x"), Raw("weights"), *first, **named)
            lines = code.lay_out(INDENT, "return ", made)
            function(network.name, page.signature_of(free), described, lines)
    shared = helpers.gather(helpers.SHARED, called.needs - {"math"})
    imports = shared.imports | ({("math", "")} if "math" in called.needs else set())
    head = code.docstring(page.module_docstring(module, defined, "NumPy"), "")
    head += ["", "from __future__ import annotations", "", *helpers.import_lines(imports)]
    head += ["import numpy as np", "", *code.exports([each.name for each in module.networks])]
    runtime = RUNTIME.partition("import numpy as np\n")[2].strip()
    return "\n\n\n".join(["\n".join(head), *shared.texts, runtime, *functions]) + "\n"


class NumpyBackend(Backend):
    name = "numpy"
    flat_order = ("channels", "positions")

    def check(self, module) -> list[Diagnostic]:
        found = [*reserved_globals(module, OWN, self.name, "Heads")]
        found += reserved_parameters(module, OWN, self.name)
        nodes = [each for network in module.networks for _, each in paths(network.body)]
        errors = [_refused(each) for each in nodes if isinstance(each, Layer)]
        if any(isinstance(each, Join) and each.kind == RESIZE for each in nodes):
            errors += [InexpressibleError("sizes of other values", "")]
        several = (len(inputs(each)) > 1 or has_named_outputs(each) for each in module.networks)
        errors += [InexpressibleError("several inputs or outputs", "")] * any(several)
        return found + [error.diagnostic(self.name) for error in errors if error]

    write = staticmethod(_module)

    def slots(self, layer: Layer) -> dict[str, Slot]:
        weights = layer.op.weights(layer.at.input)
        return {w.name: Slot(w.name, " ".join(axis.name for axis in w.axes)) for w in weights}

    def path(self, layer_path: str) -> str:
        return layer_path


BACKEND = NumpyBackend()
