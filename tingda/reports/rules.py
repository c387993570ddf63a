"""What a report says, and how a line is chosen out of what people said. Nothing is rewritten."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tingda.lib.words import mark as _

# Where the numbers of a report lead; reports stand below the pages and cannot ask them.
ISSUE_PATH = "/desk/issues/%d/"
CASE_PATH = "/desk/cases/%d/"
ANSWER_PATH = "/answers/%d/"
VOICES_PATH = "/desk/voices/"

RATES = {
    "on_time": _("首次回应按时"),
    "answered": _("已回应"),
    "solved": _("本人确认解决"),
    "reopened": _("重新打开"),
}


@dataclass(frozen=True)
class Rate:
    """One of the four rates: `part` of `whole`. `name` is a marked text."""

    code: str
    name: str
    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        """Rounded, 0–100; none where there was nothing to count.

        Only all are 100 and only none is 0: rounding must not hide the one that is missing.
        """
        if not self.whole:
            return None
        if 0 < self.part < self.whole:
            return min(99, max(1, round(100 * self.part / self.whole)))
        return round(100 * self.part / self.whole)


@dataclass(frozen=True)
class Counted:
    """A count of voices under a name; `path` is the list of what was counted, or "" ."""

    name: str
    name_en: str
    count: int
    path: str = ""


@dataclass(frozen=True)
class IssueLine:
    """An issue of the day: its people and messages of that day, and their own words."""

    title: str
    path: str
    people: int
    messages: int
    line: str
    asks: tuple[str, ...]


@dataclass(frozen=True)
class CaseLine:
    """A case on hand; `state` is a marked text, `due_at` its next open deadline."""

    number: str
    title: str
    path: str
    unit: str
    state: str
    due_at: datetime | None


@dataclass(frozen=True)
class LateLine:
    """Something that is late: `what` is a marked text (a stage, a referral, a promise)."""

    what: str
    number: str
    title: str
    path: str
    unit: str
    late: timedelta


@dataclass(frozen=True)
class AnswerLine:
    """An answer that came out."""

    title: str
    path: str
    at: datetime


@dataclass(frozen=True)
class ClosedLine:
    """A closing with its reason (a marked text) and its text."""

    number: str
    title: str
    path: str
    reason: str
    text: str


@dataclass(frozen=True)
class Unheard:
    """A time in which a source was not heard; of all sources together where `name` is "".

    `cause` is why, a key of CAUSES.
    """

    name: str
    start: datetime
    end: datetime
    cause: str
    going_on: bool = False


# Why a source was not heard, as short as it stands in a line.
CAUSES = {
    "bad_url": _("网址不对"),
    "dns": _("找不到主机"),
    "connect": _("连不上"),
    "tls": _("证书有问题"),
    "timeout": _("没有及时回应"),
    "too_large": _("内容太大"),
    "too_many_redirects": _("转来转去"),
    "private": _("内部网络地址"),
    "http_error": _("对方没有给出内容"),
    "gone": _("对方已撤下"),
    "robots": _("对方不让程序读"),
    "closed": _("要登录才能看"),
    "content": _("内容读不懂"),
    "paused": _("停用"),
    "unwatched": _("没有去看"),
}
OTHER_CAUSE = _("没有看成")


@dataclass(frozen=True)
class Daily:
    """One day of the office, as it stood at `as_of` (the day's end, or now on the day itself)."""

    day: date
    as_of: datetime
    institution: str
    institution_en: str
    heard: Counted
    yesterday: int
    by_source: tuple[Counted, ...]
    by_group: tuple[Counted, ...]
    issues: tuple[IssueLine, ...]
    opened: int
    on_hand: tuple[CaseLine, ...]
    late: tuple[LateLine, ...]
    answered: tuple[AnswerLine, ...]
    closed: tuple[ClosedLine, ...]
    days: tuple[tuple[date, int], ...]
    unheard: tuple[Unheard, ...] = ()  # in the time of `days`
    unheard_today: tuple[Unheard, ...] = ()


# ---- people's own words ----
_END = re.compile(r"(?<=[。！？!?；;\n])|(?<=\.)\s")
_ASKS = re.compile(
    r"(?<![申聘邀宴])请(?![假客])|希望|能不能|能否|可不可以|什么时候|何时|建议|要求|[？?]"
    r"|\b(?:please|when will|hope)\b",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"\d[\d\s-]{5,}\d|@")  # a telephone, a card, a mail address
_SHORTEST, _LONGEST, _ENOUGH_ALIKE = 6, 90, 0.5


def sentences(text: str) -> list[str]:
    """The sentences of a text that can be quoted: not too short or long, no private numbers."""
    parts = (part.strip() for part in _END.split(text))
    return [
        part
        for part in parts
        if _SHORTEST <= len(part) <= _LONGEST and not _LONG_NUMBER.search(part)
    ]


def asks(texts: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """What people ask for, in their words: the asking sentences that say what most others say.

    Sentences that say the same are given once.
    """
    found = [part for text in texts for part in sentences(text) if _ASKS.search(part)]
    chosen: list[str] = []
    for part in _by_weight(found):
        if all(_alike(part, other) < _ENOUGH_ALIKE for other in chosen):
            chosen.append(part)
        if len(chosen) == most:
            break
    return tuple(chosen)


def telling_line(texts: Sequence[str]) -> str:
    """The sentence that shares most with all the others; "" where there is none to quote."""
    found = [part for text in texts for part in sentences(text)]
    told = [part for part in found if not _ASKS.search(part)] or found
    return next(iter(_by_weight(told)), "")


def _pairs(text: str) -> set[str]:
    letters = [letter.lower() for letter in text if letter.isalnum()]
    return {one + other for one, other in itertools.pairwise(letters)}


def _alike(one: str, other: str) -> float:
    first, second = _pairs(one), _pairs(other)
    return len(first & second) / max(1, min(len(first), len(second)))


def _by_weight(found: Sequence[str]) -> list[str]:
    """The sentences that share most pairs of characters with all come first, then as said."""
    different = list(dict.fromkeys(found))
    pairs = {part: _pairs(part) for part in different}
    shared = Counter(pair for part in found for pair in pairs[part])

    def weight(part: str) -> float:
        # the constant keeps a very short sentence from winning by its few common words
        return sum(shared[pair] for pair in pairs[part]) / (len(pairs[part]) + 8)

    return sorted(different, key=weight, reverse=True)


# ---- everything about one case ----
@dataclass(frozen=True, slots=True)
class FileRef:
    """A file of a dossier: its name there, where it lies in the folder of files, what it was."""

    name: str
    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a dossier: `key` as in the ledger ("fact:3"); names and values in words."""

    key: str
    head: str
    at: datetime | None = None
    fields: tuple[tuple[str, str], ...] = ()
    text: str = ""
    files: tuple[FileRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a dossier; `code` never changes, `name` is in the reader's language.

    `more` entries are not among `entries`: there are too many to print.
    """

    code: str
    name: str
    entries: tuple[Entry, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything about one case, in one order."""

    number: str
    title: str
    office: str
    as_of: datetime
    parts: tuple[Part, ...]

    @property
    def files(self) -> tuple[FileRef, ...]:
        """All files that belong to it, in its order."""
        return tuple(file for part in self.parts for entry in part.entries for file in entry.files)
