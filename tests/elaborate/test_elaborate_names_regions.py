"""What is named in regions, blocks and side heads."""

from __future__ import annotations

import pytest
from elaborating import body_codes, network

from cnngen.ir import Chain, Residual, layers, named_items
from cnngen.passes.shortcuts import resolve_shortcuts

HEAD = "input 32x32x4\n"
BLOCKS = """
block twice(c) { conv c 1x1, relu }
block named(c) { fc: conv c 1x1, relu }
block region(c) { residual { conv c 1x1 } }
block v2() { relu }
block fc() { relu }
block stage(c, depth) {
    region c
    repeat depth - 1 { region c }
}
"""


def paths(body: str) -> list[str]:
    """The paths of all layers, inserted ones included, in the order of execution."""
    made = resolve_shortcuts(network(HEAD + body, blocks=BLOCKS))
    return [path for path, _ in layers(made.body)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("residual { conv 4 1x1, relu }", "conv1 relu1"),
        ("relu\nresidual { relu }\nrelu", "relu1 relu2 relu3"),
        ("concat {\nrelu\nconv 4 1x1, relu\nrelu\n}", "relu1 conv1 relu2 relu3"),
        ("inception {\nrelu\ntanh\n}\nrelu", "relu1 tanh1 relu2"),
        ("gate { avgpool global, conv 4 1x1 }\nconv 4 1x1", "pool1 conv1 conv2"),
        ("residual { residual { relu }\nconcat {\nrelu\n}\ngate { relu } }", "relu1 relu2 relu3"),
        ("residual { a: relu, relu }", "a relu1"),
        ("residual { g: { relu } }", "g.0"),
        ("g: { relu, residual { relu } }", "g.relu1 g.relu2"),
        ("{ residual { relu } }", "group1.relu1"),
        ("r: residual { relu }\nrelu", "r.relu1 relu1"),
        ("r: residual { relu, relu }", "r.relu1 r.relu2"),
        ("r: concat {\nrelu\na: relu\n}", "r.relu1 r.a"),
        ("s: gate { relu }\nrelu", "s.relu1 relu1"),
        ("residual { r: residual { relu } }", "r.relu1"),
        ("concat {\na: { relu, tanh }\nb: residual { relu }\n}", "a.0 a.1 b.relu1"),
    ],
)
def test_regions_add_no_level_but_a_label_makes_a_group(body: str, expected: str) -> None:
    assert paths(body) == expected.split()


def test_items_of_a_region_are_named_with_those_around_it() -> None:
    made = network(HEAD + "relu\nresidual { relu }\nresidual { relu }")
    names = [item.name for item in named_items(made.body)]
    assert names == ["relu1", "add1", "relu2", "add2", "relu3"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("residual { conv 8 1x1 }", "conv1 shortcut1"),
        ("residual { conv 8 1x1, bn }", "conv1 bn1 shortcut1.0 shortcut1.1"),
        (
            "residual { conv 8 1x1 }\nresidual { conv 9 1x1 }",
            "conv1 shortcut1 conv2 shortcut2",
        ),
        ("residual { relu }\nresidual { conv 8 1x1 }", "relu1 conv1 shortcut2"),
        ("residual { residual { conv 8 1x1 } }", "conv1 shortcut1 shortcut2"),
        ("shortcut1: relu\nresidual { conv 8 1x1 }", "shortcut1 conv1 shortcut2"),
        ("residual shortcut_name=down { conv 8 1x1 }", "conv1 down"),
        ("residual shortcut_name=down { conv 8 1x1, bn }", "conv1 bn1 down.0 down.1"),
        (
            "residual shortcut_name=down { conv 8 1x1 }\nresidual { conv 9 1x1 }",
            "conv1 down conv2 shortcut1",
        ),
        ("r: residual { conv 8 1x1 }\nresidual { relu }", "r.conv1 r.shortcut1 relu1"),
        ("residual shortcut=pad { conv 8 1x1 }", "conv1 shortcut1"),
        ("residual shortcut=pad { conv 8 1x1 stride=2 }", "conv1 shortcut1"),
        (
            "repeat 2 { residual { conv channels + 1 1x1 } }",
            "conv1.0 conv1.1 shortcut1.0 shortcut1.1",
        ),
        ("if false { residual { relu } }\nresidual { conv 8 1x1 }", "conv1 shortcut2"),
    ],
)
def test_inserted_paths(body: str, expected: str) -> None:
    assert sorted(paths(body)) == sorted(expected.split())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("conv 4 1x1", "p"),
        ("conv 4 1x1, bn", "p.0 p.1"),
        ("a: conv 4 1x1", "p.a"),
        ("a: conv 4 1x1, bn", "p.a p.bn1"),
        ("{ conv 4 1x1 }", "p.0"),
        ("twice 4", "p.0 p.1"),
        ("named 4", "p.fc p.relu1"),
        ("residual { relu }", "p.relu1"),
        ("concat {\nrelu\n}", "p.relu1"),
    ],
)
def test_a_path_of_one_item_without_a_label_is_that_item(path: str, expected: str) -> None:
    written = f"residual shortcut_name=p {{ identity }} shortcut {{ {path} }}"
    assert paths(written) == [*expected.split(), "identity1"]


def test_a_written_path_is_counted_like_an_inserted_one() -> None:
    body = "residual { conv 8 1x1 }\nresidual { relu } shortcut { conv 8 1x1 }"
    assert paths(body) == ["shortcut1", "conv1", "shortcut2", "relu1"]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("dense 4", "h"),
        ("dense 4, relu", "h.0 h.1"),
        ("a: dense 4", "h.a"),
        ("dense 4, a: relu", "h.fc1 h.a"),
        ("vector 4", "h.0 h.1"),
        ("labelled 4", "h.fc h.relu1"),
        ("{ dense 4 }", "h.0"),
        ("residual { dense 4 }", "h.fc1"),
    ],
)
def test_side_heads(head: str, expected: str) -> None:
    blocks = "block vector(c) { dense c, relu }\nblock labelled(c) { fc: dense c, relu }\n"
    made = network(f"input 4\nrelu\naux h weight=0.3 {{ {head} }}\nrelu\ndense 4", blocks=blocks)
    found = [path for path, _ in layers(made.body)]
    assert found == ["relu1", *expected.split(), "relu2", "fc1"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("twice 4", "twice1.0 twice1.1"),
        ("twice 4, twice 4", "twice1.0 twice1.1 twice2.0 twice2.1"),
        ("a: twice 4, twice 4", "a.0 a.1 twice1.0 twice1.1"),
        ("named 4", "named1.fc named1.relu1"),
        ("region 4", "region1.conv1"),
        ("region 8", "region1.conv1 region1.shortcut1"),
        ("a: { twice 4, v2 }", "a.0.0 a.0.1 a.1.0"),
        ("a: { region 4, relu }", "a.0.conv1 a.1"),
        ("a: { b: v2, relu }", "a.b.0 a.relu1"),
        ("residual { twice 4, relu }", "twice1.0 twice1.1 relu1"),
        ("s: stage 4 3", "s.0.conv1 s.1.conv1 s.2.conv1"),
        ("v2, v2", "v2_1.0 v2_2.0"),
        ("fc, flatten, dense 4", "fc1.0 flatten1 fc2"),
    ],
)
def test_blocks(body: str, expected: str) -> None:
    assert sorted(paths(body)) == sorted(expected.split())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("for i in range(3) { e[i]: relu }", "e0 e1 e2"),
        ("for i in range(2) { e[i + 1]: relu }", "e1 e2"),
        ("for i in [3, 5] { e[i]: { relu } }", "e3.0 e5.0"),
        ("for i in range(2) { r[i]: residual { relu } }", "r0.relu1 r1.relu1"),
        ("for i in range(2) { t[i]: twice 4 }", "t0.0 t0.1 t1.0 t1.1"),
        ("e[2]: relu", "e2"),
        ("for i in range(2) { relu[i]: relu, relu }", "relu0 relu_1.0 relu1 relu_1.1"),
        ("for i in range(2) { for j in range(2) { e[10 * i + j]: relu } }", "e0 e1 e10 e11"),
        ("r: repeat 2 { relu }", "r.0 r.1"),
        ("r: repeat 2 { relu, a: v2 }", None),
        ("r: repeat 2 { { a: relu } }", "r.0.a r.1.a"),
        ("r: for i in [8, 9] { conv i 1x1 }", "r.0 r.1"),
        ("r: for i in range(2) { e[i]: relu }", "r.e0 r.e1"),
    ],
)
def test_loops(body: str, expected: str | None) -> None:
    if expected is None:
        assert body_codes(HEAD + body, blocks=BLOCKS) == ["E212"]
    else:
        assert paths(body) == expected.split()


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("a: relu\nresidual { a: relu }", "E212"),
        ("residual { a: relu }\nconcat {\na: relu\n}", "E212"),
        ("residual { a: relu }\ng: { a: relu }", ""),
        ("a: residual { a: relu }", ""),
        ("down: relu\nresidual shortcut_name=down { relu }", "E212"),
        ("repeat 2 { residual shortcut_name=down { relu } }", "E212"),
        ("repeat 2 { { residual shortcut_name=down { relu } } }", ""),
        ("residual { relu } shortcut { a: relu }\na: relu", ""),
        ("e1: relu\nfor i in range(2) { e[i]: relu }", "E212"),
        ("e[0 - 1]: relu", "E213"),
        ("e[0.5]: relu", "E213"),
        ("e[true]: relu", "E213"),
        ("flatten\nh: relu\naux h weight=0.3 { dense 4096 }", "E212"),
        ("residual shortcut_name=_a { relu }", "E211"),
        ("residual shortcut_name=class { relu }", "E211"),
        (f"{'a' * 48}[0]: relu", "E211"),
    ],
)
def test_names_are_unique_in_a_namespace(body: str, codes: str) -> None:
    assert body_codes(HEAD + body) == codes.split()


def test_a_labelled_region_is_a_group_with_the_region_in_it() -> None:
    (group,) = network(HEAD + "r: residual { relu }").body.items
    assert isinstance(group, Chain)
    assert (group.name, group.numbered) == ("r", False)
    (residual,) = group.items
    assert isinstance(residual, Residual)
    assert (residual.body.name, [item.name for item in residual.body.items]) == ("", ["relu1"])


def test_layers_go_in_the_order_of_execution() -> None:
    body = (
        "relu\nresidual { tanh } shortcut { a: gelu }\n"
        "concat {\nsigmoid\nelu\n}\ngate { silu }\nb: { relu }\nflatten\n"
        "aux h weight=1 { dense 8 }\ndense 8"
    )
    assert paths(body) == [
        "relu1", "shortcut1.a", "tanh1", "sigmoid1", "elu1", "silu1", "b.0", "flatten1", "h", "fc1",
    ]  # fmt: skip
