"""The rules as a TextMate grammar: for VS Code, JetBrains, Shiki."""

from __future__ import annotations

from typing import Any

from cnngen.highlight.category import Category
from cnngen.highlight.rules import CONTEXTS, Context, Rule, Span

SCOPES = {
    Category.COMMENT: "comment.line.number-sign.cnn",
    Category.KEYWORD: "keyword.control.cnn",
    Category.REGION: "keyword.control.region.cnn",
    Category.LAYER: "entity.name.function.layer.cnn",
    Category.BLOCK: "entity.name.type.block.cnn",
    Category.DEFINITION: "entity.name.type.definition.cnn",
    Category.PARAMETER: "variable.parameter.definition.cnn",
    Category.LABEL: "entity.name.tag.label.cnn",
    Category.ARGUMENT: "variable.parameter.argument.cnn",
    Category.FUNCTION: "support.function.builtin.cnn",
    Category.CONSTANT: "constant.language.cnn",
    Category.NUMBER: "constant.numeric.cnn",
    Category.SIZE: "constant.numeric.size.cnn",
    Category.STRING: "string.quoted.double.cnn",
    Category.MODULE: "entity.name.namespace.cnn",
    Category.NAME: "variable.other.cnn",
    Category.OPERATOR: "keyword.operator.cnn",
    Category.ARROW: "keyword.operator.arrow.cnn",
    Category.PUNCTUATION: "punctuation.cnn",
    Category.ERROR: "invalid.illegal.cnn",
}
"""The scopes that themes know; no two categories have one in common."""

Data = dict[str, Any]


def grammar() -> Data:
    """The grammar, as its JSON has it."""
    repository = {name: {"patterns": _patterns(context)} for name, context in CONTEXTS.items()}
    return {
        "name": "cnn",
        "scopeName": "source.cnn",
        "fileTypes": ["cnn"],
        "patterns": repository.pop("line")["patterns"],
        "repository": repository,
    }


def _patterns(context: Context) -> list[Data]:
    return [_pattern(each) for each in context]


def _pattern(each: Rule | Span | str) -> Data:
    if isinstance(each, str):
        return {"include": f"#{each}"}
    if isinstance(each, Span):
        return _span(each)
    if len(each.parts) == 1:
        return {"match": each.pattern, "name": SCOPES[each.categories[0]]}
    return {"match": each.pattern, "captures": _captures(each)}


def _span(span: Span) -> Data:
    ends = [span.close.pattern] if span.close else []
    return {
        "name": f"meta.{span.context}.cnn",
        "begin": span.begin.pattern,
        "beginCaptures": _captures(span.begin),
        "end": "|".join([*ends, span.stop]),
        "endCaptures": _captures(span.close) if span.close else {},
        "patterns": [{"include": f"#{span.context}"}],
    }


def _captures(rule: Rule) -> Data:
    return {str(n): {"name": SCOPES[c]} for n, c in enumerate(rule.categories, start=1)}
