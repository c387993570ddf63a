"""Past cases: how they ended, what was answered, what was learnt; and what waits to be learnt."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce

from tingda.answers.models import Answer, Version
from tingda.answers.queries import answers_like, published_answers
from tingda.cases.models import Case
from tingda.cases.queries import cases_for
from tingda.people.models import Person

_WORDS = 6
_TOPIC = Coalesce("issue__topic", "voice__reading__topic")


def past_cases(person: Person, q: str = "", topic: int | None = None) -> QuerySet[Case]:
    """Closed cases that the person may open, the newest first, with published answers in `.out`.

    Each word of `q` stands in its title, its closing, an answer or its review.
    """
    # by the moment of closing, which an open case has not: there is an index in its order
    rows = cases_for(person).filter(closed_at__isnull=False)
    rows = rows.select_related("issue__topic", "lookback")
    if topic:
        rows = rows.annotate(about=_TOPIC).filter(about=topic)
    for word in q.split()[:_WORDS]:
        said = Version.objects.filter(answer__case=OuterRef("pk"), answer__state="published")
        said = said.filter(Q(title__icontains=word) | Q(found__icontains=word))
        rows = rows.filter(
            Q(title__icontains=word)
            | Q(closing_text__icontains=word)
            | Q(lookback__happened__icontains=word)
            | Q(lookback__to_change__icontains=word)
            | Exists(said)
        )
    out = published_answers().order_by("published_at")
    return rows.order_by("-closed_at", "-id").prefetch_related(
        Prefetch("answers", out, to_attr="out")
    )


def past_topics(person: Person) -> dict[int, int]:
    """The topics of closed cases that the person may open, with how many there are of each."""
    rows = cases_for(person).filter(state="closed").annotate(about=_TOPIC).order_by()
    counts = rows.values_list("about").annotate(n=Count("pk"))
    return {topic: n for topic, n in counts if topic}


@dataclass(frozen=True, slots=True)
class Said:
    """What was answered before about something alike, and the case it was about."""

    answer: Answer
    case: Case


def said_before(case_text: str, *, but: int | None = None, limit: int = 3) -> list[Said]:
    """Published answers that are like a text, the likest first; not those of the case `but`."""
    found = [row for row in answers_like(case_text, limit + 2) if row.case_id != but]
    return [Said(row, row.case) for row in found[:limit]]


def text_of(case: Case) -> str:
    """By what a case is compared with others: what it is about and what was found."""
    facts: Iterable[str] = case.facts.order_by("id").values_list("what", flat=True)[:20]
    about = case.issue.title if case.issue else case.voice.text if case.voice else ""
    return "\n".join([case.title, about, *facts])
