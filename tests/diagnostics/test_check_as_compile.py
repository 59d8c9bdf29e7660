"""What is checked is not written: yet nothing is said of a file only when it is compiled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from checking import EXAMPLES, TARGETS
from numeric.cases import TORCH_ONLY
from numeric.cases import Case as Chain
from test_snapshots import MISTAKES, found

from cnngen.backends.base import is_foreseeing
from cnngen.compiler import check_source, compile_source
from cnngen.diagnostics import Diagnostic, codes
from cnngen.files import loader
from cnngen.source import Source


def said(text: str) -> Sequence[Diagnostic]:
    """What is said of a text, which is the same whether code is written or not."""
    source = Source("net.cnn", text)
    checked = check_source(source, TARGETS)
    compiled = compile_source(source, TARGETS)
    assert checked.diagnostics == compiled.diagnostics
    assert not checked.outputs
    return checked.diagnostics


def test_mistakes_are_the_same() -> None:
    for case in MISTAKES:
        errors = [d.code for d in found(case) if d.code.severity == "error"]
        if set(errors) <= {codes.INEXPRESSIBLE}:
            said(case.text)  # with others nothing is written


WAYS = {
    "condition": "network Net(on=false) {{ input {0}\n if on {{ {1} }}\n relu }}",
    "block": "block unit(on) {{ if on {{ {1} }}\n relu }}\n"
    "network Net {{ input {0}\n unit on=false }}",
    "group": "network Net(on=false) {{ input {0}\n at: {{ if on {{ a: {{ {1} }} }}\n relu }} }}",
    "path": "network Net(on=false) {{ input {0}\n if on {{ residual {{ identity }} "
    "shortcut {{ {1} }} }}\n relu }}",
}
"""What no value takes here, with an input and a chain in it."""

ONE_EACH = list({chain.chain: chain for chain in TORCH_ONLY}.values())


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
@pytest.mark.parametrize("chain", ONE_EACH, ids=str)
def test_what_keras_lacks_in_ways_that_no_value_takes(chain: Chain, way: str) -> None:
    (diagnostic,) = said(way.format(chain.input, chain.chain))
    assert diagnostic.code is codes.INEXPRESSIBLE
    assert diagnostic.span is not None
    assert chain.chain.startswith(diagnostic.span.text)


OPEN = "block up(k) {{ conv_transpose 3 k stride=2 pad=same }}\nnetwork Net {{ {0} }}\n"
"""A window that Keras has a form for, but not where it is a parameter."""


def test_what_keras_has_for_numbers_alone() -> None:
    (diagnostic,) = said(OPEN.format("input 4x4x4x3\n up 3"))
    assert diagnostic.span is not None
    assert diagnostic.span.text == "conv_transpose 3 k stride=2 pad=same"


def test_what_is_applied_again_is_refused_at_its_place() -> None:
    (diagnostic,) = said(
        "network Net(k=3, on=false) {\n input 4x4x4x3\n"
        " if on {\n one: conv_transpose 3 k stride=2 pad=same\n reuse one\n }\n relu\n}\n"
    )
    assert diagnostic.span is not None
    assert diagnostic.span.line == 4


def test_what_is_applied_to_several_sizes_in_keras() -> None:
    (diagnostic,) = said(
        "network Net {\n input 12x12x3\n one: { blurpool 3 stride=1, conv 3 1x1 }\n"
        " two: half\n maxpool 2x2\n reuse two\n}\nblock half { blurpool 3 stride=1, relu }\n"
    )
    assert diagnostic.code is codes.INEXPRESSIBLE
    assert diagnostic.span is not None
    assert diagnostic.span.text == "blurpool 3 stride=1"


def test_what_only_another_shape_would_make_inexpressible() -> None:
    """As many cells as channels: the model is made for its own shape alone."""
    assert not said(
        "network Net {\n input 4x4x4x3\n conv_transpose 4 channels stride=2 pad=same\n}\n"
    )


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.cnn")), ids=lambda path: path.stem)
def test_examples_are_checked_without_being_written(path: Path) -> None:
    """But those in which something is applied again."""
    source = Source(str(path), path.read_text(encoding="utf-8"))
    defined = check_source(source, TARGETS, load=loader(source)).defined
    sure = [is_foreseeing(target) and target.refuses_nothing(defined) for target in TARGETS]
    assert all(sure) or "reuse" in source.text
