"""What has to hold for any text at all."""

from __future__ import annotations

from collections.abc import Sequence

from cnngen.backends import backend
from cnngen.compiler import Result, compile_source
from cnngen.diagnostics import Diagnostic, has_errors
from cnngen.diagnostics.json_list import as_json
from cnngen.diagnostics.render import concise, full
from cnngen.elaborate.library import Load, refuse
from cnngen.source import Source
from cnngen.syntax import ast

TARGETS = (backend("torch"), backend("keras"))

BLOCKS = """
use std.conv
block b(c, d=1) { residual { conv c 3x3 stride=d pad=1, bn } }
block basic(width) { b width, wrong }
"""


def load(text: str) -> Load:
    """Finds the source itself, and ``blocks.cnn``."""

    def found(use: ast.Use) -> Source:
        files = {"net.cnn": text, "blocks.cnn": BLOCKS}
        return Source(use.target, files[use.target]) if use.target in files else refuse(use)

    return found


def examine(text: str) -> Sequence[Diagnostic]:
    """Compile a source for both targets: modules, or errors that can be shown and lie within it."""
    source = Source("net.cnn", text)
    result = compile_source(source, TARGETS, load=load(text), debug=True)
    _check(result)
    if not result.outputs and _is_for_a_target(result.diagnostics):
        for target in TARGETS:
            _check(compile_source(source, [target], load=load(text), debug=True))
    return result.diagnostics


def _is_for_a_target(found: Sequence[Diagnostic]) -> bool:
    """Whether it is a target that refuses the source, not the language."""
    return all(d.code.id.startswith("E4") for d in found if d.code.severity == "error")


def _check(result: Result) -> None:
    assert bool(result.outputs) != has_errors(result.diagnostics), "modules, or else an error"
    for output in result.outputs:
        compile(output.text, output.name, "exec")
    for diagnostic in result.diagnostics:
        assert full(diagnostic)
        assert concise(diagnostic)
        for span in (diagnostic.span, *(related.span for related in diagnostic.related)):
            assert span is None or 0 <= span.start <= span.end <= len(span.source.text)
    assert as_json(result.diagnostics)
    spans = [diagnostic.span for diagnostic in result.diagnostics if diagnostic.span]
    places = [(span.source.path, span.start) for span in spans]
    assert places == sorted(places), "in the order of the source"
