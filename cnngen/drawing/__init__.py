"""Drawings of networks: the IR in, text or bytes out.

:mod:`~cnngen.drawing.model` is what a drawing shows, and :mod:`~cnngen.drawing.build` makes it of a
network. The other files print it: as a graph (``dot``, ``mermaid``; ``layout`` and ``graph_svg``),
as volumes, as a page.
"""

from __future__ import annotations

from collections.abc import Callable

from cnngen.drawing.build import drawing
from cnngen.drawing.model import Drawing, TooLargeError
from cnngen.ir import Network

STYLES = ("graph", "volumes")
"""Layers as boxes of a graph, or maps as volumes."""

FORMS = ("svg", "png", "pdf", "dot", "mmd", "html")
"""What a drawing can be written as: the endings of its files."""

PICTURES = ("svg", "png", "pdf")
"""Forms that each style has; the others are graphs alone, or hold both."""


def draw(
    network: Network,
    form: str = "svg",
    *,
    style: str = "graph",
    depth: int | None = None,
    theme: str = "light",
) -> str | bytes:
    """A network as a picture, or as a text that programs draw. The same network, the same bytes.

    Args:
        network: which one.
        form: one of ``FORMS``.
        style: one of ``STYLES``.
        depth: levels of blocks and groups to show, from 1; as many as stay readable if not given.
        theme: ``light``, ``dark``, or ``auto``, with which an SVG follows its reader's system.

    Returns:
        Bytes for ``png`` and ``pdf``, else text.

    Raises:
        TooLargeError: the drawing would have more boxes than anyone can read.
        ImportError: a package of the extra ``cnngen[draw]`` is missing, which svg, png and pdf of
            the style ``graph`` need, and png and pdf in any style.
    """
    if form in ("png", "pdf"):
        return _raster(_svg(network, style, depth, "dark" if theme == "dark" else "light"), form)
    if form == "svg":
        return _svg(network, style, depth, theme)
    if form == "html":
        from cnngen.drawing.html import html

        return html(network, depth, theme)
    return _TEXTS[form](drawing(network, depth), theme)


def _svg(network: Network, style: str, depth: int | None, theme: str) -> str:
    if style == "volumes":
        from cnngen.drawing.volumes import volumes

        return volumes(network, depth, theme)
    from cnngen.drawing.graph_svg import graph
    from cnngen.drawing.layout import layout

    drawn = drawing(network, depth)
    return graph(drawn, layout(drawn), theme)


def _raster(svg: str, form: str) -> bytes:
    from cnngen.drawing import raster

    return raster.png(svg) if form == "png" else raster.pdf(svg)


def _dot(drawn: Drawing, theme: str) -> str:
    from cnngen.drawing.dot import dot

    return dot(drawn, theme)


def _mermaid(drawn: Drawing, theme: str) -> str:
    from cnngen.drawing.mermaid import mermaid

    return mermaid(drawn)


_TEXTS: dict[str, Callable[[Drawing, str], str]] = {"dot": _dot, "mmd": _mermaid}

__all__ = ["FORMS", "PICTURES", "STYLES", "TooLargeError", "draw"]
