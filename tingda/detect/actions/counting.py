"""What stands on issues, brought up to date with what belongs to them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Min, Q, QuerySet

from tingda.analyse.models import Reading
from tingda.detect.models import Belonging, Gathering, Issue
from tingda.lib.headline import Said, headline

RETITLED_UP_TO = 20  # a title still changes while an issue is small
MOST_COMPARED = 200  # voices, for a title
_COUNTED = ("messages", "people", "copies", "first_at", "last_at", "heard_at")


def hold(*, wait: bool = True) -> Gathering | None:
    """The one row that whoever groups holds; None where another has it and we do not wait."""
    rows = Gathering.objects.filter(pk=1)
    if connection.vendor == "postgresql":
        rows = rows.select_for_update(skip_locked=not wait)
    return rows.first()


def recount(issues: Iterable[int], *, moved: bool = False, titles: bool = False) -> None:
    """Bring what stands on issues up to date with what belongs to them.

    When a matter was first heard stays, though the time of its first voices is over, unless
    voices were `moved` by a person: clocks count from there. `titles` of large issues are made
    anew as well.
    """
    issues = list(issues)
    counts = Belonging.objects.filter(issue__in=issues).values("issue")
    rows = counts.annotate(
        messages=Count("voice"),
        people=Count("author_hash", distinct=True),
        copies=Count("voice", filter=Q(copy=True)),
        first_at=Min("at"),
        last_at=Max("at"),
        heard_at=Min("voice__heard_at"),
    )
    numbers: dict[int, Mapping[str, Any]] = {row["issue"]: row for row in rows}
    topics, places = _commonest(issues, "topic"), _commonest(issues, "place")
    changed = list(Issue.objects.filter(pk__in=numbers))
    for issue in changed:
        first, heard = issue.first_at, issue.heard_at
        for name in _COUNTED:
            setattr(issue, name, numbers[issue.pk][name])
        if not moved:
            issue.first_at = min(issue.first_at, first)
            issue.heard_at = min(issue.heard_at, heard)
        issue.topic_id = topics.get(issue.pk)
        issue.place = places.get(issue.pk, "")
    _retitle([row for row in changed if titles or row.messages <= RETITLED_UP_TO])
    Issue.objects.bulk_update(changed, [*_COUNTED, "topic", "place", "title"], batch_size=200)
    Issue.objects.filter(pk__in=numbers).update(heat_owed=True)


def _retitle(issues: Sequence[Issue]) -> None:
    """The title of the voice that says most of what the others say; a person's title stays."""
    free = [issue for issue in issues if not issue.title_by_person]
    for issue, voices in _said_in(free):
        if len(voices) == 1 and voices[0][0]:
            issue.title = voices[0][0][:200]
        else:
            issue.title = headline(voices, issue.place)[:200] or issue.title


def _said_in(issues: Sequence[Issue]) -> Iterator[tuple[Issue, list[Said]]]:
    """The first voices of each that are no copies: small issues together, large ones one by one,
    so that of a flood no more is read than is compared."""
    small = {issue.pk: issue for issue in issues if issue.messages <= MOST_COMPARED}
    said: dict[int, list[Said]] = defaultdict(list)
    for of, *row in _firsts(Belonging.objects.filter(issue__in=small)):
        said[of].append(_said(*row))
    yield from ((small[of], voices) for of, voices in said.items())
    for issue in issues:
        if issue.pk not in small:
            rows = _firsts(Belonging.objects.filter(issue=issue))[:MOST_COMPARED]
            yield issue, [_said(*row) for _of, *row in rows]


def _firsts(rows: "QuerySet[Belonging]") -> "QuerySet[Belonging, tuple[int, str, str, str]]":
    named = rows.filter(copy=False).order_by("at", "voice_id")
    return named.values_list("issue", "voice__title", "voice__text", "voice__reading__terms")


def _said(title: str, text: str, terms: str | None) -> Said:
    return title, text, tuple((terms or "").split())


def _commonest(issues: Sequence[int], field: str) -> dict[int, Any]:
    """Issue to the topic or place that most of its voices have; copies do not vote."""
    empty = Q(**{f"{field}__isnull": True}) if field == "topic" else Q(**{field: ""})
    rows = (
        Reading.objects.filter(voice__belonging__issue__in=issues, voice__belonging__copy=False)
        .exclude(empty)
        .values_list("voice__belonging__issue", field)
        .annotate(n=Count("voice"))
        .order_by("n", field)
    )
    return {issue: value for issue, value, _n in rows}
