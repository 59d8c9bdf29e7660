"""Small networks to verify, and their generated modules, right and wrong."""

from __future__ import annotations

from functools import cache

from cnngen.backends import backend
from cnngen.compiler import compile_source
from cnngen.ir import Network
from cnngen.source import Source
from cnngen.verification import Report, Settings, models_of, verify

TEXT = """
network Small(classes=3) {
    input 8x9x3
    conv 4 3x3 pad=1, bn, relu
    residual { conv 6 3x3 stride=2 pad=1, bn }
    relu
    concat {
        conv 2 1x1
        maxpool 3x3 stride=1 pad=1
    }
    aux side weight=0.3 { avgpool global, flatten, dense classes }
    dropout 0.5
    flatten, dense classes
}
"""

SMOOTH = """
network Smooth {
    input 5x5x2
    conv 3 3x3, tanh
    flatten, dense 2
}
"""


@cache
def compiled(text: str) -> tuple[Network, dict[str, str]]:
    """The first network of a source, and the modules by target."""
    result = compile_source(Source("small.cnn", text), [backend("torch"), backend("keras")])
    assert result.complete, [d.message for d in result.diagnostics]
    return result.module.networks[0], {out.target: out.text for out in result.outputs}


def report(
    text: str,
    settings: Settings,
    wrong: dict[str, tuple[str, str]] | None = None,
    targets: tuple[str, ...] = ("torch", "keras"),
) -> Report:
    """What verifying says, of modules in which a part was replaced by another."""
    network, texts = compiled(text)
    broken = {target: texts[target] for target in targets}
    for target, (before, after) in (wrong or {}).items():
        assert texts[target].count(before) == 1, texts[target]
        broken[target] = texts[target].replace(before, after)
    return verify(network, models_of(network, broken, settings.dtype), settings)
