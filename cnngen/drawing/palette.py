"""The colours of drawings, on light paper and on dark."""

from __future__ import annotations

from cnngen.record import NamedTuple


class Tone(NamedTuple):
    """The colours of a box."""

    fill: str
    line: str


class Palette(NamedTuple):
    """The colours of a picture.

    ``tones`` are those of boxes, by the kind of a :class:`cnngen.drawing.model.Node`, ``frames``
    those of what is around them, by the kind of a cluster.
    """

    paper: str
    ink: str
    muted: str
    edge: str
    tones: dict[str, Tone]
    frames: dict[str, Tone]


LIGHT = Palette(
    paper="#ffffff",
    ink="#1c2430",
    muted="#5b6675",
    edge="#7a8594",
    tones={
        "conv": Tone("#dbe9fb", "#4a7fc1"),
        "dense": Tone("#e4def8", "#7a62bd"),
        "pool": Tone("#fbe3d8", "#c4714a"),
        "layer": Tone("#f0f2f5", "#8893a2"),
        "block": Tone("#dff1e4", "#4e9a68"),
        "projection": Tone("#fdf3d0", "#b08d1f"),
        "reuse": Tone("#f7e1ee", "#b25a8e"),
        "join": Tone("#ffffff", "#1c2430"),
        "input": Tone("#ffffff", "#5b6675"),
        "output": Tone("#ffffff", "#5b6675"),
    },
    frames={
        "block": Tone("#f6f9fc", "#c3ccd8"),
        "group": Tone("#f6f9fc", "#c3ccd8"),
        "repeat": Tone("#f6f9fc", "#8893a2"),
        "projection": Tone("#fdf9ea", "#b08d1f"),
        "aux": Tone("#fbf7fb", "#c79bb6"),
    },
)

DARK = Palette(
    paper="#14181f",
    ink="#e6eaf0",
    muted="#9aa5b4",
    edge="#7f8b9b",
    tones={
        "conv": Tone("#1f3a5c", "#6ea3e0"),
        "dense": Tone("#352c58", "#a390e0"),
        "pool": Tone("#54311f", "#e0906a"),
        "layer": Tone("#2a313c", "#8893a2"),
        "block": Tone("#1f4430", "#6dbb88"),
        "projection": Tone("#473b12", "#d4b04a"),
        "reuse": Tone("#4a2a3d", "#d886b6"),
        "join": Tone("#14181f", "#e6eaf0"),
        "input": Tone("#14181f", "#9aa5b4"),
        "output": Tone("#14181f", "#9aa5b4"),
    },
    frames={
        "block": Tone("#191f28", "#3b4654"),
        "group": Tone("#191f28", "#3b4654"),
        "repeat": Tone("#191f28", "#6b7685"),
        "projection": Tone("#2b2614", "#d4b04a"),
        "aux": Tone("#271f28", "#8a5f7b"),
    },
)

THEMES = ("light", "dark", "auto")
"""What can be asked for; ``auto`` is light, and dark where a reader's system is."""


def palette(theme: str) -> Palette:
    """The colours to begin with."""
    return DARK if theme == "dark" else LIGHT
