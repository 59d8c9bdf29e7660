"""Writes what editors read, from the grammar and the registry.

python editors/generate           write the files anew
python editors/generate --check   exit 1 where a file is not what would be written
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import textmate
import vim

ROOT = Path(__file__).resolve().parents[2]


def artefacts() -> dict[str, str]:
    """The text of each generated file, by its path in the repository."""
    grammar = json.dumps(textmate.grammar(), indent=2) + "\n"
    return {
        "grammar/cnn.tmLanguage.json": grammar,
        "editors/vscode/syntaxes/cnn.tmLanguage.json": grammar,
        "editors/vscode/LICENSE": (ROOT / "LICENSE").read_text(encoding="utf-8"),
        "editors/vim/syntax/cnn.vim": vim.syntax(),
    }


def main(arguments: list[str]) -> int:
    """Write or compare; the exit code."""
    stale = [path for path, text in artefacts().items() if not _is_written(ROOT / path, text)]
    if arguments == ["--check"]:
        for path in stale:
            print(f"{path} is stale: run `python editors/generate`", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(artefacts()[path], encoding="utf-8", newline="\n")
        print(path)
    return 0


def _is_written(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
