"""Which names say by their ends what they are: in Keras a name is a path with ``_`` between."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cnngen.definition import Body, Name, names, nodes


class Endings:
    """The names of a file, of which one may end like another."""

    def __init__(self, bodies: Iterable[Body]) -> None:
        every = {name for body in bodies for node in nodes(body) for name in names(node)}
        self.ends = frozenset(end for name in every for end in _ends(name))
        counted = [name for name in every if name.looped or name.position is not None]
        self.counted = frozenset(
            end for name in counted for end in (_joined(name.text), *_ends(name))
        )

    def tell(self, path: str) -> bool:
        """Whether what ends in this path, wherever it is in a network, is what has it."""
        parts = [_joined(part) for part in path.split(".")]
        is_place = parts[-1].isdigit() and "_".join(parts[:-1]) in self.counted
        return not is_place and all(map(self._tells, parts))

    def _tells(self, part: str) -> bool:
        stem = part.rstrip("0123456789")
        is_numbered = part != stem and stem != ""
        if is_numbered and stem.removesuffix("_") in self.counted:  # with a number behind it
            return False
        return part not in self.ends


def _ends(name: Name) -> Iterator[str]:
    """What a name ends in after each ``_``."""
    text = _joined(name.text)
    return (text[place.end() :] for place in re.finditer("_", text))


def _joined(text: str) -> str:
    return re.sub(r"\W", "_", text)
