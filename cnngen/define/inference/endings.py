"""Which names say by their ends what they are: in Keras a name is a path with ``_`` between."""

from __future__ import annotations

import re

from cnngen.define.inference.rule import File
from cnngen.definition import Name, names, nodes


class Endings:
    """The names of a file, of which one may end like another."""

    def __init__(self, file: File) -> None:
        every = {name for body in file.bodies for node in nodes(body) for name in names(node)}
        self.texts = {_joined(name.text) for name in every}
        self.counted = {_joined(name.text) for name in every if _has_number(name)}

    def tell(self, path: str) -> bool:
        """Whether what ends in this path, wherever it is in a network, is what has it."""
        parts = [_joined(part) for part in path.split(".")]
        return all(map(self._tells, parts)) and not (
            parts[-1].isdigit() and self._may_be_counted("_".join(parts[:-1]))
        )

    def _tells(self, part: str) -> bool:
        stem = part.rstrip("0123456789")
        if part != stem and not part.isdigit() and self._may_be_counted(stem.removesuffix("_")):
            return False
        return not any(text.endswith(f"_{part}") for text in self.texts)

    def _may_be_counted(self, stem: str) -> bool:
        """Whether a number may follow what ends like this."""
        return any(text == stem or text.endswith(f"_{stem}") for text in self.counted)


def _joined(text: str) -> str:
    return re.sub(r"\W", "_", text)


def _has_number(name: Name) -> bool:
    return name.looped or name.position is not None
