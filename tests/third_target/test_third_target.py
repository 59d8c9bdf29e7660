"""A third target on the shared lowering: found, complete, and right in numbers."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.runner import run
from numeric import cases
from numeric.harness import assert_close, problem
from numeric.region_cases import CASES, RegionCase
from numeric.smaller import EXAMPLES, ZOO, smaller

from cnngen.backends import BUILT_IN, backend, target_names
from cnngen.choice import Choice
from cnngen.compiler import Result, compile_source
from cnngen.diagnostics import codes
from cnngen.ir import MAIN, Network
from cnngen.reference import evaluate
from cnngen.source import Source

FOLDER = Path(__file__).parent
PACKAGE = FOLDER.parents[1] / "cnngen"

TOLERANCE = 1e-12
"""Relative to the largest value of the output, in float64."""

MOST_LINES = 300

NETWORKS = [
    ("resnet.cnn", "PlainNet18"),
    ("resnet.cnn", "CifarResNet20"),
    ("resnet.cnn", "CifarResNet20_Projection"),
    ("zoo/resnet.cnn", "ResNet18"),
    ("zoo/resnet.cnn", "Small = ResNet depths=[1, 2, 1, 1] classes=10"),
    ("zoo/resnext.cnn", "ResNeXt50_32x4d"),
    ("zoo/densenet.cnn", "Small = DenseNet depths=[2, 3, 1, 2] growth=8 classes=10"),
    ("zoo/vgg.cnn", "VGG11"),
    ("zoo/vgg.cnn", "VGG13_BN"),
    ("zoo/vgg.cnn", "Small = VGG depths=[1, 3, 1, 2, 2] norm=true"),
    ("zoo/mobilenet_v2.cnn", "MobileNetV2"),
    ("inception_module.cnn", "InceptionModule"),
    ("zoo/squeezenet.cnn", "SqueezeNet1_0"),
]
"""An example or a card of the zoo, and a network of it or a variant."""

NAMES_AND_LOOPS = {
    "a name like a label": """
        network Case(n=3) {
            input 6x5x4
            let c = 2 * n
            c: conv c 1x1
            conv c 1x1, add c
        }""",
    "a name like a block": """
        block unit(width) { conv width 1x1, relu }
        network Case(n=3) {
            input 6x5x4
            let unit = 2 * n
            unit unit, unit unit + 1
        }
        network Case2 {
            input 6x5x4
            for unit in [1, 2, 3] { unit unit + 2 }
        }""",
    "a loop's variable like a label": """
        block unit(n) {
            for i in range(n) { conv n + i 1x1, relu }
            i: conv n 1x1
            conv n 1x1, add i
        }
        network Case {
            input 6x5x4
            unit 3, unit 4
        }""",
    "every shortcut in a loop": """
        block unit(mode, width, n) {
            for i in range(n) {
                residual shortcut=mode { conv width + i 3x3 pad=1, bn }
                relu
            }
        }
        network Case {
            input 6x5x4
            unit auto 4 3, unit pad 8 3, unit none 8 2, unit match 8 3, unit projection 8 2
        }""",
    "a shortcut of each turn": """
        block unit(modes, width) {
            for mode in modes {
                residual shortcut=mode { conv width 3x3 pad=1, bn }
                relu
            }
        }
        network Case {
            input 6x5x4
            unit [auto, none, projection] 4
            unit [pad, match, auto] 6
        }""",
    "groups in loops in groups in loops": """
        block unit(n, m) {
            repeat n { { repeat m { conv 4 1x1, { relu, repeat 2 { conv 3 1x1 } } } } }
        }
        network Case {
            input 6x5x4
            unit 2 3, unit 3 1
        }""",
    "a loop beside a label": """
        block unit(n) { repeat n { conv 4 1x1 }, a: relu }
        block unit2(n) { unit n }
        network Case {
            input 6x5x4
            unit2 3
            g: { repeat 2 { conv 4 1x1 }, b: relu }
        }""",
    "what a group's name reads": """
        block unit(widths) {
            for i, width in widths {
                let place = 2 * i
                stage[place]: { conv width 1x1, relu }
            }
        }
        network Case {
            input 6x5x4
            unit [[0, 4], [2, 6]], unit [[1, 3]]
        }""",
    "functions of numbers": """
        block unit(width, scale=0.5) {
            conv round_to(width * scale, 4) 1x1
            conv floor(width * scale) 1x1
            conv round(width * scale) 1x1
        }
        network Case {
            input 6x5x4
            unit 17, unit 23 scale=0.7
        }""",
}
"""What is easily written wrong where names are made and items counted."""


@pytest.fixture(scope="module", autouse=True)
def installed() -> Iterator[None]:
    """The target as an installed distribution: its metadata lies on the path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        yield
    compiled.cache_clear()


@cache
def compiled(text: str, name: str = "case.cnn", network: str | None = None) -> Result:
    return compile_source(Source(name, text), [backend("numpy")], Choice(network), debug=True)


def made(result: Result) -> dict[str, Any]:
    """What the generated module defines; fails on any error."""
    assert result.outputs, [found.message for found in result.diagnostics]
    module: dict[str, Any] = {}
    exec(compile(result.outputs[0].text, result.outputs[0].name, "exec"), module)
    return module


def assert_agrees(result: Result, scale: float = 1.0) -> None:
    """The generated functions give what the reference gives."""
    module = made(result)
    assert result.complete
    for network in result.module.networks:
        assert_function_agrees(module[network.name], network, scale)


def assert_function_agrees(function: Any, network: Network, scale: float = 1.0) -> None:
    given = problem(network, "float64", 2)
    with np.errstate(all="raise", under="ignore"):
        y = function(scale * given.x, given.weights)
    expected = evaluate(network, given.weights, scale * given.x)[MAIN]
    assert (y.shape, y.dtype) == (expected.shape, expected.dtype)
    assert_close(y, expected, TOLERANCE, network.name)


def lacks(result: Result) -> bool:
    """Whether the target lacks a layer, and has said so of each place."""
    lacking = [found.code is codes.INEXPRESSIBLE for found in result.diagnostics]
    assert all(lacking), [found.message for found in result.diagnostics]
    return bool(lacking)


# --- a plug-in ---------------------------------------------------------------------------------


def test_it_is_found_by_its_entry_point() -> None:
    assert "numpy" not in BUILT_IN
    assert target_names() == ["keras", "numpy", "onnx", "torch"]
    assert backend("numpy").name == "numpy"


def test_the_compiler_does_not_know_it() -> None:
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "numpy_target" not in text, path
        assert "third_target" not in text, path


def test_it_is_short() -> None:
    lines = (FOLDER / "numpy_target.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES


def test_the_command_line_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lenet5.cnn").write_bytes((EXAMPLES / "lenet5.cnn").read_bytes())
    assert run("compile", "lenet5.cnn", "-t", "numpy").code == 0
    written = runpy.run_path("lenet5_numpy.py")
    (network,) = compiled(Path("lenet5.cnn").read_text(encoding="utf-8")).module.networks  # type: ignore[union-attr]
    assert_function_agrees(written["LeNet5"], network)
    assert run("compile", "lenet5.cnn", "-t", "numpy", "-t", "torch", "-o", "both/").code == 0
    assert Path("both/lenet5_numpy.py").read_bytes() == Path("lenet5_numpy.py").read_bytes()
    assert run("compile", "lenet5.cnn", "-t", "numpy", "--check").code == 0


@pytest.mark.parametrize("command", ["check", "compile"])
def test_a_layer_that_it_lacks_is_named(command: str, tmp_path: Path) -> None:
    source = tmp_path / "a.cnn"
    source.write_text("network A {\n    input 8x8x4\n    conv 4 3x3, lrn\n}\n")
    ran = run(command, source, "-t", "numpy")
    assert ran.code == 1
    assert f"error[E401]: the target numpy has no `lrn`\n --> {source}:3:17\n" in ran.err


def test_a_layer_that_it_lacks_is_named_where_no_use_takes_it() -> None:
    text = "block b(w, l=false) {\n if l { lrn }\n conv w 1x1\n}\nnetwork A(l=false) {\n"
    result = compiled(f"{text} input 4x4x3\n b 3 l=l\n b 4 l=l\n}}\n")
    assert [found.code for found in result.diagnostics] == [codes.INEXPRESSIBLE]
    assert result.diagnostics[0].span is not None
    assert result.diagnostics[0].span.text == "lrn"


def test_names_that_its_code_uses_are_refused() -> None:
    for name in ("weights", "np", "in_channels"):
        result = compiled(f"network A({name}=3) {{\n input 4\n dense {name}\n}}\n")
        assert [found.code for found in result.diagnostics] == [codes.NAME_RESERVED]


# --- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=str)
def test_regions_agree(case: RegionCase) -> None:
    result = compiled(case.text)
    if lacks(result):
        pytest.skip("it lacks a layer")
    assert_agrees(result)


def test_most_regions_are_tested() -> None:
    """Of those with one input, one output and a dozen layers: it has no more."""
    files = ("inputs: ", "layer_values: ", "outputs: ", "permute: ", "resize_like: ", "reuse: ")
    cases = [case for case in CASES if not case.name.startswith(files)]
    assert sum(lacks(compiled(case.text)) for case in cases) < len(cases) / 20


@pytest.mark.parametrize("name", NAMES_AND_LOOPS)
def test_names_and_loops_agree(name: str) -> None:
    assert_agrees(compiled(NAMES_AND_LOOPS[name]))


@pytest.mark.parametrize(("example", "network"), NETWORKS)
def test_networks_agree(example: str, network: str) -> None:
    folder, name = (ZOO, Path(example).name) if "/" in example else (EXAMPLES, example)
    text = smaller(folder / name)
    if "=" in network:
        text += f"\nnetwork {network}\n"
    assert_agrees(compiled(text, name, network.split()[0]))


def test_layers_agree() -> None:
    tested = 0
    for case in cases.CASES:
        result = compiled(case.text)
        if not lacks(result):
            assert_agrees(result, case.scale)
            tested += 1
    assert tested > 400


def test_functions_take_the_parameters() -> None:
    text = "network A(width, classes=10) {{\n input 4\n dense width, relu, dense classes\n}}\n"
    wide = compiled(text.format() + "network B = A width=7\n", network="B")
    narrow = compiled(text.format() + "network B = A width=3 classes=2\n", network="B")
    assert narrow.complete
    given = problem(narrow.module.networks[0], "float64", 2)
    expected = evaluate(narrow.module.networks[0], given.weights, given.x)[MAIN]
    function = made(wide)["B"]
    with pytest.raises(AssertionError):
        function(given.x, given.weights)
    y = made(wide)["A"](given.x, given.weights, 3, classes=2)
    assert_close(y, expected, TOLERANCE, "A")
