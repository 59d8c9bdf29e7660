"""``cnngen verify`` as a process: its memory, its lines, interrupts, and settings of the user's."""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.runner import clean, command, process, run, take_interrupts
from cnngen import frameworks

LARGE = """network N0(classes=10) {
    input 4x4x16
    conv 16 3x3 pad=1, relu
    flatten, dense 1500
    relu, dense 900, relu
    dense classes
}
"""
"""1.7 million weights."""

PEAK = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "cnngen", *sys.argv[1:]], stdout=subprocess.DEVNULL)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak(here: Path, *arguments: object) -> int:
    """The largest resident memory of the command, in KiB."""
    ran = subprocess.run(
        [sys.executable, "-c", PEAK, *map(str, arguments)],
        cwd=here,
        env=clean(),
        capture_output=True,
        text=True,
        check=True,
    )
    code, size = ran.stdout.split()
    assert code == "0", ran.stderr
    return int(size)


@pytest.mark.slow
def test_networks_one_after_another_take_the_memory_of_one(here: Path) -> None:
    variants = "".join(f"network N{n} = N0 classes={10 + n}\n" for n in range(1, 10))
    (here / "ten.cnn").write_text(LARGE + variants, encoding="utf-8")
    how = ("verify", "ten.cnn", "--steps", 1, "--batch", 2)
    one = peak(here, *how, "--network", "N0")
    assert peak(here, *how) < 1.3 * one


def test_models_and_modules_are_let_go(here: Path) -> None:
    (here / "two.cnn").write_text(LARGE + "network N1 = N0 classes=11\n", encoding="utf-8")
    assert run("verify", "two.cnn", "--steps", 0).code == 0
    assert not [name for name in sys.modules if name.startswith("cnngen_generated_")]
    kinds = {"KerasModel", "TorchModel"}
    # Of this command; other tests may keep theirs.
    names = [thing.network.name for thing in gc.get_objects() if type(thing).__name__ in kinds]
    assert not {"N0", "N1"} & set(names)


def test_cycles_are_collected_where_a_framework_is_loaded() -> None:
    """The command line switches it off for compiling."""
    code = (
        "import gc; gc.disable()\n"
        "from cnngen.frameworks import framework\n"
        "assert not gc.isenabled()\n"
        "framework('torch'); print(gc.isenabled())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "True\n"


def test_cycles_are_collected_while_a_model_of_ones_own_is_made(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (here / "own.py").write_text("import gc\nprint(gc.isenabled())\nMine = 3\n", encoding="utf-8")
    gc.disable()
    try:
        ran = run("verify", "lenet5.cnn", "--against", "own.py:Mine")
        assert gc.isenabled()
    finally:
        gc.enable()
    assert ran.err.startswith("True\n")


TINY = """network A(classes=2) {
    input 6x6x1
    conv 3 3x3, relu
    flatten, dense classes
}
"""


def test_each_network_is_told_of_when_it_is_done(here: Path) -> None:
    """Also into a pipe: the second waits until the first was read."""
    (here / "two.cnn").write_text(TINY + "network B = A classes=3\n", encoding="utf-8")
    hold = (
        "import sys, cnngen.frameworks as f, cnngen.cli.verdict as v\n"
        "show = v.show\n"
        "def waits(*args, **kwargs):\n"
        "    show(*args, **kwargs)\n"
        "    sys.stdin.readline()\n"
        "v.show = waits\n"
        "sys.argv = ['cnngen', 'verify', 'two.cnn', '--steps', '0', '-t', 'torch']\n"
        "from cnngen.__main__ import main\n"
        "main()\n"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", hold],
        cwd=here,
        env=clean(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert started.stdin is not None
    assert started.stdout is not None
    try:
        said = b""
        while not said.endswith(b"comparisons\n"):
            ready, _, _ = select.select([started.stdout], [], [], 60)
            assert ready, said
            more = os.read(started.stdout.fileno(), 65536)
            assert more, said
            said += more
        assert b"A: the same" in said
        assert b"B: " not in said
    finally:
        out, _ = started.communicate(b"\n\n", timeout=60)
    assert b"B: the same" in out


def test_an_interrupt(here: Path) -> None:
    """While models run, not only while a source is read."""
    (here / "net.cnn").write_text(TINY, encoding="utf-8")
    (here / "own.py").write_text(
        "import sys, time, torch\ndef Mine():\n    print('made', flush=True)\n    time.sleep(60)\n",
        encoding="utf-8",
    )

    started = subprocess.Popen(
        command("verify", "net.cnn", "--against", "own.py:Mine"),
        cwd=here,
        env=clean(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=take_interrupts,
    )
    assert started.stderr is not None
    assert started.stderr.readline() == "made\n"
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=60)
    assert (started.returncode, out, err) == (130, "", "cnngen: interrupted\n")


# --- settings of Keras -------------------------------------------------------------------------

SETTINGS = {
    "floatx": "float16",
    "epsilon": 1e-3,
    "backend": "jax",
    "image_data_format": "channels_first",
}

NET = """network Net {
    input 8x8x3
    conv 4 1x1, maxpool 3x3 stride=2 pad=1
    bn, relu, flatten, dense 3
}
"""


@pytest.fixture
def settings(here: Path) -> Path:
    """A user's settings of Keras, of which none suits."""
    (here / "net.cnn").write_text(NET, encoding="utf-8")
    path = here / "home" / "keras.json"
    path.parent.mkdir()
    path.write_text(json.dumps(SETTINGS), encoding="utf-8")
    return path


def test_verify_under_settings_of_the_users(here: Path, settings: Path) -> None:
    ran = process("verify", "net.cnn", "--steps", 1, cwd=here, KERAS_HOME=str(settings.parent))
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(settings.read_text(encoding="utf-8")) == SETTINGS


@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_weights_under_settings_of_the_users(ending: str, here: Path, settings: Path) -> None:
    from safetensors.numpy import save_file

    from cnngen.backends import backend
    from cnngen.compiler import compile_source
    from cnngen.frameworks import to_keys
    from cnngen.source import Source
    from cnngen.verification.problem import problem

    module = compile_source(Source("net.cnn", NET), [backend("torch")]).module
    given = problem(module.networks[0], "float32", 1)
    arrays = to_keys("torch", module.networks[0], given.weights)
    save_file({k: a.astype("float32") for k, a in arrays.items()}, here / "in.safetensors")
    home = {"KERAS_HOME": str(settings.parent)}
    out = f"out{ending}"
    ran = process("weights", "convert", "net.cnn", "in.safetensors", out, cwd=here, **home)
    assert ran.code == 0, ran.err
    plain = f"plain{ending}"
    ran = process("weights", "convert", "net.cnn", "in.safetensors", plain, cwd=here)
    assert ran.code == 0, ran.err
    back = [f"{name}.safetensors" for name in ("out", "plain")]
    for source, target in zip((out, plain), back, strict=True):
        ran = process("weights", "convert", "net.cnn", source, target, cwd=here, **home)
        assert ran.code == 0, ran.err
    first, second = ((here / name).read_bytes() for name in back)
    assert first == second
    assert json.loads(settings.read_text(encoding="utf-8")) == SETTINGS


def test_settings_of_this_process_are_left_as_they_were(here: Path) -> None:
    keras = frameworks.framework("keras") and __import__("keras")
    (here / "net.cnn").write_text(NET, encoding="utf-8")
    before = keras.config.image_data_format(), keras.config.floatx()
    try:
        keras.config.set_image_data_format("channels_first")
        keras.config.set_floatx("float16")
        assert run("verify", "net.cnn", "--steps", 0).code == 0
        assert keras.config.image_data_format() == "channels_first"
        assert keras.config.floatx() == "float16"
    finally:
        keras.config.set_image_data_format(before[0])
        keras.config.set_floatx(before[1])


def test_what_has_diverged_is_explained(here: Path) -> None:
    text = "network Deep {\n input 8x8x8\n repeat 10 { conv 16 3x3 pad=1, relu }\n"
    (here / "deep.cnn").write_text(f"{text} flatten, dense 5\n}}\n", encoding="utf-8")
    ran = run("verify", "deep.cnn", "-t", "torch", "--steps", 8)
    assert ran.code == 1
    assert "diverged, step 4" in ran.out
    assert "beyond a million times its first value in step 4 of training" in ran.out
    assert "`--steps 3` compares what comes before" in ran.out
    assert ran.out.splitlines()[-1] == "Deep: 1 of 5 comparisons diverged"
    assert run("verify", "deep.cnn", "-t", "torch", "--steps", 3).code == 0, "the advice is right"
    row = json.loads(run("verify", "deep.cnn", "-t", "torch", "--steps", 8, "--json").out)
    verdicts = {r["check"]: (r["verdict"], r["holds"]) for r in row["networks"][0]["comparisons"]}
    assert verdicts["SGD, loss"] == ("diverged", False)
    assert verdicts["Adam, loss"] == ("ok", True)


@pytest.mark.parametrize("backend", ["jax", pytest.param("torch", marks=pytest.mark.slow)])
def test_keras_runs_on_another_backend(backend: str, tmp_path: Path) -> None:
    pytest.importorskip(backend)
    (tmp_path / "net.cnn").write_text(
        "network Net {\n input 6x6x2\n conv 3 3x3, bn, gelu, leaky_relu\n flatten, dense 2\n}\n"
    )
    command = ("verify", "net.cnn", "-t", "keras", "--backend", backend, "--json")
    ran = process(*command, cwd=tmp_path)
    assert ran.code == 0, ran.err
    (report,) = json.loads(ran.out)["networks"]
    assert report["dtype"] == "float32"
    rows = {(row["check"], row["model"], row["verdict"]) for row in report["comparisons"]}
    assert ("output in evaluation", f"keras on {backend}", "ok") in rows
    assert {check for check, _, verdict in rows if verdict != "shown"} == {"output in evaluation"}
