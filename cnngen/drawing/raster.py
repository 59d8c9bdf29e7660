"""Pictures for programs that read no SVG."""

from __future__ import annotations

import io
import re
import struct
import zlib

from cnngen.drawing.svg import MARK

ZOOM = 2
"""Pixels for each unit of a picture: screens of today have about as many."""

MOST_PIXELS = 16_000
"""Of the longer side."""


def png(svg: str) -> bytes:
    """A picture in pixels.

    Raises:
        ImportError: resvg-py is not installed.
    """
    import resvg_py

    sizes = re.search(r'width="([\d.]+)" height="([\d.]+)"', svg)
    assert sizes, "a picture says how large it is"
    zoom = min(ZOOM, MOST_PIXELS / max(map(float, sizes.groups())))
    data = bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom))
    return _with_text(data, b"Software", MARK.encode())


def _with_text(data: bytes, key: bytes, value: bytes) -> bytes:
    """A PNG file with a note in it, right after its first chunk."""
    first = 8 + 25  # the signature, and the chunk IHDR
    content = b"tEXt" + key + b"\0" + value
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    return data[:first] + chunk + data[first:]


def pdf(svg: str) -> bytes:
    """A picture as a page.

    Raises:
        ImportError: svglib is not installed.
    """
    from reportlab.graphics import renderPDF
    from reportlab.pdfgen.canvas import Canvas
    from svglib.svglib import svg2rlg

    drawing = svg2rlg(io.BytesIO(svg.encode()))
    assert drawing is not None, "what we have written can be read"
    data = io.BytesIO()
    page = Canvas(data, (drawing.width, drawing.height), invariant=1)  # no time in it
    renderPDF.draw(drawing, page, 0, 0)
    page.showPage()
    page.save()
    return data.getvalue() + f"% {MARK}\n".encode()
