"""How much work a compile is: counts of calls, the same on every machine and however busy it is.

``benchmarks/compile_speed.py`` measures time, on a machine that does nothing else. A limit that a
change exceeds for a good reason is raised in that change.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from work import counted

from cnngen import shipped
from cnngen.backends import backend
from cnngen.choice import Choice
from cnngen.compiler import compile_source
from cnngen.source import Source

LENET5 = str(Path(__file__).parents[1] / "examples" / "lenet5.cnn")
TARGETS = [backend("torch")]
MOST_PER_LAYER = 1_200
"""Calls for a convolution of a long chain."""


def calls_of(text: str, choice: Choice | None = None) -> int:
    """The calls that compiling a source for PyTorch takes, once all that is kept is there."""
    compile_source(Source("warm.cnn", "network Warm { input 8x8x3, relu }"), TARGETS)
    with counted() as work:
        result = compile_source(Source("net.cnn", text), TARGETS, choice)
    assert result.outputs
    return work.calls


def chain(count: int) -> str:
    """That many convolutions, one a line."""
    return "network Chain {\n    input 32x32x8\n" + "    conv 8 3x3 pad=1\n" * count + "}\n"


def blocks(count: int) -> str:
    """That many uses of a residual block, one a line, of many different widths."""
    body = "residual { conv n 3x3 pad=1, bn, relu, conv n 3x3 pad=1, bn }, relu"
    uses = "".join(f"    unit {8 + place % 50}\n" for place in range(count))
    return f"block unit(n) {{ {body} }}\nnetwork Blocks {{\n    input 32x32x8\n{uses}}}\n"


def test_resnet_152() -> None:
    source = shipped.source("zoo.resnet")
    assert source is not None
    text = source.text
    assert calls_of(text, Choice(network="ResNet152")) < 150_000


def test_ten_times_the_layers_are_ten_times_the_work() -> None:
    nothing, some, many = (calls_of(chain(count)) for count in (1, 1_000, 10_000))
    assert many - nothing < 10.2 * (some - nothing)
    assert many - nothing < MOST_PER_LAYER * 10_000


def test_ten_times_the_uses_of_a_block_are_at_most_ten_times_the_work() -> None:
    nothing, some, many = (calls_of(blocks(count)) for count in (1, 100, 1_000))
    assert many - nothing < 10.2 * (some - nothing)


COUNTED = """
import contextlib, sys
sys.path.insert(0, {tests!r})
from work import counted
with counted() as work, contextlib.suppress(SystemExit):
    {code}
print(work.calls, file=sys.stderr)
"""
IMPORTS = "import lark, jinja2, click"
COMMAND = "from cnngen.cli import main; main()"


def calls_of_process(code: str, folder: Path, *arguments: str) -> int:
    """The calls of a process from its start; ``folder`` holds its cache and what it writes."""
    text = COUNTED.format(tests=str(Path(__file__).parent), code=code)
    done = subprocess.run(
        [sys.executable, "-c", text, *arguments],
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stderr)


@pytest.mark.parametrize(
    ("source", "network", "most"), [(LENET5, "LeNet5", 1.6), ("zoo:resnet", "ResNet152", 2.6)]
)
def test_a_start_is_little_more_than_its_imports(
    source: str, network: str, most: float, tmp_path: Path
) -> None:
    """With warm caches: tables of the parser and code of the template are not made again."""
    arguments = ["compile", source, "--network", network, "-q"]
    arguments += ["-t", "torch", "-o", "net.py"]
    cold, _, warm = (calls_of_process(COMMAND, tmp_path, *arguments) for _ in range(3))
    assert warm < most * calls_of_process(IMPORTS, tmp_path)
    assert cold > 1_000_000 > warm, "this tells one from the other"
