"""What ``import cnngen`` gives: the compiler, its checks and its pictures, for Python.

A *source* is a path of a ``.cnn`` file, ``zoo:resnet`` for one that is shipped, or the text itself,
which is told from a path by its braces and lines. Whatever is wrong in it is raised as
:class:`CompileError`.
"""

from __future__ import annotations

import numbers
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click

from cnngen.analysis.render import FORMS, Shown
from cnngen.analysis.summary import Summary
from cnngen.analysis.summary import summary as summary_of
from cnngen.backends import BUILT_IN, backend, target_names
from cnngen.backends.base import Backend, is_weighted
from cnngen.choice import PURPOSES, Choice
from cnngen.cli.requirements import MissingError, need
from cnngen.compiler import Output, Result, analyse, check_source, compile_source
from cnngen.diagnostics import Diagnostic, DiagnosticError, did_you_mean, has_errors, listed
from cnngen.diagnostics.render import full
from cnngen.drawing import FORMS as FORMATS
from cnngen.drawing import STYLES
from cnngen.drawing import draw as drawn
from cnngen.drawing.palette import THEMES
from cnngen.files import loader, read_source
from cnngen.formatting import formatted
from cnngen.ir import Network
from cnngen.lint import lint
from cnngen.partial import replacing
from cnngen.passes.inference import passes_named
from cnngen.source import Source
from cnngen.syntax import ast
from cnngen.syntax.parser import parse, parse_settings

if TYPE_CHECKING:
    from cnngen.compiler import ReadWeights
    from cnngen.verification import Report

Path = str | os.PathLike[str]
Given = Path | Source
Setting = int | float | bool | str | Sequence[Any]
"""A value for a network's parameter: a number, a word, or a list or size of them."""

LARGEST = 10**18
"""Of whole numbers: the language has no use for larger ones."""

TEXT = "<text>"
"""What a source is called that was given as text."""


class Diagnostics(tuple[Diagnostic, ...]):
    """What there is to say of a source; printed, or shown by a notebook, at its places."""

    def __str__(self) -> str:
        return "\n".join(map(full, self))

    def __repr__(self) -> str:
        return str(self) or "()"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


class CompileError(ValueError):
    """A source has mistakes: ``diagnostics`` are all that there is to say of it."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = Diagnostics(diagnostics)
        super().__init__(str(self.diagnostics))

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback: the mistakes are not in Python."""
        return str(self).split("\n")


class Summaries(tuple[Summary, ...]):
    """The figures of a source's networks; printed, or shown by a notebook, as tables."""

    batch = 1
    depth = 1_000

    def __str__(self) -> str:
        return self._in("table")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self._in("html")

    def _in(self, form: str) -> str:
        return FORMS[form]([Shown(each, True, self.batch, self.depth) for each in self])


class Drawing:
    """A network as a picture, which a notebook shows."""

    def __init__(self, network: Network, style: str, depth: int | None, theme: str) -> None:
        self._network = network
        self._how: dict[str, Any] = {"style": style, "depth": depth, "theme": theme}

    def write(self, form: str = "svg") -> str | bytes:
        """The picture as ``svg``, ``png``, ``pdf``, ``dot``, ``mmd`` or ``html``.

        Returns:
            Bytes for ``png`` and ``pdf``, else text.

        Raises:
            ImportError: a package of the extra ``cnngen[draw]`` is missing.
        """
        return drawn(self._network, form, **self._how)

    def save(self, path: Path) -> None:
        """Write the picture into a file whose ending says the form."""
        ending = os.path.splitext(os.fspath(path))[1].removeprefix(".").lower()
        _check_one_of(ending, "the ending of a drawing", FORMATS)
        content = self.write(ending)
        data = content.encode("utf-8") if isinstance(content, str) else content
        with replacing(os.path.realpath(path)) as part, open(part, "xb") as file:
            file.write(data)

    def _repr_svg_(self) -> str:
        content = self.write("svg")
        assert isinstance(content, str)
        return content


class Reports(tuple["Report", ...]):
    """What :func:`verify` found, a report for each network."""

    @property
    def holds(self) -> bool:
        """Whether the models are the same network in every comparison."""
        return all(report.holds for report in self)

    def __str__(self) -> str:
        return "\n".join(map(_verdict, self))

    __repr__ = __str__


def compile(  # noqa: A001 - read as cnngen.compile
    source: Given,
    target: str = "torch",
    *,
    network: str | None = None,
    weights: Path | None = None,
    purpose: str | None = None,
    passes: str | Sequence[str] = (),
    **settings: Setting,
) -> str | bytes:
    """The generated module of a source.

    Args:
        source: a path, ``zoo:...``, or text.
        target: ``torch``, ``keras``, ``onnx``, or what a plug-in adds.
        network: only this one; all of the file if not given.
        weights: the file of the weights that the output gets, for ``onnx``; see ``docs/onnx.md``.
        purpose: ``training`` or ``inference``, see ``docs/inference.md``; where not given,
            inference for a target whose files hold weights, and training for others.
        passes: the names of those that make the form for inference; all if not given.
        **settings: values for the networks' parameters.

    Returns:
        The module's source, as ``cnngen compile`` writes it; bytes where the target has no text.

    Raises:
        CompileError: the source has mistakes, the target cannot express it, or the weights do not
            fit.
        ValueError: there is no such target, purpose or pass, the target's files hold no weights,
            or nothing says what the file of weights is.
        ImportError: a package is missing that the target needs.
    """
    to = _backend(target)
    with _for_python():
        if is_weighted(to):
            need(*to.packages, extras=[to.name])
        read = None if weights is None else _weights(weights, to)
        choice = _choice(network, settings, purpose, passes)
        return _compiled(source, [to], choice, read).outputs[0].content


def check(source: Given, *, network: str | None = None, **settings: Setting) -> Diagnostics:
    """Mistakes and warnings of a source, for every built-in target; nothing is raised.

    Printed, it is what ``cnngen check`` says; each diagnostic has a ``code``, a ``message``, a
    ``span`` and a ``hint``.
    """
    try:
        read = _read(source)
        choice = _choice(network, settings)
    except CompileError as error:
        return error.diagnostics
    backends = [backend(name) for name in BUILT_IN]
    result = check_source(read, backends, choice, load=loader(read)).accepting_blocks()
    return Diagnostics(d for d in lint(result, whole=choice.is_whole) if d.code.severity != "note")


def summary(
    source: Given,
    *,
    network: str | None = None,
    batch: int = 1,
    depth: int = 1_000,
    **settings: Setting,
) -> Summaries:
    """The figures of a source's networks, layer by layer; see ``docs/summary.md``.

    Args:
        source: a path, ``zoo:...``, or text.
        network: only this one; all of the file if not given.
        batch: the inputs that printed memory is worked out for.
        depth: the levels of groups and blocks that are printed.
        **settings: values for the networks' parameters.

    Raises:
        CompileError: the source has mistakes.
    """
    found = Summaries(map(summary_of, _analysed(source, network, settings).module.networks))
    found.batch, found.depth = batch, depth
    return found


def draw(
    source: Given,
    *,
    network: str | None = None,
    style: str = "graph",
    depth: int | None = None,
    theme: str = "light",
    **settings: Setting,
) -> Drawing:
    """A picture of a network; see ``docs/draw.md``.

    Args:
        source: a path, ``zoo:...``, or text.
        network: which one; needed where the source has several.
        style: ``graph`` or ``volumes``.
        depth: levels of blocks and groups; as many as stay readable if not given.
        theme: ``light``, ``dark``, or ``auto``.
        **settings: values for the network's parameters.

    Raises:
        CompileError: the source has mistakes.
        ValueError: the source has several networks, and none is chosen, or there is no such style
            or theme.
    """
    _check_one_of(style, "the style", STYLES)
    _check_one_of(theme, "the theme", THEMES)
    if depth is not None and depth < 1:
        raise ValueError(f"the depth is at least 1, not {depth}")
    result = _analysed(source, network, settings)
    return Drawing(_one(result), style, depth, theme)


def format(source: Given) -> str:  # noqa: A001 - read as cnngen.format
    """The text of a source in its one layout, as ``cnngen fmt`` writes it.

    Raises:
        CompileError: it has syntax errors.
    """
    read = _read(source)
    file, found = parse(read)
    if has_errors(found):
        raise CompileError(found)
    return formatted(file)


def load(
    source: Given,
    target: str = "torch",
    *,
    network: str | None = None,
    purpose: str | None = None,
    passes: str | Sequence[str] = (),
    **settings: Setting,
) -> Any:
    """A network's model, built in memory: nothing is written.

    Args:
        source: a path, ``zoo:...``, or text.
        target: ``torch`` or ``keras``, which must be installed.
        network: which one; needed where the source has several.
        purpose: ``training`` or ``inference``, see ``docs/inference.md``.
        passes: the names of those that make the form for inference; all if not given.
        **settings: values for the network's parameters.

    Returns:
        An ``nn.Module``, or a ``keras.Model``, with new weights.

    Raises:
        CompileError: the source has mistakes, or the target cannot express it.
        ValueError: there is no such target, purpose or pass, the target has no code, or the
            source has several networks.
        ImportError: the framework is not installed.
    """
    result = _compiled(source, [_backend(target)], _choice(network, settings, purpose, passes))
    return getattr(_module(result), _one(result).name)()


def module(
    source: Given,
    target: str = "torch",
    *,
    network: str | None = None,
    purpose: str | None = None,
    passes: str | Sequence[str] = (),
    **settings: Setting,
) -> ModuleType:
    """The generated module itself, built in memory: its networks are in it under their names.

    Args:
        source: a path, ``zoo:...``, or text.
        target: ``torch`` or ``keras``, which must be installed.
        network: only this one; all of the file if not given.
        purpose: ``training`` or ``inference``, see ``docs/inference.md``.
        passes: the names of those that make the form for inference; all if not given.
        **settings: values for the networks' parameters.

    Raises:
        CompileError: the source has mistakes, or the target cannot express it.
        ValueError: there is no such target, purpose or pass.
        ImportError: the framework is not installed.
    """
    choice = _choice(network, settings, purpose, passes)
    return _module(_compiled(source, [_backend(target)], choice))


def verify(
    source: Given,
    targets: Sequence[str] = ("torch", "keras"),
    *,
    network: str | None = None,
    dtype: str = "float64",
    batch: int = 4,
    steps: int = 3,
    seed: int = 0,
    progress: bool = False,
    **settings: Setting,
) -> Reports:
    """Check that the generated models are the same network; see ``docs/verify.md``.

    Args:
        source: a path, ``zoo:...``, or text.
        targets: whose models are held against each other and against the NumPy reference.
        network: only this one; all of the file if not given.
        dtype: ``float64`` or ``float32``.
        batch: inputs at a time.
        steps: steps of training with each optimiser; 0 leaves them out.
        seed: of weights and inputs.
        progress: show a bar, also in a notebook.
        **settings: values for the networks' parameters.

    Raises:
        CompileError: the source has mistakes, or a target cannot express it.
        ImportError: a framework is not installed.
    """
    choice = _choice(network, settings)
    result = _compiled(source, [_backend(target) for target in targets], choice)
    from cnngen.verification import Settings, models_of, work
    from cnngen.verification import verify as compared

    how = Settings(dtype, batch, steps, False, seed)
    texts = {output.target: _text(output) for output in result.outputs}
    reports = []
    for each in result.module.networks:
        with _progress(each.name, work(len(texts), how), shown=progress) as advance:
            reports.append(compared(each, models_of(each, texts, dtype), how, advance))
    return Reports(reports)


# --- what they share -----------------------------------------------------------------------------


def _read(source: Given) -> Source:
    """The source; what has braces or several lines is no path, but the text itself."""
    if isinstance(source, Source):
        return source
    if isinstance(source, str) and ("{" in source or "\n" in source):
        return Source(TEXT, source)
    try:
        return read_source(os.fspath(source))
    except DiagnosticError as error:
        raise CompileError([error.diagnostic]) from None


def _choice(
    network: str | None,
    settings: Mapping[str, Setting],
    purpose: str | None = None,
    passes: str | Sequence[str] = (),
) -> Choice:
    if purpose is not None:
        _check_one_of(purpose, "the purpose", PURPOSES)
    if passes and purpose != "inference":
        raise ValueError("passes= says what purpose='inference' does: give both")
    arguments: list[ast.Argument] = []
    for name, value in settings.items():
        read, found = parse_settings(Source(name, f"{name}={_written(value)}"))
        if found:
            raise CompileError(found)
        arguments += read
    for_inference = None if purpose is None else purpose == "inference"
    named = passes.split(",") if isinstance(passes, str) else passes  # as on the command line
    chosen = passes_named(named) if named else frozenset()
    return Choice(network, tuple(arguments), for_inference=for_inference, passes=chosen)


def _written(value: Setting) -> str:
    """A setting as the language writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, numbers.Integral):  # NumPy's, too
        whole = int(value)
        if abs(whole) > LARGEST:
            raise ValueError(f"no setting is beyond {LARGEST:,}")
        return str(whole)
    if isinstance(value, numbers.Real):
        return repr(float(value))
    raise TypeError(f"a setting is a number, a word, or a list of them, not {type(value).__name__}")


def _analysed(source: Given, network: str | None, settings: Mapping[str, Setting]) -> Result:
    read = _read(source)
    return _complete(analyse(read, _choice(network, settings), load=loader(read)))


def _compiled(
    source: Given,
    backends: Sequence[Backend],
    choice: Choice,
    weights: ReadWeights | None = None,
) -> Result:
    read = _read(source)
    result = compile_source(read, backends, choice, load=loader(read), weights=weights)
    return _complete(result)


@contextmanager
def _for_python() -> Iterator[None]:
    """What commands raise, as what is raised here."""
    try:
        yield
    except DiagnosticError as error:
        raise CompileError([error.diagnostic]) from None
    except MissingError as error:
        raise ImportError(error.message) from None
    except click.UsageError as error:
        raise ValueError(error.message) from None


def _weights(path: Path, to: Backend) -> ReadWeights:
    if not is_weighted(to):
        raise ValueError(f"what '{to.name}' gives holds no weights: see `cnngen weights convert`")
    from cnngen.cli.weights.given import weights_of

    return weights_of(os.fspath(path))


def _complete(result: Result) -> Result:
    if not result.complete:
        raise CompileError([d for d in result.diagnostics if d.code.severity == "error"])
    return result


def _check_one_of(given: str, what: str, known: Sequence[str]) -> None:
    if given not in known:
        raise ValueError(f"{what} is one of {listed(known)}, not '{given}'")


def _backend(target: str) -> Backend:
    known = target_names()
    if target not in known:
        hint = did_you_mean(target, known, f"targets: {', '.join(known)}")
        raise ValueError(f"there is no target '{target}'; {hint}")
    return backend(target)


def _one(result: Result) -> Network:
    networks = result.module.networks
    if len(networks) != 1:
        names = listed(each.name for each in networks)
        raise ValueError(f"the source has several networks: choose with network=..., of {names}")
    return networks[0]


def _module(result: Result) -> ModuleType:
    from cnngen.in_memory import module_of

    (output,) = result.outputs
    return module_of(_text(output), f"cnngen_{output.target}")


def _text(output: Output) -> str:
    if isinstance(output.content, bytes):
        raise ValueError(f"'{output.target}' gives a file, which nothing here runs")
    return output.content


def _verdict(report: Report) -> str:
    from cnngen.cli.verdict import verdict_of

    return verdict_of(report)


def _progress(what: str, pieces: int, *, shown: bool) -> Any:
    from cnngen.cli.tables import bar

    return bar(what, pieces, shown=shown)
