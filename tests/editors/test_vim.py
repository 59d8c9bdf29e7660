"""Vim, without a screen: what a buffer of a .cnn file is set to, its colours, its indentation."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from editing import EDITORS, EXAMPLES, LISTS, ROOT, need

START = f"""
set nocompatible
set runtimepath^={EDITORS}/vim
filetype plugin indent on
syntax on
"""

Run = Callable[[str, str], list[str]]


@pytest.fixture
def vim(tmp_path: Path) -> Run:
    """Runs commands of Vim's on a file with this text; the lines that they put into ``out``."""
    need("vim")

    def run(text: str, commands: str) -> list[str]:
        (tmp_path / "source.cnn").write_text(text, encoding="utf-8")
        ending = f"\ncall writefile(out, '{tmp_path}/out')\nqall!\n"
        script = f"{START}edit {tmp_path}/source.cnn\nlet out = []\n{commands}{ending}"
        (tmp_path / "script.vim").write_text(script, encoding="utf-8")
        command = ["vim", "-es", "-u", "NONE", "-i", "NONE", "-n", "-S", f"{tmp_path}/script.vim"]
        subprocess.run(command, stdin=subprocess.DEVNULL, timeout=60)
        return (tmp_path / "out").read_text(encoding="utf-8").split("\n")[:-1]

    return run


def test_the_file_type_is_known(vim: Run) -> None:
    show = "call extend(out, [&filetype, &commentstring, &comments, &shiftwidth, &expandtab])"
    assert vim("network N {\n}\n", show) == ["cnn", "# %s", ":#", "4", "1"]


COLOURS = """
for [line, word] in [[1, 'taught'], [3, 'LeNet5'], [3, 'classes'], [5, 'conv'], [5, '5x5'],
                   \\ [5, '->'], [11, 'dense'], [12, 'classes']]
  let column = match(getline(line), word) + 1
  call add(out, synIDattr(synIDtrans(synID(line, column, 1)), 'name'))
endfor
"""


def test_colours_at_chosen_places(vim: Run) -> None:
    text = (ROOT / "examples" / "lenet5.cnn").read_text(encoding="utf-8")
    expected = "Comment Type Special Identifier Constant Statement Identifier cnnName"
    assert vim(text, COLOURS) == expected.split()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_whole_example_is_indented_as_it_was(path: Path, vim: Run) -> None:
    text = path.read_text(encoding="utf-8")
    flat = re.sub(r"^[ \t]+", "", text, flags=re.MULTILINE)
    assert flat != text
    assert vim(flat, "normal! gg=G\nlet out = getline(1, '$')") == text.split("\n")[:-1]


INSIDE_A_LINE = """\
conv max(8,
    a) b
relu
"""
"""What VS Code's rules cannot say: they look at how a line begins and how it ends."""


@pytest.mark.parametrize("text", [LISTS, INSIDE_A_LINE])
def test_brackets_over_lines_are_indented(text: str, vim: Run) -> None:
    flat = re.sub(r"^[ \t]+", "", text, flags=re.MULTILINE)
    assert vim(flat, "normal! gg=G\nlet out = getline(1, '$')") == text.split("\n")[:-1]
