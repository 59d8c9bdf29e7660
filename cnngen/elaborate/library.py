"""The blocks that a file knows: its own, and those of the files that it uses."""

from __future__ import annotations

from collections.abc import Callable, Collection

from cnngen import shipped
from cnngen.diagnostics import (
    Diagnostic,
    DiagnosticError,
    Related,
    codes,
    did_you_mean,
    listed,
)
from cnngen.elaborate.blocks import block_of, defaults_of
from cnngen.elaborate.evaluate import fail
from cnngen.elaborate.scope import refusal
from cnngen.elaborate.start import check_settings
from cnngen.elaborate.twice import report_labels_twice
from cnngen.elaborate.words import WORDS
from cnngen.ir import Block
from cnngen.ops import LAYERS
from cnngen.source import Source, Span
from cnngen.syntax import ast
from cnngen.syntax.parser import parse

Report = Callable[[Diagnostic], None]
Load = Callable[[ast.Use], Source]
"""Finds the file that a ``use`` names; DiagnosticError where there is none, or it is refused."""


def refuse(use: ast.Use) -> Source:
    """Load nothing: for a source that has no folder around it."""
    fail(
        codes.USE_MISSING,
        f"`{use.target}` cannot be used here",
        use.span,
        "no files to use",
        "a source on its own has no folder to look in",
    )


MOST_FILES = 100
"""Files that one source may bring in."""


class Library:
    """Reads each file once; mistakes in it are reported like those of the file that uses it."""

    def __init__(self, load: Load, report: Report) -> None:
        self._load = load
        self._report = report
        self._of_files: dict[str, dict[str, Block]] = {}
        self._sources: dict[tuple[str, str], Source] = {}
        self._open: list[str] = []
        self.sources: list[Source] = []
        self.broken = False
        self.known: dict[str, Block] = {}
        self.brought: dict[Span, Collection[str]] = {}

    def read(self, file: ast.File) -> dict[str, Block]:
        """The blocks of the file itself, from now on ``known``."""
        self.known = self.blocks(file)
        return self.known

    def blocks(self, file: ast.File) -> dict[str, Block]:
        """The blocks that the file can use, by name."""
        known: dict[str, Block] = {}
        defaults = defaults_of(file)
        for node in file.definitions:
            if isinstance(node, ast.Block):
                self._add(node, known, defaults)
        self._open.append(file.source.path)
        for node in file.definitions:
            if isinstance(node, ast.Use):
                self._bring(node, known)
        self._open.pop()
        return known

    def _add(
        self, node: ast.Block, known: dict[str, Block], defaults: tuple[ast.Default, ...]
    ) -> None:
        name = node.name.name
        self._check_names(node)
        check_settings(node, self._report)
        report_labels_twice(node, self._report)
        if name in known:
            self._report(_twice(node, known[name].node, "defined again"))
        known.setdefault(name, block_of(node, known, defaults))

    def _check_names(self, node: ast.Block) -> None:
        name = node.name.name
        why = refusal(name)
        if name in LAYERS or name in WORDS:
            why = f"`{name}` is a word of the language already"
        if why:
            self._refuse(why, node.name)
        seen: set[str] = set()
        for parameter in node.parameters:
            own = parameter.name.name
            why = refusal(own)
            if own in seen:
                why = f"the parameter `{own}` is there twice"
            seen.add(own)
            if why:
                self._refuse(why, parameter.name)

    def _refuse(self, why: str, name: ast.Name) -> None:
        self._report(Diagnostic(codes.NAME_REFUSED, why, name.span, "choose another name"))

    def _bring(self, use: ast.Use, known: dict[str, Block]) -> None:
        """Add the blocks of the file that ``use`` names."""
        try:
            brought = self._used(use)
        except DiagnosticError as error:
            self._report(error.diagnostic)
            self.broken = True
            return
        self.brought[use.span] = brought.keys()
        for name, found in brought.items():
            other = known.setdefault(name, found)
            if other.node is not found.node:
                where = Related(use.span, "brought in here")
                diagnostic = _twice(found.node, other.node, "defined here too")
                self._report(diagnostic._replace(related=(*diagnostic.related, where)))

    def _source(self, use: ast.Use) -> Source:
        """The file that a ``use`` names; read once for each name that a file has for it."""
        key = (use.span.source.path, use.target)
        if key not in self._sources:
            if len(self._sources) >= MOST_FILES:
                message = f"more than {MOST_FILES} files are used"
                fail(codes.EXPANSION_LIMIT, message, use.span, "one too many")
            self._sources[key] = _shipped(use) if use.shipped else self._load(use)
        return self._sources[key]

    def _used(self, use: ast.Use) -> dict[str, Block]:
        """The blocks that a used file defines itself; what it uses is its own business."""
        source = self._source(use)
        path = source.path
        if path in self._open:
            cycle = " -> ".join([*self._open[self._open.index(path) :], path])
            fail(
                codes.USE_CYCLE,
                f"files that use each other: {cycle}",
                use.span,
                "leads back here",
                "move what both need into a third file",
            )
        if path not in self._of_files:
            self.sources.append(source)
            file, found = parse(source)
            for diagnostic in found:
                self._report(diagnostic)
            self.broken |= file.broken or bool(found)
            blocks = self.blocks(file)
            mine = {n.name.name for n in file.definitions if isinstance(n, ast.Block)}
            self._of_files[path] = {name: blocks[name] for name in blocks if name in mine}
        return self._of_files[path]


def _shipped(use: ast.Use) -> Source:
    source = shipped.source(use.target)
    if source is None:
        blocks = shipped.names(shipped.STD)
        fail(
            codes.USE_MISSING,
            f"the shipped library has no `{use.target}`",
            use.span,
            "not found",
            did_you_mean(
                use.target, (*blocks, *shipped.names(shipped.ZOO)), f"there are {listed(blocks)}"
            ),
        )
    return source


def _twice(
    node: ast.Block | ast.Network, before: ast.Block | ast.Network, label: str
) -> Diagnostic:
    return Diagnostic(
        codes.NAME_TAKEN,
        f"the block `{node.name.name}` is defined twice",
        node.name.span,
        label,
        hint="rename one of the two",
        related=(Related(before.name.span, "defined here"),),
    )
