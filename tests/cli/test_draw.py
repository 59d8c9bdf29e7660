"""``cnngen draw``: formats, files, what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cli.runner import LENET5, run
from cnngen.drawing import FORMS

BEGINS = {
    "svg": b"<svg ",
    "png": b"\x89PNG",
    "pdf": b"%PDF-",
    "dot": b"// Drawn by cnngen\ndigraph",
    "mmd": b"flowchart TB",
    "html": b"<!DOCTYPE html>",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_format(form: str, here: Path) -> None:
    ran = run("draw", "lenet5.cnn", "-o", f"net.{form}")
    assert (ran.code, ran.out, ran.err) == (0, "", f"net.{form}: LeNet5\n")
    first = (here / f"net.{form}").read_bytes()
    assert first.startswith(BEGINS[form])
    again = run("draw", "lenet5.cnn", "-o", f"net.{form}", "--theme", "dark", "-q")
    assert (again.code, again.err) == (0, ""), "what we have drawn is drawn anew"


def test_standard_output_and_input() -> None:
    ran = run("draw", "-", "-o", "-", "--format", "mmd", stdin=LENET5.encode())
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("flowchart TB\n")


def test_the_format_says_more_than_the_ending(here: Path) -> None:
    assert run("draw", "lenet5.cnn", "-o", "net.txt", "--format", "dot", "-q").code == 0
    assert (here / "net.txt").read_bytes().startswith(BEGINS["dot"])


@pytest.mark.parametrize("name", ["net.jpg", "net"])
def test_an_ending_that_is_no_format(name: str) -> None:
    ran = run("draw", "lenet5.cnn", "-o", name)
    assert ran.code == 2
    assert f"the ending of '{name}' names no format" in ran.err


def test_standard_output_has_no_ending() -> None:
    ran = run("draw", "lenet5.cnn", "-o", "-")
    assert ran.code == 2
    assert "-o - needs --format: `svg`, `png`," in ran.err


@pytest.mark.parametrize("name", ["net.svg", "net.png"])
def test_what_was_not_drawn_by_us_is_left_alone(name: str, here: Path) -> None:
    (here / name).write_text("mine", encoding="utf-8")
    ran = run("draw", "lenet5.cnn", "-o", name)
    assert ran.code == 2
    assert "E008" in ran.err
    assert (here / name).read_text(encoding="utf-8") == "mine"
    assert run("draw", "lenet5.cnn", "-o", name, "--force").code == 0
    assert (here / name).read_bytes() != b"mine"


def test_the_source_is_never_drawn_over(here: Path) -> None:
    ran = run("draw", "lenet5.cnn", "-o", "lenet5.cnn", "--format", "dot", "--force")
    assert ran.code == 2
    assert (here / "lenet5.cnn").read_text(encoding="utf-8") == LENET5


@pytest.mark.parametrize("name", ["no/net.svg", "folder.svg"])
def test_where_nothing_can_be_written(name: str, here: Path) -> None:
    (here / "folder.svg").mkdir()
    ran = run("draw", "lenet5.cnn", "-o", name)
    assert ran.code == 2
    assert "E007" in ran.err


def test_a_mistake_in_the_source_draws_nothing(here: Path) -> None:
    ran = run("draw", "wrong.cnn", "-o", "net.svg", "--output-format", "concise")
    assert (ran.code, ran.out) == (1, "")
    assert "E301" in ran.err
    assert not (here / "net.svg").exists()


def test_one_network_is_drawn() -> None:
    ran = run("draw", "zoo:vgg", "-o", "net.dot")
    assert ran.code == 2
    assert "a drawing shows one network, the file has more; choose with --network" in ran.err
    assert run("draw", "zoo:vgg", "-o", "net.dot", "--network", "VGG11", "-q").code == 0


def test_settings_and_depth(here: Path) -> None:
    arguments = ("draw", "lenet5.cnn", "--set", "classes=3", "-o", "-", "--format", "dot")
    assert "dense 3" in run(*arguments).out
    assert run(*arguments, "--depth", "0").code == 2


def test_a_network_that_is_too_large(here: Path) -> None:
    lines = "\n".join("conv 2 1x1" for _ in range(700))
    (here / "long.cnn").write_text(f"network A {{\ninput 2x2x2\n{lines}\n}}\n", encoding="utf-8")
    ran = run("draw", "long.cnn", "-o", "net.svg")
    assert (ran.code, ran.out) == (1, "")
    assert "error[E701]: A is too large to be drawn: more than 600 boxes" in ran.err
    assert "--> long.cnn:1:9" in ran.err
    assert not (here / "net.svg").exists()


@pytest.mark.parametrize(
    ("package", "name"), [("pygraphviz", "net.svg"), ("resvg_py", "net.png"), ("svglib", "net.pdf")]
)
def test_what_is_not_installed(package: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(sys.modules, f"{package}.svglib", None)
    ran = run("draw", "lenet5.cnn", "-o", name)
    assert ran.code == 2
    assert "is not installed" in ran.err
    assert "pip install 'cnngen[draw]'" in ran.err
    assert run("draw", "lenet5.cnn", "-o", "net.mmd").code == 0
