"""The grammar of rules and their signs.

Signs that can only be mistakes (BAD_…) are part of it, so that each has a name and a sentence.

Full-width signs are read as their half-width twins before the grammar sees them, and where each
character stood is remembered, so that a refusal can point at it.
"""

import unicodedata
from dataclasses import dataclass

from tingda.lib.text import HAN, fold

# What may stand inside an unquoted word; and an operator between Chinese characters ends it.
_INSIDE = r'[^\s()"|&\u300c-\u300f]'
_GLUED = rf"(?<=[{HAN}])(?:AND|OR|NOT|O?NEAR)(?![A-Za-z0-9_])"
_REST = rf'(?:(?!-[("\u300c\u300e]){_INSIDE})'
_WORD = rf"{_INSIDE}(?:(?!{_GLUED}){_REST})*"
_QUOTED = r'"[^"]*"|\u300c[^\u300c\u300d]*\u300d|\u300e[^\u300e\u300f]*\u300f'
_REGEX = r'\/(?:\\.|[^\/\\])*\/(?=[\s()"|&]|$)'
_VALUE = rf"(?:{_QUOTED})(?:~{_INSIDE}*)?|{_REGEX}|[<>=≥≤]+\s*{_INSIDE}*|{_WORD}"
_ALONE = r'(?=[\s()"]|$)'

GRAMMAR = rf"""
start: any
any: all (OR all)*
all: near (AND? near)*
near: negated (NEAR negated)*
negated: NOT negated | MINUS atom | atom
atom: LPAR any RPAR -> bracket
    | FIELDED | SLOPPED | PHRASE | REGEX | LISTED | WORD
    | BAD_NEAR | BAD_MINUS | BAD_REGEX | BAD_TILDE | BAD_QUOTE

FIELDED.8: /[^\W\d_]+:\s*(?:{_VALUE})?/
SLOPPED.7: /(?:{_QUOTED})~{_INSIDE}*/
PHRASE.6: /{_QUOTED}/
REGEX.6: /{_REGEX}/
NEAR.6: /O?NEAR\/[0-9]+(?![A-Za-z0-9_.])/
BAD_NEAR.5: /O?NEAR(?![A-Za-z0-9_-])(?:\/{_INSIDE}*)?/
OR.5: /OR(?![A-Za-z0-9_-])|\|+|或{_ALONE}/
AND.5: /AND(?![A-Za-z0-9_-])|&+|且{_ALONE}/
NOT.5: /NOT(?![A-Za-z0-9_-])|非{_ALONE}/
LISTED.5: /@(?:{_WORD})?/
LPAR.5: "("
RPAR.5: ")"
MINUS.4: /-(?=[^\s)|&-])/
BAD_MINUS.3: /-/
BAD_REGEX.3: /\//
BAD_TILDE.3: /~{_INSIDE}*/
WORD.2: /{_WORD}/
BAD_QUOTE.1: /["\u300c-\u300f]/
%ignore /\s+/
"""

_QUOTES = dict.fromkeys(map(ord, "“”„‟＂"), '"') | {ord("〜"): "~", ord("−"): "-", ord("–"): "-"}


@dataclass(frozen=True, slots=True)
class Written:
    """A rule with half-width signs; `places[i]` is where character i stands in it, from 1."""

    text: str
    places: list[int]

    def place(self, index: int) -> int:
        """Also of the end, which is no character."""
        if index < len(self.places):
            return self.places[index]
        return self.places[-1] + 1 if self.places else 1


def written(rule: str) -> Written:
    """The rule as the grammar reads it: without what nobody sees, signs half-width."""
    pairs = [(_half(char), place) for place, char in enumerate(rule, start=1) if _visible(char)]
    return Written("".join(char for char, _place in pairs), [place for _char, place in pairs])


def _visible(char: str) -> bool:
    return char.isspace() or bool(fold(char).text)


def _half(char: str) -> str:
    plain = unicodedata.normalize("NFKC", char.translate(_QUOTES))
    if unicodedata.category(char) == "Cs":
        return "\ufffd"
    return plain if len(plain) == 1 else char
