"""What a source quotes does not steer the terminal that diagnostics are shown on."""

from __future__ import annotations

import json
import unicodedata

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from cnngen.cli import cli

CONTROLS = [chr(n) for n in (*range(32), *range(0x7F, 0xA0)) if chr(n) not in "\n\r\t"] + [
    *"\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    *"\ufeff\U000e0041\ufff9",
]

PLACES = {
    "stray": "network A {{ input 4\n {}relu }}\n",
    "in a comment": "network A {{ input 4\n relo # {}\n}}\n",
    "in a comment above": "# {}\nnetwork A {{ input 4\n relo }}\n",
    "in a string": 'network A(a="{}") {{ input 4\n dense a }}\n',
    "in an open string": 'network A(a="{}) {{ input 4\n dense a }}\n',
    "in a name": "network A {{ input 4\n re{}lu }}\n",
    "in a number": "network A {{ input 4\n dense 1{}2 }}\n",
    "in a label": "network A {{ input 4\n a{}b: relu\n a: relo }}\n",
    "at the top": "{}network A {{ input 4\n relo }}\n",
    "outside": "network A {{ input 4\n relu }}\n{}dense 3\n",
    "in a long line": "network A {{ input 4\n relo " + "# {0}" * 60 + "\n}}\n",
    "in a file to use": 'use "a{}.cnn"\nnetwork A {{ input 4\n relo }}\n',
    "in a word to use": "use a{}.b\nnetwork A {{ input 4\n relo }}\n",
    "in a block": "block a{}b(c) {{ relo }}\nnetwork A {{ input 4\n ab 3 }}\n",
    "in an argument": "block b(c) {{ relo }}\nnetwork A {{ input 4\n b c{}=3 }}\n",
    "in a joined label": "network A {{ input 4\n relu\n add a{}b }}\n",
    "in a branch": "network A {{ input 4x4x4\n concat {{\n relu\n maxpool 2 #{}\n }}\n }}\n",
    "in a stated shape": "network A {{ input 4\n relu -> {}5\n}}\n",
}


def said(text: str, form: str, *options: str) -> tuple[int, str, str]:
    arguments = ["check", "-", "--output-format", form, *options]
    result = CliRunner().invoke(cli, arguments, input=text.encode("utf-8"))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def calm(text: str) -> bool:
    return all(c.isprintable() or c == "\n" for c in text)


@pytest.mark.parametrize("form", ["full", "concise", "json"])
@pytest.mark.parametrize("place", PLACES)
def test_control_characters_are_shown_not_sent(place: str, form: str) -> None:
    for control in CONTROLS:
        code, out, err = said(PLACES[place].format(control), form)
        assert code in (0, 1), (place, control)
        assert calm(out), (place, ascii(control), out)
        assert calm(err), (place, ascii(control), err)
        if form == "json":
            json.loads(out)


@pytest.mark.parametrize("place", PLACES)
def test_colours_do_not_let_them_through(place: str) -> None:
    for control in ("\x1b]0;title\x07", "\x9b2J", "\x1b[2J", "\u202e"):
        text = PLACES[place].format(control)
        _, _, err = said(text, "full", "--color", "always")
        import re

        assert calm(re.sub(r"\x1b\[[0-9;]*m", "", err)), (place, ascii(control))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(PLACES)), st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_gets_through_or_breaks_anything(place: str, text: str) -> None:
    source = PLACES[place].format(text)
    for form in ("full", "concise"):
        code, out, err = said(source, form)
        assert code in (0, 1)
        assert calm(out + err)
    _, out, _ = said(source, "json")
    json.loads(out)


def test_a_concise_diagnostic_is_one_line_for_each() -> None:
    for control in CONTROLS:
        _, out, _ = said(PLACES["stray"].format(control), "json")
        _, _, err = said(PLACES["stray"].format(control), "concise")
        assert err.count("\n") == len(json.loads(out)), unicodedata.name(control, ascii(control))
