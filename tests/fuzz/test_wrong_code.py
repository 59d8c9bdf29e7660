"""The fuzzer sees wrong code: each of these changes one thing in what one target generates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest

from fuzz import verify
from fuzz.reduce import reduced
from fuzz.verify import report


class Wrong(NamedTuple):
    """A source whose generated code is changed, by a pattern; ``seen_in`` is what differs."""

    body: str
    pattern: str
    becomes: str
    seen_in: str


WRONG = {
    "concat in another order": Wrong(
        "concat {\nconv 2 1x1\nrelu\n}",
        r"torch\.cat\(\[(\w+), (\w+)\]",
        r"torch.cat([\2, \1]",
        "output in evaluation",
    ),
    "zeros around a max pool": Wrong(
        "maxpool 3x3 stride=2 pad=1",
        r", constant_values=-math\.inf",
        "",
        "output in evaluation",
    ),
    "a shortcut without its projection": Wrong(
        "residual { conv 2 3x3 pad=1, tanh, conv 3 1x1 } shortcut { conv 3 1x1 }",
        r"y \+= self\.\w+\(x\)",
        "y += x",
        "output in evaluation",
    ),
    "another momentum": Wrong(
        "bn", r"momentum=0\.9\b", "momentum=0.99", "running statistics"
    ),
    "outputs in another order": Wrong(
        "a: conv 3 1x1\nb: tanh\noutput a b",
        r"NetOutputs\(a, b\)",
        "NetOutputs(b, a)",
        "output in evaluation",
    ),
    "weights of its own where they are applied again": Wrong(
        "a: conv 3 1x1\ntanh\nreuse a",
        r"x = a_layer\(x\)\n(?=    return)",
        "x = layers.Conv2D(3, 1)(x)\n",
        "Error",
    ),
    "another value of a group": Wrong(
        "a: { low: conv 3 1x1, relu }\nadd a.low",
        r"return x, low\b",
        "return x, x",
        "output in evaluation",
    ),
    "a constructor that ignores its argument": Wrong(
        "flatten, dense classes", r"layers\.Dense\(classes", "layers.Dense(4", "Error"
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_wrong_code_is_seen(wrong: Wrong) -> None:
    text = f"network Net(classes=4) {{\ninput 6x5x3\n{wrong.body}\n}}\n"
    assert report(text).failure is None
    with _changed(wrong):
        failure = report(text).failure
    assert failure is not None
    assert wrong.seen_in in failure


class _changed:  # noqa: N801 - a context manager
    """While it lasts, generated code is changed, and it is an error where nothing is."""

    def __init__(self, wrong: Wrong) -> None:
        self.wrong = wrong
        self.count = 0
        self.patched = patch.object(verify, "compile_source", self._compiled)
        self.real = verify.compile_source

    def __enter__(self) -> None:
        self.patched.start()

    def __exit__(self, *_: object) -> None:
        self.patched.stop()
        assert self.count

    def _compiled(self, *arguments: Any, **keywords: Any) -> Any:
        result = self.real(*arguments, **keywords)
        return result._replace(outputs=tuple(self._outputs(result.outputs)))

    def _outputs(self, outputs: Any) -> Iterator[Any]:
        for output in outputs:
            text, count = re.subn(self.wrong.pattern, self.wrong.becomes, output.text)
            self.count += count
            yield output._replace(content=text)


def test_a_failure_becomes_small() -> None:
    text = (
        "block unit(width=3) {\n    conv width 1x1, relu\n}\n\n"
        "network Net(classes=2) {\n    input 4x4x2\n    a: unit 3, residual {\n"
        "        bn eps=0.1, tanh\n    } -> 4x4x3\n    flatten, dense classes\n}\n"
    )
    small = reduced(text, lambda candidate: "bn" in candidate and "network" in candidate)
    assert small.split() == ["network", "Net", "{", "bn", "}"]
