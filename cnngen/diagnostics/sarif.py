"""Diagnostics as SARIF 2.1.0, which code scanning of GitHub and others read (OASIS, 2020)."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import PurePath
from urllib.parse import quote

from cnngen.diagnostics.codes import Code
from cnngen.diagnostics.documents import document
from cnngen.diagnostics.model import Diagnostic, Edit, Fix
from cnngen.diagnostics.render import prose
from cnngen.source import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

Data = dict[str, object]


def as_sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """A log of one run; a rule for each code that was found, with its document as help."""
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    places = {code: place for place, code in enumerate(codes)}
    driver = {
        "name": "cnngen",
        "version": version("cnngen"),
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, places[diagnostic.code]) for diagnostic in diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: Code) -> Data:
    text = document(code)
    return {
        "id": code.id,
        "shortDescription": {"text": code.title},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": code.severity},
    }


def _result(diagnostic: Diagnostic, rule: int) -> Data:
    result: Data = {
        "ruleId": diagnostic.code.id,
        "ruleIndex": rule,
        "level": diagnostic.code.severity,
        "message": {"text": _message(diagnostic)},
        "locations": _locations(diagnostic),
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {"physicalLocation": _place(each.span), "message": {"text": prose(each.text)}}
            for each in diagnostic.related
        ]
    if diagnostic.fix:
        result["fixes"] = [_fix(diagnostic.fix, diagnostic.hint)]
    return result


def _message(diagnostic: Diagnostic) -> str:
    hint = [f"hint: {diagnostic.hint}"] if diagnostic.hint else []
    return prose("\n".join([diagnostic.message, *diagnostic.notes, *hint]))


def _locations(diagnostic: Diagnostic) -> list[Data]:
    if diagnostic.span:
        return [{"physicalLocation": _place(diagnostic.span)}]
    if diagnostic.path:
        return [{"physicalLocation": {"artifactLocation": _artifact(diagnostic.path)}}]
    return []


def _place(span: Span) -> Data:
    return {"artifactLocation": _artifact(span.source.path), "region": _region(span)}


def _artifact(path: str) -> Data:
    """The file as a URI: relative where its path is, so that it is found in a checkout."""
    if os.path.isabs(path):
        return {"uri": PurePath(path).as_uri()}
    return {"uri": quote(PurePath(path).as_posix())}


def _region(span: Span) -> Data:
    """Lines and columns from 1; the end is exclusive."""
    end = Span(span.source, span.end, span.end)
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": end.line,
        "endColumn": end.column,
    }


def _fix(fix: Fix, hint: str) -> Data:
    source = fix.edits[0].span.source
    change = {
        "artifactLocation": _artifact(source.path),
        "replacements": [_replacement(edit) for edit in fix.edits],
    }
    return {"description": {"text": prose(hint)}, "artifactChanges": [change]}


def _replacement(edit: Edit) -> Data:
    return {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
