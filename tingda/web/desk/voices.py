"""声音: what was said, newest first; one voice as it was said; and the search."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from tingda.analyse.models import Intent, Place, Reading, Urgency, WatchHit
from tingda.analyse.queries import search_voices, topics_for
from tingda.analyse.queries.labels import labels_on, unsure_for
from tingda.cases.models import Case
from tingda.cases.queries import case_of_voice, cases_for
from tingda.collect.models import Voice
from tingda.collect.queries import sources_for, voices_for
from tingda.detect.models import Issue
from tingda.detect.queries import issues_for
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.text import highlight
from tingda.notify.actions import mark_read
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office
from tingda.vault.actions import open_contact
from tingda.web.guard import desk, person_of
from tingda.web.kept import evidence_words
from tingda.web.marks import Span, kinds_marked, marked, spans_of, spans_of_hits, together
from tingda.web.paging import page
from tingda.web.readings import Shown, values_of
from tingda.web.words import said

MOST_FOUND, MOST_COPIES, MOST_PLACES, CLIP = 30, 20, 300, 160


@desk()
def voices(request: HttpRequest) -> HttpResponse:
    """What was heard, newest first; of one day or one source when asked."""
    person = person_of(request)
    asked = {name: _asked(request, name) for name in ("source", "intent", "urgency", "topic")}
    day = _day(request.GET.get("day", ""))
    rows = _filtered(voices_for(person).select_related("reading"), day, asked)
    context = {
        "here": "issues",
        "page": page(rows.order_by("-heard_at", "-id"), request),
        "sources": sources_for(person),
        "topics": topics_for(person).filter(active=True),
        "intents": Intent.choices,
        "urgencies": _urgencies(),
        "day": day,
        "asked": asked,
        "filtered": bool(day) or any(asked.values()),
        "of_the_office": is_of_the_office(person),
        "may_hear": person.may("hear"),
        "unsure": unsure_for(person).exists(),
    }
    return render(request, "desk/voices.html", context)


def _asked(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").strip().replace("\x00", "")[:100]


def _filtered(rows: QuerySet[Voice], day: date | None, asked: Mapping[str, str]) -> QuerySet[Voice]:
    """What is asked for in words that are none is passed over."""
    if day:
        start = timezone.make_aware(datetime.combine(day, time.min))
        rows = rows.filter(heard_at__gte=start, heard_at__lt=start + timedelta(days=1))
    source = asked["source"]
    if source.isascii() and source.isdigit() and len(source) < 19:
        rows = rows.filter(source=int(source))
    if asked["intent"] in Intent.values:
        rows = rows.filter(reading__intent=asked["intent"])
    if asked["urgency"] in map(str, Urgency.values):
        rows = rows.filter(reading__urgency__gte=int(asked["urgency"]))
    if asked["topic"]:
        rows = rows.filter(reading__topic__code=asked["topic"])
    return rows


def _urgencies() -> list[tuple[str, str]]:
    """From the most urgent down; each means that or more."""
    return [("3", _("马上")), ("2", _("当天或更急")), ("1", _("应尽快或更急"))]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class ContactForm(forms.Form):
    """Why somebody needs to know who wrote."""

    reason = forms.CharField(label=gettext_lazy("为什么要查看"), max_length=500)


@desk()
@never_cache
def voice(request: HttpRequest, pk: int) -> HttpResponse:
    """One voice as it was said. There is no page about who said it."""
    row = _voice(request, pk)
    mark_read(person_of(request), link=f"voice:{pk}", now=present.now())
    return _page(request, row, ContactForm())


@desk("open_contact")
@never_cache
def contact(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a sealed contact, with a reason, on the record; shown on this response only."""
    row = _voice(request, pk)
    receipt = getattr(row, "receipt", None)
    if request.method != "POST" or receipt is None or receipt.contact is None:
        return redirect("voice", pk=pk)
    form = ContactForm(request.POST)
    opened = ""
    if form.is_valid():
        try:
            opened = open_contact(
                receipt.contact,
                thread=f"voice:{row.pk}",
                reason=form.cleaned_data["reason"],
                by=person_of(request),
                now=present.now(),
            )
        except Refused as refusal:
            form.add_error("reason", said(refusal))
    return _page(request, row, form, opened)


def _voice(request: HttpRequest, pk: int) -> Voice:
    rows = voices_for(person_of(request)).select_related(
        "reading",
        "reading__topic",
        "reading__guess",
        "reading__repeat_of",
        "receipt",
        "receipt__contact",
    )
    rows = rows.select_related("belonging", "belonging__issue", "evidence", "quarantine")
    return get_object_or_404(rows, pk=pk)


def _page(request: HttpRequest, row: Voice, form: ContactForm, opened: str = "") -> HttpResponse:
    person = person_of(request)
    reading = getattr(row, "reading", None)
    watched = list(row.watch_hits.select_related("watch"))
    belonging = getattr(row, "belonging", None)
    receipt = getattr(row, "receipt", None)
    case = case_of_voice(row)
    context = {
        "here": "issues",
        "voice": row,
        "reading": reading,
        **_words(row, reading, watched),
        **(_read(row, reading, person) if reading else {}),
        "watched": watched,
        "link": _safe_link(row.url),
        "precision": _precise(row),
        "belonging": belonging,
        "together": together(belonging.why, by_person=belonging.by_person) if belonging else "",
        **evidence_words(row),
        "case": case if case and cases_for(person).filter(pk=case.pk).exists() else None,
        "copies": _copies(row, person),
        "contact_held": receipt is not None and receipt.contact_id is not None,
        "may_open": person.may("open_contact"),
        "may_take_on": person.may("take_on"),
        "form": form,
        "opened": opened,
    }
    return render(request, "desk/voice.html", context, status=422 if form.errors else 200)


def _words(row: Voice, reading: Reading | None, hits: list[WatchHit]) -> dict[str, object]:
    """What was said, with what was found in it marked."""
    why = reading.why if reading else {}
    title, text = (_spans(why, hits, field) for field in ("title", "text"))
    return {
        "title": marked(row.title, title, by_keyboard=True),
        "text": marked(row.text, text, by_keyboard=True),
        "kinds": kinds_marked(title, text),
    }


def _spans(why: Mapping[str, object], hits: list[WatchHit], field: str) -> list[Span]:
    """Danger stands before what watches marked, and that before the rest, where both did."""
    named = [(hit.watch.name, hit.spans) for hit in hits]
    return [
        *spans_of(why, field, ["danger"]),
        *spans_of_hits(named, field),
        *spans_of(why, field, ["urgency", "topic", "places", "intent"]),
    ]


def _read(row: Voice, reading: Reading, person: Person) -> dict[str, object]:
    """The values of the reading, and what they may be corrected to."""
    topics = Shown.of(topics_for(person))
    return {
        "values": values_of(row, reading, labels_on(row), topics),
        "may_correct": person.may("hear"),
        "topics": [topic for topic in topics.topics if topic.active],
        "intents": list(enumerate(Intent.choices, start=1)),
        "urgencies": [(level, (level, said)) for level, said in Urgency.choices],
        "places": list(dict.fromkeys([*reading.places, *_places()])),
        "nearly": _nearly(reading),
    }


def _places() -> list[str]:
    return list(Place.objects.values_list("name", flat=True)[:MOST_PLACES])


def _copies(row: Voice, person: Person) -> list[tuple[Voice, bool]]:
    """What repeats this voice, the newest first, and whether in nearly the same words only."""
    rows = voices_for(person).filter(reading__repeat_of=row).select_related("reading")
    return [(copy, _nearly(copy.reading)) for copy in rows.order_by("-at")[:MOST_COPIES]]


def _nearly(reading: Reading) -> bool:
    repeat = reading.why.get("repeat")
    return isinstance(repeat, dict) and repeat.get("by") == "near"


def _safe_link(url: str) -> str:
    """The address when it is an ordinary web page; anything else is not made a link."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def _precise(row: Voice) -> str:
    """How exactly it is known when it was said; "" when to the minute."""
    if row.said_at is None:
        return _("没有说明时间，按听到的时间算")
    words = {
        "day": _("只知道是哪一天"),
        "month": _("只知道是哪个月"),
        "year": _("只知道是哪一年"),
        "hour": _("只知道大概几点"),
        "unknown": _("时间的精确程度不详"),
    }
    return words.get(row.precision, "")


@dataclass(frozen=True)
class Found:
    """One voice that was found, with the words marked."""

    voice: Voice
    title: SafeString
    text: SafeString


@desk()
def search(request: HttpRequest) -> HttpResponse:
    """Voices by every word, issues and cases by their titles."""
    person = person_of(request)
    words = request.GET.get("q", "").strip().replace("\x00", "")[:100]
    context: dict[str, object] = {"here": "", "q": words, "most": MOST_FOUND}
    if words:
        issues = list(_issues(person, words)[: MOST_FOUND + 1])
        cases = list(_cases(person, words)[: MOST_FOUND + 1])
        rows = (voices_for(person) & search_voices(words)).select_related("source", "reading")
        found = page(rows, request, MOST_FOUND)
        context |= {
            "issues": [(issue, _lit(issue.title, words)) for issue in issues[:8]],
            "issue_count": len(issues),
            "cases": [(case, _lit(case.title, words)) for case in cases[:8]],
            "case_count": len(cases),
            "page": found,
            "voices": [_found(row, words) for row in found.items],
            "nothing": not (issues or cases or found.items),
        }
    return render(request, "desk/search.html", context)


def _issues(person: Person, words: str) -> QuerySet[Issue]:
    rows = issues_for(person).exclude(state=Issue.State.MERGED)
    return rows.filter(title__icontains=words).order_by("-people", "-id")


def _cases(person: Person, words: str) -> QuerySet[Case]:
    rows = cases_for(person)
    named = rows.filter(title__icontains=words) | rows.filter(number__startswith=words)
    return named.order_by("-id")


def _found(row: Voice, words: str) -> Found:
    text = row.text
    spans = highlight(text, words.split())
    begin = max(0, spans[0][0] - CLIP // 3) if spans else 0
    cut = ("…" if begin else "") + text[begin : begin + CLIP]
    return Found(row, _lit(row.title, words), _lit(cut, words, more=begin + CLIP < len(text)))


def _lit(text: str, words: str, *, more: bool = False) -> SafeString:
    """The text with the words that were looked for marked."""
    spans = [
        Span(start, end, "topic", _("搜索的词")) for start, end in highlight(text, words.split())
    ]
    lit = marked(text, spans)
    return SafeString(lit + "…") if more else lit


urlpatterns = [
    path("voices/", voices, name="voices"),
    path("voices/<int:pk>/", voice, name="voice"),
    path("voices/<int:pk>/contact/", contact, name="voice-contact"),
    path("search/", search, name="search"),
]
