"""A source compiled, its module lifted, and what is lifted compiled again."""

from __future__ import annotations

import copy
from typing import NamedTuple

from cnngen.backends import backend
from cnngen.compiler import Result, compile_source
from cnngen.frameworks import framework
from cnngen.ir import Network, inputs
from cnngen.lifting import front_end
from cnngen.lifting.correspondence import own_names
from cnngen.lifting.lift import lift
from cnngen.lifting.proof import Compared, prove
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
    assert result.complete, f"{result.diagnostics[0].message}\n{text}"
    return result


def trip(result: Result, network: Network, target: str = "torch") -> Trip:
    """One network there and back."""
    of, front = framework(target), front_end(target)
    module = of.module(result.outputs[0].text)
    model = of.made(module, network, "float64")
    traced = front.record(copy.deepcopy(model), list(inputs(network).values()), name=network.name)
    lifted = lift(traced._replace(named=front.NAMED))
    assert not lifted.missing, lifted.missing
    file, found = parse(Source("lifted.cnn", lifted.text))
    assert not found, f"{found[0].message}\n{lifted.text}"
    text = to_text(file)
    again = compiled(text, target)
    (lifted_network,) = again.module.networks
    names = own_names(target, lifted_network, lifted.weighted)
    own, dtype = front.comparable(model, "float64")
    with front.still(own, traced):
        adopted = of.adopt(own, lifted_network, dtype, names)
        compared = list(
            prove(lifted_network, again.outputs[0].text, of, adopted, dtype, front.runs(model))
        )
    renamed = {ours: theirs for ours, theirs in names.items() if ours != theirs}
    return Trip(text, renamed, compared)
