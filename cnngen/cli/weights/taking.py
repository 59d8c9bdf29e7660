"""What of a file of weights is taken, and under which names: options that both commands have."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from cnngen.cli.weights.network import readable
from cnngen.diagnostics.render import one_line
from cnngen.record import NamedTuple

if TYPE_CHECKING:
    from cnngen.frameworks.files import Contents, FileFormat, Sets
    from cnngen.ir import Network
    from cnngen.weights import Parts

_OPTIONS = (
    click.option(
        "--key",
        metavar="KEY",
        help="Which set of weights, where the file has several, such as `ema` or `state.model`.",
    ),
    click.option(
        "--strip",
        metavar="PREFIX",
        help="Take away what names in the file begin with, such as `module.`.",
    ),
    click.option(
        "--map",
        "renames",
        metavar="RENAMES.json",
        help="Rename weights or layers of the file: a JSON object from their names to the "
        "network's.",
    ),
    click.option(
        "--skip",
        "skipped",
        multiple=True,
        metavar="LAYER",
        help="Leave aside a layer of the file or of the network, or all in a part of either. "
        "Repeatable.",
    ),
    click.option(
        "--only",
        multiple=True,
        metavar="LAYER",
        help="Take this layer of the network alone, or all in this part of it. Repeatable.",
    ),
)


class Taking(NamedTuple):
    """What the options say."""

    key: str | None
    strip: str | None
    renames: str | None
    skipped: tuple[str, ...]
    only: tuple[str, ...]

    @property
    def parts(self) -> Parts:
        """The parts of the network that are taken."""
        from cnngen.weights import Parts

        return Parts(self.only, self.skipped)


def taking(command: Callable[..., None]) -> Callable[..., None]:
    """The options; the command gets a :class:`Taking`, ``of_file``."""

    @wraps(command)
    def run(
        key: str | None,
        strip: str | None,
        renames: str | None,
        skipped: tuple[str, ...],
        only: tuple[str, ...],
        **rest: Any,
    ) -> None:
        prefix = f"{strip.rstrip('.')}." if strip else None
        command(of_file=Taking(key, prefix, renames, skipped, only), **rest)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


def take(
    sets: Sets, network: Network, form: FileFormat, path: str, of_file: Taking
) -> tuple[str, Contents]:
    """The key of what is wanted of a file, and this.

    Raises:
        DiagnosticError: it is not there.
    """
    from cnngen.weights import chosen_set, without_prefix

    key, contents = chosen_set(sets, of_file.key, path)
    if of_file.strip is not None:
        contents = without_prefix(contents, of_file.strip, path)
    if of_file.renames is not None:
        contents = _mapped(contents, network, form, of_file.renames)
    return key, _without(contents, network, form, path, of_file)


def _mapped(contents: Contents, network: Network, form: FileFormat, path: str) -> Contents:
    from cnngen.frameworks import variables
    from cnngen.weights import fitted, read_table, renamed_by_table

    with readable(path):
        table = read_table(path)
    own = variables(form.target, network)
    return fitted(network, form, renamed_by_table(contents, table, own, path))


def _without(
    contents: Contents, network: Network, form: FileFormat, path: str, of_file: Taking
) -> Contents:
    """What is not skipped; a usage error where a layer is nowhere."""
    from cnngen.frameworks import places
    from cnngen.weights import is_in, without

    own = list(places(form.target, network))
    for layer in of_file.skipped:
        left = without(contents, layer)
        if len(left.tensors) == len(contents.tensors) and not any(is_in(p, layer) for p in own):
            message = f"--skip: neither {path} nor the network has a layer '{layer}'"
            raise click.UsageError(one_line(message))
        contents = left
    for layer in of_file.only:
        if not any(is_in(place, layer) for place in own):
            raise click.UsageError(one_line(f"--only: the network has no layer '{layer}'"))
    if own and not any(of_file.parts.takes(place) for place in own):
        raise click.UsageError("--skip and --only leave nothing of the network")
    return contents
