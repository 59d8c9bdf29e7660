"""``cnngen weights convert``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from cnngen import files
from cnngen.analysis.cost import parameter_count
from cnngen.backends import backend
from cnngen.choice import Choice
from cnngen.cli import completion, console, examples, options, tables
from cnngen.cli.requirements import keras_on, need
from cnngen.cli.sources import Shown
from cnngen.cli.weights.finding import WAYS, Match, check, found_by, module_of, write_table
from cnngen.cli.weights.network import (
    Chosen,
    chosen,
    ending_to_read,
    ending_to_write,
    installed,
    read,
)
from cnngen.cli.weights.output import check_output
from cnngen.cli.weights.taking import Taking, take, taking
from cnngen.compiler import written
from cnngen.diagnostics import DiagnosticError
from cnngen.diagnostics.render import counted, one_line
from cnngen.diagnostics.suggest import listed
from cnngen.ir import Network
from cnngen.partial import replacing
from cnngen.passes.inference import weights_for_inference
from cnngen.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cnngen.frameworks.files import Contents, Ending, FileFormat, Sets, WritableFormat
    from cnngen.reference import Array

MOST = 8
"""How many things are named that were left aside."""


class Job(NamedTuple):
    """Two files and what reads and writes them."""

    source: str
    reader: FileFormat
    output: str
    ending: Ending
    writer: WritableFormat


class Made(NamedTuple):
    """What is to be written, by the names that the output's target has, and where it is from.

    ``key`` and ``contents`` are what was taken of the file; ``names`` are the network's by those
    that were found in it, and ``initial`` the layers that keep their initial values.
    """

    arrays: dict[str, Array]
    key: str
    contents: Contents
    names: Mapping[str, str]
    initial: list[str]


@click.command(
    epilog=examples(
        "cnngen weights convert lenet5.cnn lenet5.weights.h5 lenet5.safetensors",
        "cnngen weights convert lenet5.cnn in.pt out.keras --set classes=26",
        "cnngen weights convert zoo:resnet resnet50.pth out.keras --network ResNet50",
        "cnngen weights convert net.cnn checkpoint.pth.tar out.pt --key ema --strip module.",
        "cnngen weights convert net.cnn pretrained.pt start.pt --skip fc",
        "cnngen weights convert net.cnn theirs.keras out.pt --match graph --write-map names.json",
        "cnngen weights convert net.cnn theirs.h5 out.pt --map names.json",
        "cnngen weights convert net.cnn theirs.pth out.keras --match order",
        "cnngen weights convert net.cnn trained.pt fast.safetensors --for inference",
    )
    + "\n\nThe endings say the formats. Written are .safetensors, .pt and .pth, with PyTorch's "
    "names and layouts, .weights.h5 and .keras with those of Keras. Read are these, .ckpt, "
    ".pth.tar, .bin, .h5, .hdf5 and *.index.json; what a file begins with counts before its ending."
)
@click.argument("file", shell_complete=completion.source_files)
@click.argument("in_file", metavar="IN")
@click.argument("out_file", metavar="OUT")
@options.wanted
@options.form_option("What OUT is for; with inference, batch norms are folded into other weights.")
@taking
@click.option(
    "--match",
    type=click.Choice(WAYS),
    default=WAYS[0],
    show_default=True,
    help="Find weights by their names, or those of layers under other names by how layers are "
    "connected (.keras, .h5) or by their order, and by the shapes of their weights.",
)
@click.option(
    "--trust-order",
    is_flag=True,
    help="With --match order, also where nothing but the order tells layers apart.",
)
@click.option(
    "--write-map",
    "table",
    metavar="RENAMES.json",
    help="Write the names that --match found, for --map.",
)
@click.option("--force", is_flag=True, help="Overwrite OUT, and the file of --write-map.")
@click.option("-q", "--quiet", is_flag=True, help="Do not say what was written.")
@console.output_format
@console.color
@console.debug
def command(
    wanted: Choice,
    file: str,
    in_file: str,
    out_file: str,
    of_file: Taking,
    match: str,
    trust_order: bool,
    table: str | None,
    force: bool,
    quiet: bool,
    form: str,
    color: str,
    debug: bool,
) -> None:
    """Convert weights from one file to another, bit for bit.

    FILE is the source of the network, IN the file to read, OUT the file to write. Nothing is
    written unless IN has all weights of the network and no others, or of the parts that are asked
    for. With --for inference, IN has the weights after training, and OUT is for the code that
    `cnngen compile --for inference` writes.
    """
    keras_on()
    shown = Shown(form, color)
    need("numpy")
    way = Match(match, trust_order, table)
    tells = not quiet and not shown.for_programs
    try:
        to_write, to_read = ending_to_write(out_file), ending_to_read(in_file)
        targets = dict.fromkeys((to_read.target, to_write.target))
        trained = wanted._replace(for_inference=False)
        found = chosen(file, trained, [backend(each) for each in targets], shown, debug=debug)
        if table is not None and os.path.realpath(table) == os.path.realpath(out_file):
            raise click.UsageError("--write-map writes a file of its own, not OUT")
        for output in filter(None, (out_file, table)):
            check_output(in_file, output, force=force)
        job = _job(in_file, to_read, out_file, to_write)
        check(way, to_read.text, job.reader, of_file.renames)
        with tables.progress(1, shown=tells) as advance:
            advance(f"reads {in_file}")
            sets = read(job.reader, job.source, found.network)
        made = _made(job, sets, found, of_file, way, asks=tells)
        if match == "order" and not trust_order:
            _check_order(job, found)
        if wanted.for_inference:
            found, made = _for_inference(job, found, made, wanted)
        with tables.progress(2, shown=tells) as advance:
            _write(job, found, made.arrays, advance)
        if table is not None:
            write_table(table, made.names)
    except DiagnosticError as error:
        shown.end(error.diagnostic)
    shown.show(())
    if tells:
        for line in _said(job, found.network, made):
            click.echo(one_line(line), err=True)


def _job(source: str, to_read: Ending, output: str, to_write: Ending) -> Job:
    from cnngen.frameworks.files import file_format, writable_format

    with installed():
        return Job(source, file_format(to_read), output, to_write, writable_format(to_write))


def _check_order(job: Job, found: Chosen) -> None:
    """Refuse to guess.

    Raises:
        DiagnosticError: only their order tells some layers apart.
    """
    from cnngen.weights import order_alone

    refusal = order_alone(found.network, job.reader, job.source)
    if refusal is not None:
        raise DiagnosticError(refusal)


def _made(
    job: Job, sets: Sets, given: Chosen, of_file: Taking, match: Match, *, asks: bool
) -> Made:
    """What is to be written, of what was read.

    Raises:
        DiagnosticError: the file has not the weights of the network.
    """
    from cnngen.weights import common_prefixes, fit, misfit, within

    network, parts = given.network, of_file.parts
    while True:
        key, contents = take(sets, network, job.reader, job.source, of_file)
        contents, names = found_by(match, job.source, job.reader, given, contents, parts)
        contents = within(network, job.reader, contents, parts)
        found = fit(network, job.reader, contents, parts)
        if not found.wrong:
            break
        prefixes = common_prefixes(found)
        answerable = asks and of_file.strip is None and len(prefixes) == 1
        if not (answerable and _confirmed(prefixes[0])):
            by_name = match.by == "name"
            raise DiagnosticError(misfit(job.source, job.reader, found, by_name=by_name))
        of_file = of_file._replace(strip=prefixes[0])
    arrays, initial = _converted(job, given, contents, of_file)
    return Made(arrays, key, contents, names, initial)


def _confirmed(prefix: str) -> bool:
    """Whether somebody sits there and says yes."""
    question = one_line(f"Names in the file begin with `{prefix}`: take it away?")
    return at_terminal() and click.confirm(question, err=True)


def at_terminal() -> bool:
    """Whether somebody can be asked."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _converted(
    job: Job, given: Chosen, contents: Contents, of_file: Taking
) -> tuple[dict[str, Array], list[str]]:
    """All weights for the output, and the layers of which the file has none."""
    from cnngen.frameworks import places
    from cnngen.weights import converted, initial_arrays

    network, target = given.network, job.writer.target
    arrays = {name: t.array for name, t in contents.tensors.items() if t.array is not None}
    left = {p.name: p.key[0] for p in places(target, network) if not of_file.parts.takes(p)}
    initial: dict[str, Array] = {}
    if left:
        with installed():
            made = initial_arrays(network, target, module_of(target, given), arrays)
        initial = {name: made[name] for name in left}
    own = job.reader.target
    return converted(network, own, target, arrays, initial), list(dict.fromkeys(left.values()))


def _for_inference(job: Job, found: Chosen, made: Made, wanted: Choice) -> tuple[Chosen, Made]:
    """The form for inference, and the weights that make it what the trained network is."""
    from cnngen.frameworks import by_path, from_keys, to_keys

    target = job.writer.target
    result = written(found.result, [backend(target)], wanted)
    lowered = {network.name: network for network in result.module.networks}[found.network.name]
    assert result.defined.inference is not None
    trained = by_path(from_keys(target, found.network, made.arrays))
    moved = weights_for_inference(found.network, result.defined.inference.plan, trained)
    return Chosen(lowered, result), made._replace(arrays=to_keys(target, lowered, moved))


def _write(
    job: Job, found: Chosen, arrays: Mapping[str, Array], advance: Callable[[str], None]
) -> None:
    """Write the file, and read it again before it gets its name.

    Raises:
        DiagnosticError: it cannot be written, or not these weights.
    """
    from cnngen.frameworks.files import MixedTypesError
    from cnngen.weights import mixed

    try:
        with replacing(os.path.realpath(job.output), job.ending.text) as part:
            module = module_of(job.writer.target, found)
            advance(f"writes {job.output}")
            job.writer.write(part, found.network, module, arrays)
            advance(f"reads {job.output} again")
            _check_written(job, read(job.writer, part, found.network), arrays)
    except MixedTypesError as error:
        raise DiagnosticError(mixed(job.source, str(error))) from error
    except OSError as error:
        raise files.unwritable(job.output, error) from error


def _check_written(job: Job, written: Sets, arrays: Mapping[str, Array]) -> None:
    """What is in the file are the same bits."""
    from cnngen.weights import unlike

    wrong = unlike(arrays, written[""])
    if wrong:
        raise RuntimeError(f"{job.ending.text} files do not keep {', '.join(wrong[:5])} as it is")


def _some(things: Sequence[str]) -> str:
    more = f" and {len(things) - MOST} more" if len(things) > MOST else ""
    return ", ".join(things[:MOST]) + more


def _said(job: Job, network: Network, made: Made) -> Iterator[str]:
    """What was written, and what of either file was not used."""
    types = sorted({str(array.dtype) for array in made.arrays.values()} - {"int64"})
    count = counted(parameter_count(network), "parameter")
    yield f"{job.output}: {network.name}, {count}, {' and '.join(types)}, from {job.source}"
    if made.key:
        yield f"{job.source}: the weights are those under the key `{made.key}`"
    if made.contents.beside:
        yield f"{job.source}: left aside: {_some(made.contents.beside)}"
    if made.initial:
        yield f"{job.output}: initial values in {listed(made.initial, MOST)}"
