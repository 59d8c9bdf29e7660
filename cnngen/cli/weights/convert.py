"""``cnngen weights convert``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from cnngen.analysis.cost import parameter_count
from cnngen.backends import backend
from cnngen.cli import console, examples, files, options
from cnngen.cli.requirements import MissingError, keras_on_tensorflow, need
from cnngen.cli.sources import Shown
from cnngen.cli.weights.network import Chosen, chosen, ending, form_of, read
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.diagnostics.render import counted, one_line
from cnngen.elaborate import Choice
from cnngen.ir import Network
from cnngen.partial import replacing
from cnngen.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnngen.frameworks.files import Contents, Ending, FileFormat, Generated
    from cnngen.reference import Array


class Job(NamedTuple):
    """Two files and what reads and writes them."""

    source: str
    reader: FileFormat
    output: str
    ending: Ending
    writer: FileFormat


class Taken(NamedTuple):
    """What is taken of the file to read, and by what its weights are found."""

    drop: bool
    match: str
    skipped: tuple[str, ...]


@click.command(
    epilog=examples(
        "cnngen weights convert lenet5.cnn lenet5.weights.h5 lenet5.safetensors",
        "cnngen weights convert lenet5.cnn in.pt out.keras --set classes=26",
        "cnngen weights convert resnet.cnn in.pth out.keras --network ResNet18",
        "cnngen weights convert lenet5.cnn checkpoint.pt out.pt --drop-optimizer",
        "cnngen weights convert zoo:resnet resnet50.pth out.keras --network ResNet50",
        "cnngen weights convert net.cnn theirs.keras out.pt --match graph --skip normalization",
        "cnngen weights convert net.cnn theirs.pth out.keras --match order",
    )
    + "\n\nThe endings say the formats: .safetensors, .pt and .pth have PyTorch's names and "
    "layouts, .weights.h5 and .keras those of Keras."
)
@click.argument("file")
@click.argument("in_file", metavar="IN")
@click.argument("out_file", metavar="OUT")
@options.wanted
@click.option(
    "--drop-optimizer",
    is_flag=True,
    help="Convert the weights alone of a file that holds an optimizer's state as well.",
)
@click.option(
    "--match",
    type=click.Choice(["name", "graph", "order"]),
    default="name",
    show_default=True,
    help="Find weights by their names, or those of layers under other names by how layers are "
    "connected (.keras) or by their order, and by the shapes of their weights.",
)
@click.option(
    "--trust-order",
    is_flag=True,
    help="With --match order, also where nothing but the order tells layers apart.",
)
@click.option(
    "--skip",
    "skipped",
    multiple=True,
    metavar="LAYER",
    help="Leave aside a layer of IN, or a part of the model with all in it. Repeatable.",
)
@click.option("--force", is_flag=True, help="Overwrite OUT.")
@click.option("-q", "--quiet", is_flag=True, help="Do not say what was written.")
@console.output_format
@console.color
@console.debug
def command(
    wanted: Choice,
    file: str,
    in_file: str,
    out_file: str,
    drop_optimizer: bool,
    match: str,
    trust_order: bool,
    skipped: tuple[str, ...],
    force: bool,
    quiet: bool,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Convert weights from one file to another, bit for bit.

    FILE is the source of the network, IN the file to read, OUT the file to write. Nothing is
    written unless IN has all weights of the network and no others.
    """
    keras_on_tensorflow()
    shown = Shown(form, color)
    need("numpy")
    endings = ending(in_file), ending(out_file)
    backends = [backend(target) for target in dict.fromkeys(each.target for each in endings)]
    found = chosen(file, wanted, backends, shown, debug=debug)
    try:
        _check_output(in_file, out_file, force=force)
        reader, writer = form_of(endings[0]), form_of(endings[1], writing=True)
        _check_match(endings[0].text, reader, match)
        job = Job(in_file, reader, out_file, endings[1], writer)
        arrays = _arrays(job, found, Taken(drop_optimizer, match, skipped))
        if match == "order" and not trust_order:
            _check_order(job, found)
        _write(job, found, arrays)
    except DiagnosticError as error:
        shown.end(error.diagnostic)
    if not quiet and form != "json":
        click.echo(one_line(_done(job, found.network, arrays)), err=True)


def _check_match(text: str, reader: FileFormat, match: str) -> None:
    """A usage error where files of this ending do not hold what weights are to be found by."""
    if match == "order" and not reader.keeps_order:
        raise click.UsageError(
            f"{text} files do not keep the order of weights, which --match order goes by"
        )
    if match == "graph" and not reader.keeps_graph:
        raise click.UsageError(
            f"{text} files do not say how layers are connected, which --match graph goes by; "
            ".keras files do"
        )


def _check_order(job: Job, found: Chosen) -> None:
    """Refuse to guess.

    Raises:
        DiagnosticError: only their order tells some layers apart.
    """
    from cnngen.weights import order_alone

    refusal = order_alone(found.network, job.reader, job.source)
    if refusal is not None:
        raise DiagnosticError(refusal)


def _check_output(source: str, output: str, *, force: bool) -> None:
    """Find out what can be known before anything is read."""
    if os.path.isdir(output):
        raise files.unwritable(output, IsADirectoryError(None, "this is a folder"))
    if not os.path.isdir(os.path.dirname(output) or os.curdir):
        raise files.unwritable(output, FileNotFoundError(None, "there is no such folder"))
    if not os.path.lexists(output):
        return
    if os.path.exists(source) and os.path.exists(output) and os.path.samefile(source, output):
        raise click.UsageError(one_line(f"'{output}' is the file to read as well"))
    if not force:
        raise DiagnosticError(
            Diagnostic(
                codes.OUTPUT_EXISTS,
                "the file is there already and is left alone",
                hint="choose another name, or overwrite it with `--force`",
                path=output,
            )
        )


def _arrays(job: Job, given: Chosen, taken: Taken) -> dict[str, Array]:
    """What is to be written, by the names that the output's target has.

    Raises:
        DiagnosticError: the file has not the weights of the network, or something beside them.
    """
    from cnngen.weights import beside, converted, fit, misfit, without

    network = given.network
    contents = read(job.reader, job.source, network)
    for layer in taken.skipped:
        left = without(contents, layer)
        if len(left.tensors) == len(contents.tensors):
            raise click.UsageError(one_line(f"--skip: {job.source} has no layer '{layer}'"))
        contents = left
    contents = _renamed(job, given, contents, taken.match)
    found = fit(network, job.reader, contents)
    if found.wrong:
        raise DiagnosticError(misfit(job.source, job.reader, found, by_name=taken.match == "name"))
    if contents.beside and not taken.drop:
        raise DiagnosticError(beside(job.source, job.reader, contents))
    arrays = {name: t.array for name, t in contents.tensors.items() if t.array is not None}
    return converted(network, job.reader.target, job.writer.target, arrays)


def _renamed(job: Job, given: Chosen, contents: Contents, match: str) -> Contents:
    """What the file holds, under the network's names."""
    from cnngen.frameworks import MissingFrameworkError
    from cnngen.weights import renamed_by_graph, renamed_by_order

    if match == "graph":
        return renamed_by_graph(given.network, job.reader, contents, job.source)
    if match == "name":
        return contents
    module = _module(job.reader.target, given)
    try:
        return renamed_by_order(given.network, job.reader, module, contents, job.source)
    except MissingFrameworkError as error:
        raise MissingError(str(error)) from error


def _write(job: Job, found: Chosen, arrays: Mapping[str, Array]) -> None:
    """Write the file, and read it again before it gets its name.

    Raises:
        DiagnosticError: it cannot be written, or not these weights.
    """
    from cnngen.frameworks.files import MixedTypesError
    from cnngen.weights import mixed

    try:
        with replacing(os.path.realpath(job.output), job.ending.text) as part:
            module = _module(job.writer.target, found)
            job.writer.write(part, found.network, module, arrays)
            _check_written(job, read(job.writer, part, found.network), arrays)
    except MixedTypesError as error:
        raise DiagnosticError(mixed(job.source, str(error))) from error
    except OSError as error:
        raise files.unwritable(job.output, error) from error


def _module(target: str, found: Chosen) -> Generated:
    """The module that is generated for a target."""
    from cnngen.frameworks.files import Generated

    (output,) = (o for o in found.result.outputs if o.target == target)
    return Generated(output.name.removesuffix(".py"), output.text)


def _check_written(job: Job, written: Contents, arrays: Mapping[str, Array]) -> None:
    """What is in the file are the same bits."""
    from cnngen.weights import unlike

    wrong = unlike(arrays, written)
    if wrong:
        raise RuntimeError(f"{job.ending.text} files do not keep {', '.join(wrong[:5])} as it is")


def _done(job: Job, network: Network, arrays: Mapping[str, Array]) -> str:
    types = sorted({str(array.dtype) for array in arrays.values()} - {"int64"})
    count = counted(parameter_count(network), "parameter")
    return f"{job.output}: {network.name}, {count}, {' and '.join(types)}, from {job.source}"
