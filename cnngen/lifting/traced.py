"""What a front end records of a model: each application of a layer, in the order of execution.

It is the same for every framework. Values are known by the step that gives them, modules by their
path in the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnngen.ops import Op, Shape
from cnngen.record import NamedTuple

JOINS = ("add", "multiply", "subtract", "maximum", "average", "concat")
"""What joins several values, by the language's words."""

MOST_STEPS = 50_000
"""Of a record: no network that was published has a tenth of it."""


class Call(NamedTuple):
    """One call of a module that holds others; ``turn`` counts the calls of the same module."""

    path: str
    turn: int = 0


class Input(NamedTuple):
    """What comes in, by the name of the argument."""

    name: str


class Join(NamedTuple):
    """Several values as one: a word of :data:`JOINS`; ``axis`` is that of a concatenation."""

    word: str
    axis: str = "channels"


class Unsaid(NamedTuple):
    """What the language has no word for: the operator, as the framework calls it, and why."""

    operator: str
    why: str = ""


What = Input | Op | Join | Unsaid


class Step(NamedTuple):
    """One application, which gives one value.

    Attributes:
        what: an input, a layer with all of its arguments, a join, or what cannot be said.
        inputs: the steps whose values it takes, in order.
        shape: of the value that it gives, without the batch.
        name: the path of the layer's own module, ``layer1.0.conv1``, or of the Keras layer.
            Empty for a function. Two steps with one name apply the same layer.
        calls: the calls inside of which it happens, from the outside; the model itself is none.
        weights: the framework's own name of each of the op's weights, by the op's name for it.
        place: where it is written, for messages: the file and the line, where they are known.
    """

    what: What
    inputs: tuple[int, ...]
    shape: Shape
    name: str = ""
    calls: tuple[Call, ...] = ()
    weights: Mapping[str, str] = {}
    place: str = ""


class Module(NamedTuple):
    """A module that holds others.

    Attributes:
        kind: the name of its class, as it is written.
        identity: what tells classes of one name apart: the full name with its module.
        arguments: what it was made with, by the names of the constructor's parameters and in their
            order, as far as that is known: numbers, booleans, words, tuples and lists of them.
    """

    kind: str
    identity: str
    arguments: Mapping[str, Any] = {}


class Output(NamedTuple):
    """A value that the model returns; the name is empty where it returns that alone."""

    name: str
    step: int


class Traced(NamedTuple):
    """A whole model.

    Attributes:
        name: of its class or function, as a name for the network.
        steps: in the order of execution, inputs among them.
        outputs: what it returns in evaluation.
        heads: what it returns beside these in training alone.
        modules: the modules that hold others, by path.
        origin: what was lifted, for the comment at the head of the file.
        named: whether the names of layers are the keys of their weights, which are to stay.
        notes: what the model does in training and its record does not, a sentence for each.
    """

    name: str
    steps: tuple[Step, ...]
    outputs: tuple[Output, ...]
    heads: tuple[Output, ...] = ()
    modules: Mapping[str, Module] = {}
    origin: str = ""
    named: bool = True
    notes: tuple[str, ...] = ()


class UnliftableError(Exception):
    """The model cannot be recorded at all; the message says why."""
