"""The comments that become docstrings."""

from __future__ import annotations

import pytest
from elaborating import module

NET = "network Net {\n    input 8\n    relu\n}\n"


@pytest.mark.parametrize(
    ("text", "head", "above"),
    [
        (NET, "", ""),
        ("# A net.\n" + NET, "", "A net."),
        ("# The file.\n\n" + NET, "The file.", ""),
        ("# The file.\n\n# A net.\n" + NET, "The file.", "A net."),
        ("# One.\n# Two.\n" + NET, "", "One.\nTwo."),
        ("# One.\n# Two.\n\n" + NET, "One.\nTwo.", ""),
        ("# One.\n#\n# Two.\n" + NET, "", "One.\n\nTwo."),
        ("# The file.\n   \n" + NET, "The file.", ""),
        ("\n# A net.\n" + NET, "", "A net."),
        ("\n# The file.\n\n" + NET, "The file.", ""),
        (" \n\t\n # The file.\n\n# A net.\n" + NET, "The file.", "A net."),
        ("## A net.\n" + NET, "", "A net."),
        ("#A net.   \n" + NET, "", "A net."),
        ("   # A net.\n" + NET, "", "A net."),
        ("#\n# A net.\n#\n" + NET, "", "A net."),
        ("# The file.\r\n\r\n# A net.\r\n" + NET, "The file.", "A net."),
        (NET.replace("relu", "relu # inside"), "", ""),
    ],
)
def test_comments(text: str, head: str, above: str) -> None:
    made = module(text)
    assert made.description == head
    assert made.networks[0].description == above


@pytest.mark.parametrize(
    ("own", "expected"), [("# A variant.\n", "A variant."), ("", ""), ("# x\n\n", "")]
)
def test_a_variant_has_its_own_comment_alone(own: str, expected: str) -> None:
    made = module(f"# A net.\n{NET}\n{own}network V = Net\n")
    assert [network.description for network in made.networks] == ["A net.", expected]


def test_a_comment_at_the_end_of_a_line_belongs_to_that_line() -> None:
    made = module(f"{NET.rstrip()} # the end\nnetwork V = Net\n")
    assert [network.description for network in made.networks] == ["", ""]
