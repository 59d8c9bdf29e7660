"""``cnngen weights``: weights in files."""

from __future__ import annotations

import click

from cnngen.cli import examples
from cnngen.cli.weights import convert, inspect


@click.group(
    epilog=examples(
        "cnngen weights convert lenet5.cnn lenet5.pt lenet5.keras",
        "cnngen weights convert resnet.cnn in.pth out.keras --network ResNet18",
        "cnngen weights inspect lenet5.cnn",
        "cnngen weights inspect lenet5.cnn lenet5.safetensors",
    )
)
def command() -> None:
    """Convert files of weights between the targets, or inspect them."""


command.add_command(convert.command, "convert")
command.add_command(inspect.command, "inspect")
