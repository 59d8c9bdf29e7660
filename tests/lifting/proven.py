"""Models lifted as ``cnngen lift`` does it, with the proof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnngen.backends import backend
from cnngen.cli.lift.source import Found
from cnngen.cli.user_code import UserCode
from cnngen.compiler import compile_source
from cnngen.frameworks import framework
from cnngen.lifting.lift import lift
from cnngen.ops import Shape
from cnngen.source import Source
from cnngen.syntax.parser import parse
from cnngen.syntax.printer import to_text


def proven(model: Any, target: str, inputs: Sequence[Shape] | None = None) -> str:
    """The text of a model's file, without its first line; the module computes what it does."""
    found = Found("net:model", model, framework(target), UserCode("SOURCE", debug=True))
    traced = found.record(inputs, "Net")
    lifted = lift(traced)
    assert not lifted.missing
    file, _ = parse(Source("lifted.cnn", lifted.text))
    text = to_text(file)
    result = compile_source(Source("lifted.cnn", text), [backend(target)], debug=True)
    assert result.complete, [each.message for each in result.diagnostics]
    (network,) = result.module.networks
    names = found.own_names(network, lifted)
    compared = found.prove(network, result.outputs[0].text, names, traced)
    assert all(each.holds for each in compared), compared
    assert len(compared) == 4
    return text.partition("\n")[2].lstrip()
