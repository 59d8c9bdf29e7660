"""What a source says, whatever its layout: to see that two say the same."""

from __future__ import annotations

from typing import Any

from cnngen.syntax import ast
from cnngen.syntax.comments import comments

Meaning = tuple[list[object], list[str]]


def meaning_of(file: ast.File) -> Meaning:
    """The tree, and the words of all comments in their order."""
    return without_places(file), _words(file)


def without_places(file: ast.File) -> list[object]:
    """All that a file's tree says, so that equal trees compare equal; 1, 1.0 and true are not."""
    return plain(file.definitions)


def plain(node: Any) -> list[object]:
    """A node's parts in a fixed order; a list, since trees may be deeper than the stack."""
    found: list[object] = []
    waiting = [node]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind is tuple:
            found.append(len(node))
            waiting += node
        elif issubclass(kind, tuple):  # a node, whose place comes first
            found.append(kind)
            waiting += node[1:]
        else:
            found += (kind, node)
    return found


def _words(file: ast.File) -> list[str]:
    """The comments' words: two behind one another may come to stand on one line."""
    text = " ".join(comment.text for comment in comments(file.source))
    return text.replace("#", " ").split()
