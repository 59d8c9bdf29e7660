"""Random networks give the same in both forms, with and without a norm after each of their sums."""

from __future__ import annotations

import re
import warnings
from collections import Counter

import pytest
from fuzz.search import drawn

from cnngen.compiler import analyse
from cnngen.source import Source
from inference.forms import forms, reference_distance, torch_distances

CLOSE = 1e-10
"""Values of random networks may cancel."""

SUMS = re.compile(
    r'((?<![:\w"-])(?:conv|depthwise_conv|separable_conv|conv_transpose|dense) [^,{}\n>()]*?)'
    r"(?=\s*(?:,|->|\}|\n))"
)


@pytest.mark.parametrize("number", range(2))
def test_random_networks_give_the_same(number: int) -> None:
    seen: Counter[str] = Counter()

    def look(text: str) -> None:
        if number:
            text = SUMS.sub(r"\1, bn", text)
        source = Source("case.cnn", text)
        if not analyse(source).complete:  # a norm of one value, or two labels that meet
            return
        made = forms(source)
        seen["folded"] += bool(made.plan.folded)
        seen["omitted"] += bool(made.plan.omitted)
        for one, other in zip(made.trained, made.inferred, strict=True):
            assert reference_distance(one, other, made.plan) < CLOSE, text
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert all(each < CLOSE for each in torch_distances(source, most=1).values()), text

    drawn(number, 40, look)
    assert seen["folded"] >= number * 10
    assert seen["omitted"]
