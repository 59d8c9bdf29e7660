"""What a source comes to: its networks, without what is written of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cnngen.choice import Choice
from cnngen.diagnostics import Diagnostic, codes, has_errors, in_source_order
from cnngen.elaborate import elaborate
from cnngen.elaborate.flow import Shapes
from cnngen.elaborate.library import Load, refuse
from cnngen.ir import Block, Module, Network
from cnngen.passes import run_passes
from cnngen.record import NamedTuple
from cnngen.source import Source
from cnngen.syntax import ast
from cnngen.syntax.parser import parse


class Reading(NamedTuple):
    """What was read of a source; with mistakes, what there is without them.

    ``module`` has the networks that are right, lowered. ``file`` is the tree, ``blocks`` are those
    that it knows, ``shapes`` what came in and went out at each place, also in networks with
    mistakes up to these; ``reached`` are such networks up to the first mistake, not lowered.
    """

    file: ast.File
    module: Module
    diagnostics: tuple[Diagnostic, ...]
    blocks: Mapping[str, Block]
    shapes: Shapes
    reached: tuple[Network, ...]


def read(
    source: Source, choice: Choice | None = None, *, load: Load = refuse, debug: bool = False
) -> Reading:
    """The networks of a source.

    Args:
        source: the text of a ``.cnn`` file.
        choice: which network and parameters; all networks with their defaults where not given.
        load: finds the files that the source uses.
        debug: verify the IR between passes.
    """
    file, found = parse(source)
    module, more, blocks, shapes, reached = elaborate(file, choice or Choice(), load)
    networks = tuple(run_passes(network, debug=debug) for network in module.networks)
    module = module._replace(networks=networks)
    return Reading(file, module, (*found, *more), blocks, shapes, reached)


def told(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """What is said of mistakes: of each its first cause, of a line of another tool its meaning."""
    in_order = in_source_order(found)
    if not has_errors(in_order):
        return in_order
    # Only where there is a mistake: it costs a start.
    from cnngen.diagnostics.causes import first_causes
    from cnngen.foreign import as_meant

    return first_causes(as_meant(in_order))


def accepting_blocks(file: ast.File, found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """What was found where a file needs no network since it has blocks, which others may use."""
    return tuple(d for d in found if d.code is not codes.NO_NETWORK or not file.definitions)
