"""What the command line says of itself: help, version, layers, codes."""

from __future__ import annotations

import re
from importlib import metadata, resources

import pytest

from cli.runner import run
from cnngen import shipped
from cnngen.cli import COMMANDS
from cnngen.diagnostics.codes import CODES
from cnngen.elaborate.bind import default_text, signature
from cnngen.elaborate.words import CHOICES, JOINS, REGIONS, STATEMENTS
from cnngen.ops import LAYERS, parameters

CONSTRUCTS = REGIONS | JOINS | STATEMENTS


def flowing(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


# --- help and version ------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(option: str) -> None:
    ran = run(option)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Usage: cnngen [OPTIONS] COMMAND")
    for name in COMMANDS:
        assert re.search(rf"^  {name} +[A-Z]", ran.out, re.MULTILINE)
    assert "..." not in ran.out.replace("[ARGS]...", ""), "no command's first line is cut off"
    assert "Exit codes: 0 fine; 1 mistakes" in ran.out


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(name: str) -> None:
    ran = run(name, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: cnngen {name} ")
    _, _, examples = ran.out.partition("  Examples:\n")
    lines = examples.strip("\n").split("\n")
    assert len(lines) >= 2
    assert all(line.startswith(f"    cnngen {name}") for line in lines), "each on its own line"
    assert max(map(len, ran.out.split("\n"))) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name: str) -> None:
    out = run(name, "--help").out
    options = out.partition("Options:\n")[2].partition("\n\n")[0]
    for row in re.split(r"\n(?=  -)", options):
        assert len(row.split()) > 3, f"`{row}` of `{name}` has no help"


def test_without_a_command() -> None:
    ran = run()
    assert ran.code == 2
    assert "Usage: cnngen" in ran.out + ran.err


def test_version() -> None:
    assert run("--version") == (0, f"cnngen {metadata.version('cnngen')}\n", "")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("complie", "did you mean `compile`?"),
        ("layer", "did you mean `layers`?"),
        ("CHECK", "did you mean `check`?"),
        ("zzz", f"commands: {', '.join(COMMANDS)}"),
        ("lenet5.cnn", f"commands: {', '.join(COMMANDS)}"),
    ],
)
def test_an_unknown_command(name: str, hint: str) -> None:
    ran = run(name)
    assert (ran.code, ran.out) == (2, "")
    assert f"no such command '{name}'; {hint}" in ran.err


def test_an_unknown_option() -> None:
    ran = run("--verion")
    assert ran.code == 2
    assert "No such option" in ran.err


# --- layers ----------------------------------------------------------------------------------


def test_the_overview_names_every_layer_and_construct() -> None:
    ran = run("layers")
    assert (ran.code, ran.err) == (0, "")
    rows = {line.split()[0]: line for line in ran.out.split("\n") if line.startswith("  ")}
    assert list(rows) == [*LAYERS, *CONSTRUCTS]
    for word, cls in LAYERS.items():
        first = (cls.__doc__ or "").split("\n")[0]
        assert rows[word].split(None, 1)[1] == first
    for word, construct in CONSTRUCTS.items():
        assert construct.doc.startswith(rows[word].split(None, 1)[1].rstrip("."))
    assert "`cnngen layers WORD`" in ran.out


def test_families_are_named() -> None:
    out = run("layers").out
    for title in ("Convolutions: plain", "Pooling: windows", "Normalisation.", "Activations."):
        assert re.search(rf"^{title}", out, re.MULTILINE)


@pytest.mark.parametrize("word", LAYERS)
def test_a_layers_page(word: str) -> None:
    ran = run("layers", word)
    assert (ran.code, ran.err) == (0, "")
    cls = LAYERS[word]
    text = flowing(ran.out)
    assert text.startswith(flowing(signature(cls)))
    assert flowing(cls.__doc__ or "") in text
    for name, parameter in parameters(cls).items():
        assert f" {name} {flowing(parameter.doc)}: {flowing(parameter.kind.expected)}" in text
        if not parameter.required and parameter.default is not None:
            row = text.partition(f" {name} {flowing(parameter.doc)}: ")[2]
            expected = flowing(parameter.kind.expected)
            assert row.startswith(f"{expected}; default {default_text(parameter.default)}")
    assert max(map(len, ran.out.split("\n"))) <= 88 + 12, "room for formulas in docstrings"


@pytest.mark.parametrize("word", CONSTRUCTS)
def test_a_constructs_page(word: str) -> None:
    ran = run("layers", word)
    assert (ran.code, ran.err) == (0, "")
    text = flowing(ran.out)
    assert text == f"{flowing(CONSTRUCTS[word].usage)} {flowing(CONSTRUCTS[word].doc)}"
    assert max(map(len, ran.out.split("\n"))) <= 88


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("conf", "did you mean `conv`?"),
        ("cat", "it is called `concat` here"),
        ("residal", "did you mean `residual`?"),
        ("while", "loops are `repeat n { ... }`"),
        ("fire", "`use std.inception` at the start of the file brings the block `fire` in"),
        ("zzz", "`cnngen layers` lists them all"),
        ("", "`cnngen layers` lists them all"),
    ],
)
def test_an_unknown_layer(word: str, hint: str) -> None:
    ran = run("layers", word)
    assert (ran.code, ran.out) == (2, "")
    assert f"there is no layer '{word}'; {hint}" in ran.err


# --- codes -----------------------------------------------------------------------------------


def test_all_codes_are_listed() -> None:
    ran = run("explain")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "".join(f"{code.id}  {code.title}\n" for code in CODES.values())


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_explained(code: str) -> None:
    ran = run("explain", code)
    assert (ran.code, ran.err) == (0, "")
    document = resources.files("cnngen.diagnostics") / "docs" / f"{code}.md"
    assert ran.out == document.read_text(encoding="utf-8")
    assert code in ran.out.split("\n")[0]
    assert run("explain", code.lower()).out == ran.out


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("E0301", "there is no code 'E0301'; did you mean `E301`?"),
        ("e999", "there is no code 'e999'; `cnngen explain` lists them all"),
        ("zzz", "there is no layer 'zzz'; `cnngen layers` lists them all"),
        ("conf", "there is no layer 'conf'; did you mean `conv`?"),
    ],
)
def test_what_cannot_be_explained(word: str, message: str) -> None:
    ran = run("explain", "E301", word)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_several_codes_are_explained() -> None:
    ran = run("explain", "E301", "w105", "conv")
    assert (ran.code, ran.err) == (0, "")
    parts = [run(command, word).out for command, word in _SEVERAL]
    assert ran.out == "\n".join(parts)


_SEVERAL = (("explain", "E301"), ("explain", "W105"), ("layers", "conv"))


@pytest.mark.parametrize("word", ["maxpool", "residual", "let", "std"])
def test_a_word_is_explained(word: str) -> None:
    assert run("explain", word) == run("layers", word)


def test_a_code_is_no_path() -> None:
    ran = run("explain", "../codes")
    assert ran.code == 2
    assert ran.out == ""


def test_the_shipped_blocks_are_listed_and_printed() -> None:
    listed = run("layers", "std")
    assert listed.code == 0
    for name in shipped.names(shipped.STD):
        assert f"use {name}\n" in listed.out
        printed = run("layers", name)
        source = shipped.source(name)
        assert source is not None
        assert (printed.code, printed.out) == (0, source.text)
        for block in re.findall(r"^block (\w+)", source.text, re.MULTILINE):
            assert re.search(rf"^  {block}\b", listed.out, re.MULTILINE)
    ran = run("layers", "std.resnets")
    assert ran.code == 2
    assert "did you mean `std.resnet`?" in ran.err


# --- what is called otherwise, and arguments -------------------------------------------------


@pytest.mark.parametrize("word", ["conv2d", "Conv2D", "Conv"])
def test_a_word_of_another_tool_shows_the_layer(word: str) -> None:
    ran = run("layers", word)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"`{word}` is called `conv` here.\n\n{run('layers', 'conv').out}"
    assert run("layers", "GlobalAveragePooling2D").out.startswith(
        "`GlobalAveragePooling2D` is called `avgpool global` here.\n\navgpool [kernel]"
    )


def test_words_of_arguments_are_explained() -> None:
    same = flowing(run("explain", "same").out)
    assert same.startswith("`pad=same` of `conv`, `ws_conv`,")
    assert "`pad=same` of `conv_transpose`: rows and columns" in same
    assert "`kernel=global` of `maxpool`, `avgpool`" in flowing(run("explain", "global").out)
    assert flowing(run("explain", "ceil").out).startswith("`ceil` of `maxpool`, `avgpool`: ")
    assert "`cnngen layers residual` says more" in flowing(run("explain", "projection").out)
    assert "`cnngen layers output` says more" in flowing(run("explain", "cross_entropy").out)


def test_all_that_constructs_take_is_explained() -> None:
    for name, values in CHOICES.items():
        for word in (name, *values):
            assert run("explain", word).code == 0, word
