"""Lifts the networks of torchvision, keras.applications and timm, for ``docs/lift_corpus.md``.

From the repository root, with the Python that runs the tests::

    pip install --no-deps --target build/torchvision torchvision==0.28.0 pillow
    pip install --no-deps --target build/timm timm==1.0.31 huggingface_hub pyyaml tqdm packaging \
        filelock
    PYTHONPATH=tests:build/torchvision:build/timm python -m lifting.corpus timm

``tests/zoo/make_facts.py`` says why without dependencies. No weights are downloaded.

Networks can be named after the corpus; the others keep the rows that they have. ``--no-check``
lifts without comparing, which finds what cannot be lifted quickly. What is seen is kept in
``build/lift_corpus``, of which the document is written; ``--table`` does only that.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import keras
from zoo.cards import ROOT

from cnngen.analysis.cost import parameter_count
from cnngen.backends import backend
from cnngen.cli.lift.source import find_model, shapes_of
from cnngen.compiler import compile_source
from cnngen.diagnostics.render import counted
from cnngen.lifting.lift import lift
from cnngen.lifting.structure.items import Missing
from cnngen.source import Source
from cnngen.syntax import ast
from cnngen.syntax.parser import parse
from cnngen.syntax.printer import to_text
from lifting.corpora import CORPORA, Subject, subjects

SEEN = ROOT / "build" / "lift_corpus"
"""What was seen of each corpus, and the files that were lifted."""

DOCUMENT = ROOT / "docs" / "lift_corpus.md"

CHECKS = ("outputs in evaluation", "outputs in training", "gradients", "running statistics")

TITLES = {
    "torchvision": "torchvision: classification, segmentation, video",
    "keras": "keras.applications",
    "timm": "timm",
}

HEAD = ("model", "input", "lines", "blocks", "parameters", "own names", *CHECKS)

Row = dict[str, Any]


class RefusedError(Exception):
    """The language has no word for a part of a network."""


def tried(subject: Subject, *, check: bool) -> Row:
    """What there is to say of a network, as far as it came; what stopped it under ``why``."""
    row: Row = {"input": " ".join(subject.sizes) or _input_of(subject)}
    start = time.monotonic()
    try:
        for found in _steps(subject, check=check):
            row |= found
    except RefusedError as error:
        row["why"] = str(error)
    except Exception as error:  # whatever it is, it is the reason that the table gives
        row["why"] = f"{type(error).__name__}: {error}"
    row["seconds"] = round(time.monotonic() - start, 1)
    row["when"] = datetime.now(UTC).date().isoformat()
    return row


def _input_of(subject: Subject) -> str:
    """The size of an application, which is a setting of its function."""
    (shape,) = (text for text in subject.settings if text.startswith("input_shape"))
    return shape.partition("=")[2].strip("()").replace(", ", "x")


def _steps(subject: Subject, *, check: bool) -> Iterator[Row]:
    model = find_model(subject.place, subject.settings, debug=True)
    traced = model.record(shapes_of(subject.sizes), "")
    lifted = lift(traced)
    if lifted.missing:
        raise RefusedError(_told(lifted.missing))
    file, _ = parse(Source("lifted.cnn", lifted.text))
    text = to_text(file)
    (SEEN / f"{subject.name}.cnn").write_text(text, encoding="utf-8")
    yield {
        "lines": len(text.splitlines()),
        "blocks": sum(isinstance(each, ast.Block) for each in file.definitions),
    }
    result = compile_source(Source("lifted.cnn", text), [backend(model.target)])
    if not result.complete:
        raise AssertionError(f"the text has mistakes: {result.diagnostics[0].message}")
    (network,) = result.module.networks
    names = model.own_names(network, lifted)
    other = [own for ours, own in names.items() if ours != own]
    yield {"parameters": parameter_count(network)}
    if traced.named:
        yield {"names": [len(names) - len(other), len(names)]}
    if check:
        compared = model.prove(
            network, result.outputs[0].text, names, traced, lifted.heads, _silent
        )
        yield {"checks": {each.check: each.found.relative for each in compared}}
        wrong = [each.check for each in compared if not each.holds]
        if wrong:
            raise AssertionError(f"they differ: {', '.join(wrong)}")


def _silent(_: str) -> None:
    """Nobody waits."""


def _told(missing: tuple[Missing, ...]) -> str:
    first: dict[str, Missing] = {}
    for item in missing:
        first.setdefault(item.operator, item)
    said = [
        f"`{item.operator}`" + (f" ({item.why})" if item.why else "") for item in first.values()
    ]
    return "no word for " + "; ".join(said)


def _rows(corpus: str) -> dict[str, Row]:
    path = SEEN / f"{corpus}.json"
    found: dict[str, Row] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def run(corpus: str, names: list[str], *, check: bool) -> None:
    """Lift networks one after another; each is released, and its row kept, before the next."""
    SEEN.mkdir(parents=True, exist_ok=True)
    for subject in subjects(corpus):
        if names and subject.name not in names:
            continue
        row = tried(subject, check=check)
        keras.backend.clear_session()
        gc.collect()
        rows = _rows(corpus) | {subject.name: row}
        (SEEN / f"{corpus}.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
        print(subject.name, row, flush=True)


def document() -> str:
    """The tables of all that was seen."""
    parts = [INTRODUCTION]
    for corpus, title in TITLES.items():
        rows = _rows(corpus)
        if rows:
            order = [subject.name for subject in subjects(corpus)]
            seen = {name: rows[name] for name in order if name in rows}
            parts.append(_section(corpus, title, seen))
    return "\n".join(parts)


INTRODUCTION = """\
# Networks of other projects, lifted

`cnngen lift` reads each network off the model that the project has, and compares the module that
the lifted file compiles to, with the model's weights, in float64 ([lift.md](lift.md)). The columns
of the comparisons have the largest difference, of the size of what is compared; nothing stands
where none was made. "own names" are the weights that the generated module calls as the model does;
Keras' are found by position.
"""


def _section(corpus: str, title: str, rows: dict[str, Row]) -> str:
    exact = sum("checks" in row and "why" not in row for row in rows.values())
    refused = [name for name, row in rows.items() if "why" in row]
    days = sorted({row["when"] for row in rows.values()})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    made = f"Made by `python -m lifting.corpus {corpus}` (`tests/lifting/corpus.py`), {when}."
    lifted = len(rows) - len(refused)
    counts = f"{counted(len(rows), 'network')}: {lifted} lifted, {exact} of them compared."
    lines = [f"## {title}", "", made, counts, "", _line(HEAD), _line(["---"] * len(HEAD))]
    lines += [_line(_cells(name, row)) for name, row in rows.items() if "why" not in row]
    if refused:
        lines += ["", _line(["model", "why not"]), _line(["---", "---"])]
        lines += [_line([name, " ".join(rows[name]["why"].split())]) for name in refused]
    return "\n".join([*lines, ""])


def _cells(name: str, row: Row) -> list[str]:
    own, all_of = row.get("names", (0, 0))
    checks: dict[str, float] = row.get("checks", {})
    return [
        name,
        row["input"],
        str(row["lines"]),
        str(row["blocks"]),
        f"{row['parameters']:,}",
        ("all" if own == all_of else f"{own} of {all_of}") if all_of else "",
        *map(_difference, (checks.get(check) for check in CHECKS)),
    ]


def _difference(found: float | None) -> str:
    if found is None:
        return ""
    return f"{found:.1e}" if found else "0"


def _line(cells: Any) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main() -> None:
    """Lift what is named, and write the document."""
    parser = argparse.ArgumentParser(prog="lifting.corpus")
    parser.add_argument("corpus", choices=CORPORA)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--no-check", action="store_true")
    parser.add_argument("--table", action="store_true", help="only write the document")
    given = parser.parse_intermixed_args()
    warnings.simplefilter("ignore")
    if not given.table:
        run(given.corpus, given.names, check=not given.no_check)
    DOCUMENT.write_text(document(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
