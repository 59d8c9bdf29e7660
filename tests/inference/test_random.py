"""Random networks give the same in both forms, with more beside their weighted sums."""

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

WORDS = "conv|depthwise_conv|separable_conv|conv_transpose"
SUMS = r'((?<![:\w"-])(?:%s) [^,{}\n>()]*?)(?=\s*(?:,|->|\}|\n))'
MORE = {
    "nothing": ("", "", {}),
    "norms": (f"{WORDS}|dense", r"\1, bn", {"folded": 10}),
    "norms before": (f"{WORDS}|dense", r"bn, \1", {"ahead": 3}),
    "1x1": (WORDS, r"\1, conv 9 1x1, conv 2 1x1", {"sequences": 2}),
}
"""By what is added to random networks: what it is put beside, in its place, and what is seen."""


@pytest.mark.parametrize("more", MORE)
def test_random_networks_give_the_same(more: str) -> None:
    words, made_of, least = MORE[more]
    seen: Counter[str] = Counter()

    def look(text: str) -> None:
        source = Source("case.cnn", re.sub(SUMS % words, made_of, text) if words else text)
        if not analyse(source).complete:  # a norm of one value, or two labels that meet
            return
        made = forms(source)
        for what in ("folded", "ahead", "sequences", "omitted"):
            seen[what] += bool(getattr(made.plan, what))
        for one, other in zip(made.trained, made.inferred, strict=True):
            assert reference_distance(one, other, made.plan) < CLOSE, text
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert all(each < CLOSE for each in torch_distances(source, most=1).values()), text

    drawn(len(least), 25, look)
    assert seen["omitted"]
    assert all(seen[what] >= times for what, times in least.items())
