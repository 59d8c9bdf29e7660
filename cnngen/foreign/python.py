"""Statements of a model in Python: modules and layers, alone, named, nested or applied."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from cnngen.foreign import keras_layers, torch_layers
from cnngen.foreign.calls import dotted, statement
from cnngen.foreign.layer import Layer
from cnngen.foreign.modules import Modules
from cnngen.foreign.said import Said, UnboundError, UnsayableError
from cnngen.ops import LAYERS
from cnngen.syntax.mistakes.mistake import KEYWORDS

OF_TORCH = re.compile(r"(torch\.)?nn|torch|F|(torch\.)?nn\.functional")
OF_KERAS = re.compile(r"((tf\.)?keras\.)?(layers|activations|ops)|(tf\.)?keras|tf\.nn")
FLOW = re.compile(r"x\d*|y|h|out|output|outputs|net|features|feat|inputs|input_\w*|model|logits")
"""What the value that flows is called, which has no name here."""


OF_AXES = {
    1: "this is a layer for maps along one axis: the network starts with `input LENGTHxCHANNELS`",
    3: "this is a layer for maps along three axes: the network starts with `input DxHxWxC`",
}
"""What is said of layers that are none for images."""


def said_in_python(text: str, modules: Modules) -> Said | None:
    """What a statement in Python is here; None where it is not one about layers.

    Args:
        text: the statement, on one line or several.
        modules: what the file says elsewhere of the names in it.
    """
    node = statement(text)
    if node is None:
        return None
    why = _about_values(node)
    found = _parts(node)
    if why or found is None:
        return Said("Python", why=why) if why else None
    label, expression = found
    reader = _Reader(modules)
    try:
        items = reader.chain(expression)
    except UnsayableError as error:
        return Said(reader.tool, why=str(error))
    except UnboundError:
        return None
    if not items or not reader.layers:
        return None
    line = _labelled(label, items)
    if reader.applied:
        made = ", ".join(f"`self.{name}`" for name in reader.applied)
        why = f"a layer is written where it is applied: `{line}` here, nothing where {made} is made"
        return Said(reader.tool, why=why)
    lines = modules.applied.get(label.strip('"'), ()) if text.startswith("self.") else ()
    if lines:
        why = f"a layer is written where it is applied: `{line}` in line {lines[0]}, nothing here"
        return Said(reader.tool, why=why)
    return Said(reader.tool, line, note=OF_AXES.get(reader.axes, ""))


def _labelled(label: str, items: Sequence[str]) -> str:
    """The items as a line; where there are several, the label is a group's."""
    line = ", ".join(items)
    if not label:
        return line
    return f"{label}: {line}" if ", " not in line else f"{label}: {{ {line} }}"


NAMED_VALUE = re.compile(rf"{FLOW.pattern}|identity|residual|shortcut|skip\w*")


def _about_values(node: ast.stmt) -> str:
    """What to say of a statement that only names, adds or returns what flows; else nothing."""
    match node:
        case ast.Return(value=ast.Name()):
            return "leave it out: what the last layer gives is the output"
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="__init__"))):
            return "leave it out: a network is made of its layers alone"
        case ast.Assign(value=ast.Call(func=func, args=[])) if dotted(func).endswith("Sequential"):
            return "leave it out: a network is made of its layers alone"
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=value)):
            if NAMED_VALUE.fullmatch(name) and FLOW.fullmatch(value):
                return f"a value is named where a layer gives it: write `{name}:` before that layer"
        case ast.Assign(
            value=ast.BinOp(ast.Name(id=first), ast.Add(), ast.Name(id=second))
        ) | ast.AugAssign(ast.Name(id=first), ast.Add(), ast.Name(id=second)):
            if NAMED_VALUE.fullmatch(first) and NAMED_VALUE.fullmatch(second):
                return (
                    "`residual { ... }` adds its input to what is in it, `add a` a labelled value"
                )
    return ""


def _parts(node: ast.stmt) -> tuple[str, ast.expr] | None:
    """A statement's label, empty for what flows, and what is made or applied."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return _label(node.target.id), node.annotation if node.value is None else node.value
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = dotted(node.targets[0])
        return (_label(target), node.value) if target else None
    if isinstance(node, ast.Expr):
        return "", node.value
    return ("", node.value) if isinstance(node, ast.Return) and node.value else None


def _label(target: str) -> str:
    """``conv1`` of ``self.conv1``; what flows has no label, nor what the layer's word says."""
    name = target.rpartition(".")[2]
    if FLOW.fullmatch(name) and not target.startswith("self."):
        return ""
    if name in LAYERS or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        return ""
    return f'"{name}"' if name.upper() in KEYWORDS else name


JOINS = {
    "Add": "add",
    "Average": "average",
    "Concatenate": "concat",
    "Maximum": "maximum",
    "Multiply": "multiply",
    "Subtract": "subtract",
    "add": "add",
    "cat": "concat",
    "concat": "concat",
    "concatenate": "concat",
    "mul": "multiply",
    "multiply": "multiply",
    "maximum": "maximum",
}
"""What joins several values, and its word here."""


class _Reader:
    """Reads an expression as the layers that it applies, in their order.

    Attributes:
        tool: whose layers they are.
        layers: how many there are.
        applied: modules that are made in other lines.
        axes: of positions, on which some of them work.
    """

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.applied: list[str] = []
        self.tool = "Python"
        self.layers = 0
        self.axes = 2

    def chain(self, node: ast.expr) -> list[str]:
        """The items of an expression; none for a name, which is what flows.

        Raises:
            UnsayableError: a layer cannot be said.
            UnboundError: it is no expression about layers.
        """
        if isinstance(node, ast.Name):
            return []
        if isinstance(node, (ast.Tuple, ast.List)):
            return [item for each in node.elts for item in self._element(each)]
        if not isinstance(node, ast.Call):
            raise UnboundError
        name = dotted(node.func.func if isinstance(node.func, ast.Call) else node.func)
        prefix, _, word = name.rpartition(".")
        if word in JOINS and (_is_module(prefix) if prefix else word[0].isupper()):
            self.tool = torch_layers.TOOL if OF_TORCH.fullmatch(prefix) else keras_layers.TOOL
            raise UnsayableError(
                f"`{JOINS[word]} a` joins what flows with the value whose label is `a`"
            )
        if isinstance(node.func, ast.Call):  # layers.Dense(10)(x)
            return [*self._inner(node.args), *self.chain(node.func)]
        if word == "add" and len(node.args) == 1 and not OF_KERAS.fullmatch(prefix):
            return self.chain(node.args[0])  # model.add(...)
        if word == "Sequential":
            return self._sequence(node)
        if prefix == "self" or prefix.startswith("self."):
            return self._applied(name, node)
        if word == "mean" and prefix and not _is_module(prefix):
            return self._averaged(node)
        if word in ("view", "reshape", "flatten") and prefix and not _is_module(prefix):
            return self._flattened(node, word)
        if _is_function(prefix, word):
            return self._function(node, prefix, word)
        return [self._layer(node, prefix, word)]

    def _element(self, node: ast.expr) -> list[str]:
        """One of several in a row; a word of the language stays."""
        if isinstance(node, ast.Name) and node.id in LAYERS:
            return [node.id]
        if isinstance(node, ast.Name):
            raise UnboundError
        return self.chain(node)

    def _inner(self, arguments: list[ast.expr]) -> list[str]:
        """What is done before: the first argument of what is applied."""
        if len(arguments) != 1:
            raise UnboundError
        return self.chain(arguments[0])

    def _sequence(self, node: ast.Call) -> list[str]:
        parts = node.args
        if len(parts) == 1 and isinstance(parts[0], ast.List):
            parts = parts[0].elts
        return [item for part in parts for item in self._element(part)]

    def _applied(self, name: str, node: ast.Call) -> list[str]:
        """``self.conv1(x)``: a module that is made elsewhere."""
        self.tool = torch_layers.TOOL
        own = name.removeprefix("self.")
        made = statement(self.modules.made.get(own, ""))
        again = len(self.modules.applied.get(own, ())) > 1
        if not isinstance(made, ast.Expr) or own in self.applied or again:
            raise UnsayableError(
                f"a layer is written where it is applied: what `{name}` is, in place of this line"
            )
        before = self._inner(node.args)
        self.applied.append(own)
        return [*before, _labelled(_label(name), self.chain(made.value))]

    def _averaged(self, node: ast.Call) -> list[str]:
        """``x.mean([2, 3])``, ``x.mean(dim=(2, 3), keepdim=True)``."""
        text = [ast.unparse(each) for each in (*node.args, *node.keywords)]
        axes = re.fullmatch(r"(dim=)?[(\[](2, 3|-1, -2|-2, -1)[)\]]", text[0]) if text else None
        if axes is None or text[1:] not in ([], ["keepdim=True"]):
            raise UnboundError
        self.tool = torch_layers.TOOL
        self.layers += 1
        return ["avgpool global"] if len(text) > 1 else ["avgpool global", "flatten"]

    def _flattened(self, node: ast.Call, word: str) -> list[str]:
        """``x.view(x.size(0), -1)``, ``x.flatten(1)``."""
        sizes = [ast.unparse(each) for each in node.args]
        rows = re.compile(r"-1|\w+\.size\(0\)|\w+\.shape\[0\]|len\(\w+\)|batch_size")
        whole = word == "flatten" and sizes == ["1"]
        pair = word != "flatten" and len(sizes) == 2 and rows.fullmatch(sizes[0])
        if not whole and not pair:
            raise UnsayableError("`flatten` makes a vector, `reshape HxWxC` a map of another shape")
        self.tool = "PyTorch"
        self.layers += 1
        return ["flatten"]

    def _function(self, node: ast.Call, prefix: str, word: str) -> list[str]:
        if not node.args:
            raise UnboundError
        before = self.chain(node.args[0])
        rest = ast.Call(node.func, node.args[1:], node.keywords)
        tables = (
            (torch_layers.TOOL, torch_layers.FUNCTIONS, OF_TORCH),
            (keras_layers.TOOL, keras_layers.FUNCTIONS, OF_KERAS),
        )
        return [*before, self._line(rest, prefix, word, tables)]

    def _layer(self, node: ast.Call, prefix: str, word: str) -> str:
        tables = (
            (torch_layers.TOOL, torch_layers.LAYERS, OF_TORCH),
            (keras_layers.TOOL, keras_layers.LAYERS, OF_KERAS),
        )
        return self._line(node, prefix, word, tables)

    def _line(
        self,
        node: ast.Call,
        prefix: str,
        word: str,
        tables: tuple[tuple[str, Mapping[str, Layer], re.Pattern[str]], ...],
    ) -> str:
        """What the tool that has the layer means by it; where two have it, what both mean."""
        fitting = [each for each in tables if not prefix or each[2].fullmatch(prefix)]
        having = [(tool, table[word]) for tool, table, _ in fitting if word in table]
        if not fitting or (not having and not prefix):
            raise UnboundError
        if not having:
            self.tool = fitting[0][0]
            raise UnsayableError(
                f"no line is known for `{word}`: `cnngen layers` lists what there is"
            )
        lines = dict(self._bound(node, having))
        self.tool = " and ".join(lines)
        self.layers += 1
        if len(set(lines.values())) > 1:
            texts = ", ".join(f"in {tool} it is `{line}`" for tool, line in lines.items())
            raise UnsayableError(f"two tools have a `{word}`: {texts}")
        return next(iter(lines.values()))

    def _bound(self, node: ast.Call, having: list[tuple[str, Layer]]) -> Iterator[tuple[str, str]]:
        unbound = 0
        for tool, layer in having:
            self.tool = tool
            try:
                line = layer.line(node, self.modules.known)
                self.axes = layer.axes if layer.axes != 2 else self.axes
                yield tool, line
            except UnboundError:
                unbound += 1
        if unbound == len(having):
            word = dotted(node.func).rpartition(".")[2]
            raise UnsayableError(f"these are not the arguments of `{word}`")


def _is_module(prefix: str) -> bool:
    return bool(OF_TORCH.fullmatch(prefix) or OF_KERAS.fullmatch(prefix))


def _is_function(prefix: str, word: str) -> bool:
    """Whether it takes what flows as its first argument: its name is in lower case."""
    return _is_module(prefix) and word[:1].islower()
