"""Texts and queries as the index of all words knows them.

Chinese stands in it as overlapping pairs of characters, so that a word of two is found exactly,
on SQLite and PostgreSQL alike.
"""

import re

from tingda.lib.forwarding import COMMENT, FORWARDED, LINK, host_of
from tingda.lib.text import HAN, fold, squeezed

TOKEN_LIMIT = 64
"""Longest Latin token kept, in characters; PostgreSQL refuses lexemes of 2 KB."""

POSITION_LIMIT = 16383
"""PostgreSQL's highest position in a tsvector; what comes later cannot stand in a phrase."""

_EMOJI = (
    "\u231a\u231b\u23e9-\u23f3\u2600-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55"
    "\U0001f170-\U0001f19a\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff"
)
_CHUNK = re.compile(f"(?:[^\\W_]|[{_EMOJI}])+")
_RUN = re.compile(f"[{HAN}]+|[^\\W_{HAN}]+|([{_EMOJI}])\\1*")
_HAN_RUN = re.compile(f"[{HAN}]")
_PULLED_APART = re.compile(f"(?<=[{HAN}])[.·\u2022\u2027\u30fb*_-]+(?=[{HAN}])")
# A name that is called ends at a blank or a colon. Before other signs and at the end it must be
# short: people also write on without a blank, and what they write must be found.
_CALLED = re.compile(r"(?<![\w.+-])(?:回复)?@(?:[\w-]{1,30}(?:\s*:|(?=\s))|[\w-]{1,8}(?![\w-]))")
_WORD = re.compile(f"[^\\W_]|[{_EMOJI}]")


def searchable(text: str) -> str:
    """What of a text is put into the index, folded: no names that are called with @, no marks of
    forwarding, of a link its host only, and words that were pulled apart put together.

    A text of nothing else (转发微博) stays as it is.
    """
    folded = fold(text).text
    plain = LINK.sub(_host, folded) if "//" in folded or "www." in folded else folded
    if "//" in plain:
        plain = COMMENT.sub("\n", plain)
    if "@" in plain:
        plain = _CALLED.sub(" ", plain)
    plain = "\n".join(map(_without_marks, plain.splitlines()))
    return squeezed(plain if _WORD.search(plain) else folded)


def _without_marks(line: str) -> str:
    line = " ".join(line.split())  # as the marks would look back and forth over many blanks
    for _ in range(3):
        line = FORWARDED.sub("", line)
    return line


def _host(link: re.Match[str]) -> str:
    return f" {host_of(link[0])} "


def _tokens(run: str) -> list[str]:
    """Overlapping pairs of a Chinese run; a Latin run whole; an emoji by its number, as the
    index takes only letters and digits, and once however often it was typed.
    """
    if _HAN_RUN.match(run):
        return [run[i : i + 2] for i in range(len(run) - 1)] or [run]
    return [run[:TOKEN_LIMIT] if run[0].isalnum() else f"u{ord(run[0]):x}"]


def _runs(text: str) -> list[str]:
    return [run[0] for run in _RUN.finditer(text)]


def pairs(text: str) -> str:
    """The text for the full-text index: 停电通知5G😡 → `停电 电通 通知 5g u1f621`.

    A Chinese run of one character stands alone; Latin words and numbers stand whole.
    """
    return " ".join(token for run in _runs(searchable(text)) for token in _tokens(run))


def pair_query(query: str) -> list[list[str]]:
    """The phrases a query asks for, all of which must occur; `区*` asks for a token's beginning.

    Words written together are one phrase. A single Chinese character stands in the index only as
    part of pairs, so at the end of a phrase it is a beginning (X215路 → `x215 路*`) and elsewhere
    it is left out. Alone it finds every run that has it anywhere but last: search by `LIKE` where
    a query of one character must be exact. An empty list asks for nothing and finds nothing.
    """
    phrases = []
    asked = _PULLED_APART.sub("", LINK.sub(_host, fold(query).text))
    for chunk in _CHUNK.findall(asked):
        runs = _runs(chunk)
        phrase: list[str] = []
        for position, run in enumerate(runs):
            if len(run) > 1 or not _HAN_RUN.match(run):
                phrase.extend(_tokens(run))
            elif position == len(runs) - 1:
                phrase.append(run + "*")
        phrases.append(phrase)
    return phrases


def fts5_query(query: str) -> str:
    """The query for SQLite's FTS5 over `pairs`: `"停电 电通" AND "x215 路" *`; empty for nothing.

    Tokens are letters, digits and Chinese characters inside quotes, so no operator can get in.
    """
    return " AND ".join(
        f'"{" ".join(phrase).rstrip("*")}"{" *" if phrase[-1].endswith("*") else ""}'
        for phrase in pair_query(query)
    )


def tsquery(query: str) -> str:
    """The same for PostgreSQL, to be cast `::tsquery`: `'停电' <-> '电通' & 'x215' <-> '路':*`."""
    return " & ".join(
        " <-> ".join(
            f"'{token.rstrip('*')}'{':*' if token.endswith('*') else ''}" for token in phrase
        )
        for phrase in pair_query(query)
    )


def tsvector(indexed: str) -> str:
    """What `pairs` gave, for PostgreSQL to cast `::tsvector`, independent of its text parser.

    (In a database with locale C the parser drops Chinese.) Cut at the 16,383 positions it keeps.
    """
    positions: dict[str, list[int]] = {}
    for position, token in enumerate(indexed.split()[:POSITION_LIMIT], start=1):
        positions.setdefault(token, []).append(position)
    return " ".join(
        f"'{token}':{','.join(map(str, places[:255]))}" for token, places in positions.items()
    )
