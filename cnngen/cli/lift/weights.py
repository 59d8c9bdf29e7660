"""The weights of a lifted model, written for the framework that the file's ending says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from cnngen import files
from cnngen.backends import backend
from cnngen.cli.sources import Shown
from cnngen.cli.weights.network import ending_to_write, installed
from cnngen.compiler import compile_source
from cnngen.diagnostics import DiagnosticError
from cnngen.diagnostics.render import one_line
from cnngen.ir import Network
from cnngen.partial import replacing

if TYPE_CHECKING:
    from cnngen.frameworks import Key
    from cnngen.reference import Array
    from cnngen.source import Source


def write_weights(
    path: str, source: Source, network: Network, weights: Mapping[Key, Array], shown: Shown
) -> None:
    """Write a model's weights as the module that ``source`` compiles to keeps them.

    Its target is that of the ending. A file of a whole Keras model has the module's own name.
    """
    from cnngen.frameworks import by_path, to_keys
    from cnngen.frameworks.files import Generated, writable_format

    to = ending_to_write(path)
    with installed():
        writer = writable_format(to)
    arrays = to_keys(to.target, network, by_path(weights))
    result = compile_source(source, [backend(to.target)])
    if not result.complete:
        shown.end(*result.diagnostics)
    (output,) = result.outputs
    module = Generated(output.name.removesuffix(".py"), output.text)
    try:
        with replacing(os.path.realpath(path), to.text) as part:
            writer.write(part, network, module, arrays)
    except OSError as error:
        shown.end(files.unwritable(path, error).diagnostic)
    except DiagnosticError as error:
        shown.end(error.diagnostic)
    click.echo(one_line(f"{path}: the weights of {network.name}"), err=True)
