"""A source compiled, its module lifted, and what is lifted compiled again."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnngen.backends import backend
from cnngen.compiler import Result, compile_source
from cnngen.frameworks import framework
from cnngen.ir import Network, inputs
from cnngen.lifting import front_end
from cnngen.lifting.correspondence import own_names
from cnngen.lifting.lift import lift
from cnngen.lifting.proof import Compared, prove
from cnngen.ops import Shape
from cnngen.source import Source
from cnngen.syntax.parser import parse
from cnngen.syntax.printer import to_text


class Trip(NamedTuple):
    """What came of it: the text, the keys that are others, and how far apart the modules are."""

    text: str
    renamed: dict[str, str]
    compared: list[Compared]

    @property
    def lines(self) -> int:
        """Lines with something on them, comments aside."""
        return lines(self.text)


def lines(text: str) -> int:
    """Lines with something on them, comments aside."""
    return sum(bool(row.strip()) and not row.strip().startswith("#") for row in text.splitlines())


def compiled(text: str, target: str = "torch") -> Result:
    """A source that has to be right."""
    result = compile_source(Source("net.cnn", text), [backend(target)])
    wrong = [each.message for each in result.diagnostics if each.code.severity == "error"]
    assert result.complete, f"{wrong}\n{text}"
    return result


def trip(result: Result, network: Network, target: str = "torch") -> Trip:
    """One network there and back."""
    of = framework(target)
    model = of.made(of.module(result.outputs[0].text), network, "float64")
    return lifted(model, list(inputs(network).values()), target, network.name)


def lifted(model: Any, shapes: list[Shape] | None, target: str, name: str = "Net") -> Trip:
    """A model lifted, and the module that comes of it held against the model."""
    of, front = framework(target), front_end(target)
    traced = front.record(model, shapes, name=name)
    found = lift(traced._replace(named=front.NAMED))
    assert not found.missing, found.missing
    file, mistakes = parse(Source("lifted.cnn", found.text))
    assert not mistakes, f"{mistakes[0].message}\n{found.text}"
    text = to_text(file)
    again = compiled(text, target)
    (network,) = again.module.networks
    names = own_names(target, network, found.weighted)
    own, dtype = front.comparable(model, "float64")
    with front.still(own, traced):
        adopted = of.adopt(own, network, dtype, names)
        runs = front.runs(model)
        compared = list(
            prove(network, again.outputs[0].text, of, adopted, dtype, runs, found.heads)
        )
    renamed = {ours: theirs for ours, theirs in names.items() if ours != theirs}
    return Trip(text, renamed, compared)
