"""TrendRadar's word files as rules of ours, and each difference told.

Its file: a blank line parts groups; a plain word is one of several, `+` a must, `!` an exclusion,
`@3` the most to show, `/…/` a regular expression, `=> name` and `[name]` names, `#` a comment, and
the section `[GLOBAL_FILTER]` words that exclude everywhere. What we do otherwise, because its users
run into it: an exclusion is for its own group, a file of exclusions lets nothing pass, a text
counts in every group, groups of the same words stay apart, `#停水#` is a word, and `ai` is not in
`chain`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tingda.lib.refusal import Refused
from tingda.lib.text import stands_alone
from tingda.lib.watching.fold import fold_word
from tingda.lib.watching.parse import parse
from tingda.lib.watching.syntax import Pattern, Word, quoted
from tingda.lib.words import mark as _

_TAG = re.compile(r"#[^#\s]+#(?:\s*=>.*)?")
_HEADING = re.compile(r"\[(.*)\]")
_REGEX = re.compile(r"/(.+)/[a-z]*")
_HALF = str.maketrans("＋！＠＃［］", "+!@#[]")
_SECTIONS = frozenset({"GLOBAL_FILTER", "WORD_GROUPS"})
_OF_ALL = (
    _("原来只看标题；这里标题和正文都看，只看标题请写 title:词"),
    _("原来一条内容只算在第一组里；这里每条规则都算"),
    _("原来“停 水”、全角和繁体写法会漏掉；这里都能找到"),
)


@dataclass(frozen=True, slots=True)
class Note:
    """One difference: a msgid and its params; a `reason` is a Refused, to be translated too."""

    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message


@dataclass(frozen=True, slots=True)
class Imported:
    """A group as a rule; `rule` is empty where none could be made, and the notes say why."""

    name: str
    rule: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class WordFile:
    """All groups of a file in order, and what is different for all of them."""

    rules: tuple[Imported, ...]
    notes: tuple[Note, ...]


@dataclass(slots=True)
class _Group:
    """Words as our rules write them, while a group is read."""

    name: str = ""
    some: list[str] = field(default_factory=list)
    must: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    lost: bool = False


def read_word_file(text: str) -> WordFile:
    """Read a word file; nothing in it is refused, what cannot be used is told."""
    notes = [Note(message) for message in _OF_ALL]
    never: list[str] = []
    groups: list[_Group] = []
    section = "WORD_GROUPS"
    for lines in _blocks(text):
        heading = _HEADING.fullmatch(lines[0])
        if heading and heading[1].strip().upper() in _SECTIONS:
            section, lines = heading[1].strip().upper(), lines[1:]
        if section == "GLOBAL_FILTER":
            never += _global(lines, notes)
        elif lines:
            groups.append(_group(lines))
    if never:
        message = _("全局过滤词写进了每条规则的排除里：%(words)s")
        notes.append(Note(message, {"words": " ".join(never)}))
    return WordFile(tuple(_imported(groups, never)), tuple(notes))


def _blocks(text: str) -> Iterator[list[str]]:
    """Lines that belong together, without comments."""
    block: list[str] = []
    for line in [*text.removeprefix("\ufeff").splitlines(), ""]:
        bare = line.strip()
        signed = bare[:1].translate(_HALF) + bare[1:]
        if not signed and block:
            yield block
            block = []
        elif signed and (signed[0] != "#" or _TAG.fullmatch(signed)):
            block.append(signed)


def _global(lines: Iterable[str], notes: list[Note]) -> Iterator[str]:
    for line in lines:
        if line[0] in "!+@":
            notes.append(
                Note(_("全局过滤里的“%(line)s”原来就不起作用，没有带过来"), {"line": line})
            )
        elif (word := _written(line, notes)) is not None:
            yield word


def _group(lines: list[str]) -> _Group:
    group = _Group()
    heading = _HEADING.fullmatch(lines[0])
    if heading:
        group.name, lines = heading[1].strip(), lines[1:]
    for line in lines:
        _take(line, group)
    return group


def _take(line: str, group: _Group) -> None:
    if line[0] == "@":
        group.notes.append(Note(_("“%(line)s”：这里没有显示条数的上限"), {"line": line}))
        return
    kind = {"+": group.must, "!": group.never}.get(line[0], group.some)
    config = line if kind is group.some else line[1:]
    word = _written(config, group.notes)
    if word is None:
        group.lost = group.lost or kind is not group.some
        return
    kind.append(word)
    if kind is group.never:
        message = _("“%(word)s”原来排除所有组的内容；这里只排除这一条规则的")
        group.notes.append(Note(message, {"word": word}))
    else:
        plain, _arrow, alias = (part.strip() for part in config.partition("=>"))
        group.shown.append(alias or plain)


def _written(config: str, notes: list[Note]) -> str | None:
    """A word as our rules write it, or None and a note."""
    plain = config.partition("=>")[0].strip()
    regex = _REGEX.fullmatch(plain)
    if regex:
        return _pattern(regex[1], notes)
    tag = _TAG.fullmatch(plain)
    folded = fold_word(plain.strip("#") if tag else plain)
    if not folded or ('"' in folded and set("「」") & set(folded)):
        notes.append(Note(_("“%(word)s”里没有可以找的字，没有带过来"), {"word": plain}))
        return None
    if tag:
        notes.append(Note(_("“%(word)s”原来当作注释；这里是要找的词"), {"word": plain}))
    if _latin_edge(folded):
        message = _("“%(word)s”原来也会标出含有它的更长的英文词或数字；这里只标单独的词")
        notes.append(Note(message, {"word": plain}))
    return _shortest(plain, folded)


def _latin_edge(folded: str) -> bool:
    whole = f"a{folded}a"
    return not stands_alone(whole, 1, len(whole) - 1)


def _shortest(plain: str, folded: str) -> str:
    """As it was written if that reads as this word, else in quotes."""
    try:
        kept = parse(plain).root == Word(folded)
    except Refused:
        kept = False
    return plain if kept else quoted(folded)


def _pattern(source: str, notes: list[Note]) -> str | None:
    written = "/" + re.sub(r"(?<!\\)/", r"\\/", source) + "/"
    try:
        if isinstance(parse(written).root, Pattern):
            return written
        reason = Refused(_("这样写不是一条正则"))
    except Refused as error:
        reason = error
    message = _("正则 %(pattern)s 没有带过来：%(reason)s")
    notes.append(Note(message, {"pattern": written, "reason": reason}))
    return None


def _imported(groups: list[_Group], never: list[str]) -> Iterator[Imported]:
    seen: dict[tuple[str, ...], str] = {}
    for group in groups:
        name = group.name or " / ".join(group.shown)
        key = tuple(group.some or group.must)
        if key and key in seen:
            message = _("原来会和“%(name)s”并成一组，因为词一样；这里是两条规则")
            group.notes.append(Note(message, {"name": seen[key]}))
        seen.setdefault(key, name)
        yield Imported(name, _rule(group, never), tuple(group.notes))


def _rule(group: _Group, never: list[str]) -> str:
    if group.lost:
        group.notes.append(Note(_("少了上面的词，意思就变了，所以没有做成规则：请自己写一条")))
        return ""
    if not group.some and not group.must:
        group.notes.append(Note(_("没有要找的词，所以没有做成规则；原来这样会放过所有内容")))
        return ""
    excluded = dict.fromkeys([*group.never, *never])
    rule = " ".join([*group.must, *_choice(group.some), *(f"-{word}" for word in excluded)])
    try:
        parse(rule)
    except Refused as error:
        group.notes.append(Note(_("没有做成规则：%(reason)s"), {"reason": error}))
        return ""
    return rule


def _choice(words: list[str]) -> list[str]:
    together = " OR ".join(dict.fromkeys(words))
    return [f"({together})" if len(set(words)) > 1 else together] if words else []
