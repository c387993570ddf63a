"""Letters that only look like what a reader takes them for.

Writers who want to slip past a word list put a Cyrillic or Greek letter into a Latin word; texts
taken out of a PDF have radicals for characters (⻓ for 长); lists are numbered by ❶. The letters
follow Unicode's confusables.txt (UTS #39), and the radicals are those of
EquivalentUnifiedIdeograph.txt that are whole characters in use. Characters that differ and only
look alike (未末, 曰日, 冫氵) stay: those are other words.
"""

import re

# By the letter's own case: В looks like B, its small в does not.
_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјкорсухһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαινορυ",
    "ABESIJKMHOPCTYXaesijkopcyxhdqwABEZHIKMNOPTYXaivopu",
)
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_WORD = re.compile(
    "[A-Za-zＡ-Ｚａ-ｚ\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u03ff\u0400-\u052f"
    "\u00ad\u200b-\u200f\u2060\ufeff]{2,}"
)
_PLAIN = re.compile("[A-Za-zＡ-Ｚａ-ｚ]")

_RADICALS = dict(
    zip(
        "⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰",
        "民虎西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙",
        strict=True,
    )
)
_DIGITS = {chr(start + at): str(at + 1) for start in (0x2776, 0x2780, 0x278A) for at in range(10)}
_DIGITS |= {chr(0x24EB + at): str(at + 11) for at in range(10)} | {"\u24ff": "0"}

FORMS = _RADICALS | _DIGITS | {chr(0x24F5 + at): str(at + 1) for at in range(10)}
"""Characters that NFKC leaves, and what they are read as."""


def as_latin(text: str) -> str:
    """Latin words with look-alike letters in them, in Latin letters; of the same length.

    A word is changed only where it holds a Latin letter and the others all look like one: words
    of Russian or Greek, and μm or Ω, stay.
    """
    return _WORD.sub(_spelt, text) if _FOREIGN.search(text) else text


def _spelt(word: re.Match[str]) -> str:
    found = word[0]
    if not _PLAIN.search(found):
        return found
    spelt = found.translate(_LATIN)
    return found if _FOREIGN.search(spelt) else spelt
