"""Source text in, modules and diagnostics out. Pure: reads and writes no file but caches."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from cnngen.analysis import names
from cnngen.backends.base import (
    Backend,
    InexpressibleError,
    is_foreseeing,
    is_stamping,
    is_weighted,
)
from cnngen.choice import Choice
from cnngen.define import Defined, HeldError, OpenError, define
from cnngen.diagnostics import Diagnostic, codes, has_errors, in_source_order
from cnngen.elaborate.flow import Shapes
from cnngen.elaborate.library import Load, refuse
from cnngen.ir import Block, Module, Network
from cnngen.passes.inference import BY_DEFAULT
from cnngen.provenance import digest, provenance, stamp
from cnngen.reading import accepting_blocks, read, told
from cnngen.record import NamedTuple
from cnngen.source import Source, Span
from cnngen.source import stem as file_stem
from cnngen.syntax import ast

if TYPE_CHECKING:
    from cnngen.reference import AllWeights

    ReadWeights = Callable[[Network], AllWeights]


class Output(NamedTuple):
    """One generated file: its networks, what is in it, and the name that it has by default."""

    target: str
    name: str
    content: str | bytes
    networks: tuple[Network, ...]

    @property
    def text(self) -> str:
        """What is in a file of text."""
        assert isinstance(self.content, str), f"{self.target} gives bytes"
        return self.content


class Result(NamedTuple):
    """What a compilation gave; with mistakes, what there is without them.

    ``module`` has the networks that are right, ``defined`` their definitions. ``file`` is the tree,
    ``blocks`` are those that it knows, ``shapes`` what came in and went out at each place, also in
    networks with mistakes up to these; ``reached`` are such networks up to the first mistake, not
    lowered. There are outputs only where all of the file is right.
    """

    file: ast.File
    module: Module
    defined: Defined
    outputs: tuple[Output, ...]
    diagnostics: tuple[Diagnostic, ...]
    blocks: Mapping[str, Block]
    shapes: Shapes
    reached: tuple[Network, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all of the file is right. Who needs each of its networks asks this first."""
        return not has_errors(self.diagnostics)

    def accepting_blocks(self) -> Result:
        """The same where a file needs no network since it has blocks, which others may use."""
        return self._replace(diagnostics=accepting_blocks(self.file, self.diagnostics))

    def definitions(self) -> dict[Span, Span]:
        """Where each name of the file is defined; see :mod:`cnngen.analysis.names`."""
        return names.definitions(self.file, self.blocks)


def analyse(
    source: Source,
    choice: Choice | None = None,
    backends: Sequence[Backend] = (),
    *,
    load: Load = refuse,
    debug: bool = False,
) -> Result:
    """The networks of a source, lowered, and checked for any target and for these; no outputs.

    Networks with mistakes are left out, and those that a target refuses are not.

    Args:
        source: the text of a ``.cnn`` file.
        choice: which network and parameters; all networks with their defaults where not given.
        backends: the targets; see :func:`cnngen.backends.backend`.
        load: finds the files that the source uses.
        debug: verify the IR between passes.
    """
    file, module, found, blocks, shapes, reached = read(source, choice, load=load, debug=debug)
    of_targets = (d for backend in backends for d in backend.check(module))
    found = tuple(told((*found, *of_targets)))
    try:
        defined = define(module.networks)
    except (OpenError, HeldError) as error:
        defined = define(())
        found = (*found, _unwritten(source, error))
    return Result(file, module, defined, (), found, blocks, shapes, reached)


def _unwritten(source: Source, error: Exception) -> Diagnostic:
    """A network for which no code is found: better none than that of another network."""
    return Diagnostic(
        codes.INEXPRESSIBLE,
        f"no code can be written for this file yet: {error}",
        path=source.path,
        hint="this is a limit of cnngen: please report it with the source",
    )


def check_source(
    source: Source,
    backends: Sequence[Backend],
    choice: Choice | None = None,
    *,
    load: Load = refuse,
    debug: bool = False,
) -> Result:
    """The source analysed, with all that :func:`compile_source` says of it, and without outputs.

    Nothing is written where a backend knows that it would refuse none of it.
    """
    choice = choice or Choice()
    result = analyse(source, choice, backends, load=load, debug=debug)
    if not result.complete:
        return result
    doubted = [
        each
        for each in backends
        if not (is_foreseeing(each) and each.refuses_nothing(result.defined))
    ]
    return written(result, doubted, choice)._replace(outputs=())


def compile_source(
    source: Source,
    backends: Sequence[Backend],
    choice: Choice | None = None,
    *,
    load: Load = refuse,
    debug: bool = False,
    weights: ReadWeights | None = None,
) -> Result:
    """The source compiled for each backend; see :func:`analyse`.

    ``weights`` gives those of a network, for targets whose files hold them.
    """
    choice = choice or Choice()
    result = analyse(source, choice, backends, load=load, debug=debug)
    return written(result, backends, choice, weights)


def written(
    result: Result,
    backends: Sequence[Backend],
    choice: Choice,
    weights: ReadWeights | None = None,
) -> Result:
    """What was analysed for these backends, with outputs where all of it is right.

    With ``choice.for_inference`` networks and definitions are those for inference, too.
    """
    if not result.complete:
        return result
    wanted = [is_for_inference(backend, choice.for_inference) for backend in backends]
    forms = {False: result}
    if choice.for_inference or any(wanted):
        try:
            forms[True] = _for_inference(result, choice.passes or BY_DEFAULT)
        except HeldError as error:
            unwritten = _unwritten(result.module.source, error)
            return result._replace(diagnostics=(*result.diagnostics, unwritten))
    outputs: list[Output] = []
    refused: list[Diagnostic] = []
    for backend, of in zip(backends, wanted, strict=True):
        form = choice._replace(for_inference=of)
        try:
            outputs.append(_output(backend, result, forms[of], form, weights))
        except InexpressibleError as error:  # in a way that no value takes, which no check saw
            refused.append(error.diagnostic(backend.name))
    made = forms[bool(choice.for_inference)]
    if refused:
        found = in_source_order([*made.diagnostics, *refused])
        return made._replace(diagnostics=tuple(found))
    return made._replace(outputs=tuple(outputs))


def is_for_inference(backend: Backend, wanted: bool | None) -> bool:
    """Whether a target's files are for inference: as is wanted, or else where they hold weights."""
    return is_weighted(backend) if wanted is None else wanted


def _for_inference(result: Result, passes: frozenset[str]) -> Result:
    from cnngen.define.inference import infer  # which only this needs

    networks, defined = infer(result.module.networks, result.defined, passes)
    return result._replace(module=result.module._replace(networks=networks), defined=defined)


def _output(
    backend: Backend, trained: Result, made: Result, choice: Choice, read: ReadWeights | None
) -> Output:
    """A file of the networks that were ``made`` of those that are ``trained``."""
    means = meaning(made.module, choice)
    networks = made.module.networks
    if is_weighted(backend):
        (network,) = trained.module.networks
        weights = backend.initial_weights(network) if read is None else read(network)
        means += "" if read is None else _weights_digest(weights)
        if made.defined.inference is not None:
            network, weights = _moved(network, made, weights)
        networks = (network,)
        body: str | bytes = backend.write_with(network, weights)
    else:
        body = backend.write(made.module, made.defined)
    path = made.module.source.path
    of = provenance(path, digest(means), body)
    if isinstance(body, str):
        content: str | bytes = stamp(body, of)
    else:
        content = backend.stamp(body, of) if is_stamping(backend) else body
    name = default_name(path, backend, choice.for_inference)
    return Output(backend.name, name, content, networks)


def _moved(network: Network, made: Result, weights: AllWeights) -> tuple[Network, AllWeights]:
    """A network for inference with its weights, for those of the network that is trained.

    Where no code is written, norms that code has to keep are folded too.
    """
    from cnngen.analysis.foldable import foldable
    from cnngen.passes.inference import for_inference, weights_for_inference

    (lowered,) = made.module.networks
    assert made.defined.inference is not None
    plan = made.defined.inference.plan
    weights = weights_for_inference(network, plan, weights)
    more = foldable(lowered)
    plan = more._replace(passes=plan.passes & more.passes)
    return for_inference(lowered, plan), weights_for_inference(lowered, plan, weights)


def _weights_digest(weights: AllWeights) -> str:
    """A line for each array: its names and what is in it."""
    return "".join(
        f"\n{path} {name} {digest(array.tobytes())}"
        for path, own in weights.items()
        for name, array in own.items()
    )


def default_name(path: str, backend: Backend, for_inference: bool | None = None) -> str:
    """``<stem>_<target>.py``, or with another suffix, with a stem that Python can import.

    ``<stem>.<target>`` where the suffix says the target. The form that is not the target's own has
    a name of its own: ``<stem>_<target>_inference.py``, or ``<stem>_training.<target>``.
    """
    stem = re.sub(r"\W", "_", file_stem(path), flags=re.ASCII)
    of = "" if backend.suffix == f".{backend.name}" else f"_{backend.name}"
    form = "_inference" if for_inference else "_training"
    if is_for_inference(backend, for_inference) == is_for_inference(backend, None):
        form = ""
    return f"{'_' if stem[:1].isdigit() else ''}{stem}{of}{form}{backend.suffix}"


def meaning(module: Module, choice: Choice) -> str:
    """The source, and the files that it uses, without what changes nothing."""
    texts = [_essence(source) for source in (module.source, *module.used)]
    settings = [argument.span.text for argument in choice.settings]
    form = ["for inference", *sorted(choice.passes)] if choice.for_inference else []
    return "\n".join([*texts, str(choice.network), *settings, *form])


def _essence(source: Source) -> str:
    """The source without white space and empty lines.

    Comments stay, since they become docstrings, and an empty line after one: it decides whether
    the comment describes the file or the network below.
    """
    lines: list[str] = []
    for line in source.text.rstrip().split("\n"):
        words = " ".join(line.split())
        if words or (lines and lines[-1].startswith("#")):
            lines.append(words)
    return "\n".join(lines)
