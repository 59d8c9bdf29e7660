"""Diagnostics: codes as data, one model, one renderer per output format."""

from cnngen.diagnostics import codes
from cnngen.diagnostics.codes import Code
from cnngen.diagnostics.model import (
    Diagnostic,
    DiagnosticError,
    Edit,
    Fix,
    Related,
    has_errors,
    in_source_order,
)
from cnngen.diagnostics.suggest import did_you_mean, listed, shortened, there_are

__all__ = [
    "Code",
    "Diagnostic",
    "DiagnosticError",
    "Edit",
    "Fix",
    "Related",
    "codes",
    "did_you_mean",
    "has_errors",
    "in_source_order",
    "listed",
    "shortened",
    "there_are",
]
