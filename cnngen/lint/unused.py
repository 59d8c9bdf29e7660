"""W110 to W112, W119: parameters, blocks, names and files that nothing uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cnngen.diagnostics import Diagnostic, codes
from cnngen.lint.edits import without_line
from cnngen.lint.removal import without_definition, without_parameter
from cnngen.lint.rule import SAFE, UNSAFE, Rule
from cnngen.lint.view import View, names_used
from cnngen.syntax import ast
from cnngen.syntax.walk import bodies_in


def _parameters(view: View) -> Iterator[Diagnostic]:
    for node in view.definitions:
        if not node.parameters:
            continue
        defaults = tuple(p.default for p in node.parameters if p.default is not None)
        used = set(names_used((defaults, node.settings, node.body)))
        for parameter in node.parameters:
            name = parameter.name.name
            if name not in used:
                yield Diagnostic(
                    codes.UNUSED_PARAMETER,
                    f"nothing in `{node.name.name}` uses its parameter `{name}`",
                    parameter.name.span,
                    "not used",
                    hint="use it, or leave it out here and where it is given",
                    fix=without_parameter(view, node, parameter),
                )


UNUSED_PARAMETER = Rule(codes.UNUSED_PARAMETER, _parameters, UNSAFE)


def _names_used(view: View) -> set[str]:
    """What the definitions of the source speak of; a definition's own name is not among it."""
    return {
        name
        for node in view.file.definitions
        for name in (
            names_used((node.parameters, node.settings, node.body))
            if isinstance(node, (ast.Network, ast.Block))
            else names_used(node.arguments)
            if isinstance(node, (ast.Variant, ast.Default))
            else ()
        )
    }


def _blocks(view: View) -> Iterator[Diagnostic]:
    if not view.networks:  # a file of blocks for others
        return
    blocks = [node for node in view.definitions if isinstance(node, ast.Block)]
    used = _names_used(view) if blocks else set()
    for node in blocks:
        if node.name.name not in used:
            yield Diagnostic(
                codes.UNUSED_BLOCK,
                f"no network here uses the block `{node.name.name}`",
                node.name.span,
                "not used",
                hint="use it, remove it, or keep it in a file of blocks: "
                "`use` brings these in where they are wanted",
                fix=without_definition(view.source, node.span),
            )


UNUSED_BLOCK = Rule(codes.UNUSED_BLOCK, _blocks, UNSAFE)


def _uses(view: View) -> Iterator[Diagnostic]:
    uses = [node for node in view.file.definitions if isinstance(node, ast.Use)]
    used = _names_used(view) if uses else set()
    for node in uses:
        if used.isdisjoint(view.result.module.brought[node.span]):
            yield Diagnostic(
                codes.UNUSED_USE,
                f"nothing here uses a block of `{node.target}`",
                node.span,
                "not used",
                hint="use one, or remove the line",
                fix=without_line(node.span),
            )


UNUSED_USE = Rule(codes.UNUSED_USE, _uses, SAFE)


def _lets(view: View) -> Iterator[Diagnostic]:
    for node in view.definitions:
        lets = list(_lets_in(node.body))
        used = Counter(names_used(node.body) if lets else ())
        for let in lets:
            name = let.name.name
            if used[name] == 1:  # where it is given its value
                yield Diagnostic(
                    codes.UNUSED_NAME,
                    f"nothing uses `{name}`",
                    let.name.span,
                    "not used",
                    hint="use it, or remove the line",
                    fix=without_line(let.span),
                )


def _lets_in(body: ast.Body) -> Iterator[ast.Let]:
    for inner in bodies_in(body):
        yield from (each for each in inner.statements if isinstance(each, ast.Let))


UNUSED_NAME = Rule(codes.UNUSED_NAME, _lets, SAFE)
