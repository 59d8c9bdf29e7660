"""The page: complete, by itself, and nothing of a source becomes more than text."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from cnngen.drawing import draw
from cnngen.drawing.build import drawing
from cnngen.drawing.html import OPENED, PAGE, html
from cnngen.drawing.palette import DARK, LIGHT, THEMES
from cnngen.ir import Network
from drawing.drawn import examples, names, network, networks

every_network = pytest.mark.parametrize("network", examples(), ids=names(examples()))

HOSTILE_SOURCE = """# </pre></script><script>alert(1)</script> <img src=x onerror=alert(1)> &lt;
network A {
    input 8x8x2
    "a-b": { conv 2 1x1, relu, conv 2 1x1 }
    repeat 3 { conv 2 1x1 }
}
"""


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text in some of them."""

    VOID = ("meta",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.lines: dict[str, str] = {}
        self.script = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.script += data
        line = self.elements[-1][1].get("data-line") if self.elements else None
        if line and self.open[-1] == "span":
            self.lines[line] = self.lines.get(line, "") + data

    def attributes(self, name: str) -> list[str]:
        return [found for _, attrs in self.elements if (found := attrs.get(name)) is not None]


DOCUMENT = "html head meta title style body header h1 h2 p div main section pre script"
PARTS = "details summary b i span svg g rect text polygon path circle"
TAGS = {*DOCUMENT.split(), *PARTS.split()}


@every_network
def test_a_page_has_all_boxes_and_the_lines_that_they_are_from(network: Network) -> None:
    page = Page(html(network))
    drawn = drawing(network, None, PAGE)
    assert page.attributes("data-id") == list(drawn.nodes)
    assert sum(tag == "details" for tag, _ in page.elements) == len(drawn.clusters) - 1
    wanted = {line for lines in page.attributes("data-lines") for line in lines.split()}
    assert wanted <= set(page.attributes("data-line"))
    assert {tail for each in page.attributes("data-from") for tail in each.split()} <= set(
        drawn.nodes
    )


@every_network
def test_a_page_loads_and_runs_nothing_of_others(network: Network) -> None:
    assert_closed(html(network))


def assert_closed(text: str) -> None:
    page = Page(text)
    assert {tag for tag, _ in page.elements} <= TAGS
    names = {name for _, attrs in page.elements for name in attrs}
    assert not [
        name for name in names if name.startswith("on") or name in ("src", "href", "action")
    ]
    assert "url(" not in text.replace("default-src", "")
    assert "@import" not in text
    assert sum(tag == "script" for tag, _ in page.elements) == 1
    digest = base64.b64encode(hashlib.sha256(page.script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in "".join(page.attributes("content"))
    assert "default-src 'none'" in "".join(page.attributes("content"))


def test_a_hostile_source_stays_text() -> None:
    text = html(networks(HOSTILE_SOURCE, "a<b>\"'&.cnn")[0])
    assert_closed(text)
    page = Page(text)
    lines = [line or " " for line in HOSTILE_SOURCE.split("\n")]
    assert list(page.lines.values()) == lines


def test_figures_are_those_of_all_turns() -> None:
    text = html(networks(HOSTILE_SOURCE)[0])
    assert "30 parameters" in text, "6 for each convolution"
    box = re.search(r"\N{MULTIPLICATION SIGN} 3</i></span>(.*?)</div>", text)
    assert box is not None
    assert re.findall(r">([^<]*)</span>", box[1]) == [
        "8\N{MULTIPLICATION SIGN}8\N{MULTIPLICATION SIGN}2",
        "18",
        f"{3 * 8 * 8 * 4:,}",
    ]


def test_large_networks_are_folded_at_first() -> None:
    unit = "block unit(n) { conv n 1x1\n conv 2 1x1 }\n block two(n) { unit n\n unit 9 }"

    def opened(count: int) -> tuple[int, int]:
        uses = "\n".join(f"two {n}" for n in range(3, 3 + count))
        text = html(network(f"input 4x4x2\n {uses}", unit))
        return text.count(" open>"), text.count("<details")

    few, many = opened(2), opened(OPENED)
    assert few == (6, 6)
    assert many == (OPENED, 3 * OPENED)


@pytest.mark.parametrize("theme", THEMES)
def test_themes(theme: str) -> None:
    made = draw(examples()[0], "html", theme=theme)
    assert isinstance(made, str)
    assert ("prefers-color-scheme" in made) == (theme == "auto")
    assert (LIGHT.paper in made) == (theme != "dark")
    assert (DARK.paper in made) == (theme != "light")
