"""Which file each source and target goes to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import click

from cnngen import files
from cnngen.backends.base import Backend
from cnngen.compiler import default_name, is_for_inference
from cnngen.diagnostics.render import one_line
from cnngen.record import NamedTuple


class Job(NamedTuple):
    """One source, one target, one file; no path is standard output.

    ``folder`` is the one that is named for outputs, made where missing.
    """

    source: str
    backend: Backend
    path: str | None
    folder: str = ""

    def other(self, for_inference: bool | None) -> str:
        """The file that the form has by default which is not wanted, where the job writes."""
        other = not is_for_inference(self.backend, for_inference)
        name = default_name(self.source, self.backend, other)
        return os.path.join(os.path.dirname(self.path or ""), name)


def plan(
    sources: Sequence[str],
    backends: Sequence[Backend],
    output: str | None,
    folder: Callable[[str], str | None],
    *,
    for_inference: bool | None = None,
) -> list[Job]:
    """The files of a run; a usage error where two would go to one.

    Args:
        sources: paths of sources, each once.
        backends: the targets.
        output: what ``-o`` says.
        folder: the folder of a target where ``-o`` says nothing.
        for_inference: which form it is; each target's own where it is not said.
    """
    if output == "":
        raise click.UsageError("-o needs a file or a folder")
    if output is None:
        return _named(sources, backends, lambda target: folder(target) or "", for_inference)
    if output != files.STANDARD and _is_folder(output):
        return _named(sources, backends, lambda _: output, for_inference)
    return _one(sources, backends, output)


def _one(sources: Sequence[str], backends: Sequence[Backend], output: str) -> list[Job]:
    """The job that writes the file, or standard output, that ``-o`` names."""
    count = len(sources) * len(backends)
    if count > 1:
        raise click.UsageError(
            f"{count} modules cannot all go to '{output}': give a folder, with a / at its end"
        )
    end = backends[0].suffix
    if not output.endswith(end) and output != files.STANDARD and not os.path.exists(output):
        raise click.UsageError(
            f"'{output}' is no folder and has no ending {end}: write '{output}/' for a new folder"
        )
    path = None if output == files.STANDARD else output
    return _distinct([Job(sources[0], backends[0], path)])


def _is_folder(output: str) -> bool:
    return output.endswith(("/", os.sep)) or os.path.isdir(output)


def _named(
    sources: Sequence[str],
    backends: Sequence[Backend],
    folder: Callable[[str], str],
    for_inference: bool | None,
) -> list[Job]:
    """Jobs that write files of the default names."""
    if files.STANDARD in sources:
        raise click.UsageError("what comes from standard input has no name: give a file, or `-o -`")
    jobs = []
    for source in sources:
        for to in backends:
            within = folder(to.name)
            name = default_name(source, to, for_inference)
            jobs.append(Job(source, to, os.path.join(within, name), within))
    return _distinct(jobs)


def _distinct(jobs: list[Job]) -> list[Job]:
    """The jobs, if no two write one file and none writes a source."""
    taken = {os.path.realpath(job.source): f"the source {job.source}" for job in jobs}
    for job in jobs:
        if job.path is None:
            continue
        real = os.path.realpath(job.path)
        if real in taken:
            raise click.UsageError(one_line(f"'{job.path}' would overwrite {taken[real]}"))
        taken[real] = f"the module of {job.source}"
    return jobs
