"""Rules from lists of plain words, as watches were written before there was a language for them."""

from collections.abc import Iterable, Iterator

from tingda.lib.refusal import Refused
from tingda.lib.watching.parse import LONGEST, parse
from tingda.lib.watching.syntax import Word


def rules_of_words(lines: Iterable[str]) -> list[str]:
    """Each line an alternative, all its words needed. Several rules where one would be too long.

    A word is quoted where a sign of the language could be read in it; one in which there is
    nothing to look for is left out, and a line without words as well. Nothing left: no rule.
    """
    alternatives = dict.fromkeys(filter(None, map(_line, lines)))
    rules: list[str] = []
    for alternative in alternatives:
        longer = f"{rules[-1]} OR {alternative}" if rules else ""
        if rules and len(longer) <= LONGEST:
            rules[-1] = longer
        else:
            rules.append(alternative)
    return [rule for rule in rules if _reads(rule)]


def _line(line: str) -> str:
    return " ".join(filter(None, map(_word, line.split())))


def _word(word: str) -> str:
    return next((written for written in _ways(word) if _reads(written, one=True)), "")


def _ways(word: str) -> Iterator[str]:
    yield word
    yield f'"{word}"'
    yield f"「{word}」"


def _reads(rule: str, *, one: bool = False) -> bool:
    try:
        root = parse(rule).root
    except Refused:
        return False
    return isinstance(root, Word) and not root.field if one else True
