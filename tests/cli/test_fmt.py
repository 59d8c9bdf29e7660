"""``cnngen fmt``: what is written, what is said, and what is left alone."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from cli.runner import EXAMPLES, LENET5, leftovers, run
from cnngen.cli import fmt
from cnngen.formatting import same

UGLY = "network A(n=3){\n  input 8x8x3\n\n\n  conv n 3x3,relu -> 6x6 x n # kept\n}"
TIDY = "network A(n=3) {\n    input 8x8x3\n\n    conv n 3x3, relu    -> 6x6 x n  # kept\n}\n"


@pytest.fixture
def ugly(here: Path) -> Path:
    path = here / "ugly.cnn"
    path.write_text(UGLY)
    return path


def test_a_file_is_laid_out_in_place(ugly: Path, here: Path) -> None:
    os.chmod(ugly, 0o640)
    assert run("fmt", "ugly.cnn", "small.cnn") == (0, "", "ugly.cnn: laid out\n")
    assert ugly.read_text() == TIDY
    assert ugly.stat().st_mode & 0o777 == 0o640
    assert leftovers(here) == []
    before = ugly.stat().st_mtime_ns
    assert run("fmt", "ugly.cnn") == (0, "", "")
    assert ugly.stat().st_mtime_ns == before, "what is laid out already is not written again"


def test_quiet(ugly: Path) -> None:
    assert run("fmt", "ugly.cnn", "-q") == (0, "", "")
    assert ugly.read_text() == TIDY


def test_check_writes_nothing(ugly: Path) -> None:
    ran = run("fmt", "ugly.cnn", "lenet5.cnn", "--check", "--output-format", "concise")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("ugly.cnn:1:1: E022 ugly.cnn is laid out otherwise")
    assert ran.err.count("\n") == 1
    assert ugly.read_text() == UGLY
    ran = run("fmt", "ugly.cnn", "--check", "--output-format", "json")
    assert [found["code"] for found in json.loads(ran.out)] == ["E022"]


def test_the_difference(ugly: Path) -> None:
    ran = run("fmt", "ugly.cnn", "lenet5.cnn", "--diff")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith("--- ugly.cnn\n+++ ugly.cnn\n@@ ")
    assert "\n-  input 8x8x3\n" in ran.out
    assert "\n+    input 8x8x3\n" in ran.out
    assert "\\ No newline at end of file" in ran.out
    assert ugly.read_text() == UGLY
    patched = subprocess.run(
        ["patch", "-s", "ugly.cnn"], input=ran.out.encode(), capture_output=True, check=False
    )
    assert patched.returncode == 0, patched
    assert ugly.read_text() == TIDY


def test_check_and_difference_together(ugly: Path) -> None:
    ran = run("fmt", "ugly.cnn", "--check", "--diff")
    assert ran.code == 1
    assert ran.out.startswith("--- ugly.cnn\n")
    assert "E022" in ran.err


def test_standard_input_is_filtered() -> None:
    assert run("fmt", "-", stdin=UGLY.encode()) == (0, TIDY, "")
    assert run("fmt", "-", "--check", stdin=UGLY.encode()).code == 1
    assert run("fmt", "-", "--check", stdin=TIDY.encode()).code == 0
    assert run("fmt", "-", "--diff", stdin=UGLY.encode()).out.startswith("--- <stdin>\n")
    ran = run("fmt", "-", "--output-format", "json", stdin=b"network {")
    assert (ran.code, ran.out) == (1, "")
    assert json.loads(ran.err)


def test_a_file_with_mistakes_stays_and_others_are_laid_out(ugly: Path, here: Path) -> None:
    (here / "bad.cnn").write_text("network A {\n  input 3,\n")
    ran = run("fmt", "bad.cnn", "absent.cnn", "ugly.cnn")
    assert ran.code == 2, "a file that is missing counts for more"
    assert "bad.cnn:2:" in ran.err
    assert "no such file: absent.cnn" in ran.err
    assert ran.err.startswith("ugly.cnn: laid out\n")
    assert ugly.read_text() == TIDY
    assert (here / "bad.cnn").read_text() == "network A {\n  input 3,\n"
    assert run("fmt", "bad.cnn").code == 1


def test_a_mistake_of_shape_is_none_of_layout() -> None:
    assert run("fmt", "wrong.cnn").code == 0


@pytest.mark.parametrize(
    "text", [TIDY.replace("\n", "\r\n"), TIDY.replace("\n", "\r"), "\ufeff" + TIDY]
)
def test_ends_of_lines_and_marks(text: str, here: Path) -> None:
    path = here / "other.cnn"
    path.write_bytes(text.encode())
    ran = run("fmt", "other.cnn", "--check", "--output-format", "concise")
    assert (ran.code, ran.out) == (1, "")
    assert "the ends of lines, or a byte-order mark before the first, would change" in ran.err
    assert "would change" in run("fmt", "other.cnn", "--diff").out
    assert run("fmt", "other.cnn").code == 0
    assert path.read_bytes() == TIDY.encode()


def test_through_a_link_the_file_itself_is_written(ugly: Path, here: Path) -> None:
    (here / "link.cnn").symlink_to("ugly.cnn")
    assert run("fmt", "link.cnn").code == 0
    assert (here / "link.cnn").is_symlink()
    assert ugly.read_text() == TIDY


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("zoo:resnet", "is shipped and stays as it is; `cnngen zoo resnet > resnet.cnn`"),
        ("notes.txt", "is no file that ends in .cnn"),
        ("pipe.cnn", "is no file that ends in .cnn"),
    ],
)
def test_what_cannot_be_written_in_place(path: str, message: str, here: Path) -> None:
    (here / "notes.txt").write_text("# notes\n\n\n")
    os.mkfifo(here / "pipe.cnn")
    ran = run("fmt", "ugly.cnn", path)
    assert ran.code == 2
    assert message in " ".join(ran.err.split())
    assert (here / "notes.txt").read_text() == "# notes\n\n\n"


def test_what_would_say_something_else_is_not_written(
    ugly: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the printer must not reach the file."""
    monkeypatch.setattr("cnngen.formatting.to_text", lambda file: TIDY.replace("conv n", "conv 3"))
    with pytest.raises(AssertionError, match="would say something else"):
        run("fmt", "ugly.cnn")
    monkeypatch.setattr("cnngen.formatting.to_text", lambda file: TIDY.replace("# kept", ""))
    with pytest.raises(AssertionError, match="would say something else"):
        run("fmt", "ugly.cnn")
    assert ugly.read_text() == UGLY


def test_it_is_the_lines_of_the_examples() -> None:
    folders = [EXAMPLES, EXAMPLES / "lecture", Path(fmt.__file__).parents[1] / "zoo"]
    sources = [path for folder in folders for path in folder.glob("*.cnn")]
    assert len(sources) > 60
    assert run("fmt", "--check", *sources) == (0, "", "")


# --- shapes ----------------------------------------------------------------------------------


def shaped(here: Path, text: str) -> str:
    (here / "net.cnn").write_text(text)
    ran = run("fmt", "net.cnn", "--shapes", "-q")
    assert ran == (0, "", "")
    written = (here / "net.cnn").read_text()
    assert run("fmt", "net.cnn", "--shapes", "--check").code == 0, "twice is once"
    assert run("check", "net.cnn", "-q").code == 0
    return written


def bare(text: str) -> str:
    import re

    return re.sub(r" *-> .*", "", text)


def test_all_shapes_of_lenet(here: Path) -> None:
    assert shaped(here, bare(LENET5)) == LENET5


def test_wrong_shapes_are_set_right(here: Path) -> None:
    wrong = LENET5.replace("28x28x6", "29x28x6").replace("-> 400", "-> 7").replace("-> 84", "-> 1")
    assert run("check", "-", stdin=wrong.encode()).code == 1
    assert shaped(here, wrong) == LENET5


def test_what_is_right_stays_as_it_is_written(here: Path) -> None:
    text = LENET5.replace("-> 400", "-> 4 * 100").replace("-> 84", "-> 42 + 42")
    assert shaped(here, text) == text


def test_a_parameter_is_named(here: Path) -> None:
    text = "network A(width=4) {\n    input 8x8x3\n    conv 2 * width 3x3\n}\n"
    assert "conv 2 * width 3x3      -> 6x6 x 2 * width\n" in shaped(here, text)


@pytest.mark.parametrize("end", ["flatten\n    dense 10", "conv 16 1\n    conv w 1"])
@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("if deep {\n        conv w 3 stride=2 pad=1\n    }", ("deep=false", "w=12")),
        ("repeat n {\n        conv w 3 stride=2 pad=1\n    }", ("n=0", "n=3", "w=12")),
        ("if deep { conv w 3 pad=1 }", ("deep=false", "w=12")),
        ("if deep { conv 24 3 pad=1 }", ("deep=false", "w=12")),
        ("conv w 3 stride=n", ("n=2", "w=12")),
        ("conv w 3 pad=1, act", ("act=tanh", "act=none", "w=12")),
        ("let c = 3 if deep else w\n    conv c 3", ("deep=false", "w=12")),
        ("for i in range(n) {\n        conv w + i 3\n    }", ("n=0", "n=3", "w=12")),
    ],
)
def test_what_is_stated_holds_for_all_values(
    line: str, values: tuple[str, ...], end: str, here: Path
) -> None:
    text = (
        "network A(w=8, deep=true, n=1, act=relu) {\n    input 32x32x3\n    conv w 3 pad=1\n"
        f"    {line}\n    avgpool 2\n    {end}\n}}\n"
    )
    shaped(here, text)
    for value in values:
        assert run("check", "net.cnn", "-q", "--set", value, "--ignore", "W").code == 0


def test_a_wrong_shape_that_a_value_decides_is_a_mistake(here: Path) -> None:
    text = (
        "network A(deep=true) {\n    input 32x32x3\n    conv 8 3 pad=1\n"
        "    if deep {\n        conv 8 3 stride=2 pad=1    -> 15x15x8\n    }\n"
        "    flatten\n    dense 10\n}\n"
    )
    (here / "net.cnn").write_text(text)
    ran = run("fmt", "net.cnn", "--shapes")
    assert (ran.code, "E301" in ran.err) == (1, True)
    assert (here / "net.cnn").read_text() == text


def test_where_nothing_changes_nothing_is_stated(here: Path) -> None:
    text = "network A {\n    input 8x8x3\n    relu\n    conv 3 3x3 pad=1\n    bn\n}\n"
    assert shaped(here, text) == text


def test_what_variants_and_uses_decide_is_left_alone(here: Path) -> None:
    text = (
        "block unit(n) {\n    conv n 3x3, relu\n    maxpool 2x2\n}\n\n"
        "network Base(depth, widths) {\n    input 64x64x3\n"
        "    for n in widths {\n        unit n\n    }\n    avgpool global, flatten\n}\n\n"
        "network A = Base depth=1 widths=[4]\nnetwork B = Base depth=2 widths=[4, 8]\n"
    )
    assert shaped(here, text) == text


def test_inside_of_groups_and_loops(here: Path) -> None:
    text = (
        "network A {\n    input 8x8x3\n    stem: {\n        conv 4 3x3\n        relu\n    }\n"
        "    residual { conv 8 1x1 }\n    inception {\n        conv 2 1x1\n"
        "        maxpool 3x3 stride=1 pad=1\n    }\n}\n"
    )
    assert " ".join(shaped(here, text).split()) == (
        "network A { input 8x8x3 stem: { conv 4 3x3 -> 6x6x4 relu } -> 6x6x4 "
        "residual { conv 8 1x1 } -> 6x6x8 "
        "inception { conv 2 1x1 -> 6x6x2 maxpool 3x3 stride=1 pad=1 } -> 6x6x10 }"
    )


def test_a_source_with_other_mistakes_is_told_them(here: Path) -> None:
    (here / "net.cnn").write_text("network A {\n    input 8x8x3\n    conv 4 9x9\n}\n")
    ran = run("fmt", "net.cnn", "--shapes")
    assert ran.code == 1
    assert "E302" in ran.err
    text = "block b {\n    conv 4 3x3    -> 1x1x4\n}\n\nnetwork A {\n    input 8x8x3\n    b\n}\n"
    (here / "net.cnn").write_text(text)
    ran = run("fmt", "net.cnn", "--shapes")
    assert ran.code == 1, "in a block, a wrong statement is a mistake for its writer"
    assert "E301" in ran.err
    assert (here / "net.cnn").read_text() == text


def test_all_shapes_of_the_examples(here: Path) -> None:
    """Written over what is bare, they are right; loops, groups and branches are among them."""
    for path in sorted(EXAMPLES.glob("*.cnn")):
        text = path.read_text(encoding="utf-8")
        assert shaped(here, bare(text)).count("->") >= text.count("->") // 2, path


def test_meaning_sees_a_changed_number() -> None:
    from cnngen.source import Source
    from cnngen.syntax.parser import parse

    one, other = (
        same.meaning_of(parse(Source("a", TIDY.replace("8x8x3", size)))[0])
        for size in ("8x8x3", "8x8x4")
    )
    assert one != other
