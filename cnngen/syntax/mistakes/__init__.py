"""Syntax errors in the user's terms: each likely mistake by its own name, with what mends it."""

from __future__ import annotations

from collections.abc import Callable

from cnngen.diagnostics import Diagnostic
from cnngen.syntax.mistakes.brackets import (
    brace_extra,
    brace_open,
    bracket_extra,
    bracket_open,
    index_of_several,
    slice_of_list,
)
from cnngen.syntax.mistakes.layers import (
    body_in_brackets,
    call_style,
    comma_at_end,
    comma_in_arguments,
    conditional_argument,
    elif_,
    else_alone,
    label_index,
    label_with_equals,
    named_in_call,
    second_body,
    signed_argument,
)
from cnngen.syntax.mistakes.mistake import DEFINITIONS, ELIF, Mistake, mistake
from cnngen.syntax.mistakes.networks import (
    block_head,
    default_arguments,
    nested_definition,
    outside_network,
    setting,
    use_target,
    variant_arguments,
)
from cnngen.syntax.mistakes.otherwise import anything
from cnngen.syntax.mistakes.values import (
    keyword_as_label,
    keyword_as_name,
    missing_name,
    missing_value,
    path_as_name,
)

__all__ = ["DEFINITIONS", "ELIF", "MISTAKES", "Mistake", "mistake", "unexpected"]

MISTAKES: tuple[Callable[[Mistake], Diagnostic | None], ...] = (
    slice_of_list,
    path_as_name,
    keyword_as_label,
    nested_definition,
    brace_open,
    brace_extra,
    outside_network,
    variant_arguments,
    default_arguments,
    use_target,
    block_head,
    setting,
    label_index,
    body_in_brackets,
    call_style,
    named_in_call,
    bracket_open,
    bracket_extra,
    index_of_several,
    comma_in_arguments,
    label_with_equals,
    else_alone,
    elif_,
    second_body,
    comma_at_end,
    signed_argument,
    keyword_as_name,
    missing_name,
    missing_value,
    conditional_argument,
)


def unexpected(m: Mistake) -> Diagnostic:
    """The first of ``MISTAKES`` that fits, else what was expected and what was found."""
    for explain in MISTAKES:
        diagnostic = explain(m)
        if diagnostic is not None:
            return diagnostic
    return anything(m)
