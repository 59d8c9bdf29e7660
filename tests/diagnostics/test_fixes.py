"""A fix leads to no other mistake: each is made, and the source checked again."""

from __future__ import annotations

from itertools import pairwise

import pytest
from case_files import Case
from checking import check, fixed
from test_snapshots import MISTAKES, found

WITH_FIX = [case for case in MISTAKES if any(d.fix for d in found(case))]


@pytest.mark.parametrize("case", WITH_FIX, ids=str)
def test_a_fix_leaves_nothing_wrong_at_its_place(case: Case) -> None:
    for diagnostic in found(case):
        if diagnostic.fix is None or diagnostic.span is None:
            continue
        (edit, *_) = diagnostic.fix.edits
        lines = range(edit.span.line, edit.span.line + edit.text.count("\n") + 1)
        left = [d for d in check(fixed(diagnostic)) if d.span and d.span.line in lines]
        assert left == [], diagnostic.hint


def test_edits_do_not_overlap() -> None:
    for case in WITH_FIX:
        for diagnostic in found(case):
            spans = sorted((e.span.start, e.span.end) for e in (diagnostic.fix or ((),))[0])
            assert all(end <= start for (_, end), (start, _) in pairwise(spans))
