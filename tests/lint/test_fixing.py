"""``check --fix``: what is changed, and what is kept from being changed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnngen.choice import Choice
from cnngen.compiler import analyse
from cnngen.elaborate.library import refuse
from cnngen.ir import Network, layers
from cnngen.lint import SAFE, UNSAFE, Selection, lint
from cnngen.lint.fixing import _essence, fixed
from cnngen.reference import evaluate, random_weights
from cnngen.source import Source
from cnngen.syntax.parser import parse_settings
from lint.linting import network


def fix(text: str, *select: str, unsafe: bool = False) -> tuple[str, int]:
    source = Source("net.cnn", text)
    made, count = fixed(source, Choice(), refuse, Selection(select), unsafe=unsafe)
    return made.text, count


def test_all_that_is_safe_is_fixed() -> None:
    text = network(
        "let a = 3\nrelu, relu, relu\nflatten, flatten\ndropout 0\ndense 3  # cnn: ignore"
    )
    assert fix(text) == (network("relu\nflatten\ndense 3"), 6)
    assert fix(network("relu\nflatten\ndense 3")) == (network("relu\nflatten\ndense 3"), 0)


def test_only_what_is_selected() -> None:
    text = network("let a = 3\nrelu, relu")
    assert fix(text, "W112") == (network("relu, relu"), 1)


def test_a_source_with_errors_stays() -> None:
    text = network("relu, relu, conv 3 99x99")
    assert fix(text) == (text, 0)


def test_errors_that_have_one_form_here_are_translated() -> None:
    text = network("conv 4 3 => 30x30x4\nnn.ReLU(),\nfc 10\nadd { tanh }")
    made = network("conv 4 3 -> 30x30x4\nrelu\ndense 10\nadd { tanh }")
    assert fix(text) == (made, 3), "what is meant by the sum is a guess"


def test_the_commas_between_what_is_translated_stay() -> None:
    text = network("nn.ReLU(), nn.MaxPool2d(2), tanh\nnn.Tanh(),  # then\nrelu")
    made = network("relu, maxpool 2x2, tanh\ntanh  # then\nrelu")
    assert fix(text) == (made, 2)


def test_errors_of_files_that_are_used_are_not_translated() -> None:
    text = 'use "blocks.cnn"\n' + network("unit")
    blocks = Source("blocks.cnn", "block unit { nn.ReLU() }\n")
    found = analyse(Source("net.cnn", text), load=lambda use: blocks).diagnostics
    assert [d.fix is not None and d.fix.translates for d in found] == [True]
    made = fixed(Source("net.cnn", text), Choice(), lambda use: blocks, Selection())
    assert made.source.text == text


def test_a_fix_that_would_rename_weights_is_not_made() -> None:
    """In a group without labels, layers are called by their places: 0, 1, 2."""
    text = network("features: { relu, relu, conv 4 3x3 }")
    assert [d.code.id for d in lint(analyse(Source("net.cnn", text)))] == ["W107"]
    assert fix(text) == (text, 0)
    text = network("features: { relu, relu, conv 4 3x3 }\nrelu, relu")
    made = network("features: { relu, relu, conv 4 3x3 }\nrelu")
    assert fix(text) == (made, 1), "others are made all the same"


def test_what_changes_the_network_is_only_shown() -> None:
    text = network("relu", shape="3x32x32")
    (diagnostic,) = lint(analyse(Source("net.cnn", text)))
    assert diagnostic.fix is not None
    assert fix(text) == (text, 0)


UNSAFE_FIXES = [
    (network("relu", shape="3x32x32"), network("relu")),
    (network("flatten, dense 10, softmax"), network("flatten, dense 10")),
    (network("flatten, dense 10, relu\nsoftmax"), network("flatten, dense 10")),
    (network("flatten, dense 10, dropout 0.5"), network("flatten, dropout 0.5, dense 10")),
    (network("conv 4 3, relu, tanh"), network("conv 4 3, relu")),
    (network("conv 4 3 bias=true pad=1, bn"), network("conv 4 3 pad=1, bn")),
    (network("conv 4 3, dropout 0.3, bn, relu"), network("conv 4 3, bn, dropout 0.3, relu")),
    (network("conv 3 64", shape="80x80x3"), network("conv 64 3", shape="80x80x3")),
    (network("relu", "network Net(classes=10)"), network("relu")),
    (network("relu", "network Net(a=1, b=2)"), network("relu")),
    (
        network("conv n 3", "network Net(n=3, m=[1, 2])") + "\nnetwork A = Net m=[3] n=4\n",
        network("conv n 3", "network Net(n=3)") + "\nnetwork A = Net n=4\n",
    ),
    (
        "block b(n, m, k=2) { conv n k }\n" + network("b 3 5 k=3, relu, b m=7 4 3"),
        "block b(n, k=2) { conv n k }\n" + network("b 3 k=3, relu, b 4 3"),
    ),
    ("# About b,\n# which is old.\nblock b {\n  relu\n}\n\n" + network("relu"), network("relu")),
    (
        network("relu", "network vgg_16") + "\nnetwork Mine = vgg_16\n",
        network("relu", "network VGG16") + "\nnetwork Mine = VGG16\n",
    ),
]


@pytest.mark.parametrize(("text", "made"), UNSAFE_FIXES)
def test_what_is_unsafe_is_fixed_where_it_is_asked_for(text: str, made: str) -> None:
    fixes = [d.fix is not None and d.code in UNSAFE for d in lint(analyse(Source("n.cnn", text)))]
    assert all(fixes)
    assert fix(text) == (text, 0)
    assert fix(text, unsafe=True)[0] == made
    result = analyse(Source("net.cnn", made))
    assert result.complete
    assert lint(result) == []


LEFT_TO_THE_AUTHOR = [
    network("flatten, dense 10", "network Net(classes=10)"),
    network("flatten, dense 10, last: softmax"),
    network("conv 4 3\n  a: dropout 0.3\n  bn"),
    network("conv 4 3 bias=true, bn\n  default conv bias=true"),
    network("conv 4 3, bn, dropout 0.3"),
    network("repeat 2 { tanh }"),
    "block top { dense 10, softmax }\n" + network("flatten, top, relu, top, tanh, top"),
    network("flatten, dense 10, # scores\n  softmax"),
    "block b { relu }  # old\n" + network("relu"),
]


@pytest.mark.parametrize("text", LEFT_TO_THE_AUTHOR)
def test_what_may_be_meant_otherwise_has_no_fix(text: str) -> None:
    found = [d for d in lint(analyse(Source("net.cnn", text))) if d.code.id != "W112"]
    assert found
    assert not any(d.fix for d in found)
    assert fix(text, unsafe=True) == (text, 0)


def test_an_unsafe_fix_that_would_not_compile_is_not_made() -> None:
    text = network("conv 4 1x1 -> 3x32x4", shape="3x32x32")
    assert lint(analyse(Source("net.cnn", text)))
    assert fix(text, unsafe=True) == (text, 0)


def test_comments_and_labels_are_kept() -> None:
    hints = {
        "relu\nlast: relu": "leave it out, and give its label to what comes in: `last`",
        "g: { relu, relu, conv 3 1 }": "leave out `relu`, which gives the layers behind it other "
        "names",
    }
    for body, hint in hints.items():
        assert [d.hint for d in lint(analyse(Source("net.cnn", network(body))))] == [hint]
    for body in ("relu, # why\n    relu", "relu\nlast: relu", "relu\nrelu  # why"):
        assert fix(network(body)) == (network(body), 0), body


PARAMETERS = """\
network N(deep=true, pooled=true, n=1) {
  input 32x32x3
  conv 8 3 pad=1
  if deep { conv 8 3 pad=1, relu }
  relu
  repeat n { conv 8 1, relu }
  relu
  if pooled { avgpool global, flatten }
  flatten
  dense 10
}
"""


def test_what_another_value_needs_stays() -> None:
    assert fix(PARAMETERS) == (PARAMETERS, 0)


def test_what_another_file_needs_stays() -> None:
    """A block may stand behind something else elsewhere."""
    text = "block unit(c) {\n  relu\n  c1: conv c 3 pad=1\n}\n" + network("conv 3 1, relu\nunit 4")
    assert fix(text) == (text, 0)


def test_names_that_another_value_gives_stay() -> None:
    """With `deep`, the weights are those of `g.2`; without, there are none to compare."""
    head = "network Net(deep=false)"
    text = network("g: { relu, relu, if deep { conv 3 1 } }\nconv 3 1", head)
    assert fix(text) == (text, 0)


VALUES = ["", "deep=false", "n=0", "n=2", "deep=false n=0"]


def networks(text: str) -> list[Network | None]:
    """The network with each of some values for its parameters; None where it has mistakes."""
    found = []
    for values in VALUES:
        choice = Choice(settings=parse_settings(Source("--set", values))[0])
        result = analyse(Source("net.cnn", text), choice)
        found.append(result.module.networks[0] if result.complete else None)
    return found


def weighted(network: Network) -> list[str]:
    """The names of the layers with weights."""
    return [path for path, layer in layers(network.body) if layer.op.weights(layer.at.input)]


def values(network: Network) -> list[list[float]]:
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 4))
    made = evaluate(network, random_weights(network, 1), x)
    return [each.tolist() for each in made.values()]


WORDS = st.sampled_from(
    ["relu", "relu6", "tanh", "sigmoid", "dropout 0", "flatten", "conv 4 1x1", "dense 5", "bn",
     "avgpool global", "maxpool 2x2", "let a = 1", "g: { relu, relu, conv 3 1x1 }",
     "residual { relu, relu, conv 3 1x1 }", "if deep { relu }", "if deep { conv 4 1x1, relu }",
     "repeat n { relu }", "repeat n { relu, conv 4 1x1 }", "if deep { avgpool global, flatten }",
     "g: { relu, relu, if deep { conv 3 1x1 } }", "if deep { relu } else { tanh, relu, relu }"]
)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(st.tuples(WORDS, st.sampled_from([", ", "\n"])), min_size=1, max_size=8))
def test_fixes_leave_any_network_what_it_is(words: list[tuple[str, str]]) -> None:
    body = "".join(word + ("\n" if word.startswith("let") else end) for word, end in words).rstrip(
        ", \n"
    )
    head = "network Net(deep=true, n=1)"
    text = network(body.replace(", let", "\nlet"), head, "8x8x4")
    before = analyse(Source("net.cnn", text))
    made, count = fix(text)
    after = analyse(Source("net.cnn", made))
    if not before.complete:
        assert (made, count) == (text, 0)
        return
    assert after.complete
    assert _essence(after) == _essence(before)
    left = [d for d in lint(after) if d.code in SAFE and d.fix]
    assert len(left) <= len([d for d in lint(before) if d.code in SAFE])
    assert fix(made) == (made, 0)
    for old, new in zip(networks(text), networks(made), strict=True):
        if old is not None:
            assert new is not None
            assert weighted(new) == weighted(old)
            assert values(new) == values(old)
