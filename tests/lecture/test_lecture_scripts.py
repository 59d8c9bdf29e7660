"""The scripts of the lecture run, print their numbers, and draw."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from lecture.scripts import LECTURE, run

pytest.importorskip("torch")
pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

PNG = b"\x89PNG\r\n\x1a\n"


def rows(out: str, first: str) -> list[list[str]]:
    """The words of the lines of a table that begin with ``first``."""
    return [line.split() for line in out.split("\n") if line.startswith(first)]


@pytest.mark.slow
def test_depth_harms_plain_networks_alone(tmp_path: Path) -> None:
    ran = run("degradation", "--quick", cwd=tmp_path)
    assert ran.code == 0, ran.err
    assert (tmp_path / "degradation.png").read_bytes().startswith(PNG)
    plain = {int(row[1]): float(row[3]) for row in rows(ran.out, "plain")}
    residual = {int(row[1]): float(row[3]) for row in rows(ran.out, "residual")}
    assert plain.keys() == residual.keys() == {20, 32}
    assert plain[32] > plain[20] + 5
    assert residual[32] < residual[20] + 1
    assert "4 of 4" in ran.err
    assert ran.out.endswith("held\n")


def test_zero_weights_are_the_identity_or_zero(tmp_path: Path) -> None:
    figure = tmp_path / "figure.svg"
    ran = run("identity", "--quick", "--output", figure, cwd=tmp_path)
    assert ran.code == 0, ran.err
    assert "<svg" in figure.read_text(encoding="utf-8")
    for framework in filter(find_spec, ("torch", "keras")):
        assert rows(ran.out, framework) == [
            [framework, "Residual1", "0", "4.101", "bit", "for", "bit"],
            [framework, "Plain1", "4.10149", "0", "no"],
        ]
    assert ran.out.endswith("held\n")


def test_a_bottleneck_costs_a_small_part(tmp_path: Path) -> None:
    figure = tmp_path / "figure.png"
    ran = run("bottleneck", "--quick", "-o", figure, cwd=tmp_path)
    assert ran.code == 0, ran.err
    assert figure.read_bytes().startswith(PNG)
    (full,) = rows(ran.out, "FiveByFive ")
    (reduced,) = rows(ran.out, "FiveByFiveReduced")
    assert full[1:5] == ["120,422,400", "1.000", "153,632", "1.000"]
    assert reduced[1:5] == ["12,443,648", "0.103", "15,920", "0.104"]
    assert ran.out.endswith("held\n")


@pytest.mark.parametrize(
    ("output", "message"),
    [("figure.pdf", "must end in one of .png, .svg"), ("none/figure.png", "no folder 'none'")],
)
def test_a_figure_that_cannot_be_written_is_refused_at_once(
    output: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        import_module("common").options("A claim", ["--output", output])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_the_readme_names_every_script_and_figure() -> None:
    text = (LECTURE / "README.md").read_text(encoding="utf-8")
    for stem in ("degradation", "identity", "bottleneck"):
        assert f"python examples/lecture/{stem}.py" in text
        assert f"]({stem}.png)" in text
        assert (LECTURE / f"{stem}.png").stat().st_size < 100_000
    assert set(re.findall(r"\]\((\w+\.png)\)", text)) == {p.name for p in LECTURE.glob("*.png")}
