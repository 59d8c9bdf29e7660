"""What the compiler makes of every source of the project: ``python said.py [backwards]``.

Prints a line for each source: digests of its modules and of its diagnostics.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cnngen.backends import backend
from cnngen.compiler import analyse, compile_source
from cnngen.diagnostics.json_list import as_json
from cnngen.diagnostics.render import full
from cnngen.provenance import digest
from cnngen.source import Source

TARGETS = ("torch", "keras")


def said(text: str) -> str:
    """Digests of all that comes of a source."""
    backends = [backend(target) for target in TARGETS]
    source = Source("net.cnn", text)
    found = analyse(source, backends=backends).diagnostics
    outputs = [compile_source(source, [each]).outputs for each in backends]
    texts = [output.text for each in outputs for output in each]
    return " ".join(map(digest, [*texts, as_json(found), *map(full, found)]))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from fuzz.text.seeds import seeds

    numbered = list(enumerate(seeds()))[::3]
    for number, text in reversed(numbered) if "backwards" in sys.argv else numbered:
        print(number, said(text))
