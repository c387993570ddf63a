"""Names of private persons in Chinese: a surname, what follows it, and what says so.

A name is masked where a cue stands before it (姓名, 我叫, 班主任), where a title follows (王老师),
or where the segmenter takes three characters for a name. Officials in office stay, and so do names
that are of a place, a school or a shop.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import rjieba

from tingda.lib.masks import given
from tingda.lib.masks.parts import Mask, one_of, words
from tingda.lib.places import dictionary_count, tag_of
from tingda.lib.text import HAN

_titles, _cues = words("titles"), words("cues")
_OFFICIAL_BEFORE = re.compile(
    rf"(?:{given.OFFICIAL})(?:同志)?:?$"
    rf"|(?:公安局?|交警|派出所|[支大]队|公安分局|检察院|法院|纪委|监委)(?:的|[{HAN}]?[员警])?$"
)
_PRIVATE_HEAD = re.compile(rf"(?:{one_of(_titles['private_heads'])})$")
_GAP = r"[是为叫有系: \"'“”‘’()—-]{0,4}"
_STRONG = re.compile(rf"(?:{one_of(_cues['strong'])}|此致敬礼[,!。]?){_GAP}$|[—-]{{2}}$")
_LONG_TITLES = [title for title in _titles["after"] if len(title) > 1]
_WEAK = re.compile(
    rf"(?:{one_of([*_cues['weak'], *_LONG_TITLES])}|[员者户妇]"
    rf"|(?<![{HAN}])我?[我他她你][爸妈姐哥弟妹儿嫂叔姨舅姑爹娘]){_GAP}$"
)
_TITLE_AFTER = re.compile(one_of(_LONG_TITLES))
_LOOSE_TITLES = frozenset("总工姐哥嫂叔姨婆伯婶公董妈")
_CLEAR_TITLES = frozenset(_titles["clear"])
_FAMILIAR = re.compile("(?<![大中不很太最变])[小老]$")
_WORKS_AT = re.compile("(?:学校|小学|中学|幼儿园|[医学]院|[科班店]|公司|驾校|的|叫|是)$")
_WORKS_AS = re.compile("(?:的|叫|司机|驾驶员|老师|主任|医师|教练|护士)$")
_NAMED = re.compile(r"(?:[叫:]\s*|\s)$")
_CALLED = re.compile(r"(?:我叫|名叫|名字叫|姓名[:为是 ]+)$")
_JOIN = re.compile(r"[、,和与及跟]$")
_IN_A_ROW = re.compile(rf"[、和与][{''.join(sorted(given.COMMON))}]")
_QUOTED_NAME = re.compile(f"[\"“'‘「][{HAN}]{{2,4}}[\"”'’」](?:名下|的名|本人|这个人|这个名)")
_WRITTEN = re.compile(f"[\"“'‘「][{HAN}]{{2,4}}[\"”'’」](?:[打写印录登]|记成)")
_CALLED_OUT = re.compile(r"[你我,。!?:;]|$")
_CUT_OR_TALK = re.compile(r"[的家和说在把被也向你我,。!?:;]|$")
_COVERED = re.compile("[某×*xX○〇]")
_NICK = re.compile(rf"(?:小|老|阿)([{HAN}])(头|哥|姐|弟|妹|爷子|太太)?")
_NICK_NOT = frozenset("高方金江石白康龙万易常武文于时成安平水花海区台明全冷单商中国大小家车马路")
_BORROWED = frozenset(words("given")["borrowed"][0])
_LENT = re.compile(f"[{''.join(sorted(_BORROWED))}]{{3,7}}")
_FOREIGN = frozenset(words("given")["foreign"][0]) | _BORROWED
_DOTTED = re.compile(
    f"[{HAN}]{{2,6}}[·•‧・][{''.join(sorted(_FOREIGN))}]{{2,7}}(?:[·•‧・][{HAN}]{{2,4}})?"
)
_PARENT = re.compile(f"(?<![{HAN}])([{HAN}]{{2}})(?:妈妈|爸爸|的妈妈|的爸爸)")
_HAN = re.compile(f"[{HAN}]")

SAID, LIKELY, UNSAID = 3, 2, 0
"""How plainly what stands around says that here is a name."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A surname at `start`, its given name until `end`, and the word the segmenter sees there."""

    text: str
    start: int
    end: int
    word: str
    tag: str
    closed: bool  # whether a word ends where the name does

    @property
    def apart(self) -> bool:
        """Whether the segmenter sees the surname, and then a word that ends with the name."""
        return self.closed and len(self.word) == len(self.name) - len(given.given_of(self.name))

    @property
    def name(self) -> str:
        return self.text[self.start : self.end]

    @property
    def named(self) -> bool:
        return self.tag.startswith("nr") and len(self.word) > 1


def names(text: str) -> Iterator[Mask]:
    """The masks in a folded text."""
    if not _HAN.search(text):
        return
    tagged = _tagged(text)
    last: Mask | None = None
    for surname in given.SURNAME.finditer(text):
        if last and surname.start() < last.end:
            continue
        if not _may_begin(text, *surname.span()):
            continue
        inside = _inside(surname.start(), tagged)
        mask = _titled(text, surname, inside, tagged) or _full(
            text, surname, tagged, (inside, last)
        )
        if mask:
            last = mask
            yield mask
    yield from _nicknames(text)
    yield from _borrowed(text, tagged)
    for match in _PARENT.finditer(text):
        name = match[1]
        if given.fairly_usual_given("何" + name) and dictionary_count(name) < 50:
            yield Mask(*match.span(1), "name")


def _borrowed(text: str, tagged: dict[int, tuple[str, str]]) -> Iterator[Mask]:
    """Names that other languages lent: 扎西平措, 乌日娜, 阿依古丽·买买提."""
    for match in _DOTTED.finditer(text):
        own = sum(char in _FOREIGN for char in match[0])
        if own * 3 >= 2 * (len(match[0]) - 1) and not given.of_a_place(text, match.end()):
            joined = match[0][0] in "跟和与叫是找给被把"
            yield Mask(match.start() + joined, match.end(), "name")
    for match in _LENT.finditer(text):
        start, end = match.span()
        if given.of_a_place(text, end) or given.is_other_word(match[0]):
            continue
        before = _before(text, start)
        alone = _clause_begins(before)
        seen = tagged.get(start, ("", ""))
        whole = seen[0] == match[0] and seen[1][:2] in ("nr", "nz")
        if _STRONG.search(before) or _WEAK.search(before):
            believed = start in tagged
        else:
            believed = whole and alone and bool(_CUT_OR_TALK.match(text, end))
        if believed:
            yield Mask(start, end, "name")


def _tagged(text: str) -> dict[int, tuple[str, str]]:
    """Words of the text with their part of speech, by where they start."""
    found, at = {}, 0
    for word, tag in rjieba.tag(text):
        found[at] = (word, tag)
        at += len(word)
    return found


def _before(text: str, start: int) -> str:
    return text[max(0, start - 14) : start]


def _may_begin(text: str, start: int, end: int) -> bool:
    """Not where the name is covered already (李某某) or an official's (区长李…, 李区长)."""
    if end >= len(text) or _COVERED.match(text, end) or given.OFFICIAL_AFTER.match(text, end):
        return False
    before = _before(text, start)
    return not _OFFICIAL_BEFORE.search(before) or bool(_PRIVATE_HEAD.search(before))


def _inside(start: int, tagged: dict[int, tuple[str, str]]) -> bool:
    """Whether a word that began before goes on here: 保安, 收费员, 经常."""
    for at in range(start - 4, start):
        word, tag = tagged.get(at, ("", ""))
        if len(word) > start - at:
            return not tag.startswith("nr") or dictionary_count(word) > 0  # 员何丽 is a guess
    return False


def _titled(
    text: str, surname: re.Match[str], inside: bool, tagged: dict[int, tuple[str, str]]
) -> Mask | None:
    """王老师: a surname, and a title of a private person right after it."""
    start, end = surname.span()
    title = given.TITLE.match(text, end)
    if title is None or given.never(text, start, title.end()):
        return None
    one_word = tagged.get(start, ("", ""))[0] == text[start : title.end()]
    if title[0] in _LOOSE_TITLES and not (one_word or given.ends(text, title.end())):
        return None
    before = _before(text, start)
    clear = title[0] in _CLEAR_TITLES and surname[0] in "米路付段车花富" and _clause_begins(before)
    if surname[0] in given.GRAMMAR and not clear and not _WORKS_AS.search(before):
        return None
    if (inside or surname[0] in given.RARE) and not _word_begins(before):
        return None
    called = start - 1 in tagged and _FAMILIAR.search(before)
    return Mask(start - bool(called), title.end(), "name")


def _clause_begins(before: str) -> bool:
    return not before or not (_HAN.match(before[-1]) or before[-1].isalnum())


def _word_begins(before: str) -> bool:
    if (
        not before
        or not _HAN.match(before[-1])
        or before[-1] in "了和与在对找请问位向被跟小老给让叫的把"
    ):
        return True
    return bool(_WORKS_AT.search(before) or _WEAK.search(before))


def _full(
    text: str,
    surname: re.Match[str],
    tagged: dict[int, tuple[str, str]],
    around: tuple[bool, Mask | None],
) -> Mask | None:
    """王小明, where something says that it is a name; `around`: within a word, the name before."""
    start = surname.start()
    end = given.end_of_given(text, surname.end())
    if end is None or given.OFFICIAL_AFTER.match(text, end) or given.of_a_place(text, end):
        return None
    closed = end in tagged or end == len(text)
    candidate = _Candidate(text, start, end, *tagged.get(start, ("", "")), closed)
    called = _CALLED.search(_before(text, start)) and given.ends(text, end)
    if candidate.name[1:] in ("老", "小") or (given.never(text, start, end) and not called):
        return None
    inside, last = around
    strength = _strength(candidate, last)
    if inside and strength < SAID:
        return None
    believed = _said(candidate, strength) if strength else _unsaid(candidate)
    return Mask(start, end, "name") if believed else None


def _strength(candidate: _Candidate, last: Mask | None) -> int:
    text, start, end = candidate.text, candidate.start, candidate.end
    before = _before(text, start)
    if (
        _STRONG.search(before)
        or _WRITTEN.match(text[start - 1 : end + 4])
        or _QUOTED_NAME.match(text[start - 1 : end + 4])
    ):
        return SAID
    if _WEAK.search(before) or given.PERSON_AFTER.match(text, end) or _TITLE_AFTER.match(text, end):
        return LIKELY
    if len(candidate.name) == 3 and _IN_A_ROW.match(text, end):
        return LIKELY
    joined = _JOIN.search(before) and last and last.end == start - 1
    return LIKELY if joined and last and last.end - last.start < 5 else UNSAID


def _said(candidate: _Candidate, strength: int) -> bool:
    text, name = candidate.text, candidate.name
    if strength == SAID and _NAMED.search(_before(text, candidate.start)):
        return True
    ends = given.ends(text, candidate.end)
    usual = given.usual_given(name)
    if name[0] in given.GRAMMAR and not (candidate.named and (ends or usual)):
        return candidate.apart and usual and ends and not given.is_word(name[1:])
    if given.is_other_word(name):
        return False
    if candidate.apart and len(name) == 3 and usual:
        return True
    return (candidate.named or given.uncommon(name)) and (ends or usual)


def _unsaid(candidate: _Candidate) -> bool:
    """Where nothing says so, only a name that the segmenter sees too, and of usual characters."""
    name = candidate.name
    if given.could_be_a_place(name) or dictionary_count(name) >= 50:
        return False
    if candidate.word == name and candidate.named:
        return tag_of(name)[:2] in ("nr", "") and _seen(candidate)
    if candidate.apart and _likely_apart(candidate):
        return True
    return candidate.closed and _stands_alone(candidate) and not given.is_word(name[:2])


def _stands_alone(candidate: _Candidate) -> bool:
    """Whether it begins a clause that goes on as after a name, and is of usual characters."""
    name = candidate.name
    if len(name) != 3 or name[0] in given.GRAMMAR | given.AMBIGUOUS or given.is_word(name[1:]):
        return False
    follows = given.ends(candidate.text, candidate.end)
    return follows and _begins(candidate) and given.usual_given(name)


def _seen(candidate: _Candidate) -> bool:
    """Whether what the segmenter took for a name is one."""
    name, text = candidate.name, candidate.text
    if name[0] in given.RARE | given.AMBIGUOUS and name[:2] not in given.DOUBLE:
        if len(name) != 3 or not given.usual_given(name):
            return False
        if name[0] in given.GRAMMAR:
            return _begins(candidate) and bool(_CUT_OR_TALK.match(text, candidate.end))
        return given.ends(text, candidate.end)
    if len(name) < 3:
        alone = _begins(candidate) and _CALLED_OUT.match(text, candidate.end)
        row = _IN_A_ROW.match(text, candidate.end)
        return given.usual_given(name) and bool(row or alone)
    if given.usual_given(name):
        return True
    return given.fairly_usual_given(name) and given.ends(text, candidate.end)


def _likely_apart(candidate: _Candidate) -> bool:
    """Whether a surname on its own and the word after it make a name: 霍 春生."""
    name = candidate.name
    if name[:2] in given.DOUBLE and candidate.word == name[:2]:
        return given.usual_given(name) and given.ends(candidate.text, candidate.end)
    if len(name) != 3 or not given.usual_given(name):
        return False
    if name[0] in given.GRAMMAR:
        called = tag_of(name[1:]).startswith("nr")
        return called and _begins(candidate) and given.ends(candidate.text, candidate.end)
    if name[0] in given.RARE:
        return _begins(candidate) and bool(_CUT_OR_TALK.match(candidate.text, candidate.end))
    if _begins(candidate) and _CUT_OR_TALK.match(candidate.text, candidate.end):
        return True
    usual_word = dictionary_count(name[1:]) >= 1000
    return not usual_word and given.ends(candidate.text, candidate.end)


def _begins(candidate: _Candidate) -> bool:
    """Whether it begins a clause."""
    return _clause_begins(candidate.text[candidate.start - 1 : candidate.start])


def _nicknames(text: str) -> Iterator[Mask]:
    """小王, 老李头: where what follows shows that it is a person."""
    for match in _NICK.finditer(text):
        if match[1] not in given.COMMON or match[1] in _NICK_NOT:
            continue
        before = text[max(0, match.start() - 6) : match.start()]
        within = before and _HAN.match(before[-1]) and before[-1] not in "的和与是找叫被把对跟给"
        if within and not _WEAK.search(before):
            continue
        sought = before.endswith(("找", "叫", "联系"))
        if match[2] or sought or given.ends(text, match.end()):
            yield Mask(match.start(), match.end(), "name")
