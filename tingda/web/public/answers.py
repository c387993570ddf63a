"""What the institution said in public, what it promised, and how well it keeps to it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe
from django.views.decorators.vary import vary_on_cookie

from tingda.answers.models import Answer, Correction, Version
from tingda.answers.queries import published_answers
from tingda.cases.models import Promise
from tingda.ledger.queries import public_lines
from tingda.lib import present
from tingda.lib.xml_text import clean
from tingda.people.queries import in_language, institution
from tingda.reports.queries import four_rates, unanswered_closings
from tingda.reports.rules import Rate
from tingda.web.ledger_words import public_sentence
from tingda.web.paging import page

PERIODS = (30, 90, 365)
_WORDS = 6
_IN_FEED = 50
# A page names the reader's language and holds a form, so only the reader's own browser keeps it.
short = cache_control(private=True, max_age=60)


@dataclass(frozen=True)
class Promised:
    """A promise and whether it is late today."""

    what: str
    due_on: date
    kept_at: datetime | None
    how_kept: str
    late: bool
    answer: Answer | None = None
    broken_at: datetime | None = None
    why_broken: str = ""
    instead: str = ""


def _with_cases(answers: QuerySet[Answer]) -> QuerySet[Answer]:
    return answers.select_related("case__issue__merged_into")


@require_safe
@vary_on_cookie
@short
def answers(request: HttpRequest) -> HttpResponse:
    """All answers, newest first; every word of `?q=` must stand in the title."""
    q = request.GET.get("q", "").replace("\0", "").strip()[:100]
    newest = Version.objects.filter(answer=OuterRef("pk")).order_by("-number")
    rows = _with_cases(published_answers())
    if words := q.split()[:_WORDS]:
        rows = rows.annotate(headline=Subquery(newest.values("title")[:1]))
        for word in words:
            rows = rows.filter(headline__icontains=word)
    shown = page(rows, request, size=20)
    letters = [(row, _people(row)) for row in shown.items]
    context = {"here": "answers", "page": shown, "letters": letters, "q": q}
    return render(request, "public/answers.html", context)


@require_safe
@vary_on_cookie
@short
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """One answer with its promises, its corrections and what the public ledger says of it."""
    row = get_object_or_404(_with_cases(published_answers()), pk=pk)
    version = row.newest
    lines = list(public_lines(row.case.thread).order_by("number"))
    released = [line for line in lines if line.verb == "answer.released"]
    number = next((line.number for line in released if line.subject == f"answer:{pk}"), None)
    context = {
        "here": "answers",
        "answer": row,
        "version": version,
        "promises": _promises_of(row, version),
        "people": _people(row),
        "ledger_number": number,
        "lines": [(line, public_sentence(line)) for line in lines],
        "address": f"{settings.ADDRESS}{reverse('public-answer', args=[pk])}",
    }
    return render(request, "public/answer.html", context)


def _people(row: Answer) -> int:
    """How many people said it; a merged issue's people have moved on with it."""
    issue = row.case.issue
    return (issue.merged_into or issue).people if issue else 1


def _promises_of(row: Answer, version: Version) -> list[Promised]:
    """What this answer promised, with what became of it; the wording is the one that was signed."""
    today = timezone.localdate(present.now())
    made = {(kept.what, kept.due_on): kept for kept in row.case.promises.all()}
    found = []
    for said in version.promises:
        due_on = date.fromisoformat(said["due_on"])
        found.append(_promised(said["what"], due_on, made.get((said["what"], due_on)), today))
    return found


def _promised(
    what: str, due_on: date, row: Promise | None, today: date, answer: Answer | None = None
) -> Promised:
    kept_at = row.kept_at if row else None
    broken = row is not None and row.broken_at is not None
    late = kept_at is None and not broken and due_on < today
    if row is None:
        return Promised(what, due_on, None, "", late, answer)
    ended = (row.broken_at, row.why_broken, row.instead)
    return Promised(what, due_on, kept_at, row.how_kept, late, answer, *ended)


@require_safe
@vary_on_cookie
@short
def promises(request: HttpRequest) -> HttpResponse:
    """Everything promised: what is open first, the nearest day on top; then what was kept."""
    today = timezone.localdate(present.now())
    out = (
        Answer.objects.filter(state="published")
        .order_by("-published_at")
        .prefetch_related("versions")
    )
    rows = Promise.objects.select_related("case").prefetch_related(Prefetch("case__answers", out))

    def shown(some: list[Promise]) -> list[Promised]:
        return [
            _promised(row.what, row.due_on, row, today, next(iter(row.case.answers.all()), None))
            for row in some
        ]

    still_open = shown(list(rows.filter(kept_at=None, broken_at=None).order_by("due_on", "id")))
    broken = rows.filter(broken_at__isnull=False).order_by("-broken_at", "-id")
    kept = page(rows.filter(kept_at__isnull=False).order_by("-kept_at", "-id"), request, size=30)
    context = {
        "here": "promises",
        "open": still_open,
        "late": sum(row.late for row in still_open),
        "kept": shown(kept.items),
        "broken": shown(list(broken)),
        "page": kept,
    }
    return render(request, "public/promises.html", context)


@dataclass(frozen=True)
class Across:
    """One of the four rates over the three periods."""

    code: str
    name: str
    rates: list[Rate]


@require_safe
@vary_on_cookie
@cache_control(private=True, max_age=300)
def numbers(request: HttpRequest) -> HttpResponse:
    """The four rates together, and every closing that came without an answer."""
    now = present.now()
    periods = [four_rates(start=now - timedelta(days=days), end=now) for days in PERIODS]
    closings = unanswered_closings(start=now - timedelta(days=PERIODS[-1]), end=now)
    counts = {
        days: closings.filter(closed_at__gte=now - timedelta(days=days)).count() for days in PERIODS
    }
    silent = closings.filter(closing_reason="no_answer_needed")
    context = {
        "here": "numbers",
        "periods": PERIODS,
        "rows": [
            Across(rates[0].code, rates[0].name, list(rates))
            for rates in zip(*periods, strict=True)
        ],
        "closings": counts,
        "no_answer_needed": silent.count(),
        "page": page(closings, request, size=20),
    }
    return render(request, "public/numbers.html", context)


def _changed(request: HttpRequest) -> datetime | None:
    """When the feed last changed: an answer or a correction came out."""
    rows = list(published_answers()[:_IN_FEED])
    return max((_updated(row) for row in rows), default=None)


def _corrections(row: Answer) -> list[Correction]:
    shown: list[Correction] = vars(row)["shown_corrections"]
    return shown


def _updated(row: Answer) -> datetime:
    moments = [fixed.released_at for fixed in _corrections(row) if fixed.released_at]
    return max([row.published_at or row.made_at, *moments])


@require_safe
@vary_on_cookie
@cache_control(public=True, max_age=300)
@condition(last_modified_func=_changed)
def feed(request: HttpRequest) -> HttpResponse:
    """The newest answers as Atom; a correction makes an entry new again."""
    office = institution()
    name = in_language(office.name, office.name_en)
    made = Atom1Feed(
        title=clean(gettext("%(name)s：回应") % {"name": name}),
        link=f"{settings.ADDRESS}{reverse('public-answers')}",
        feed_url=f"{settings.ADDRESS}{reverse('public-feed')}",
        description=None,
        language=get_language(),
        author_name=clean(name),
    )
    for row in published_answers()[:_IN_FEED]:
        link = f"{settings.ADDRESS}{reverse('public-answer', args=[row.pk])}"
        made.add_item(
            title=clean(row.newest.title),
            link=link,
            description=_summary(row),
            unique_id=link,
            pubdate=row.published_at,
            updateddate=_updated(row),
            author_name=clean(name),
        )
    return HttpResponse(made.writeString("utf-8"), content_type=made.content_type)


def _summary(row: Answer) -> SafeString:
    """The whole answer as HTML, escaped; corrections above, as they change what is below."""
    version = row.newest
    parts = [(gettext("更正"), fixed.text) for fixed in _corrections(row)] + [
        (gettext("大家反映的"), version.heard),
        (gettext("我们查到的"), version.found),
        (gettext("已经做的"), version.done),
        *(
            (gettext("我们承诺的"), f"{said['what']}（{said['due_on']}）")
            for said in version.promises
        ),
    ]
    shown = SafeString("")
    for head, text in parts:
        if text:
            body = SafeString(linebreaks(clean(text), autoescape=True))
            shown += format_html("<h2>{}</h2>{}", head, body)
    return shown


urlpatterns = [
    path("", answers, name="public-answers"),
    path("answers/<int:pk>/", answer, name="public-answer"),
    path("answers/feed/", feed, name="public-feed"),
    path("promises/", promises, name="public-promises"),
    path("numbers/", numbers, name="public-numbers"),
]
