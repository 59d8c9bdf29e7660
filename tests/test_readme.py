"""What README.md and docs/ show is what cnngen reads and writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cnngen.backends import backend
from cnngen.compiler import analyse, compile_source
from cnngen.diagnostics.render import full
from cnngen.source import Source

ROOT = Path(__file__).parent.parent
README = "".join(
    (ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "docs/tour.md")
)
"""What is shown first, and the tour that goes on from it."""
PAGES = ("language.md", "layers.md")
LANGUAGE = "".join((ROOT / "docs" / page).read_text(encoding="utf-8") for page in PAGES)


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language, without the indentation of a list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def test_the_source_is_the_example() -> None:
    assert blocks(README, "cnn")[0] == (ROOT / "examples" / "lenet5.cnn").read_text()


def test_the_blocks_give_the_class_that_is_shown() -> None:
    network = """
network Some(classes=1000) {
    input 56x56x64
    layer1: bottleneck_stage 64 3
    layer2: bottleneck_stage 128 4 stride=2
    avgpool global, flatten
    fc: dense classes
}
"""
    text = blocks(README, "cnn")[1] + network
    (output,) = compile_source(Source("some.cnn", text), [backend("torch")]).outputs
    without_docstrings = re.sub(r'\n    """[^"]*"""\n\n', "\n", output.text)
    assert blocks(README, "python")[2] in without_docstrings


@pytest.mark.parametrize(("target", "place"), [("torch", 0), ("keras", 1)])
def test_the_code_is_what_is_generated(target: str, place: int) -> None:
    generated = (ROOT / "generated" / target / f"lenet5_{target}.py").read_text()
    shown = blocks(README, "python")[place]
    assert generated.endswith(f"\n\n\n{shown}")


def test_the_diagnostic_is_what_is_printed() -> None:
    (shown,) = [block for block in blocks(README, "text") if block.startswith("error")]
    source = Source(
        "lenet5.cnn",
        "network LeNet5(classes=10) {\n"
        "    input 32x32x1\n"
        "    conv 6 5x5, tanh        -> 28x28x6\n"
        "    conv 16 5x5, tanh       -> 12x12x16\n"
        "}\n",
    )
    (diagnostic,) = analyse(source).diagnostics
    assert shown == full(diagnostic)


@pytest.mark.parametrize("text", blocks(LANGUAGE, "cnn"))
def test_the_sources_in_the_language_reference_compile(text: str) -> None:
    targets = [backend("torch"), backend("keras")]
    assert analyse(Source("language.md", text), backends=targets).diagnostics == ()
