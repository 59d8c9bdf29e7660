"""What a compilation gives where a file has mistakes: all that is right, and where names are."""

from __future__ import annotations

from cnngen.analysis.names import DEEPEST
from cnngen.backends import backend
from cnngen.compiler import Result, compile_source
from cnngen.source import Source, Span

TARGETS = [backend("torch"), backend("keras")]

TEXT = """
block unit(width, stride=1) {
    conv width 3x3 stride=stride pad=1, relu
}
network Right(width=8) {
    input 16x16x3
    unit width, unit width stride=2
    flatten, dense 10
}
network Wrong(width=8, more=[4, 4]) {
    input 16x16x3
    let twice = width * 2
    first: unit twice
    for own in more {
        conv own 1x1
    }
    g: { inner: relu, conv 4 1x1, add inner }
    rleu
    up[0]: tanh
    concat first up0
}
network Again = Right width=16
network Other = Wrong width=4
"""


def result(text: str = TEXT) -> Result:
    return compile_source(Source("partial.cnn", text), TARGETS)


def test_a_network_that_is_right_is_there_beside_one_that_is_wrong() -> None:
    found = result()
    assert [network.name for network in found.module.networks] == ["Right", "Again"]
    assert set(found.defined.networks) == {"Right", "Again"}
    assert [d.code.id for d in found.diagnostics] == ["E201"]
    assert not found.complete
    assert not found.outputs


def test_a_file_without_mistakes_is_complete() -> None:
    found = result(TEXT.replace("    rleu\n", ""))
    assert found.complete
    assert len(found.outputs) == len(TARGETS)
    assert not any(d.code.severity == "error" for d in found.diagnostics)


def test_a_network_that_cannot_be_read_takes_no_other_with_it() -> None:
    found = result(TEXT.replace("    rleu\n", "    conv 8 8 )\n"))
    assert [network.name for network in found.module.networks] == ["Right", "Again"]


def test_nothing_but_mistakes() -> None:
    found = result("network Net { input 8\n rleu }")
    assert not found.module.networks
    assert not found.defined.networks
    assert result("").module.networks == ()


def shapes(found: Result, text: str) -> list[str]:
    """What came in and went out where the source says ``text``, for the first such place."""
    start = TEXT.index(text)
    pairs = found.shapes[Span(found.file.source, start, start + len(text))]
    return [f"{before} -> {after}" for before, after in pairs]


def test_shapes_are_known_by_their_places_up_to_a_mistake() -> None:
    found = result()
    assert shapes(found, "input 16x16x3") == ["None -> 16x16x3"]
    assert shapes(found, "unit width stride=2") == ["16x16x8 -> 8x8x8", "16x16x16 -> 8x8x16"]
    assert shapes(found, "conv own 1x1") == [
        "16x16x16 -> 16x16x4",
        "16x16x4 -> 16x16x4",
        "16x16x8 -> 16x16x4",
    ]
    block = shapes(found, "conv width 3x3 stride=stride pad=1")
    assert "16x16x3 -> 16x16x8" in block, "inside of a block, for each of its uses"
    assert "16x16x3 -> 16x16x16" in block


def jump(found: Result, before: str, name: str) -> str:
    """The line that defines ``name``, read where it follows ``before``."""
    start = TEXT.index(before + name) + len(before)
    definitions = found.definitions()
    span = Span(found.file.source, start, start + len(name))
    if span not in definitions:
        return ""
    place = definitions[span]
    return found.file.source.line(place.line).strip()


def test_names_lead_to_their_definitions() -> None:
    found = result()
    assert jump(found, "conv ", "width") == "block unit(width, stride=1) {"
    assert jump(found, "stride=", "stride") == "block unit(width, stride=1) {"
    assert jump(found, "unit width, ", "unit") == "block unit(width, stride=1) {"
    assert jump(found, "unit width ", "stride") == "block unit(width, stride=1) {"
    assert jump(found, "unit ", ["width", " unit width s"][0]) == "network Right(width=8) {"
    assert jump(found, "let twice = ", "width") == "network Wrong(width=8, more=[4, 4]) {"
    assert jump(found, "unit ", "twice") == "let twice = width * 2"
    assert jump(found, "in ", "more") == "network Wrong(width=8, more=[4, 4]) {"
    assert jump(found, "conv ", "own") == "for own in more {"
    assert jump(found, "add ", "inner") == "g: { inner: relu, conv 4 1x1, add inner }"
    assert jump(found, "concat ", "first") == "first: unit twice"
    assert jump(found, "concat first ", "up0") == "up[0]: tanh"
    assert jump(found, "Again = ", "Right") == "network Right(width=8) {"
    assert jump(found, "Right ", "width=16"[:5]) == "network Right(width=8) {"
    assert jump(found, "network ", "Other") == "network Other = Wrong width=4"


def test_names_that_a_region_gives_are_their_own() -> None:
    text = (
        "network Net(side=1) {\n    input 8x8x4\n"
        "    residual shortcut_name=side { conv 8 1x1 }\n    aux side weight=0.3 { relu }\n}\n"
    )
    found = result(text)
    for before in ("shortcut_name=", "aux "):
        start = text.index(before) + len(before)
        span = Span(found.file.source, start, start + len("side"))
        assert found.definitions()[span] == span


def test_what_is_no_name_of_the_file_leads_nowhere() -> None:
    found = result()
    assert not jump(found, "flatten, ", "dense")
    assert not jump(found, "    ", "rleu")


def test_names_of_blocks_lead_into_the_files_that_are_used() -> None:
    text = "use std.resnet\nnetwork Net {\n    input 32x32x3\n    basic 64\n    rleu\n}\n"
    found = result(text)
    start = text.index("basic")
    place = found.definitions()[Span(found.file.source, start, start + len("basic"))]
    assert place.source is not found.file.source
    assert place.text == "basic"


def test_braces_without_end_end() -> None:
    depth = 50 * DEEPEST
    text = f"network Net {{\n    input 8\n    {'{' * depth} relu {'}' * depth}\n}}\n"
    assert result(text).definitions()
