"""What waits for one person beside cases: media, and reviews to write."""

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext

from tingda.answers.models import Lookback
from tingda.answers.queries.media import open_enquiries
from tingda.cases.queries import cases_for
from tingda.people.models import Person
from tingda.web.needs import MOST, Need


def needs_beside(person: Person) -> list[Need]:
    """Each row is something that this person can do."""
    return [*_enquiries(person), *_lookbacks(person)]


def _enquiries(person: Person) -> Iterator[Need]:
    for row in open_enquiries(person)[:MOST]:
        proposed = row.state == "proposed"
        if not person.may("release" if proposed else "draft") or row.proposed_by_id == person.pk:
            continue
        yield Need(
            title=row.medium,
            href=reverse("enquiry", args=[row.pk]),
            detail=gettext("媒体来询：%(asks)s") % {"asks": row.asks[:80]},
            due=row.due_at,
            action=gettext("去签发") if proposed else gettext("去答复"),
        )


def _lookbacks(person: Person) -> Iterator[Need]:
    whose = Q(case__owner=person)
    if person.may("take_on"):  # nobody else would write it
        whose |= Q(case__owner__is_active=False, case__in=cases_for(person))
    rows = Lookback.objects.filter(whose, finished_at=None)
    for row in rows.select_related("case").order_by("asked_at")[:MOST]:
        yield Need(
            title=row.case.title,
            href=reverse("lookback", args=[row.case_id]),
            detail=gettext("事项已办结，复盘还没有定稿"),
            tag=gettext("待复盘"),
            colour="brand",
            action=gettext("去写"),
        )
