"""Networks that nobody would write: whatever the registry and long names give, ruff is content."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cnngen.backends import backend
from cnngen.compiler import compile_source
from cnngen.diagnostics import codes
from cnngen.elaborate.scope import refusal
from cnngen.expressions import Listed
from cnngen.ops import LAYERS, Map, Op, OpError, Parameter, Shape, Vector, parameters
from cnngen.ops.kinds import Misfit
from cnngen.source import Source
from cnngen.syntax.parser import read_grammar
from generated import ruff
from generated.modules import TARGETS

VALUES: tuple[Any, ...] = (
    *(0, 1, 2, 3, 4, 6, 8, 12, 1000, 123456),
    *((1, 1), (1, 2), (2, 1), (3, 3), (2, 5), (7, 1), (0, 1)),
    *(True, False, 0.0, 0.5, 0.1, 1e-5, 1e-3, 1e-7, 0.1234567890123456, 2.0, 1e16),
    *(Listed((0.5, 1e-3, 2, 0.1234567890123456)[:count]) for count in range(1, 5)),
)
"""Numbers, sizes, truths and lists that arguments are drawn from; words come from the kinds."""

EXPECTED = {codes.INEXPRESSIBLE, codes.NAME_RESERVED, codes.NAME_CLASH, codes.NORM_OF_ONE_VALUE}
"""What a target may object to."""

LARGEST = 2**24
"""Values of a map or a weight."""

KEYWORDS = {"x", *re.findall(r'^[A-Z]+: "([a-z]+)"$', read_grammar(), re.MULTILINE)}

AMBIGUOUS = "lIO"
"""What ruff says of these is the user's business."""

names = st.one_of(
    st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,3}", fullmatch=True),
    st.from_regex(r"[A-Za-z][A-Za-z0-9_]{30,47}", fullmatch=True),
    st.from_regex(r"[A-Z]{1,3}_?[0-9]{1,4}[A-Za-z]?", fullmatch=True),
).filter(lambda name: name not in {*KEYWORDS, *AMBIGUOUS} and not refusal(name))

comments = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_characters="\n\r"), st.sampled_from(" \"\\'\t-")
    ),
    max_size=120,
)


def readable(parameter: Parameter, value: Any) -> bool:
    try:
        parameter.kind.read(value)
    except Misfit:
        return False
    return True


CHOICES = {
    (word, p.name): [v for v in (*VALUES, *p.kind.words, *p.kind.literal) if readable(p, v)]
    for word, cls in LAYERS.items()
    for p in parameters(cls).values()
}


def written(value: Any) -> str:
    """A value as a source has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Listed):
        return f"[{', '.join(map(str, value))}]"
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


LABELLED = ("bare",)
"""Arguments with which a layer needs a label, which these have not."""


def drawn_op(draw: Callable[[Any], Any], word: str) -> tuple[Op, str]:
    """A layer with some arguments, and how it is written."""
    cls = LAYERS[word]
    chosen = {
        p.name: draw(st.sampled_from(CHOICES[word, p.name]))
        for p in parameters(cls).values()
        if p.required or (p.name not in LABELLED and draw(st.booleans()))
    }
    op = cls(**{name: parameters(cls)[name].kind.read(value) for name, value in chosen.items()})
    return op, " ".join([word, *(f"{name}={written(value)}" for name, value in chosen.items())])


def after(op: Op, x: Shape) -> Shape | None:
    """The shape after a layer; None where it does not fit or grows too large.

    Values are drawn for maps of two axes: where `reshape` has made another, nothing else follows.
    """
    if isinstance(x, Map) and x.axes != 2:
        return None
    try:
        op.check()
        y = op.infer(x)
    except OpError:
        return None
    sizes = [y.elements, *(weight.size for weight in op.weights(x))]
    return y if max(sizes) <= LARGEST else None


@st.composite
def chains(draw: Callable[[Any], Any], x: Shape, depth: int = 0) -> tuple[list[str], Shape]:
    """The lines of a chain that takes ``x``, and the shape after it."""
    rows: list[str] = []
    taken: set[str] = set()
    for _ in range(draw(st.integers(1, 5))):
        label = ""
        name = draw(names)
        if draw(st.booleans()) and name not in taken:
            taken.add(name)
            label = f"{name}: "
        if depth < 6 and draw(st.integers(0, 3)) == 0:
            inner, x = draw(chains(x, depth + 1))
            rows += [f"{label}{{", *inner, "}"]
            continue
        op, text = drawn_op(draw, draw(st.sampled_from(list(LAYERS))))
        y = after(op, x)
        rows.append(label + (text if y else "identity"))
        x = y or x
    return rows, x


@st.composite
def sources(draw: Callable[[Any], Any]) -> str:
    """A file of some networks."""
    rows = [f"# {draw(comments)}", ""]
    for name in draw(st.lists(names, min_size=1, max_size=6, unique=True)):
        sizes = draw(st.sampled_from([(32, 32, 3), (224, 224, 16), (9, 17, 1), (12,), (1024,)]))
        x: Shape = Map(sizes[:2], sizes[2]) if len(sizes) == 3 else Vector(*sizes)
        body, _ = draw(chains(x))
        free = draw(names.filter(lambda free: free not in LAYERS))
        rows += [f"# {draw(comments)}", f"network {name}({free}=0.5) {{", f"input {x}", *body]
        rows += [f"dropout {free}", "}", ""]
    return "\n".join(rows)


def test_ruff_is_content_with_random_networks(tmp_path: Path) -> None:
    count = dict.fromkeys(TARGETS, 0)

    @settings(
        max_examples=150,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # the files are judged together, at the end
        suppress_health_check=list(HealthCheck),
    )
    @given(sources())
    def write(text: str) -> None:
        for target in TARGETS:
            result = compile_source(Source("random.cnn", text), [backend(target)], debug=True)
            found = {diagnostic.code for diagnostic in result.diagnostics}
            if not result.outputs:
                assert found <= EXPECTED | {codes.NAME_REFUSED, codes.NAME_TAKEN}, (text, found)
                continue
            count[target] += 1
            path = tmp_path / f"{target}{count[target]}.py"
            path.write_text(result.outputs[0].text, encoding="utf-8")

    write()
    assert min(count.values()) > 30, count
    assert ruff.unformatted(tmp_path)[:4000] == ""
    # Nothing can be done about long names in a row of indented groups.
    assert ruff.check(tmp_path, ignore="E501")[:4000] == ""
