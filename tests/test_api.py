"""``import cnngen``: what the command line does, from Python, and in notebooks."""

from __future__ import annotations

import doctest
import inspect
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli.runner import run

import cnngen
from cnngen import api

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
LENET5 = EXAMPLES / "lenet5.cnn"
WRONG = "network A {\n    input 8x8x3\n    conv 4 9x9\n}\n"


def test_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its examples run, one after another, among the examples."""
    monkeypatch.chdir(EXAMPLES)
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8").replace("```", "\n")
    parsed = doctest.DocTestParser().get_doctest(text, {}, "python.md", None, 0)
    assert len(parsed.examples) > 10
    failed = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(parsed).failed
    assert not failed


def test_all_that_is_offered_is_there_and_documented() -> None:
    for name in cnngen.__all__:
        thing = getattr(cnngen, name)
        assert name == "__version__" or inspect.getdoc(thing)
        assert name in dir(cnngen)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        cnngen.nothing  # noqa: B018


def test_importing_it_imports_nothing_else() -> None:
    code = "import cnngen, sys; print([m for m in sys.modules if m.startswith('cnngen.')])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("target", ["torch", "keras"])
def test_what_is_compiled_is_what_the_command_line_writes(target: str) -> None:
    generated = ROOT / "generated" / target / f"lenet5_{target}.py"
    assert cnngen.compile(LENET5, target) == generated.read_text(encoding="utf-8")


NORMED = "network Net(classes=3) {\n    input 8x8x3\n    conv 4 3x3, bn, relu, dropout\n}\n"


@pytest.mark.parametrize("target", ["torch", "keras"])
def test_the_form_for_inference_is_what_the_command_line_writes(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.cnn").write_text(NORMED, encoding="utf-8")
    for passes in ((), ("fold-norms", "drop-noise")):
        chosen = ("--passes", ",".join(passes)) if passes else ()
        ran = run("compile", "net.cnn", "-t", target, "-o", "-", "--for", "inference", *chosen)
        assert ran.out == cnngen.compile("net.cnn", target, purpose="inference", passes=passes)
    assert cnngen.compile("net.cnn", target, purpose="training") == cnngen.compile(
        "net.cnn", target
    )


def test_a_model_for_inference() -> None:
    trained = cnngen.load(NORMED).eval()
    with torch.no_grad():
        trained.state_dict()["bn1.running_var"].fill_(4)
        form = type(cnngen.load(NORMED, purpose="inference"))
        made = form.from_trained(trained.state_dict()).eval()
        x = torch.rand(2, 3, 8, 8)
        assert torch.allclose(made(x), trained(x), atol=1e-6)
    kinds = {type(each).__name__ for each in made.modules()}
    assert not kinds & {"BatchNorm2d", "Dropout"}
    only = cnngen.module(NORMED, purpose="inference", passes=["drop-noise"]).Net()
    assert "BatchNorm2d" in {type(each).__name__ for each in only.modules()}


def test_onnx_for_training_keeps_its_norms() -> None:
    import onnx

    forms = [cnngen.compile(NORMED, "onnx", purpose=each) for each in (None, "training")]
    operators = [{n.op_type for n in onnx.load_from_string(data).graph.node} for data in forms]
    assert ["BatchNormalization" in found for found in operators] == [False, True]


DENSE = "network Net {\n    input 4\n    dense 3\n}\n"


def test_a_file_gets_the_weights_that_are_given(tmp_path: Path) -> None:
    import onnx
    from safetensors.numpy import save_file

    kernel = np.arange(12, dtype=np.float32).reshape(3, 4)
    path = tmp_path / "net.safetensors"
    save_file({"fc1.weight": kernel, "fc1.bias": np.ones(3, np.float32)}, path)
    data = cnngen.compile(DENSE, "onnx", weights=path)
    assert isinstance(data, bytes)
    held = {each.name: each for each in onnx.load_from_string(data).graph.initializer}
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(held["fc1.weight"]), kernel)


def test_weights_that_cannot_be_taken_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.numpy import save_file

    from cnngen.cli import requirements

    path = tmp_path / "net.safetensors"
    save_file({"fc1.weight": np.zeros((3, 4), np.float32)}, path)
    with pytest.raises(cnngen.CompileError, match=r"fc1\.bias"):
        cnngen.compile(DENSE, "onnx", weights=path)
    with pytest.raises(cnngen.CompileError, match="there is no such file"):
        cnngen.compile(DENSE, "onnx", weights=tmp_path / "gone.pt")
    (tmp_path / "net.txt").write_text("1 2 3")
    with pytest.raises(ValueError, match="has none of the endings"):
        cnngen.compile(DENSE, "onnx", weights=tmp_path / "net.txt")
    with pytest.raises(ValueError, match="'torch' gives holds no weights"):
        cnngen.compile(DENSE, "torch", weights=path)
    monkeypatch.setattr(requirements, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"cnngen\[onnx\]"):
        cnngen.compile(DENSE, "onnx", weights=path)


def test_text_in_place_of_a_path() -> None:
    text = LENET5.read_text(encoding="utf-8")
    of_text, of_path = cnngen.compile(text), cnngen.compile(LENET5)
    assert isinstance(of_text, str)
    assert isinstance(of_path, str)
    assert of_text.split("\n")[2:] == of_path.split("\n")[2:]


@pytest.mark.parametrize(
    ("settings", "features"), [({}, 10), ({"classes": 3}, 3)], ids=["defaults", "settings"]
)
def test_a_model_of_torch(settings: dict[str, int], features: int) -> None:
    model = cnngen.load(LENET5, **settings)
    assert model(torch.zeros(2, 1, 32, 32)).shape == (2, features)
    assert "class LeNet5(nn.Module):" in inspect.getsource(type(model))
    assert type(pickle.loads(pickle.dumps(model))) is type(model)


def test_a_model_of_keras() -> None:
    model = cnngen.load(LENET5, "keras", classes=3)
    assert model.output_shape == (None, 3)


def test_settings_that_are_lists_and_words() -> None:
    source = (
        "network A(widths=[4], up=true, norm=bn) { input 8x8x3\n"
        " for w in widths { conv w 1x1, norm }\n if up { resize 2 } }"
    )
    found = cnngen.summary(source, widths=[2, 3], up=False, norm="layernorm")
    assert [row.name for row in found[0].rows if "conv" in row.text] == ["conv1.0", "conv1.1"]
    assert found[0].total.statistics == 0


def test_options_of_drawings(tmp_path: Path) -> None:
    for options in ({"style": "cubes"}, {"theme": "x"}, {"depth": 0}):
        with pytest.raises(ValueError, match=r"the (style|theme|depth) is"):
            cnngen.draw(LENET5, **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the ending of a drawing is one of `svg`"):
        cnngen.draw(LENET5).save(tmp_path / "net.xyz")


def test_settings_of_numpy_and_what_is_none() -> None:
    assert cnngen.compile(LENET5, classes=np.int64(7)) == cnngen.compile(LENET5, classes=7)
    with pytest.raises(TypeError, match="not dict"):
        cnngen.compile(LENET5, classes={"a": 1})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no setting is beyond"):
        cnngen.compile(LENET5, classes=10**5000)


def test_a_path_is_a_path_whatever_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "{x}"
    folder.mkdir()
    (folder / "net.cnn").write_text(CELL, encoding="utf-8")
    assert cnngen.summary(folder / "net.cnn")[0].name == "Small"


def test_a_setting_is_no_source() -> None:
    with pytest.raises(cnngen.CompileError):
        cnngen.compile(LENET5, classes="10 } network B { input 1x1x1")


def test_mistakes_are_raised_with_their_places() -> None:
    with pytest.raises(cnngen.CompileError) as raised:
        cnngen.load(WRONG)
    (found,) = raised.value.diagnostics
    assert found.code.id == "E302"
    assert str(raised.value) == str(raised.value.diagnostics)
    assert "--> <text>:3:12" in str(raised.value)
    assert raised.value._render_traceback_() == str(raised.value).split("\n")
    assert str(cnngen.check(WRONG)) == str(raised.value)
    assert "error[E302]" in cnngen.check(WRONG)._repr_html_()
    assert "<pre>" in cnngen.check(WRONG)._repr_html_()


def test_warnings_are_told_as_well() -> None:
    text = "network A {\n    input 3x224x224\n    flatten, dense 10\n}\n"
    assert [each.code.id for each in cnngen.check(text)] == ["W101"]
    assert cnngen.check("block a(n) { conv n 3x3 }\n") == ()


def test_a_file_that_there_is_not() -> None:
    assert [each.code.id for each in cnngen.check("none.cnn")] == ["E001"]
    with pytest.raises(cnngen.CompileError, match="there is no such file"):
        cnngen.summary("none.cnn")
    with pytest.raises(cnngen.CompileError, match="expected"):
        cnngen.format("network A {")


def test_what_is_no_mistake_of_the_source() -> None:
    with pytest.raises(ValueError, match="no target 'tourch'; did you mean `torch`"):
        cnngen.compile(LENET5, "tourch")
    with pytest.raises(ValueError, match=r"choose with network=.*`FiveByFive`"):
        cnngen.load(EXAMPLES / "inception_module.cnn")
    with pytest.raises(ValueError, match="the purpose is one of `training`, `inference`"):
        cnngen.compile(LENET5, purpose="speed")
    with pytest.raises(ValueError, match="no pass 'fold-norm'; did you mean `fold-norms`"):
        cnngen.load(LENET5, purpose="inference", passes=["fold-norm"])
    with pytest.raises(ValueError, match="purpose='inference' does: give both"):
        cnngen.module(LENET5, passes=["fold-norms"])


def test_a_target_without_code() -> None:
    assert isinstance(cnngen.compile(LENET5, "onnx"), bytes)
    with pytest.raises(ValueError, match="'onnx' gives a file"):
        cnngen.load(LENET5, "onnx")
    with pytest.raises(ValueError, match="'onnx' gives a file"):
        cnngen.verify(LENET5, ["onnx"])


def test_what_a_notebook_shows(tmp_path: Path) -> None:
    found = cnngen.summary(LENET5, depth=1, batch=3)
    assert "<th" in found._repr_html_()
    assert "conv 16 5x5" in found._repr_html_()
    assert "batch 3" in str(found)
    drawn = cnngen.draw(LENET5, theme="dark")
    assert drawn._repr_svg_().lstrip().startswith("<")
    drawn.save(tmp_path / "net.dot")
    assert (tmp_path / "net.dot").read_text(encoding="utf-8").startswith("//")


class Shell:
    """As much of IPython's shell as a magic needs."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}


@pytest.fixture
def magic(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``%%cnn`` without a notebook: what is displayed is kept."""
    from cnngen import notebook

    made = notebook.CnnMagics.__new__(notebook.CnnMagics)
    made.__dict__["_trait_values"] = {}
    shown: list[object] = []
    monkeypatch.setattr(notebook, "_show", shown.append)
    monkeypatch.setattr(notebook.CnnMagics, "shell", Shell(), raising=False)
    return made, shown


CELL = "network Small(classes=10) {\n    input 8x8x1\n    flatten, dense classes\n}\n"


def test_a_cell_is_shown_and_built(magic: Any) -> None:
    made, shown = magic
    made.cnn("-t torch --draw volumes", CELL)
    summary, drawing = shown
    assert isinstance(summary, api.Summaries)
    assert isinstance(drawing, api.Drawing)
    assert made.shell.user_ns["Small"](classes=3)(torch.zeros(1, 1, 8, 8)).shape == (1, 3)


def test_mistakes_of_a_cell_are_shown(magic: Any) -> None:
    from IPython.core.error import UsageError

    made, shown = magic
    made.cnn("-t torch", WRONG)
    made.cnn("", "network A\n    input 8x8x3\n")
    found, without_braces = shown
    assert [each.code.id[:2] for each in without_braces] == ["E1"]
    assert [each.code.id for each in found] == ["E302"]
    assert made.shell.user_ns == {}
    for line, cell, why in (
        ("--nothing", CELL, "unrecognized arguments"),
        ('--network "Small', CELL, "No closing quotation"),
        ("--draw", CELL + CELL.replace("Small", "Other"), "choose with network="),
    ):
        with pytest.raises(UsageError, match=why):
            made.cnn(line, cell)


@pytest.mark.slow
def test_the_notebook_runs() -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    NotebookClient(notebook, resources={"metadata": {"path": str(EXAMPLES)}}).execute()
    shown = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    assert any("image/svg+xml" in out.get("data", {}) for out in shown)
    assert any("E302" in str(out.get("data", {})) for out in shown)
