"""`use`: blocks of other files and of the shipped library."""

from __future__ import annotations

import pytest

from cnngen import shipped
from cnngen.compiler import Result, analyse
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.ir import layers
from cnngen.source import Source
from cnngen.syntax import ast

FILES = {
    "a.cnn": "block a(w) { conv w 1x1 }\nblock a2() { a 2, a 3 }",
    "b.cnn": 'use "a.cnn"\nblock b() { a 5 }',
    "same.cnn": "block a(w) { relu }",
    "again.cnn": 'use "a.cnn"\nblock again() { a 7 }',
    "net.cnn": "block n() { relu }\nnetwork Other { input 3\nrelu }",
    "self.cnn": 'use "self.cnn"\nblock s() { relu }',
    "one.cnn": 'use "two.cnn"\nblock one() { relu }',
    "two.cnn": 'use "one.cnn"\nblock two() { relu }',
    "wrong.cnn": "block w() { conv 4 }",
    "broken.cnn": "block w() { relu",
}


def load(use: ast.Use) -> Source:
    if use.target not in FILES:
        raise DiagnosticError(Diagnostic(codes.USE_MISSING, "not there", use.span))
    return Source(use.target, FILES[use.target])


def result(head: str, body: str) -> Result:
    text = f"{head}\nnetwork Net {{\ninput 8x8x4\n{body}\n}}\n"
    return analyse(Source("main.cnn", text), load=load, debug=True)


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        ('use "a.cnn"', "a 6", "a1.0:6"),
        ('use "a.cnn"', "a2", "a2_1.0.0:2 a2_1.1.0:3"),
        ('use "b.cnn"', "b", "b1.0.0:5"),
        ('use "b.cnn"\nuse "a.cnn"', "b, a 6", "b1.0.0:5 a1.0:6"),
        ('use "b.cnn"\nuse "again.cnn"', "b, again", "b1.0.0:5 again1.0.0:7"),
        ('use "a.cnn"\nuse "a.cnn"', "a 6", "a1.0:6"),
        ('use "a.cnn"\nblock own() { a 9 }', "own", "own1.0.0:9"),
        ('use "b.cnn"\nblock a(w) { relu }', "a 3, b", "a1.0:4 b1.0.0:5"),
        ('use "net.cnn"', "n", "n1.0:4"),
    ],
)
def test_blocks_of_other_files(head: str, body: str, expected: str) -> None:
    found = result(head, body)
    assert not found.diagnostics
    assert found.module
    (made,) = found.module.networks
    rows = [f"{path}:{layer.at.output.channels}" for path, layer in layers(made.body)]
    assert " ".join(rows) == expected


@pytest.mark.parametrize(
    ("head", "body", "codes"),
    [
        ('use "b.cnn"', "a 6", ["E201"]),
        ('use "nothing.cnn"', "relu", ["E010"]),
        ("use std.nothing", "relu", ["E010"]),
        ('use "a.cnn"\nblock a(w) { relu }', "relu", ["E212"]),
        ('use "a.cnn"\nuse "same.cnn"', "relu", ["E212"]),
        ('use "self.cnn"', "relu", ["E012"]),
        ('use "one.cnn"', "relu", ["E012"]),
        ('use "wrong.cnn"', "w", ["E205"]),
        ('use "wrong.cnn"', "relu", []),
        ('use "broken.cnn"', "w", ["E104"]),
    ],
)
def test_mistakes(head: str, body: str, codes: list[str]) -> None:
    assert [d.code.id for d in result(head, body).diagnostics] == codes


def test_the_files_that_were_used_are_known() -> None:
    module = result('use "b.cnn"\nuse std.resnet', "b").module
    assert module
    assert [source.path for source in module.used][:2] == ["b.cnn", "a.cnn"]
    assert len(module.used) == 3


@pytest.mark.parametrize("name", shipped.names(shipped.STD))
def test_the_library_is_there(name: str) -> None:
    found = result(f"use {name}", "relu")
    assert not found.diagnostics
