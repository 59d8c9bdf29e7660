"""What a shell offers for a word that is being typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from cli.runner import EXAMPLES, process, run
from cnngen.cli import COMMANDS, cli
from cnngen.cli.layers import known_words
from cnngen.ops.initial import CALLS, INITIALISERS, WORDS


def offered(*words: str) -> list[str]:
    """The values for the last word."""
    *before, incomplete = words
    shell = ShellComplete(cli, {}, "cnngen", "_CNNGEN_COMPLETE")
    return [each.value for each in shell.get_completions(before, incomplete)]


def test_commands() -> None:
    assert offered("") == list(COMMANDS)
    assert offered("we") == ["weights"]


def test_networks_of_the_files_before() -> None:
    module = str(EXAMPLES / "inception_module.cnn")
    assert offered("compile", module, "--network", "Five") == ["FiveByFive", "FiveByFiveBottleneck"]
    assert offered("draw", "zoo:resnet", "--network", "ResNet1") == [
        *("ResNet18", "ResNet101", "ResNet152")
    ]
    assert offered("check", "none.cnn", "--network", "") == []


def test_networks_of_a_file_with_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "half.cnn"
    path.write_text("network A { input 8x8x3\n conv }\nnetwork B = A\n", encoding="utf-8")
    assert offered("check", str(path), "--network", "") == ["A", "B"]


def test_targets_layers_and_families() -> None:
    assert offered("compile", "-t", "") == ["keras", "onnx", "torch"]
    assert offered("layers", "conv") == ["conv", "conv_transpose"]
    assert offered("layers", "std.r") == ["std.resnet"]
    assert offered("zoo", "mobilenet_v") == ["mobilenet_v2", "mobilenet_v3"]


def test_codes_and_words() -> None:
    assert offered("explain", "e30")[:2] == ["E301", "E302"]
    assert offered("explain", "separ") == ["separable_conv"]


def test_files_and_families_where_a_source_is_named() -> None:
    assert offered("check", "zoo:densen") == ["zoo:densenet"]
    shell = ShellComplete(cli, {}, "cnngen", "_CNNGEN_COMPLETE")
    (item,) = shell.get_completions(["summary"], "exa")
    assert (item.value, item.type) == ("exa", "file")


@pytest.mark.parametrize("shell", [BashComplete, ZshComplete, FishComplete])
def test_each_shell_has_its_script(shell: type[ShellComplete]) -> None:
    ran = process(_CNNGEN_COMPLETE=f"{shell.name}_source")
    assert ran.code == 0
    assert "_CNNGEN_COMPLETE" in ran.out


@pytest.mark.parametrize("word", known_words())
def test_every_word_that_is_offered_has_a_page(word: str) -> None:
    ran = run("layers", word)
    assert (ran.code, ran.err) == (0, "")


def test_every_initialiser_is_explained() -> None:
    assert set(INITIALISERS) == {*WORDS, *CALLS}
    page = run("layers", "init").out
    for word in INITIALISERS:
        assert f"\n  {word} " in page
    assert "he(uniform, fan_out)" in run("layers", "he").out
