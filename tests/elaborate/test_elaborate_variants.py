"""Which networks a file has, and what their parameters are worth."""

from __future__ import annotations

import pytest
from elaborating import codes_of, networks, ops, settings

from cnngen.choice import Choice
from cnngen.ir import Network
from cnngen.ops import Conv

BODY = "{\ninput 8x8x3\nconv a b\n}\n"
BASE = f"network Base(a=4, b=1) {BODY}"
TEMPLATE = f"network Base(a, b=1) {BODY}"


def choice(network: str | None = None, given: str = "") -> Choice:
    return Choice(network, settings(given))


def shown(found: dict[str, Network]) -> dict[str, tuple[int, int]]:
    """Each network's a and b."""
    made = {name: ops(network)[0] for name, network in found.items()}
    return {name: (op.channels, op.kernel[0]) for name, op in made.items() if isinstance(op, Conv)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BASE, {"Base": (4, 1)}),
        (BASE + "network V = Base", {"Base": (4, 1), "V": (4, 1)}),
        (BASE + "network V = Base a=7", {"Base": (4, 1), "V": (7, 1)}),
        (BASE + "network V = Base b=3 a=7", {"Base": (4, 1), "V": (7, 3)}),
        ("network V = Base a=7\n" + BASE, {"V": (7, 1), "Base": (4, 1)}),
        (
            BASE + "network V = Base a=7\nnetwork W = V b=3",
            {"Base": (4, 1), "V": (7, 1), "W": (7, 3)},
        ),
        (
            BASE + "network V = Base a=7 b=2\nnetwork W = V a=9\nnetwork X = W b=3",
            {"Base": (4, 1), "V": (7, 2), "W": (9, 2), "X": (9, 3)},
        ),
        (TEMPLATE + "network V = Base a=7", {"V": (7, 1)}),
        (TEMPLATE + "network V = Base b=3\nnetwork W = V a=7", {"W": (7, 3)}),
        (f"network Base(a=2, b=a + 1) {BODY}", {"Base": (2, 3)}),
        (
            f"network Base(a=2, b=a + 1) {BODY}network V = Base a=4\nnetwork W = V b=1",
            {"Base": (2, 3), "V": (4, 5), "W": (4, 1)},
        ),
        (
            f"network Base(a=2, b=a + 1) {BODY}network V = Base b=a * 2",
            {"Base": (2, 3), "V": (2, 4)},
        ),
    ],
)
def test_networks_and_variants(text: str, expected: dict[str, tuple[int, int]]) -> None:
    found = shown(networks(text))
    assert found == expected
    assert list(found) == list(expected), "in the file's order"


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (choice(given="a=7"), {"Base": (7, 1), "V": (7, 3)}),
        (choice(given="a=7 b=2"), {"Base": (7, 2), "V": (7, 2)}),
        (choice("V"), {"V": (4, 3)}),
        (choice("Base"), {"Base": (4, 1)}),
        (choice("V", "a=5"), {"V": (5, 3)}),
        (choice("V", "a=1 + 1 b=a"), {"V": (2, 2)}),
    ],
)
def test_choice(chosen: Choice, expected: dict[str, tuple[int, int]]) -> None:
    assert shown(networks(BASE + "network V = Base b=3", chosen)) == expected


def test_a_template_is_made_once_it_has_values() -> None:
    text = TEMPLATE + "network V = Base a=7"
    assert shown(networks(text, choice(given="a=2"))) == {"Base": (2, 1), "V": (2, 1)}
    assert shown(networks(text, choice("Base", "a=2"))) == {"Base": (2, 1)}


@pytest.mark.parametrize(
    ("text", "chosen", "expected"),
    [
        (TEMPLATE, choice(), ["E210"]),
        (TEMPLATE + "network V = Base a=7", choice("Base"), ["E210"]),
        (TEMPLATE + "network V = Base b=3", choice(), ["E210"]),
        (BASE, choice("Bass"), ["E204"]),
        (BASE, choice(given="c=1"), ["E209"]),
        (BASE + "network V = Bass", choice(), ["E204"]),
        (BASE + "network V = Base c=1", choice(), ["E209"]),
        (BASE + "network V = Base a=1 a=2", choice(), ["E207"]),
        (BASE + "network V = Base 4", choice(), ["E113"]),
        (BASE + "network V = W\nnetwork W = V", choice(), ["E219", "E219"]),
        (BASE + "network V = V", choice(), ["E219"]),
        (BASE + "network Base = Base", choice(), ["E212"]),
        (f"network Base(a=b, b=1) {BODY}", choice(), ["E203"]),
        (f"network Base(a=channels, b=1) {BODY}", choice(), ["E203"]),
        (f"network Base(a=1, b=1, a=2) {BODY}", choice(), ["E212"]),
        (f"network Base(a=4, b=1, list=1) {BODY}", choice(), ["E211"]),
        (f"network print(a=4, b=1) {BODY}", choice(), ["E211"]),
        ("", choice(), ["E006"]),
        (BASE + "network V = Base b=9", choice(), ["E302"]),
        (f"network Base(a=4, b=9) {BODY}network V = Base a=1", choice(), ["E302"]),
    ],
)
def test_mistakes_in_definitions(text: str, chosen: Choice, expected: list[str]) -> None:
    assert codes_of(text, chosen) == expected


def test_a_network_with_a_mistake_leaves_the_others() -> None:
    assert codes_of(BASE + "network V = Base b=9", choice("Base")) == []


@pytest.mark.parametrize(("turns", "codes"), [(3, []), (300, ["E218"])])
def test_work_is_bounded(turns: int, codes: list[str]) -> None:
    text = f"network Net {{\ninput 8\nrepeat {turns} {{ relu }}\n}}"
    assert codes_of(text, Choice(most_steps=100)) == codes


@pytest.mark.parametrize(("variants", "codes"), [(15, []), (30, ["E114"])])
def test_variants_of_variants_are_bounded(variants: int, codes: list[str]) -> None:
    chain = "".join(f"network V{i + 1} = V{i}\n" for i in range(variants))
    assert codes_of(f"network V0 {{\ninput 8\nrelu\n}}\n{chain}")[:1] == codes[:1]


@pytest.mark.parametrize(("levels", "code"), [(60, []), (70, ["E114"])])
def test_braces_are_bounded(levels: int, code: list[str]) -> None:
    body = "{ " * levels + "relu" + " }" * levels
    assert codes_of(f"network Net {{\ninput 8\n{body}\n}}") == code
