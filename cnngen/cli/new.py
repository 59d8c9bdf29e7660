"""``cnngen new``."""

from __future__ import annotations

import json
import os
import shutil
from importlib import resources

import click

from cnngen import files
from cnngen.cli import console, examples, options
from cnngen.cli.sources import Shown
from cnngen.diagnostics import Diagnostic, DiagnosticError, codes
from cnngen.diagnostics.render import one_line

TEMPLATES = {
    "nets/small.cnn": "small.cnn",
    "pyproject.toml": "project.toml",
    ".pre-commit-config.yaml": "hooks.yaml",
    ".github/workflows/networks.yml": "workflow.yaml",
    ".gitattributes": "gitattributes.txt",
}
"""The files of a new project, and where they are in the folder ``template`` beside this file.

There they have names that mean nothing to tools that look at this repository.
"""

TARGETS = '["torch"]'
"""What stands for these in the template."""


@click.command(
    epilog=examples(
        "cnngen new mynets",
        "cnngen new work/mynets -t torch -t keras",
    )
)
@click.argument("folder", metavar="NAME")
@click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    metavar="NAME",
    help="What is compiled to; torch if none is given. Repeatable.",
)
@click.option("-q", "--quiet", is_flag=True, help="Do not say what was made.")
@console.output_format
@console.color
@console.debug
def command(
    folder: str, targets: tuple[str, ...], quiet: bool, form: str, color: str, debug: bool
) -> None:
    """Start a project: the folder NAME, with a network to change.

    In it are nets/small.cnn, a pyproject.toml with `[tool.cnngen]`, hooks for
    pre-commit, a workflow for GitHub, and a .gitattributes. A folder with anything in
    it is left alone.
    """
    backends = options.backends(targets or ("torch",))
    try:
        _make(folder, json.dumps([backend.name for backend in backends]))
    except DiagnosticError as error:
        Shown(form, color).end(error.diagnostic)
    if not quiet and form not in console.FOR_PROGRAMS:
        for path in TEMPLATES:
            click.echo(one_line(os.path.join(folder, path)), err=True)
        click.echo(one_line(f"next: `cd {folder}` and `cnngen compile`"), err=True)


def _make(folder: str, targets: str) -> None:
    """Make the project as a whole or not at all.

    Raises:
        DiagnosticError: there is something already, or nothing can be written.
    """
    folder = folder.rstrip("/" + os.sep) or folder
    if os.path.lexists(folder) and not _is_empty(folder):
        raise DiagnosticError(
            Diagnostic(
                codes.OUTPUT_EXISTS,
                f"{folder} is there already and is left alone",
                path=folder,
                hint="choose another name",
            )
        )
    part = f"{folder}.{os.urandom(8).hex()}.part"
    try:
        _write(part, targets)
        os.replace(part, folder)
    except (OSError, ValueError) as error:
        shutil.rmtree(part, ignore_errors=True)
        reason = error if isinstance(error, OSError) else OSError("no folder can have this name")
        raise files.unwritable(folder, reason) from error


def _is_empty(folder: str) -> bool:
    return os.path.isdir(folder) and not os.path.islink(folder) and not os.listdir(folder)


def _write(folder: str, targets: str) -> None:
    os.mkdir(folder)
    for name, template in TEMPLATES.items():
        text = (resources.files(__package__) / "template" / template).read_text(encoding="utf-8")
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "x", encoding="utf-8", newline="\n") as file:
            file.write(text.replace(TARGETS, targets))
