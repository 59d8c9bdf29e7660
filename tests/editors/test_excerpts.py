"""Diagnostics on a terminal show the source in its colours, and say the same as without."""

from __future__ import annotations

import os
import subprocess
import sys

import click
import pytest
from editing import BROKEN, identity
from work import counted

from cnngen.cli import console
from cnngen.compiler import analyse
from cnngen.diagnostics.render import full
from cnngen.highlight.category import Category
from cnngen.highlight.lines import LONGEST, parts
from cnngen.source import Source


@pytest.mark.parametrize("source", BROKEN, ids=identity)
def test_colours_change_nothing_that_is_said(source: Source) -> None:
    for diagnostic in analyse(source).diagnostics:
        assert click.unstyle(console.rendered(diagnostic, "full", True)) == full(diagnostic)


def test_a_line_is_in_its_colours() -> None:
    text = "network N {\n    input 8x8x1 # small\n    up: conv 6 3x3, tanhh\t \n}\n"
    (diagnostic,) = analyse(Source("n.cnn", text)).diagnostics
    label, layer, block, green = (
        {"fg": "yellow"},
        {"fg": "cyan"},
        {"fg": "cyan", "bold": True},
        {"fg": "green"},
    )
    row = (
        f"    {click.style('up', **label)}: {click.style('conv', **layer)} "
        f"{click.style('6', **green)} {click.style('3x3', **green)}, "
        f"{click.style('tanhh', **block)}\n"
    )
    assert row in console.rendered(diagnostic, "full", True)


def test_only_categories_have_styles() -> None:
    assert set(console.EXCERPT) <= {category.value for category in Category}
    assert len(console.ROLES) == len(console.EXCERPT) + len(console.STYLES)


def test_names_that_are_given_and_what_is_wrong_have_a_style_of_their_own() -> None:
    text = "block b(width) {\n    conv width pad=1 ;\n}\nnetwork N { input 8x8x1, b 4 }\n"
    colored = [
        console.rendered(d, "full", True) for d in analyse(Source("n.cnn", text)).diagnostics
    ]
    assert f"{click.style('pad', italic=True)}={click.style('1', fg='green')}" in colored[0]
    assert click.style(";", fg="red") in colored[0]
    assert click.style("error[E102]", fg="red", bold=True) in colored[0]


def test_a_long_line_is_cut_and_coloured() -> None:
    body = "relu, " * 100 + "rleu, " + "tanh, " * 100 + "relu"
    source = Source("n.cnn", f"network N {{\n    input 8x8x1\n    {body}\n}}\n")
    (diagnostic,) = analyse(source).diagnostics
    colored = console.rendered(diagnostic, "full", True)
    assert click.style("rleu", fg="cyan", bold=True) in colored
    assert click.unstyle(colored) == full(diagnostic)


def test_many_mistakes_on_a_long_line_are_shown_in_no_time() -> None:
    text = "network N { input 8x8x3\n" + "dense n, " * 5000 + "relu }"
    diagnostics = analyse(Source("n.cnn", text)).diagnostics
    assert len(diagnostics) == 100
    with counted() as work:
        colored = [console.rendered(diagnostic, "full", True) for diagnostic in diagnostics]
    assert work.calls < 50 * len(text)  # most of them read the colours, once for all of the line
    assert click.style("dense", fg="cyan") in colored[-1]


def test_parts_are_the_whole_line() -> None:
    source = Source("n.cnn", "network N {  \n\n\tinput 8x8x1\t# é\n}")
    for number in range(1, 5):
        assert "".join(text for text, _ in parts(source, number)) == source.line(number)


def test_a_file_that_no_one_wrote_by_hand_is_not_read_for_colours() -> None:
    source = Source("n.cnn", "network N { }\n" + "#" * LONGEST)
    assert list(parts(source, 1)) == [("network N { }", None)]


LOADED = """
import sys
import time
from cnngen.cli import main
try:
    main()
except SystemExit:
    print("cnngen.highlight.lines" in sys.modules)
"""


@pytest.mark.parametrize(("color", "loaded"), [("never", "False\n"), ("always", "True\n")])
def test_colours_are_waited_for_where_they_are_shown_alone(color: str, loaded: str) -> None:
    command = [sys.executable, "-c", LOADED, "check", "--color", color, "-"]
    environment = {**os.environ, "NO_COLOR": ""}
    done = subprocess.run(
        command, input="network N { rleu }", capture_output=True, text=True, env=environment
    )
    assert "rleu" in done.stderr
    assert done.stdout == loaded
