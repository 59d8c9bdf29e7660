"""Long lines are coloured in a time that grows with their length alone.

An engine that searches tries a rule at every character: one that reads on to the line's end from
each of them, and then does not fit, takes seconds for a line of a minified file.
"""

from __future__ import annotations

import json
import subprocess
import time

import pytest
from editing import EDITORS, ROOT, need_node

pytest.importorskip("pygments")
from cnngen.highlight.pygments import CnnLexer

pytestmark = pytest.mark.timed  # what an engine does within a match can't be counted

LENGTH = 20_000
SECONDS = 1.0
"""Of the processor. All of these lines take a tenth of it, or less."""

REPEATED = [
    "1",
    "1x",
    "1.",
    "1e",
    "1 ",
    "a",
    "a ",
    "a = ",
    "a, ",
    ", a[b",
    ", a[[b]",
    "a[b] ",
    "a[",
    " ",
    '"',
]
REPEATED += [
    "{",
    "} ",
    "(",
    "->",
    "relu, ",
    "add a ",
    "init = ",
    "for a in ",
    "network ",
    "network N ",
]
ENDED = {"1": ["a", ".."], "a[": [":"], "1x": ["1x"], " ": ["!"], ":": ["a"]}
LINES = [
    *(part * (LENGTH // len(part)) for part in REPEATED),
    *(part * (LENGTH // len(part)) + end for part, ends in ENDED.items() for end in ends),
    "a[" + "b[c]" * (LENGTH // 4) + ":",
]

SHIKI = """
import { readFileSync } from "node:fs";
import { createHighlighter } from "shiki";
const { grammar, lines } = JSON.parse(readFileSync(0, "utf8"));
const shiki = await createHighlighter({ themes: ["github-light"], langs: [grammar] });
const options = { lang: "cnn", theme: "github-light", tokenizeTimeLimit: 0 };
const seconds = lines.map((line) => {
  const before = process.cpuUsage();
  shiki.codeToTokensBase(line, options);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
});
console.log(JSON.stringify(seconds));
"""


def slow(seconds: list[float]) -> list[tuple[str, float]]:
    return [(line[:20], each) for line, each in zip(LINES, seconds, strict=True) if each > SECONDS]


def test_textmate() -> None:
    need_node()
    text = (ROOT / "grammar" / "cnn.tmLanguage.json").read_text(encoding="utf-8")
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", SHIKI],
        cwd=EDITORS,
        input=json.dumps({"grammar": json.loads(text), "lines": LINES}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert slow(json.loads(done.stdout)) == []


def test_pygments() -> None:
    seconds = []
    for line in LINES:
        before = time.process_time()
        list(CnnLexer().get_tokens_unprocessed(line))
        seconds.append(time.process_time() - before)
    assert slow(seconds) == []
