"""The VS Code extension: what it names exists, its snippets compile, its indentation rules hold."""

from __future__ import annotations

import json
import re
import subprocess
import time
import tomllib
import zipfile
from pathlib import Path

import pytest
from editing import EDITORS, EXAMPLES, LISTS, ROOT, need_node

from cnngen.compiler import analyse
from cnngen.source import Source

FOLDER = EDITORS / "vscode"
EXTENSION = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
CONFIGURATION = json.loads((FOLDER / "language-configuration.json").read_text(encoding="utf-8"))
RULES = CONFIGURATION["indentationRules"]
SNIPPETS = json.loads((FOLDER / "snippets" / "cnn.json").read_text(encoding="utf-8"))

AROUND = """
network Around(classes=10) {{
    input 32x32x3
    conv 16 3x3 pad=1
{}
    avgpool global, flatten, dense classes
}}
"""


def test_the_version_is_that_of_cnngen() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert EXTENSION["version"] == project["version"]


def test_what_is_named_is_there_and_packed() -> None:
    contributes = EXTENSION["contributes"]
    (language,) = contributes["languages"]
    paths = [each["path"] for kind in ("grammars", "snippets") for each in contributes[kind]]
    paths += [language["configuration"], *language["icon"].values(), EXTENSION["icon"]]
    packed = (FOLDER / ".vscodeignore").read_text(encoding="utf-8").split("\n")
    for path in paths:
        assert (FOLDER / path).exists(), path
        assert f"!{path.removeprefix('./')}" in packed


def test_the_packed_extension_holds_what_is_named_and_no_more(tmp_path: Path) -> None:
    need_node()
    file = tmp_path / "cnn.vsix"
    command = ["npm", "run", "--silent", "pack", "--prefix", str(EDITORS), "--", "--out", str(file)]
    subprocess.run(command, capture_output=True, check=True)
    with zipfile.ZipFile(file) as archive:
        names = {name for name in archive.namelist() if name.startswith("extension/")}
        grammar = archive.read("extension/syntaxes/cnn.tmLanguage.json")
    assert names == {
        "extension/LICENSE.txt",
        "extension/icon.png",
        "extension/language-configuration.json",
        "extension/package.json",
        "extension/readme.md",
        "extension/snippets/cnn.json",
        "extension/syntaxes/cnn.tmLanguage.json",
    }
    assert grammar == (ROOT / "grammar" / "cnn.tmLanguage.json").read_bytes()


def test_there_is_a_snippet_for_each_construct() -> None:
    assert set(SNIPPETS) == {"network", "block", "residual", "inception", "aux", "repeat"}
    assert all(snippet["prefix"] == word for word, snippet in SNIPPETS.items())


@pytest.mark.parametrize("word", SNIPPETS)
def test_a_snippet_compiles_as_it_comes(word: str) -> None:
    text = "\n".join(SNIPPETS[word]["body"]).replace("\t", "    ")
    text = re.sub(r"\$\{\d+:([^}]*)\}|\$0", lambda stop: stop[1] or "", text)
    assert "$" not in text
    if word == "block":
        text += AROUND.format("    unit 16")
    elif word != "network":
        text = AROUND.format(text)
    assert analyse(Source(f"{word}.cnn", text)).diagnostics == ()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_indentation_rules_give_the_examples(path: Path) -> None:
    assert _misplaced(path.read_text(encoding="utf-8")) == []


def test_the_indentation_rules_know_brackets_over_lines() -> None:
    assert _misplaced(LISTS) == []


def _misplaced(text: str) -> list[str]:
    """The lines that are not where VS Code puts them: a step after each that increases."""
    depth, found = 0, []
    for line in filter(str.strip, text.split("\n")):
        depth -= bool(re.match(RULES["decreaseIndentPattern"], line))
        if len(line) - len(line.lstrip()) != 4 * depth:
            found.append(line)
        depth += bool(re.match(RULES["increaseIndentPattern"], line))
    return found


@pytest.mark.timed
@pytest.mark.parametrize(
    "part", ["{", "(", "[", "({", "{}", "()", "{()", "({}", '{"', '"{', '{"a"']
)
@pytest.mark.parametrize("end", ["", '"', "}", ")"])
def test_the_indentation_rules_read_a_long_line_in_no_time(part: str, end: str) -> None:
    start = time.process_time()
    re.match(RULES["increaseIndentPattern"], part * 16_000 + end)
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize("word", ["conv_bn", "3x3", "224x224x3", "0.5", "layer1"])
def test_a_double_click_takes_a_whole_word(word: str) -> None:
    assert re.findall(CONFIGURATION["wordPattern"], f"a {word}, b")[1] == word
