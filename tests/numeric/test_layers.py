"""Every layer by itself: the reference, torch and Keras agree to rounding."""

from __future__ import annotations

import pytest

from cnngen.backends import backend
from cnngen.compiler import compile_source
from cnngen.diagnostics import codes
from cnngen.ir import Network, layers
from cnngen.ops import LAYERS, Gelu, LeakyRelu, Op, Softplus
from cnngen.source import Source
from numeric.cases import CASES, TORCH_ONLY, Case
from numeric.harness import Compiled, assert_agree, compiled, problem

TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
"""Relative to the largest value of the output."""

INEXACT: dict[tuple[str, type[Op]], tuple[float, str]] = {
    ("keras", Gelu): (1e-7, "TensorFlow keeps a constant of it in float32"),
    ("keras", LeakyRelu): (1e-7, "TensorFlow keeps its slope in float32"),
    ("torch", Softplus): (1e-10, "torch gives x itself above 20, where exp(-20) is 2e-9"),
}
"""Where a framework is not exact in float64, by how much and why."""

DTYPES = ["float64", "float32"]


def tolerance(network: Network, pair: tuple[str, str], dtype: str) -> float:
    """What two of reference, torch and Keras may differ by."""
    ops = {type(layer.op) for _, layer in layers(network.body)}
    known = [INEXACT[name, op][0] for name in pair for op in ops if (name, op) in INEXACT]
    return max([TOLERANCE[dtype], *(known if dtype == "float64" else [])])


def check(source: Compiled, case: Case, dtype: str) -> None:
    network = source.networks["Case"]
    given = problem(network, dtype, 3, scale=case.scale)
    assert_agree(source, network, given, (3, 1), tolerance)


def _id(case: Case) -> str:
    return str(case) + (f" times {case.scale:g}" if case.scale != 1 else "")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES, ids=_id)
def test_all_three_agree(case: Case, dtype: str) -> None:
    check(compiled(case.text), case, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", TORCH_ONLY, ids=_id)
def test_torch_agrees_where_keras_cannot(case: Case, dtype: str) -> None:
    result = compile_source(Source("case.cnn", case.text), [backend("keras")], debug=True)
    assert [d.code for d in result.diagnostics] == [codes.INEXPRESSIBLE]
    check(compiled(case.text, targets=("torch",)), case, dtype)


def test_every_layer_has_a_case() -> None:
    text = " ".join(case.chain for case in CASES).replace(",", " ")
    assert set(LAYERS) <= set(text.split()), "add cases to tests/numeric/cases.py"
