"""The parser, and what it needs of Lark: every release in the range has to pass this."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lark
import pytest
from fuzz.text.seeds import invalid, valid
from structure.sources import files

from cnngen.syntax import lark_adapter
from cnngen.syntax.lalr import END, UNKNOWN, Parser, ParserState, Token, UnexpectedToken, rule_of
from cnngen.syntax.lark_adapter import FILE, load_tables
from cnngen.syntax.parser import read_grammar

GRAMMAR = """
start: (statement _SEPARATOR)*
names: NAME*
?statement: pair | list
pair: _left EQUAL NAME [PLUS]
_left: NAME
list: OPEN (NAME | list)* CLOSE

NAME: /[a-z]+/
EQUAL: "="
PLUS: "+"
OPEN: "("
CLOSE: ")"
_SEPARATOR: ";"
BLANK: " "
STRAY: /[!?]/
%ignore BLANK
%ignore STRAY
"""


class ToText:
    """Writes all as text."""

    def start(self, children: list[object]) -> str:
        return " ".join(map(text_of, children))

    def names(self, children: list[object]) -> str:
        return "+".join(map(text_of, children))

    def pair(self, children: list[object]) -> str:
        left, _, right = map(text_of, children)
        return f"<{left} is {right}>"

    def list(self, children: list[object]) -> str:
        return f"[{' '.join(map(text_of, children[1:-1]))}]"


def text_of(value: object) -> str:
    return value.value if isinstance(value, Token) else str(value)


def parser(on_token: Callable[[Token], object] = lambda t: t) -> Parser:
    return Parser(load_tables(GRAMMAR, ("start", "names")), ToText(), {"STRAY": on_token})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own; the folder where parser tables are kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    return tmp_path / "cnngen"


def stopped(text: str, start: str = "start") -> UnexpectedToken:
    with pytest.raises(UnexpectedToken) as raised:
        parser().parse(text, start)
    return raised.value


def test_only_the_adapter_imports_lark() -> None:
    uses = re.compile(r"^\s*(import|from) lark\b", re.MULTILINE)
    users = [file for file in files() if uses.search(file.read_text(encoding="utf-8"))]
    assert users == [Path(lark_adapter.__file__)]


def test_what_fits_is_what_the_transformer_makes() -> None:
    assert parser().parse("a=b; (c (d) e);", "start") == "<a is b> [c [d] e]"
    assert parser().parse("a b c", "names") == "a+b+c"
    assert parser().parse("", "start") == parser().parse("", "names") == ""


def test_one_parser_reads_many_texts() -> None:
    one = parser()
    with pytest.raises(UnexpectedToken):
        one.parse("a=b; (c", "start")
    assert one.parse("a=b;", "start") == "<a is b>"


def test_tokens_have_offsets_and_leave_nothing_out() -> None:
    found = [tuple(token) for token in parser().lex("ab !=")]
    assert found == [
        ("NAME", "ab", 0, 2),
        ("BLANK", " ", 2, 3),
        ("STRAY", "!", 3, 4),
        ("EQUAL", "=", 4, 5),
    ]


def test_a_character_that_begins_no_terminal_stops_it() -> None:
    error = stopped("a=b; \n(c);")
    assert tuple(error.token) == (UNKNOWN, "\n", 5, 6)
    assert error.state.accepted() == {"NAME", "OPEN", END}


def test_ignored_tokens_are_reported_and_left_out() -> None:
    found: list[str] = []

    def keep(token: Token) -> None:
        found.append(token.value)

    assert parser(keep).parse("a!= ?b;", "start") == "<a is b>"
    assert found == ["!", "?"]


@pytest.mark.parametrize(
    ("text", "kind", "start", "end", "accepted"),
    [
        ("= b;", "EQUAL", 0, 1, {"NAME", "OPEN", END}),
        ("a b;", "NAME", 2, 3, {"EQUAL"}),
        ("a=b (", "OPEN", 4, 5, {"PLUS", "_SEPARATOR"}),
        ("(a;", "_SEPARATOR", 2, 3, {"NAME", "OPEN", "CLOSE"}),
    ],
)
def test_it_stops_at_a_token_and_says_what_fits(
    text: str, kind: str, start: int, end: int, accepted: set[str]
) -> None:
    error = stopped(text)
    assert (error.token.type, error.token.start_pos, error.token.end_pos) == (kind, start, end)
    assert error.state.accepted() == accepted


def test_at_the_end_it_stops_at_a_token_of_its_own() -> None:
    assert stopped("a=b").token.type == END
    assert stopped("a=b").token.start_pos is not None


def test_what_fits_within_an_outer_list_only_does_not_fit_outside() -> None:
    """The table has one row for the end of a list, wherever the list is."""
    assert stopped("(a) = b").state.accepted() == {"_SEPARATOR"}
    assert stopped("((a) = b").state.accepted() == {"NAME", "OPEN", "CLOSE"}


def test_the_stack_holds_tokens_values_and_trees() -> None:
    state = stopped("a=b; (c); (d e ;").state
    assert [text_of(value) for value in state.flattened()] == [
        "<a is b>", "[c]", "(", "d", "e",
    ]  # fmt: skip
    assert [rule_of(value) for value in stopped("a = ;").state.values] == ["_left", ""]


def unwound(text: str) -> ParserState:
    """Where a statement may start again, after what was half read is dropped."""
    state = stopped(text).state
    while not state.starts("statement"):
        state.pop()
    return state


def test_dropping_what_is_half_read_leads_back_to_where_a_statement_starts() -> None:
    state = stopped("a=b; (c (d ;").state
    assert not state.starts("statement")
    dropped = [state.pop() for _ in range(4)]
    assert text_of(dropped[-1]) == "("
    assert state.starts("statement")
    assert not state.is_empty
    state.pop()
    assert state.is_empty


def test_reading_goes_on_after_a_statement_that_is_put_in() -> None:
    state = unwound("a=b; (c = d); e=f;")
    skipped = [next(state.remaining()).type for _ in range(2)]
    assert skipped == ["NAME", "CLOSE"]
    state.put("statement", "<broken>")
    assert state.accepted() == {"_SEPARATOR"}
    assert state.resume() == "<a is b> <broken> <e is f>"


def test_a_token_that_is_fed_is_read_before_the_rest() -> None:
    state = stopped("a b; c=d;").state
    state.feed(Token("EQUAL", "="))
    state.feed(Token("NAME", "b"))
    assert state.resume() == "<a is b> <c is d>"


def test_a_token_that_is_fed_and_does_not_fit_stops_it_in_the_same_state() -> None:
    state = stopped("a b; c=d;").state
    with pytest.raises(UnexpectedToken) as raised:
        state.feed(Token("CLOSE", ")"))
    assert (raised.value.token.value, raised.value.state) == (")", state)


def test_it_stops_again_in_the_same_state() -> None:
    state = unwound("a b; c d; e=f;")
    state.put("statement", "<1>")
    with pytest.raises(UnexpectedToken) as raised:
        state.resume()
    assert (raised.value.token.value, raised.value.state) == ("d", state)
    while not state.starts("statement"):
        state.pop()
    state.put("statement", "<2>")
    assert state.resume() == "<1> <2> <e is f>"


@pytest.fixture
def generated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The grammars that tables are made of, rather than read from the cache."""
    made: list[str] = []

    class Counted(lark.Lark):
        def __init__(self, grammar: str, **options: Any) -> None:
            made.append(grammar)
            super().__init__(grammar, **options)

    monkeypatch.setattr(lark, "Lark", Counted)
    return made


def test_the_tables_are_kept_and_used(folder: Path, generated: list[str]) -> None:
    first = parser().parse("(a);", "start")
    kept = (folder / FILE).read_bytes()
    assert parser().parse("(a);", "start") == first
    with pytest.raises(UnexpectedToken) as raised:
        parser().parse("(a) = b", "start")
    assert raised.value.state.accepted() == {"_SEPARATOR"}
    assert (folder / FILE).read_bytes() == kept
    assert generated == [GRAMMAR]


def test_tables_that_were_read_call_the_parser_s_own_functions(generated: list[str]) -> None:
    found: list[str] = []

    def keep(token: Token) -> None:
        found.append(token.value)

    assert parser().parse("a!=b;", "start") == "<a is b>"
    assert parser(keep).parse("a!=b;", "start") == "<a is b>"
    assert (found, generated) == (["!"], [GRAMMAR])


@pytest.mark.parametrize("place", [0, 40, -1])
def test_damaged_tables_are_made_anew(place: int, folder: Path, generated: list[str]) -> None:
    parser()
    kept = bytearray((folder / FILE).read_bytes())
    kept[place] ^= 1
    (folder / FILE).write_bytes(kept)
    assert parser().parse("(a);", "start") == "[a]"
    assert parser().parse("(a);", "start") == "[a]"
    assert generated == [GRAMMAR, GRAMMAR], "written again, they are used again"


@pytest.mark.parametrize("text", [b"", b"short", b"x" * 5000])
def test_something_else_in_their_place_is_not_read(
    text: bytes, folder: Path, generated: list[str]
) -> None:
    folder.mkdir(mode=0o700)
    (folder / FILE).write_bytes(text)
    assert parser().parse("(a);", "start") == "[a]"
    assert generated == [GRAMMAR]


def test_another_grammar_s_tables_are_not_used(generated: list[str]) -> None:
    parser()
    other = GRAMMAR.replace("NAME: /[a-z]+/", "NAME: /[A-Z]+/")
    own = Parser(load_tables(other, ("start", "names")), ToText(), {})
    assert own.parse("A=B;", "start") == "<A is B>"
    assert generated == [GRAMMAR, other]


def test_no_cache_is_needed(monkeypatch: pytest.MonkeyPatch, generated: list[str]) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("LOCALAPPDATA", "relative")
    for _ in range(2):
        assert parser().parse("(a);", "start") == "[a]"
    assert generated == [GRAMMAR, GRAMMAR]


def test_where_the_tables_are_kept_lark_is_not_imported(folder: Path) -> None:
    source = "import sys; from cnngen.syntax.parser import _parser; _parser()"
    command = [sys.executable, "-c", f"{source}; print('lark' in sys.modules)"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder.parent)}
    said = [
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert said == ["True\n", "False\n"]


# --- held against Lark ---------------------------------------------------------------------------


class Trees:
    """Has a method for each rule, which makes a tree as Lark does where it is told nothing."""

    def __getattr__(self, rule: str) -> Callable[[list[Any]], lark.Tree[Any]]:
        return lambda children: lark.Tree(rule, list(children))


@pytest.fixture(scope="module")
def of_lark() -> lark.Lark:
    options: dict[str, Any] = {"parser": "lalr", "lexer": "basic", "maybe_placeholders": False}
    return lark.Lark(read_grammar(), **options)


def own_parser() -> Parser:
    return Parser(load_tables(read_grammar(), ("start",)), Trees(), {})


def with_places(tree: Any) -> Any:
    """A tree with the tokens as they are compared: Lark's are equal wherever they stand."""
    if isinstance(tree, lark.Tree):
        return lark.Tree(tree.data, [with_places(child) for child in tree.children])
    return (tree.type, tree.value, tree.start_pos, tree.end_pos)


def test_the_trees_are_those_of_lark(of_lark: lark.Lark) -> None:
    own = own_parser()
    for text in valid():
        if "\r" not in text:
            assert with_places(own.parse(text, "start")) == with_places(of_lark.parse(text))


def test_it_stops_where_lark_does_and_what_fits_is_what_lark_finds_by_trying(
    of_lark: lark.Lark,
) -> None:
    """Lark's own way copies the stack for each terminal, and is held against ours."""
    own, compared = own_parser(), 0
    for text in invalid():
        if text.count("{") > 99 or not (error := _error(own, text)):  # copies would take long
            continue
        with pytest.raises(lark.UnexpectedToken) as raised:
            of_lark.parse(text)
        theirs: Any = raised.value
        token = theirs.token
        assert error.token[:3] == (token.type, token.value, token.start_pos or 0), text
        assert error.state.accepted() == theirs.interactive_parser.accepts(), text
        compared += 1
    assert compared > 100


def _error(own: Parser, text: str) -> UnexpectedToken | None:
    """What stops the parser in a text."""
    try:
        own.parse(text, "start")
    except UnexpectedToken as error:
        return error
    return None
