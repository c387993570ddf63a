"""Personal data of private persons: where it stands in a text, and the text without it.

What is found is what must not stand in a public text: names, telephone numbers, identity cards,
plates, bank cards, e-mail addresses, addresses down to a door, accounts.
"""

import re
from collections.abc import Iterator

from tingda.lib.masks.doors import doors
from tingda.lib.masks.english import english_names
from tingda.lib.masks.given import TITLE
from tingda.lib.masks.names import names
from tingda.lib.masks.numbers import numbers
from tingda.lib.masks.parts import KINDS, Mask
from tingda.lib.text import HAN, fold

__all__ = ["KINDS", "Mask", "masked", "masks"]

_HAN_NAME = re.compile(f"[{HAN}]{{2,4}}")
_MISSPELT = re.compile("错|[打写印录登记成拼念叫]成|写作|更正|改回|改过来|少了?[一个]*字|同音|请改")


def masks(text: str) -> list[Mask]:
    """The masks in a text as it was written, in order; none overlaps another."""
    folded = fold(text)
    plain = folded.text
    same_length = text if len(text) == len(plain) else ""
    found = [
        Mask(*folded.span(mask.start, mask.end), mask.kind)
        for source in (numbers(plain, same_length), doors(plain), names(plain))
        for mask in source
    ]
    return _apart([*found, *_again(text, found), *english_names(text)])


def _again(text: str, found: list[Mask]) -> Iterator[Mask]:
    """A full name found once is covered wherever else it stands, misspelt or not."""
    full = {text[mask.start : mask.end] for mask in found if mask.kind == "name"}
    for name in full:
        if not _HAN_NAME.fullmatch(name) or TITLE.search(name):
            continue
        for match in _written(name, bool(_MISSPELT.search(text))).finditer(text):
            at = match.lastindex or 0
            yield Mask(*match.span(at), "name")


def _written(name: str, misspelt: bool) -> re.Pattern[str]:
    """The name; where a text tells of misspelling, also with one character of another kind."""
    if not misspelt:
        return re.compile(re.escape(name) if len(name) > 2 else r"(?!)")
    others = [f"{name[:i]}[{HAN}]{name[i + 1 :]}" for i in range(len(name))]
    if len(name) > 2:
        others += [name[:i] + name[i + 1 :] for i in range(len(name))]
    return re.compile(f'(?:{name if len(name) > 2 else "(?!)"})|["“‘「]({"|".join(others)})["”’」]')


def _apart(found: list[Mask]) -> list[Mask]:
    """Of masks that overlap, the kind that says most; of one kind, the longest."""
    rank = {kind: number for number, kind in enumerate(KINDS)}
    kept: list[Mask] = []
    for mask in sorted(set(found), key=lambda m: (rank[m.kind], m.start - m.end, m.start)):
        if all(mask.end <= other.start or other.end <= mask.start for other in kept):
            kept.append(mask)
    return sorted(kept)


def masked(text: str) -> str:
    """The text for a public page: 王某某, 138****, 京A****, and the estate without the door."""
    pieces: list[str] = []
    last = 0
    for mask in masks(text):
        pieces += (text[last : mask.start], _cover(text[mask.start : mask.end], mask.kind))
        last = mask.end
    return "".join((*pieces, text[last:]))


def _cover(found: str, kind: str) -> str:
    if kind == "name":
        return _covered_name(found)
    if kind == "phone" and found[:3].isdigit():
        return found[:3] + "****"
    if kind == "plate" and not found[0].isascii():
        return found[:1] + "****"
    if kind == "address":
        until = next((i for i, char in enumerate(found) if not _is_name_part(char)), 0)
        return found[:until] + "****"
    return "****"


def _is_name_part(char: str) -> bool:
    return not char.isascii() and not char.isdigit() and char.isalpha()


def _covered_name(found: str) -> str:
    if found[0].isascii():
        return f"{found[0]}***"
    return "某某" if found[0] in "小老阿" else f"{found[0]}某某"
