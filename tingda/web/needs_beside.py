"""What waits for one person beside cases: media, and reviews to write."""

from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext

from tingda.answers.models import Lookback
from tingda.answers.queries.media import open_enquiries
from tingda.cases.queries import cases_for
from tingda.people.models import Person
from tingda.web.needs import MOST, Need
from tingda.web.told import page_of


def needs_beside(person: Person) -> list[Need]:
    """Each row is something that this person can do."""
    return [*_enquiries(person), *_lookbacks(person)]


def _enquiries(person: Person) -> Iterator[Need]:
    rows = open_enquiries(person).values_list(
        "pk", "medium", "asks", "due_at", "state", "proposed_by_id", named=True
    )
    for row in rows[:MOST]:
        proposed = row.state == "proposed"
        if not person.may("release" if proposed else "draft") or row.proposed_by_id == person.pk:
            continue
        yield Need(
            title=row.medium,
            href=page_of("enquiry", row.pk),
            detail=gettext("媒体来询：%(asks)s") % {"asks": row.asks[:80]},
            due=row.due_at,
            action=gettext("去签发") if proposed else gettext("去答复"),
        )


def _lookbacks(person: Person) -> Iterator[Need]:
    whose = Q(case__owner=person)
    if person.may("take_on"):  # nobody else would write it
        whose |= Q(case__owner__is_active=False, case__in=cases_for(person))
    rows = Lookback.objects.filter(whose, finished_at=None).order_by("asked_at")
    for case, title in rows.values_list("case_id", "case__title")[:MOST]:
        yield Need(
            title=title,
            href=page_of("lookback", case),
            detail=gettext("事项已办结，复盘还没有定稿"),
            tag=gettext("待复盘"),
            colour="brand",
            action=gettext("去写"),
        )
