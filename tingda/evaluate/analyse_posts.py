"""Posts to measure the speed of reading on: our own examples, cut up and filled anew.

Nothing here was ever said by anybody. The same seed gives the same posts.
"""

import csv
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from tingda.lib.places import find_places
from tingda.lib.text import fold
from tingda.lib.watching.fold import Said

SHORTEST, USUAL, LONGEST = 30, 70, 200
"""Characters of a post: the least, the most frequent, the most."""

ENGLISH = 0.08
"""Share of posts in English."""

CARRIED_ON = 0.1
"""Share of posts that repeat an earlier one, as it was or with a mark of forwarding."""

PLACES = 2_000
"""Places on an office's list: those that its sources' posts are filed under."""

SOURCES = tuple(f"{kind}{number}" for kind in ("论坛", "热线", "公众号") for number in range(20))
SITES = tuple(f"forum{number}.example" for number in range(40))

_DEMO = Path(__file__).parents[1] / "demo/voices.jsonl"
_BESIDE = Path(__file__).parents[2] / "evaluate"  # only in a checkout
_COLUMNS = {
    "intents.csv": "text",
    "intents_more.csv": "text",
    "urgency.csv": "text",
    "repeats.csv": "a",
    "masks.csv": "text",
}
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*")
_ENDS = ("。", ". ", "！", "？", "!", "?", ".")
_DAY = re.compile(r"\{D[^}]*\}")  # the demo town's days are told from today
_DIGIT = re.compile(r"[0-9]")
_SLOT = "\x00"
_ENDINGS = (
    *("小区", "花园", "家园", "社区", "小学", "中学", "幼儿园", "医院", "卫生院", "养老院"),
    *("路", "街", "广场", "公园", "村", "新城"),
)
_FORWARDED = ("转发：{}", "【转】{}", "{}", "{}谢谢！", "//@热心人：{}", "RT {}")


def chinese_names() -> list[str]:
    """Names of places that nobody has heard of, in one order: 24,320."""
    stems = map("".join, product(_FIRST, _SECOND))
    return [stem + ending for stem in stems for ending in _ENDINGS]


_FIRST = "金银云青红翠碧锦华盛丰泰安康宁和祥瑞福禄寿喜吉庆春夏秋冬东西南北松竹梅兰荷桂杏桃"
_SECOND = "湖溪泉山林峰岭谷川江河海洋波涛源清澄明亮辉煌灿烂星辰月阳光霞虹雪霜露雨风雷电"


def listed_names() -> list[str]:
    """Those on the list of the office, without the others."""
    return random.Random(PLACES).sample(chinese_names(), PLACES)  # noqa: S311 - examples


def english_names() -> list[str]:
    """The same in English: 540."""
    stems = [
        "Maple",
        "Cedar",
        "Willow",
        "Aspen",
        "Hazel",
        "Linden",
        "Poplar",
        "Rowan",
        "Alder",
        "Birch",
    ]
    sides = ("", "North ", "South ", "East ", "West ", "Old ", "New ", "Upper ", "Lower ", "Great ")
    kinds = ("Road", "Street", "School", "Hospital", "Park", "Station")
    return [f"{side}{stem} {kind}" for side in sides for stem in stems for kind in kinds]


@dataclass(frozen=True, slots=True)
class Material:
    """Sentences with a slot where a place was named, and the names to put in."""

    texts: Sequence[Sequence[str]]
    names: Sequence[str]

    def sentence(self, rng: random.Random, sentence: str) -> str:
        """The sentence about another place and with other numbers."""
        parts = sentence.split(_SLOT)
        told = "".join(part + rng.choice(self.names) for part in parts[:-1]) + parts[-1]
        return _DIGIT.sub(lambda _digit: str(rng.randrange(1, 10)), told)

    def text(self, rng: random.Random, length: int) -> str:
        """Sentences of one or several examples, at most so many characters."""
        told = ""
        while True:
            for sentence in rng.choice(self.texts):
                more = self.sentence(rng, sentence)
                if len(told) >= SHORTEST and len(told) + len(more) > length:
                    return told[:LONGEST]
                told += more


def posts(count: int, seed: int) -> Iterator[Said]:
    """So many posts, one after another."""
    rng = random.Random(seed)  # noqa: S311 - examples, no secrets
    chinese, english = material()
    earlier: list[str] = []
    listed = listed_names()
    for _number in range(count):
        of = english if rng.random() < ENGLISH else chinese
        text = of.text(rng, int(rng.triangular(SHORTEST, LONGEST, USUAL)))
        if earlier and rng.random() < CARRIED_ON:
            text = rng.choice(_FORWARDED).format(rng.choice(earlier))
        elif len(earlier) < 1000:
            earlier.append(text)
        else:
            earlier[rng.randrange(1000)] = text
        yield Said(
            title=_title(rng, text),
            body=text,
            site=rng.choice(SITES),
            place=rng.choice(listed) if rng.random() < 0.5 else "",
            urgency=rng.choice((0, 0, 0, 0, 1, 1, 2, 3)),
            likes=int(rng.expovariate(0.1)),
            lang="en" if of is english else "zh",
            channel="feed",
            source=rng.choice(SOURCES),
        )


def _title(rng: random.Random, text: str) -> str:
    """Every third post has one: its first words."""
    return re.split(r"[，。！？,.!?]", text)[0][:24] if rng.random() < 0.33 else ""


def material() -> tuple[Material, Material]:
    """Chinese and English examples: the demo town's voices, and in a checkout those we wrote."""
    parts: dict[bool, list[list[str]]] = {True: [], False: []}
    for text in dict.fromkeys(_written()):
        sentences = [_slotted(found[0]) for found in _SENTENCE.finditer(text)]
        if sentences and len(text) <= 2 * LONGEST:
            parts[_is_english(text)].append(sentences)
    return Material(parts[False], chinese_names()), Material(parts[True], english_names())


def _written() -> Iterator[str]:
    for line in _DEMO.read_text("utf-8").splitlines():
        voice = json.loads(line)
        yield voice["title"]
        yield voice["text"]
    for name, column in _COLUMNS.items():
        path = _BESIDE / name
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                yield from (row[column] for row in csv.DictReader(file))


def _is_english(text: str) -> bool:
    return sum(map(str.isascii, text)) > 0.7 * len(text)


def _slotted(sentence: str) -> str:
    folded = fold(sentence, squeeze=True)
    for place in reversed(find_places(folded.text)):
        start, end = folded.span(place.start, place.end)
        sentence = sentence[:start] + _SLOT + sentence[end:]
    sentence = _DAY.sub("3月2日", sentence).strip()
    return sentence if sentence[-1:] in _ENDS else sentence + _ENDS[sentence.isascii()]
