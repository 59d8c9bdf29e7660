"""The weights of a lifted model, written for the framework that the file's ending says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from cnngen.backends import backend
from cnngen.cli import files
from cnngen.cli.sources import Shown
from cnngen.cli.weights.network import ending_to_write, installed
from cnngen.compiler import compile_source
from cnngen.diagnostics import DiagnosticError
from cnngen.diagnostics.render import one_line
from cnngen.ir import Network
from cnngen.partial import replacing
from cnngen.source import Source

if TYPE_CHECKING:
    from cnngen.cli.lift.source import Found


def write_weights(
    path: str, text: str, network: Network, model: Found, names: Mapping[str, str], shown: Shown
) -> None:
    """Write the model's weights as the generated module of the ending's target keeps them."""
    from cnngen.frameworks import to_keys
    from cnngen.frameworks.files import Generated, writable_format
    from cnngen.verification.problem import nested

    to = ending_to_write(path)
    with installed():
        writer = writable_format(to)
    _, adopted, _ = model.adopted(network, names)
    arrays = to_keys(to.target, network, nested(adopted.weights()))
    source = Source("lifted.cnn", text)
    (output,) = compile_source(source, [backend(to.target)]).outputs
    module = Generated(output.name.removesuffix(".py"), output.text)
    single = {name: array.astype("float32") for name, array in arrays.items()}
    try:
        with replacing(os.path.realpath(path), to.text) as part:
            writer.write(part, network, module, single)
    except OSError as error:
        shown.end(files.unwritable(path, error).diagnostic)
    except DiagnosticError as error:
        shown.end(error.diagnostic)
    click.echo(one_line(f"{path}: the weights of {network.name}"), err=True)
