"""What an issue says as a whole: who speaks for it, what is asked, what is one text many times."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from django.core.cache import cache
from django.db.models import Max, Q

from tingda.answers.models import Answer
from tingda.answers.queries import answers_for
from tingda.cases.models import Case
from tingda.cases.queries import cases_for, cases_of_issue, standing_issue
from tingda.collect.models import Voice
from tingda.detect.models import Belonging, Issue, Proposal
from tingda.detect.queries import (
    Repeated,
    Utterance,
    issue_family,
    proposals_for,
    repeated_in,
    said_in,
)
from tingda.lib.headline import readable, representative
from tingda.lib.questions import Question, questions
from tingda.people.models import Person
from tingda.web.marks import in_common

Kept = TypeVar("Kept")
VERSION = 2  # another one, and nothing is taken from before
KEPT_FOR = 24 * 3600  # seconds; an answer is found anew whenever the issue changed
LARGE = 2000  # messages
FEWEST_VOICES, FEWEST_COPIES, MOST_SUGGESTED = 3, 2, 3


@dataclass(frozen=True)
class Gathered:
    """The voice that says most of what the others say (its id; None of one or two), and what
    people ask."""

    speaks: int | None
    questions: list[Question]


def gathered(issue: Issue) -> Gathered:
    """Worked out once for each state of an issue: its newest voices, not its 100,000 copies."""
    stamp = Belonging.objects.filter(issue=issue, copy=False).aggregate(newest=Max("stamp"))
    key = f"gathered:{VERSION}:{issue.pk}:{stamp['newest']}:{issue.messages - issue.copies}"
    found: Gathered | None = cache.get(key)
    if found is None:
        said = said_in(issue)
        asked = questions([(one.who, one.title, one.text) for one in said])
        found = Gathered(_speaks(said), asked)
        cache.set(key, found, KEPT_FOR)
    return found


def _speaks(said: list[Utterance]) -> int | None:
    if len(said) < FEWEST_VOICES:
        return None  # two speak for themselves
    easy = [one for one in said if readable(one.title, one.text)] or said
    shared = [(one.title, one.text, one.terms) for one in said]
    return said[representative(shared, among=[said.index(one) for one in easy])].voice


def kept_a_minute(issue: Issue, what: str, work: Callable[[], Kept]) -> Kept:
    """What takes long to count: of a large issue it may be a minute old, as in a flood of copies
    it is before it is read."""
    if issue.messages <= LARGE:
        return work()
    key = f"minute:{what}:{issue.pk}"
    found: Kept | None = cache.get(key)
    if found is None:
        found = work()
        cache.set(key, found, 60)
    return found


@dataclass(frozen=True)
class SameText:
    """One text that many accounts repeat."""

    voice: Voice
    counts: Repeated


def same_texts(issue: Issue) -> list[SameText]:
    """A campaign with a template is shown as what it is: one text, so many accounts and people."""
    if issue.copies < FEWEST_COPIES:
        return []
    found = kept_a_minute(issue, "repeated", lambda: repeated_in(issue))
    voices = Voice.objects.in_bulk([one.voice for one in found])
    return [SameText(voices[one.voice], one) for one in found if one.voice in voices]


def cases_about(issue: Issue, person: Person, family: Collection[int] = ()) -> list[Case]:
    """The cases of an issue and of what was merged into it, as far as this person may open them;
    `family` where that is known."""
    seen = cases_for(person).filter(issue__in=family or issue_family(issue.pk))
    return list(seen.order_by("-id"))


@dataclass(frozen=True)
class Suggested:
    """A merge with another issue, or a split of this one, that waits for a person, and why."""

    proposal: Proposal
    other: Issue | None
    why: str


def proposals_about(issue: Issue, person: Person) -> list[Suggested]:
    """What is suggested about one issue."""
    rows = proposals_for(person).filter(Q(issue=issue) | Q(other=issue))[:MOST_SUGGESTED]
    return [
        Suggested(
            row,
            row.issue if row.other_id == issue.pk else row.other,
            in_common(row.why, leaving=row.other_id is None),
        )
        for row in rows
    ]


def answered_before(issue: Issue, person: Person) -> list[Answer]:
    """Answers that stand in public for the issue that this one was split from."""
    if not issue.split_from_id:
        return []
    cases = cases_of_issue(issue.split_from_id)
    rows = answers_for(person).filter(case__in=cases, published_at__isnull=False)
    return list(rows.select_related("case").order_by("-published_at"))


def asked_in(case: Case) -> list[Question]:
    """What people ask about the matter of a case; each is to be answered."""
    issue = standing_issue(case)
    return gathered(issue).questions if issue else []
