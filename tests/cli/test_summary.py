"""``cnngen summary`` and ``cnngen cost``."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from cli.runner import EXAMPLES, run

LENET = EXAMPLES / "lenet5.cnn"
MODULE = EXAMPLES / "inception_module.cnn"

BLOCKS = """block unit(n, stride=1) { conv n 3x3 stride=stride pad=1, bn, relu }

network Net {
    input 32x32x3
    body: {
        unit 8
        unit 16 stride=2
    }
    flatten, dense 10
}
"""

BROKEN = """network Good { input 8x8x3
    conv 4 3x3 }

network Bad {
    input 16x16x3
    conv 4 3x3
    conv 8 99x99
    relu
}
"""


@pytest.fixture
def blocks(tmp_path: Path) -> str:
    path = tmp_path / "blocks.cnn"
    path.write_text(BLOCKS, encoding="utf-8")
    return str(path)


def test_the_table_of_lenet() -> None:
    ran = run("summary", LENET)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.split("\n")
    assert lines[0] == "LeNet5, input 32x32x1"
    assert lines[4].split() == [
        *("conv1", "conv", "6", "5x5", "28x28x6", "156", "117,600", "5x5", "18.4", "KiB")
    ]
    assert "parameters  61,706" in lines
    assert "MACs        416,520 for one input (833 kFLOPs)" in lines


def test_blocks_and_depth(blocks: str) -> None:
    whole, folded = run("summary", blocks).out, run("summary", blocks, "--depth", "2").out
    assert "unit 16 stride=2" in whole
    assert "conv 16 3x3 stride=2 pad=1" in whole
    assert "unit 16 stride=2" in folded
    assert "conv 16" not in folded
    assert whole.split("\nparameters ")[1] == folded.split("\nparameters ")[1]
    assert "statistics of batch norms" in whole
    name, uses, *_ = whole.strip().split("\n")[-1].split()
    assert (name, uses) == ("unit", "2")


def test_json(blocks: str) -> None:
    ran = run("summary", blocks, "--json", "--batch", "4")
    (network,) = json.loads(ran.out)
    assert network["complete"]
    assert network["parameters"] == sum(each["parameters"] for each in network["layers"])
    assert network["flops"] == 2 * network["macs"]
    body = network["layers"][0]
    assert (body["path"], body["line"]) == ("body", 5)
    assert body["layers"][0]["layers"][0]["path"] == "body.0.0"
    assert body["layers"][0]["layers"][0]["bytes"] == 4 * 4 * 32 * 32 * 8
    assert network["blocks"] == [
        {
            "name": "unit",
            "uses": 2,
            **{key: body[key] for key in ("parameters", "statistics", "macs", "flops")},
        }
    ]
    (folded,) = json.loads(run("summary", blocks, "--json", "--depth", "1").out)
    assert folded["layers"][0]["layers"] == []


def test_csv(blocks: str) -> None:
    rows = list(csv.DictReader(run("summary", blocks, "--csv").out.splitlines()))
    assert [row["path"] for row in rows][:3] == ["body", "body.0", "body.0.0"]
    assert {row["network"] for row in rows} == {"Net"}
    assert rows[2]["receptive_field"] == "3x3"
    assert rows[-1]["receptive_field"] == "all"


def test_markdown() -> None:
    lines = run("summary", LENET, "--markdown").out.split("\n")
    assert lines[0] == "## LeNet5, input 32x32x1"
    assert lines[4] == "| conv1 | `conv 6 5x5` | 28x28x6 | 156 | 117,600 | 5x5 | 18.4 KiB |"


def test_up_to_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "broken.cnn"
    path.write_text(BROKEN, encoding="utf-8")
    ran = run("summary", str(path))
    assert ran.code == 1
    assert "Good, input 8x8x3\n" in ran.out
    assert "Bad, input 16x16x3, up to the mistake\n" in ran.out
    assert "conv 8" not in ran.out
    assert "error[E302]" in ran.err
    assert "## Bad, input 16x16x3, up to the mistake" in run("summary", str(path), "--markdown").out
    rows = csv.DictReader(run("summary", str(path), "--csv").out.splitlines())
    assert {(row["network"], row["complete"]) for row in rows} == {
        ("Good", "True"),
        ("Bad", "False"),
    }
    complete = [each["complete"] for each in json.loads(run("summary", str(path), "--json").out)]
    assert complete == [True, False]


def test_diagnostics_for_programs_leave_the_table_alone(tmp_path: Path) -> None:
    path = tmp_path / "broken.cnn"
    path.write_text(BROKEN, encoding="utf-8")
    ran = run("summary", str(path), "--json", "--output-format", "json")
    assert [each["name"] for each in json.loads(ran.out)] == ["Good", "Bad"]
    assert [each["code"] for each in json.loads(ran.err)] == ["E302"]


@pytest.mark.parametrize("command", ["summary", "cost"])
def test_a_file_that_there_is_not(command: str) -> None:
    ran = run(command, "none.cnn")
    assert ran.code == 2
    assert "error[E001]" in ran.err


def test_the_lectures_bottleneck() -> None:
    ran = run("cost", f"{MODULE}:FiveByFive", f"{MODULE}:FiveByFiveBottleneck")
    assert (ran.code, ran.err) == (0, "")
    head, parameters, macs, *_ = (line.split() for line in ran.out.split("\n"))
    assert head == ["FiveByFive", "FiveByFiveBottleneck"]
    assert parameters == ["parameters", "153,632", "15,920", "0.104", "x"]
    assert macs == ["MACs", "120,422,400", "12,443,648", "0.103", "x"]


def test_cost_of_layers_and_for_programs() -> None:
    sources = ("zoo:resnet:ResNet18", "zoo:resnet:ResNet34")
    found = json.loads(run("cost", *sources, "--json").out)
    assert [each["name"] for each in found] == ["ResNet18", "ResNet34"]
    assert found[0]["parameters"] == 11_689_512
    lines = run("cost", *sources, "--layers").out.split("\n")
    assert "MACs of" in lines
    (layer1,) = (line.split() for line in lines if line.startswith("  layer1 "))
    assert layer1 == ["layer1", "462,422,016", "693,633,024", "1.5", "x"]


def test_a_network_that_there_is_not() -> None:
    ran = run("cost", "zoo:resnet:ResNet19")
    assert (ran.code, ran.out) == (1, "")
    assert "error[E204]: there is no network `ResNet19`" in ran.err


def test_the_document_shows_what_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES)
    text = (EXAMPLES.parent / "docs" / "summary.md").read_text(encoding="utf-8")
    shown = re.findall(r"```console\n\$ cnngen ([^\n]*)\n(.*?)```", text, re.DOTALL)
    assert len(shown) == 2
    for command, output in shown:
        assert run(*command.split()).out == output


def test_a_setting_that_there_is_not_has_no_figures() -> None:
    ran = run("summary", LENET, "--set", "clases=3")
    assert (ran.code, ran.out) == (1, "")
    assert "did you mean `classes`?" in ran.err


def test_blocks_alone_have_no_summary(tmp_path: Path) -> None:
    path = tmp_path / "blocks.cnn"
    path.write_text("block unit(n) { conv n 3x3 }\n", encoding="utf-8")
    ran = run("summary", str(path))
    assert ran.code == 2
    assert "there are only blocks" in ran.err
