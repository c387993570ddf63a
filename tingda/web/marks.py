"""A voice's words with what analysis found in them marked, and the why in a sentence."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from tingda.web.reasons import reason

CSS = {"places": "place"}  # kind of a mark to its class, where they differ


@dataclass(frozen=True)
class Span:
    """A found stretch of a text: from, to (offsets), what kind it is, and why in words."""

    start: int
    end: int
    kind: str
    title: str


def spans_of(
    why: Mapping[str, object], field: str, kinds: Iterable[str] = ("danger", "topic", "places")
) -> list[Span]:
    """The stretches of one field ("title" or "text") that a Reading's `why` names, by kind."""
    found = []
    for kind in kinds:
        title = _titles()[kind]
        for row in _rows(why.get(kind)):
            if row[0] != field or not _is_span(row[1], row[2]):
                continue
            what = _told(kind, str(row[3])) if len(row) > 3 and row[3] else ""
            name = f"{title}：{what}" if what else title
            found.append(Span(int(str(row[1])), int(str(row[2])), kind, name))
    return found


def _titles() -> dict[str, str]:
    """Kinds of marks in words."""
    return {
        "danger": gettext("险情词"),
        "watch": gettext("关注"),
        "urgency": gettext("紧急程度"),
        "topic": gettext("主题词"),
        "places": gettext("地点"),
        "intent": gettext("诉求"),
    }


def _told(kind: str, what: str) -> str:
    return reason(what) if kind in ("danger", "urgency", "intent") else what


def spans_of_hits(hits: Iterable[tuple[str, Sequence[Sequence[object]]]], field: str) -> list[Span]:
    """The stretches of one field that watches marked, from (name of the watch, its hit's spans)."""
    return [
        Span(int(str(row[1])), int(str(row[2])), "watch", gettext("关注：") + name)
        for name, rows in hits
        for row in rows
        if len(row) > 2 and row[0] == field and _is_span(row[1], row[2])
    ]


def marked(
    text: str, spans: Iterable[Span], *, most: int = 0, by_keyboard: bool = False
) -> SafeString:
    """The text, escaped, with each span as a `<mark>`; where two overlap the kind that was given
    first stands, and tells the other too.

    `most` cuts a long text; offsets outside the text are ignored, not trusted.
    """
    cut = text[:most] if most else text
    stop = SafeString(' tabindex="0"') if by_keyboard else ""
    parts, at = [], 0
    for over in _standing(span for span in spans if 0 <= span.start < span.end <= len(cut)):
        first = over[0]
        parts.append(conditional_escape(cut[at : first.start]))
        words = cut[first.start : first.end]
        css = CSS.get(first.kind, first.kind)
        title = "；".join(dict.fromkeys(span.title for span in over))
        parts.append(
            format_html('<mark class="{}" title="{}"{}>{}</mark>', css, title, stop, words)
        )
        at = first.end
    parts.append(conditional_escape(cut[at:]))
    if len(cut) < len(text):
        parts.append(SafeString("…"))
    return mark_safe("".join(parts))  # noqa: S308 - every part was escaped above


def _standing(spans: Iterable[Span]) -> list[list[Span]]:
    """In the order of the text, each span that stands, and after it those that it stands for."""
    ranks: dict[str, int] = {}
    ranked = [(ranks.setdefault(one.kind, len(ranks)), one.start, -one.end, one) for one in spans]
    starts: list[int] = []
    standing: list[list[Span]] = []
    for _rank, _start, _end, one in sorted(ranked, key=lambda row: row[:3]):
        place = bisect_right(starts, one.start)
        over = standing[max(0, place - 1) : bisect_left(starts, one.end)]
        over = [others for others in over if others[0].end > one.start]
        for others in over:
            others.append(one)
        if not over:
            starts.insert(place, one.start)
            standing.insert(place, [one])
    return standing


def kinds_marked(*spans: Iterable[Span]) -> list[tuple[str, str]]:
    """(class, word) of each kind that is to be seen, to tell what the colours mean."""
    there = {over[0].kind for some in spans for over in _standing(some)}
    return [(CSS.get(kind, kind), word) for kind, word in _titles().items() if kind in there]


def words_found(why: Mapping[str, object], kind: str, title: str, text: str) -> list[str]:
    """The words themselves, each once, in the order in which they stand."""
    return list(dict.fromkeys(word for _what, word in found_words(why, kind, title, text)))


def found_words(
    why: Mapping[str, object], kind: str, title: str, text: str
) -> list[tuple[str, str]]:
    """(what it tells, the word as written) for each that is still there."""
    fields = {"title": title, "text": text}
    words = [
        (
            str(row[3]) if len(row) > 3 else "",
            fields[str(row[0])][int(str(row[1])) : int(str(row[2]))],
        )
        for row in _rows(why.get(kind))
        if row[0] in fields and _is_span(row[1], row[2])
    ]
    return [(what, word) for what, word in words if word]


def together(why: Mapping[str, object], *, by_person: bool = False) -> str:
    """Why a voice stands in its issue, as a sentence."""
    if by_person or why.get("by") == "person":
        return gettext("由人归到这里")
    if why.get("copy_of"):
        return gettext("与先前一条内容相同")
    reasons = []
    if why.get("issue_is_new"):
        reasons.append(gettext("这个议题的第一条"))
    if places := _texts(why.get("places")):
        reasons.append(gettext("同一地点“%(places)s”") % {"places": gettext("、").join(places[:3])})
    if words := _texts(why.get("words")):
        reasons.append(gettext("“%(words)s”相近") % {"words": gettext("、").join(words[:6])})
    if isinstance(alike := why.get("similarity"), int | float):
        reasons.append(gettext("相近程度 %(percent)s%%") % {"percent": round(alike * 100)})
        if isinstance(needed := why.get("needed"), int | float):
            reasons[-1] += gettext("（够 %(percent)s%% 就归到一起）") % {
                "percent": round(needed * 100)
            }
    return gettext("；").join(reasons)


def in_common(why: Mapping[str, object], *, leaving: bool = False) -> str:
    """Why two issues may be one, as a sentence; or what those say that may be `leaving` one."""
    reasons = []
    if places := _texts(why.get("places")):
        told = gettext("拆出去的提到“%(places)s”") if leaving else gettext("都提到“%(places)s”")
        reasons.append(told % {"places": gettext("、").join(places[:6])})
    names = _texts(why.get("names"))
    words = [word for word in (*names, *_texts(why.get("words"))) if word not in places]
    if words := list(dict.fromkeys(words)):
        told = gettext("拆出去的在说：%(words)s") if leaving else gettext("共有的词：%(words)s")
        reasons.append(told % {"words": gettext("、").join(words[:8])})
    if isinstance(alike := why.get("similarity"), int | float):
        reasons.append(gettext("相近程度 %(percent)s%%") % {"percent": round(alike * 100)})
    return gettext("；").join(reasons)


def _rows(value: object) -> Iterator[Sequence[object]]:
    if isinstance(value, list):
        yield from (row for row in value if isinstance(row, list) and len(row) > 2)


def _is_span(start: object, end: object) -> bool:
    return isinstance(start, int) and isinstance(end, int) and 0 <= start < end


def _texts(value: object) -> list[str]:
    return [str(one) for one in value if one] if isinstance(value, list) else []
