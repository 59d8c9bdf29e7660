"""What becomes of shortcuts: nothing, the input itself, or a path, which may be inserted."""

from __future__ import annotations

import pytest
from lowering import elaborated

from cnngen.ir import Instance, Item, Network, Residual, layers, named_items
from cnngen.ops import BatchNorm, Conv, Map, Op, Subsample
from cnngen.passes import run_passes, verify
from cnngen.passes.notes import notes
from cnngen.passes.shortcuts import inserted, resolve_shortcuts

HEAD = "input 8x8x4\n"
SAME = "conv 4 3x3 pad=1"
WIDER = "conv 6 3x3 pad=1"
HALF = "conv 6 3x3 stride=2 pad=1"
SQUEEZE = "avgpool global, conv channels 1x1, sigmoid"
BLOCKS = """
block conv_bn(c) { conv c 1x1, bn }
block two(c) { conv_bn c, conv_bn c }
block squeeze() { gate { avgpool global, conv channels 1x1, sigmoid } }
block pass_on(c) { conv_bn c, squeeze }
block only_conv(c) { conv c 1x1 }
"""


def project(body: str, blocks: str = BLOCKS) -> Network:
    made = resolve_shortcuts(elaborated(HEAD + body, blocks=blocks))
    verify(made)
    return made


def residual_of(made: Network) -> Residual:
    (found,) = (item for item in named_items(made.body) if isinstance(item, Residual))
    return found


def path_ops(item: Item | None) -> list[Op]:
    return [layer.op for _, layer in layers(item)] if item else []


def projection(channels: int, stride: int = 1) -> Conv:
    return Conv(channels, (1, 1), stride=(stride, stride), bias=False)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (WIDER, [projection(6)]),
        (HALF, [projection(6, 2)]),
        ("conv 2 3x3 pad=1", [projection(2)]),
        ("maxpool 2x2", [projection(4, 2)]),
        ("conv 6 1x1 stride=2x1", [Conv(6, (1, 1), stride=(2, 1), bias=False)]),
        ("conv 6 3x3 stride=3 pad=1", [projection(6, 3)]),
        (f"{HALF}, relu", [projection(6, 2)]),
        (f"{HALF}, bn, relu", [projection(6, 2)]),
        (f"bn, relu, {HALF}", [projection(6, 2)]),
        (f"{HALF}, groupnorm 2", [projection(6, 2)]),
        (f"{HALF}, bn", [projection(6, 2), BatchNorm()]),
        (f"{HALF}, bn eps=0.01 momentum=0.2", [projection(6, 2), BatchNorm(0.01, 0.2)]),
        (f"{HALF}, bn affine=false", [projection(6, 2), BatchNorm(affine=False)]),
        (f"{HALF}, g: {{ bn }}", [projection(6, 2), BatchNorm()]),
        (f"g: {{ {HALF}, bn }}", [projection(6, 2), BatchNorm()]),
        (f"g: {{ {HALF}, bn, relu }}", [projection(6, 2)]),
        ("conv_bn 6", [projection(6), BatchNorm()]),
        ("two 6", [projection(6), BatchNorm()]),
        ("only_conv 6", [projection(6)]),
        (f"{WIDER}, bn, gate {{ {SQUEEZE} }}", [projection(6), BatchNorm()]),
        (f"{WIDER}, gate {{ {SQUEEZE}, bn }}", [projection(6)]),
        (f"{WIDER}, bn, relu, gate {{ {SQUEEZE} }}", [projection(6)]),
        (f"{WIDER}, bn, squeeze", [projection(6), BatchNorm()]),
        (f"{WIDER}, bn, se: {{ squeeze }}", [projection(6), BatchNorm()]),
        (f"{WIDER}, bn, squeeze, squeeze", [projection(6), BatchNorm()]),
        ("pass_on 6", [projection(6), BatchNorm()]),
        (f"{WIDER}, bn, residual {{ conv 6 1x1 }} shortcut {{ identity }}", [projection(6)]),
        ("concat {\nconv 3 1x1, bn\nconv 3 1x1, bn\n}", [projection(6)]),
        ("a: relu\nconv 4 1x1, bn, concat a", [projection(8)]),
    ],
)
def test_a_projection(body: str, expected: list[Op]) -> None:
    made = project(f"residual shortcut_name=p {{\n{body}\n}}")
    (residual,) = (item for item in made.body.items if isinstance(item, Residual))
    assert (residual.mode, residual.inserted) == ("path", True)
    assert path_ops(residual.path) == expected
    names = [path for path, _ in layers(residual.path)] if residual.path else []
    assert names == (["p"] if len(expected) == 1 else ["p.0", "p.1"])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (HALF, Subsample(6, (2, 2))),
        (WIDER, Subsample(6, (1, 1))),
        ("conv 4 3x3 stride=2 pad=1", Subsample(4, (2, 2))),
        ("conv 4 3x3 stride=2 pad=1, bn", Subsample(4, (2, 2))),
        (f"{HALF}, bn", Subsample(6, (2, 2))),
        ("conv 6 1x1 stride=1x2", Subsample(6, (1, 2))),
    ],
)
def test_pad_takes_positions_and_adds_zeros(body: str, expected: Op) -> None:
    residual = residual_of(project(f"residual shortcut=pad {{ {body} }}"))
    assert (residual.mode, residual.inserted) == ("path", True)
    assert path_ops(residual.path) == [expected]


@pytest.mark.parametrize(
    ("mode", "body"),
    [
        ("auto", SAME),
        ("identity", SAME),
        ("pad", SAME),
        ("match", SAME),
        ("match", HALF),
        ("none", SAME),
        ("none", HALF),
    ],
)
def test_nothing_is_inserted(mode: str, body: str) -> None:
    before = elaborated(f"{HEAD}residual shortcut={mode} {{ {body} }}")
    after = resolve_shortcuts(before)
    assert list(inserted(after)) == []
    assert list(layers(after.body)) == list(layers(before.body))
    residual = residual_of(after)
    left_out = mode == "none" or (mode == "match" and body == HALF)
    assert residual.mode == ("none" if left_out else "identity")
    assert (residual.path, residual.inserted) == (None, False)


@pytest.mark.parametrize(("body", "stride"), [(SAME, 1), (HALF, 2)])
def test_projection_always_projects(body: str, stride: int) -> None:
    residual = residual_of(project(f"residual shortcut=projection {{ {body} }}"))
    assert (residual.mode, residual.inserted) == ("path", True)
    assert path_ops(residual.path) == [projection(residual.at.output.channels, stride)]


def test_a_written_path_is_kept() -> None:
    before = elaborated(HEAD + "residual { relu } shortcut { conv 4 3x3 pad=1, bn }")
    after = resolve_shortcuts(before)
    assert after.body == before.body
    assert (residual_of(after).mode, residual_of(after).inserted) == ("path", False)
    assert list(inserted(after)) == []


def test_a_projection_in_a_written_path() -> None:
    body = "residual shortcut_name=p { conv 6 1x1 } shortcut { relu, residual { conv 6 1x1 } }"
    made = project(body)
    assert [found.path for found in inserted(made)] == ["p.shortcut1"]


def test_a_projection_in_every_kind_of_item() -> None:
    r = "residual { conv 6 1x1 }"
    made = project(
        f"g: {{ {r} }}\nconv 4 1x1\nresidual shortcut=none {{ {r} }}\nconv 4 1x1\n"
        f"concat {{\n{r}\n}}\nconv 4 1x1\ngate {{ {r}, conv 4 1x1 }}\nb\n"
        f"aux h weight=1 {{ conv 4 1x1, {r}, flatten, dense 3 }}\nflatten, dense 3",
        blocks=f"block b() {{ conv 4 1x1\n{r} }}",
    )
    paths = [found.path for found in inserted(made)]
    assert paths == [
        "g.shortcut1",
        "shortcut1",
        "shortcut3",
        "shortcut4",
        "b1.shortcut1",
        "h.shortcut1",
    ]


def test_equal_uses_still_share_one_body() -> None:
    blocks = "block b() { residual { conv 4 1x1 } }\nblock c() { b, b }"
    made = project("b\nc\nc\nb", blocks)
    uses = [item for item in made.body.items if isinstance(item, Instance)]
    assert uses[0].body is uses[3].body
    assert uses[1].body is uses[2].body
    assert {id(item.body) for item in uses[1].body.items} == {id(uses[0].body)}  # type: ignore[union-attr]


def test_what_has_no_residual_is_kept() -> None:
    before = elaborated(HEAD + "g: { conv_bn 4 }\nconcat {\nrelu\nsqueeze\n}", blocks=BLOCKS)
    assert resolve_shortcuts(before).body is before.body


def test_a_second_time_changes_nothing() -> None:
    once = project(f"residual {{ {HALF}, bn }}\nresidual shortcut=pad {{ conv 8 1x1 }}")
    assert resolve_shortcuts(once) == once


# --- what it cost ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "body", "parameters", "macs"),
    [
        ("28x28x128", "conv 256 3x3 pad=1", 32_768, 32_768 * 28 * 28),
        ("28x28x128", "conv 256 3x3 stride=2 pad=1", 32_768, 32_768 * 14 * 14),
        ("28x28x128", "conv 256 3x3 stride=2 pad=1, bn", 32_768 + 512, 32_768 * 14 * 14),
        ("28x28x128", "conv 256 3x3 stride=2 pad=1, bn affine=false", 32_768, 32_768 * 14 * 14),
        ("56x56x64", "conv 256 1x1, bn", 16_384 + 512, 16_384 * 56 * 56),
    ],
)
def test_costs(x: str, body: str, parameters: int, macs: int) -> None:
    made = run_passes(elaborated(f"input {x}\nresidual {{ {body} }}"), debug=True)
    (found,) = inserted(made)
    assert (found.path, found.parameters, found.macs) == ("shortcut1", parameters, macs)
    assert found.residual.at.input == made.body.at.input
    assert isinstance(found.residual.at.output, Map)
    plain = run_passes(elaborated(f"input {x}\nresidual shortcut=none {{ {body} }}"))
    assert _trained(made) - _trained(plain) == parameters


def _trained(made: Network) -> int:
    weights = [w for _, layer in layers(made.body) for w in layer.op.weights(layer.at.input)]
    return sum(weight.size for weight in weights if weight.trained)


def test_zeros_cost_nothing() -> None:
    (found,) = inserted(project(f"residual shortcut=pad {{ {HALF} }}"))
    assert (found.parameters, found.macs) == (0, 0)


def test_places_in_the_order_of_execution() -> None:
    blocks = """
block b(w) { residual shortcut_name=down { conv w 1x1 } }
block c(w) { b w, b w }
"""
    made = project("c 6\nl: { b 7, r: residual { b 8 } }\nresidual { conv 8 1x1 }", blocks)
    assert [found.path for found in inserted(made)] == [
        "c1.0.down",
        "l.b1.down",
        "l.r.shortcut1",
        "l.r.b1.down",
    ]


def test_a_note_for_each() -> None:
    made = project(f"residual {{ {HALF}, bn }}\nresidual shortcut=pad {{ conv 8 1x1 }}")
    first, second = notes(made)
    assert (first.code.id, second.code.id) == ("N301", "N301")
    assert first.span
    assert second.span
    assert (first.span.text, second.span.line - first.span.line) == ("residual", 1)
    assert "Net.shortcut1: 8x8x4 -> 4x4x6" in first.message
    assert "36 parameters, 384 multiply-accumulates" in first.message
    assert "0 parameters, 0 multiply-accumulates" in second.message
