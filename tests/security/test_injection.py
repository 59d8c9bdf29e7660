"""Whatever a source says, its modules are made of the target's words and of checked names."""

from __future__ import annotations

import builtins
import keyword

import pytest
from fuzz.text.seeds import valid
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from security.closed import Closed
from security.harness import DANGEROUS, TARGETS, check_form, compiled
from security.vocabulary import pieces, words

SOURCE = """# {head}

# {above}
network {network}({parameter}=3, {rate}=0.5) {{  # {behind}
    input 9x9x4
    {label}: conv 4 3x3 pad=1, relu
    {group}: {{ {child}: conv 4 3x3 pad=1, lrn 3 }}
    concat {{
        {branch}: conv 2 1x1
        avgpool 3x3 stride=1 pad=same count_pad=false
    }}
    concat {label}
    residual shortcut_name={path} {{ {block} 5 }}  # {behind}
    for {turn} in [1, 2] {{ {indexed}[{turn}]: relu }}
    let {value} = 2
    gate {{ avgpool global, conv {value} // 2 1x1, sigmoid }}
    aux {head_name} weight=0.3 {{ flatten, dense {parameter} }}
    flatten, dropout {rate}, dense {parameter}
}}

# {about}
block {block}({width}, {mode}={word}) {{
    {inner}: conv {width} 3x3 pad={padding}, bn{more}
}}
"""

TEXTS = ("head", "above", "behind", "about")
"""Places of comments."""

FREE = ("word", "padding", "more")
"""Places of values, where a string or more could stand."""

HARMLESS = {
    "network": "Net", "parameter": "classes", "rate": "rate", "label": "stem", "group": "body",
    "child": "first", "branch": "ones", "path": "projected", "block": "unit", "turn": "turn",
    "indexed": "step", "value": "some", "head_name": "side", "width": "wide", "mode": "mode",
    "inner": "inner", "word": "1", "padding": "1", "more": "", "head": "head", "above": "above",
    "behind": "behind", "about": "about",
}  # fmt: skip

NAMED = tuple(place for place in HARMLESS if place not in (*TEXTS, *FREE))

PAYLOADS = (
    "pwned()", "import pwned", "__import__('pwned').pwned()", "exec('pwned')", "pwned = 1",
    "@pwned", "lambda: pwned", "yield pwned", "raise pwned", "pwned: pwned", "coding: pwned",
    "-*- coding: utf-7 -*-", "vim: fileencoding=latin-1", "type: ignore[pwned]", "noqa: pwned",
)  # fmt: skip

SIGNS = (
    '"', "'", '"""', "'''", "\\", '\\"', '\\"""', "\\\\", "\\N{QUOTATION MARK}", "\\x22", "\\042",
    "{", "}", "{{", "}}", "{% raw %}", "{%", "%}", "{#", "#}", "{{ 7 * 7 }}", "{0}", "{name}",
    "%s", "%(a)s", "$x", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028",
    "\u2029", "\x00", "\x1a", "\x1b[2J", "\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "#",
    "\U000e0041", "\u0430", "\uff53\uff45\uff4c\uff46", "\u02b9", "\u201c", ":", ";", "=", "(",
    ")", "[", "]", ",", "  ", "\t", "x" * 100,
)  # fmt: skip

hostile = st.lists(
    st.sampled_from(PAYLOADS) | st.sampled_from(SIGNS) | st.text(max_size=6), min_size=1, max_size=8
).map("".join)

NAMES = sorted({
    *keyword.kwlist, *dir(builtins), *DANGEROUS, "pwned", "__pwned__", "pwned_2", "os", "system",
    "self", "nn", "torch", "keras", "layers", "functional", "forward", "call", "__init__",
    "__reduce__", "__getattr__", "__class_getitem__", "Net", "unit", "main", "outputs", "x1",
    "NetOutputs", "NetModel", "LocalResponseNorm", "PaddedAvgPool2d", "getattr", "annotations",
})  # fmt: skip

relaxed = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def examine(text: str, path: str = "net.cnn") -> int:
    """Compile for both targets; how many modules there are, all of them closed."""
    made = 0
    for target in TARGETS:
        code = compiled(text, target, path)
        if code is not None:
            made += 1
            check_form(code)
            Closed(code, text, path, target).check()
    return made


@pytest.mark.parametrize("target", TARGETS)
def test_no_word_of_a_target_is_dangerous(target: str) -> None:
    harmful = {*DANGEROUS, "os", "system", "subprocess", "builtins", "setattr", "input_", "pwned"}
    looked_at = {
        "getattr",
        "eval",
    }  # by check_form: what the one is given, that the other is a method
    assert not words(target) & (harmful - looked_at)
    assert not pieces(words(target)) & {"exec", "os", "system", "pwned", "globals"}


def test_modules_of_harmless_sources_are_closed() -> None:
    assert examine(SOURCE.format_map(HARMLESS)) == 2
    assert sum(map(examine, valid()[::3])) > 130


@relaxed
@given(st.fixed_dictionaries(dict.fromkeys(TEXTS, hostile)), hostile)
def test_hostile_comments_and_file_names_are_no_code(texts: dict[str, str], path: str) -> None:
    one_line = {place: " ".join(text.splitlines()) for place, text in texts.items()}
    assert examine(SOURCE.format_map(HARMLESS | one_line), path.replace("/", "")) == 2
    examine(SOURCE.format_map(HARMLESS | texts), path)


@relaxed
@given(st.dictionaries(st.sampled_from(NAMED), st.sampled_from(NAMES), min_size=1, max_size=3))
def test_hostile_names_are_names_or_refused(names: dict[str, str]) -> None:
    examine(SOURCE.format_map(HARMLESS | names))


@relaxed
@given(st.dictionaries(st.sampled_from((*NAMED, *FREE)), hostile, min_size=1, max_size=2))
def test_hostile_text_anywhere_is_no_code(texts: dict[str, str]) -> None:
    examine(SOURCE.format_map(HARMLESS | texts))


@relaxed
@given(st.sampled_from(FREE), hostile.filter(lambda text: '"' not in text and "\n" not in text))
def test_hostile_strings_are_no_code(place: str, text: str) -> None:
    before = ', relu "' if place == "more" else '"'
    examine(SOURCE.format_map(HARMLESS | {place: f'{before}{text}"'}))
    examine(f'use "{text}"\n' + SOURCE.format_map(HARMLESS))
