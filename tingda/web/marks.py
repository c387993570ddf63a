"""A voice's words with what analysis found in them marked, and the why in a sentence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext


@dataclass(frozen=True)
class Span:
    """A found stretch of a text: from, to (offsets), what kind it is, and why in words."""

    start: int
    end: int
    kind: str
    title: str


def spans_of(why: Mapping[str, object], field: str) -> list[Span]:
    """The stretches of one field ("title" or "text") that a Reading's `why` names."""
    words = {"danger": gettext("险情词"), "topic": gettext("主题词"), "places": gettext("地点")}
    found = []
    for kind, title in words.items():
        for row in _rows(why.get(kind)):
            if row[0] != field or not _is_span(row[1], row[2]):
                continue
            name = f"{title}：{row[3]}" if len(row) > 3 and row[3] else title
            found.append(Span(int(str(row[1])), int(str(row[2])), kind, name))
    return found


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
    """The text, escaped, with each span as a `<mark>`; where two overlap the first one stands.

    `most` cuts a long text; offsets outside the text are ignored, not trusted.
    """
    cut = text[:most] if most else text
    stop = SafeString(' tabindex="0"') if by_keyboard else ""
    parts, at = [], 0
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if span.start < at or not span.start < span.end <= len(cut):
            continue
        parts.append(conditional_escape(cut[at : span.start]))
        words = cut[span.start : span.end]
        css = {"places": "place"}.get(span.kind, span.kind)
        parts.append(
            format_html('<mark class="{}" title="{}"{}>{}</mark>', css, span.title, stop, words)
        )
        at = span.end
    parts.append(conditional_escape(cut[at:]))
    if len(cut) < len(text):
        parts.append(SafeString("…"))
    return mark_safe("".join(parts))  # noqa: S308 - every part was escaped above


def words_found(why: Mapping[str, object], kind: str, title: str, text: str) -> list[str]:
    """The words themselves, each once, in the order in which they stand."""
    fields = {"title": title, "text": text}
    words = [
        fields[str(row[0])][int(str(row[1])) : int(str(row[2]))]
        for row in _rows(why.get(kind))
        if row[0] in fields and _is_span(row[1], row[2])
    ]
    return list(dict.fromkeys(word for word in words if word))


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
        reasons.append(gettext("同一地点“%(places)s”") % {"places": gettext("、").join(places)})
    if words := _texts(why.get("words")):
        reasons.append(gettext("“%(words)s”相近") % {"words": gettext("、").join(words[:6])})
    if isinstance(alike := why.get("similarity"), int | float):
        reasons.append(gettext("相近程度 %(percent)s%%") % {"percent": round(alike * 100)})
        if isinstance(needed := why.get("needed"), int | float):
            reasons[-1] += gettext("（够 %(percent)s%% 就归到一起）") % {
                "percent": round(needed * 100)
            }
    return gettext("；").join(reasons)


def _rows(value: object) -> Iterator[Sequence[object]]:
    if isinstance(value, list):
        yield from (row for row in value if isinstance(row, list) and len(row) > 2)


def _is_span(start: object, end: object) -> bool:
    return isinstance(start, int) and isinstance(end, int) and 0 <= start < end


def _texts(value: object) -> list[str]:
    return [str(one) for one in value if one] if isinstance(value, list) else []
