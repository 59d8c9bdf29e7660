"""Draws the pictures of ``docs/pictures``, which the documentation shows.

python docs/pictures.py            # all of them anew
python docs/pictures.py --check    # exit 1 where one is not what would be drawn
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from cnngen.compiler import analyse
from cnngen.drawing import draw
from cnngen.files import loader, read_source
from cnngen.ir import Network

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"


class Picture(NamedTuple):
    """A file of ``docs/pictures``, and what is drawn there."""

    name: str
    source: str
    network: str
    style: str
    depth: int | None = None


ALL = (
    Picture("lenet5-volumes", "examples/lenet5.cnn", "LeNet5", "volumes"),
    Picture("resnet152-volumes", "zoo:resnet", "ResNet152", "volumes"),
    Picture("unet-volumes", "examples/unet_bilinear.cnn", "UNetBilinear", "volumes", 1),
    Picture("projection-graph", "examples/residual_block.cnn", "ProjectionShortcut", "graph"),
    Picture("googlenet-graph", "examples/googlenet.cnn", "GoogLeNet", "graph", 1),
)


def network(picture: Picture) -> Network:
    """What is drawn."""
    path = picture.source
    source = read_source(path if ":" in path else str(ROOT / path))
    result = analyse(source, load=loader(source))
    return next(each for each in result.module.networks if each.name == picture.network)


def drawn(picture: Picture) -> bytes:
    """The picture as it should be."""
    made = draw(network(picture), style=picture.style, depth=picture.depth, theme="auto")
    assert isinstance(made, str)
    return made.encode("utf-8")


def main(check: bool) -> int:
    """Draw all of them, or compare; the exit code."""
    stale = []
    for picture in ALL:
        path = PICTURES / f"{picture.name}.svg"
        made = drawn(picture)
        if not check:
            path.write_bytes(made)
        elif not path.exists() or path.read_bytes() != made:
            stale.append(path)
    stale += [path for path in PICTURES.iterdir() if path.stem not in {p.name for p in ALL}]
    for path in stale:
        print(f"{path} is not what `python docs/pictures.py` draws")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
