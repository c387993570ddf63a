"""Names known from other voices, in the other writings that people use for them.

翠屏花园 is cuiping in English and cphy among its people, 金桂苑 is 桂苑, 实验小学 is 实小. Such a
writing is understood only where one name that is spoken of has it.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from tingda.lib.places import is_kind
from tingda.lib.sounds import sounds_of
from tingda.lib.terms import is_name, words_of

SHORTEST_SOUND = 5  # letters; a shorter one may be any word
FEWEST_INITIALS = 3
_VOWELS = frozenset("aeiou")
# What people leave of the kind of a house, behind the first character of its name.
_SHORT_KINDS = {
    "小学": "小",
    "中学": "中",
    "大学": "大",
    "学校": "校",
    "学院": "院",
    "幼儿园": "幼",
    "医院": "医",
    "图书馆": "图",
    "派出所": "所",
}


class Writings:
    """Which name a writing stands for, among the names that live issues have."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, ...]] = {}

    def copy(self) -> "Writings":
        """One to try things with."""
        fresh = Writings()
        fresh._names = self._names.copy()
        return fresh

    def learn(self, name: str, *, is_place: bool) -> None:
        """A name is spoken of; only places are shortened, others are written as they sound."""
        for writing in _writings(name, is_place):
            self._names[writing] = (*self._names.get(writing, ()), name)

    def forget(self, name: str, *, is_place: bool) -> None:
        """No live issue has it any more."""
        for writing in _writings(name, is_place):
            left = list(self._names.pop(writing, ()))
            if name in left:
                left.remove(name)
            if left:
                self._names[writing] = tuple(left)

    def meant(self, words: Sequence[str], places: Sequence[str]) -> dict[str, str]:
        """Words that stand for a name known otherwise, and that name, in order.

        Of a name in two or three words (hai tang wan) it is the first. A word that is a part of
        a place which is named in full stands for nothing else.
        """
        found: dict[str, str] = {}
        if not self._names:
            return found
        following = (*words[1:], "", "")
        for word, second, third in zip(words, following, following[1:], strict=False):
            for writing in (word, word + second, word + second + third):
                names = self._names.get(writing)
                name = _the_one(names) if names else ""
                if name and name != word and not any(name in place for place in places):
                    found[word] = name
                    break
        return found


def _the_one(names: Sequence[str]) -> str:
    """The name, where all are that one at different lengths: the fullest; of those that only
    begin alike, what they have in common if that is a name."""
    shortest, longest = min(names, key=len), max(names, key=len)
    if all(map(longest.startswith, names)):
        return longest
    return shortest if all(name.startswith(shortest) for name in names) else ""


@lru_cache(20_000)
def _writings(name: str, is_place: bool) -> tuple[str, ...]:
    found = (*_sounds(name), *(_shortened(name) if is_place else ()))
    return tuple(dict.fromkeys(found))


def _sounds(name: str) -> Iterator[str]:
    sounds = sounds_of(name) if len(name) > 1 else ()
    for first in (2, 3, len(name)):
        writing = "".join(sounds[:first])
        if first <= len(sounds) and len(writing) >= SHORTEST_SOUND:
            yield from (writing, writing.replace("v", "u"))


def _shortened(name: str) -> Iterator[str]:
    if name.isascii():
        return
    if len(name) > 3:
        yield name  # as it is, where nothing beside it says that it is a place
    initials = "".join(sound[0] for sound in sounds_of(name))
    if len(initials) >= FEWEST_INITIALS and _VOWELS.isdisjoint(initials):
        yield initials
    kind = next((kind for kind in _SHORT_KINDS if name.endswith(kind)), "")
    if kind and len(name) > len(kind) + 1:
        yield name[0] + _SHORT_KINDS[kind]
    elif len(name) > 2 and is_name(name[-2:]) and not is_kind(name[-2:]):
        yield name[-2:]


@lru_cache(20_000)
def words_in(name: str) -> tuple[str, ...]:
    """The words that voices have which name it in full."""
    return tuple(words_of(name))
