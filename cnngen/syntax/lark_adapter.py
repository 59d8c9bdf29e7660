"""The LALR tables of a grammar: Lark makes them once, the user's cache keeps them.

They take longer to make than most files to read, and Lark to import. Lark's tables are not part
of its documented interface; all that is read of them is here, and the range of versions in
pyproject.toml is the one whose oldest and newest release pass ``tests/syntax/test_lalr.py``.
"""

from __future__ import annotations

import hashlib
import marshal
from typing import TYPE_CHECKING, Any

from cnngen.syntax.lalr import END, Rule, Tables
from cnngen.user_cache import PYTHON, read_cache, write_cache

if TYPE_CHECKING:
    from lark import Lark
    from lark import grammar as of_lark
    from lark.lexer import TerminalDef

FILE = f"grammar-{PYTHON}"
"""The tables in the user's cache."""

FORMAT = 1
"""Of what is kept: another number where :class:`Tables` means something else."""


def load_tables(grammar: str, start: tuple[str, ...]) -> Tables:
    """The tables of a grammar whose texts may be read as each of the rules ``start``."""
    version = hashlib.sha256(f"{FORMAT} {start} {grammar}".encode()).hexdigest()
    kept = read_cache(FILE, version)
    if kept is not None:
        return Tables(*marshal.loads(kept))
    made = _made(grammar, start)
    write_cache(FILE, version, marshal.dumps(tuple(made)))
    return made


def _made(grammar: str, start: tuple[str, ...]) -> Tables:
    from lark import Lark

    lark = Lark(grammar, start=list(start), parser="lalr", lexer="basic", maybe_placeholders=False)
    table: Any = lark.parser.parser._parse_table
    rules: dict[of_lark.Rule, int] = {}
    states = [
        {
            str(name): target if isinstance(target, int) else ~rules.setdefault(target, len(rules))
            for name, (_, target) in table.states[state].items()
        }
        for state in range(len(table.states))
    ]
    for end in table.end_states.values():
        states[end][END] = end  # so that the end of the text is shifted as any token is
    found = [_rule(each) for each in rules]
    _skip_unit_reductions(states, found)
    starts = dict(table.start_states)
    return Tables(*_terminals(lark), states, starts, [tuple(each) for each in found])


def _skip_unit_reductions(states: list[dict[str, int]], rules: list[Rule]) -> None:
    """Lead the table past the states that do nothing but reduce ``?rule: other_rule``.

    Such a reduction gives the value that it takes, whatever follows. An expression has one for
    each level of precedence, which together are half the work of parsing.
    """
    unit: dict[int, str] = {}
    for state, row in enumerate(states):
        actions = {*row.values()}
        action = actions.pop()
        if not actions and action < 0 and rules[~action].is_unit:
            unit[state] = rules[~action].name
    for row in states:
        for name, action in row.items():
            while action in unit:
                action = row[unit[action]]
            row[name] = action


def _terminals(lark: Lark) -> tuple[str, dict[str, str], frozenset[str]]:
    """The pattern of the next token, the keywords, and the terminals that are ignored."""
    lexer: Any = lark.parser.lexer
    matched: list[TerminalDef] = lexer.scanner.terminals
    pattern = "|".join(f"(?P<{each.name}>{each.pattern.to_regexp()})" for each in matched)
    names = {each.name for each in matched}
    # Lark leaves out of its pattern the texts that another terminal matches: words, as names.
    words = [each for each in lexer.terminals if each.name not in names]
    keywords = {str(each.pattern.value): str(each.name) for each in words}
    return pattern, keywords, frozenset(map(str, lexer.ignore_types))


def _rule(rule: of_lark.Rule) -> Rule:
    name = str(rule.origin.name)  # Lark has some names as tokens of the grammar's text
    kept = tuple(
        (place, _is_inlined(symbol))
        for place, symbol in enumerate(rule.expansion)
        if rule.options.keep_all_tokens or not getattr(symbol, "filter_out", False)
    )
    method = "" if _is_inlined(rule.origin) else str(rule.alias or name)
    return Rule(
        name, len(rule.expansion), method, kept, bool(rule.options.expand1 and not rule.alias)
    )


def _is_inlined(symbol: of_lark.Symbol) -> bool:
    """Whether the children of a rule stand among those of the rule around it."""
    return not symbol.is_term and symbol.name.startswith("_")
