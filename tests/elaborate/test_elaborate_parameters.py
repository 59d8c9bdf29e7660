"""Which parameters the generated constructor takes, and what each network gives them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from elaborating import free, module, network, networks, settings

from cnngen.choice import Choice

VECTOR = "input 16\n"


@pytest.mark.parametrize(
    "body",
    [
        "input 16\ndense n, dropout p",
        "input 16\ndense n, dense n",
        "input 16\ndense n + 0",
        "input 16\nrepeat n { relu }",
        "input 16\nif n > 3 { relu }\ndense 3",
        "input n\ndense 3",
        "input n x n x 3\nconv n 3x3",
        "input 16\ndense 8 -> n",
        "input 16\nrelu",
    ],
)
def test_a_network_with_a_body_of_its_own_takes_all_parameters(body: str) -> None:
    assert free(network(body, "n=8, p=0.5")) == {"n": 8, "p": 0.5}


def test_parameters_are_of_every_kind() -> None:
    parameters = "n=8, k=3x5, flag=true, pad=same, widths=[2, 3], m=n + 1"
    made = network(
        "input 8x8x3\nconv n k pad=pad bias=flag\nfor w in widths { conv w 1x1 }", parameters
    )
    assert free(made) == {
        "n": 8, "k": (3, 5), "flag": True, "pad": "same", "widths": (2, 3), "m": 9,
    }  # fmt: skip
    assert list(made.parameters) == ["n", "k", "flag", "pad", "widths", "m"], "as in the head"


@pytest.mark.parametrize(
    ("given", "expected"),
    [("classes=100", {"classes": 100, "rate": 0.5}), ("rate=0.1", {"classes": 10, "rate": 0.1})],
)
def test_set_gives_the_value(given: str, expected: Mapping[str, float]) -> None:
    text = f"network Net(classes=10, rate=0.5) {{\n{VECTOR}dropout rate + 0, dense classes\n}}"
    (made,) = module(text, Choice(settings=settings(given))).networks
    assert free(made) == expected


NET = f"network Net(n, m=4, p=0.5, k=1x1, flag=true) {{\n{VECTOR}dense n, dense m, dropout p\n}}\n"


@pytest.mark.parametrize(
    ("variant", "given", "expected"),
    [
        ("V = Net n=7", {"n"}, {"m": 4, "p": 0.5}),
        ("V = Net n=7 m=8", {"n", "m"}, {"p": 0.5}),
        ("V = Net n=7 p=0 m=1", {"n", "m", "p"}, {}),
        ("V = Net n=7 k=3 flag=false", {"n", "k", "flag"}, {"m": 4, "p": 0.5}),
    ],
)
def test_a_variant_takes_the_numbers_that_it_does_not_give(
    variant: str, given: set[str], expected: Mapping[str, float]
) -> None:
    made = networks(f"{NET}network {variant}\n")["V"]
    assert made.is_variant
    assert made.base.name == "Net"
    assert made.given == given
    assert free(made) == expected


def test_a_variant_of_a_variant_gives_what_both_give() -> None:
    made = networks(f"{NET}network V = Net n=7\nnetwork W = V m=9\n")
    assert free(made["W"]) == {"p": 0.5}
    assert (made["W"].values["n"], made["W"].values["m"]) == (7, 9)
    assert made["W"].base is made["V"].base


def test_networks_and_variants_know_one_definition() -> None:
    made = networks("network Net(n=1) { input 4\ndense n }\nnetwork V = Net n=2\n")
    assert made["Net"].base is made["V"].base
    assert not made["Net"].is_variant
    assert (made["Net"].given, made["V"].given) == (frozenset(), {"n"})
    known = [(p.name, p.default) for p in made["V"].base.parameters]
    assert known == [("n", 1)]


def test_a_value_that_is_made_of_another_goes_with_it() -> None:
    text = (
        f"network Base(n=10, rate=n / 100) {{\n{VECTOR}dropout rate, dense n\n}}\n"
        "network V = Base n=50\n"
    )
    made = networks(text)
    assert free(made["Base"]) == {"n": 10, "rate": 0.1}
    assert made["V"].values == {"n": 50, "rate": 0.5}
