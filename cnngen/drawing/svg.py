"""SVG as text: elements, and the frame of a picture.

Colours stand at each element, which every program reads; where a picture is to follow its reader's
system, a style sheet overrides them by class.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnngen.drawing.palette import DARK, Palette, palette

FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"

MARK = "Drawn by cnngen"
"""What is in every picture, so that it is known again."""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def escape(text: str) -> str:
    """A text as content of XML or HTML, or as a value; what XML cannot hold becomes ``?``."""
    legal = "".join(c if c in "\n\t" or c.isprintable() else "?" for c in text)
    return legal.translate(_ESCAPES)


def number(value: float) -> str:
    """With one digit after the point at most."""
    return f"{round(value, 1):g}" if abs(value) < 1e5 else str(round(value))


def element(tag: str, content: str | None = None, **attributes: str | float) -> str:
    """An element; ``content`` is XML already, values of attributes are not.

    ``class_`` is the attribute ``class``, and other underscores are hyphens.
    """
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
    )
    return f"<{tag}{given}/>" if content is None else f"<{tag}{given}>{content}</{tag}>"


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else number(value)


def text(
    content: str,
    x: float,
    y: float,
    size: float,
    fill: str,
    class_: str,
    *,
    anchor: str = "middle",
    weight: str = "",
) -> str:
    """A line of text around, from or up to a point: its own width is not known here."""
    more = {"font_weight": weight} if weight else {}
    return element(
        "text", escape(content), x=x, y=y, font_size=size, fill=fill, class_=class_,
        text_anchor=anchor, **more,
    )  # fmt: skip


def group(parts: list[str], title: str = "", **attributes: str | float) -> str:
    """Elements that belong together, with what is shown where the mouse rests."""
    head = [element("title", escape(title))] if title else []
    return element("g", "\n" + "\n".join([*head, *parts]) + "\n", **attributes)


def picture(parts: list[str], width: float, height: float, theme: str, title: str) -> str:
    """A whole picture."""
    colors = palette(theme)
    style = (
        [element("style", "\n" + "\n".join(_dark_rules(DARK)) + "\n")] if theme == "auto" else []
    )
    body = [
        f"<!-- {MARK} -->",
        element("title", escape(title)),
        *style,
        element("rect", width=width, height=height, fill=colors.paper, class_="paper"),
        *parts,
    ]
    return (
        element(
            "svg",
            "\n" + "\n".join(body) + "\n",
            xmlns="http://www.w3.org/2000/svg",
            width=width,
            height=height,
            viewBox=f"0 0 {number(width)} {number(height)}",
            font_family=FONT,
            role="img",
        )
        + "\n"
    )


def _dark_rules(colors: Palette) -> Iterator[str]:
    yield "@media (prefers-color-scheme: dark) {"
    yield f".paper {{ fill: {colors.paper} }}"
    yield f".ink {{ fill: {colors.ink} }}"
    yield f".muted {{ fill: {colors.muted} }}"
    yield f".edge {{ stroke: {colors.edge} }}"
    yield f".tip {{ fill: {colors.edge} }}"
    for name, tone in colors.tones.items():
        yield f".{name} {{ fill: {tone.fill}; stroke: {tone.line} }}"
    for name, tone in colors.frames.items():
        yield f".in-{name} {{ fill: {tone.fill}; stroke: {tone.line} }}"
        yield f".on-{name} {{ fill: {tone.fill} }}"
    yield "}"
