"""Answers somebody may see: the desk's by case, everybody's once published."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from math import log, sqrt

from django.db.models import F, OuterRef, Prefetch, Q, QuerySet, Subquery

from tingda.answers.models import Answer, Correction, Publication, Version
from tingda.cases.models import Case
from tingda.cases.queries import of_cases_for
from tingda.detect.models import Issue
from tingda.detect.queries import issue_family
from tingda.ledger.models import Line
from tingda.lib.terms import terms_of
from tingda.lib.text import fold
from tingda.people.models import Person


def answers_for(person: Person) -> QuerySet[Answer]:
    """Answers of the cases the person may open, with their versions."""
    answers = of_cases_for(person, Answer.objects.all(), many=True)
    return answers.select_related("case", "case__unit", "released_by").prefetch_related("versions")


def awaiting_release(person: Person) -> QuerySet[Answer]:
    """Answers that wait for a second person's release."""
    return answers_for(person).filter(state="review").order_by("id")


def corrections_awaiting(person: Person) -> QuerySet[Correction]:
    """Corrections that wait for a second person's release."""
    rows = of_cases_for(person, Correction.objects.filter(released_at=None), "answer__case")
    return rows.select_related("answer", "answer__case")


def published_answers() -> QuerySet[Answer]:
    """What everybody may read, newest first, with released corrections in `.shown_corrections`."""
    shown = Correction.objects.filter(released_at__isnull=False)
    return (
        Answer.objects.filter(state="published")
        .select_related("case", "case__unit", "released_by", "released_by__unit")
        .prefetch_related("versions", Prefetch("corrections", shown, to_attr="shown_corrections"))
        .order_by("-published_at", "-id")
    )


def due_publications(now: datetime) -> QuerySet[Publication]:
    """Released answers that have not gone out yet and that nobody is carrying."""
    rows = Publication.objects.filter(done_at=None, due_at__lte=now)
    return rows.exclude(claimed_until__gt=now).order_by("due_at", "id")


def digest(version: Version) -> str:
    """SHA-256 of the words that were signed; it stands in the ledger, so they cannot change."""
    words = [version.title, version.heard, version.found, version.done]
    words += [f"{row['what']} {row['due_on']}" for row in version.promises]
    return sha256("\n\x1f".join(words).encode()).hexdigest()


def changed_since_release() -> list[int]:
    """Ids of released answers whose words are no longer those whose digest the ledger holds."""
    signed = dict(
        Line.objects.filter(verb="answer.released")
        .order_by("number")
        .values_list("subject", "data__sha256")
    )
    released = Answer.objects.filter(released_at__isnull=False).prefetch_related("versions")
    return [
        answer.pk
        for answer in released.order_by("pk").iterator(500)
        if signed.get(f"answer:{answer.pk}") != digest(answer.newest)
    ]


# --- others asked this ---

ALIKE = 0.12  # how alike a question and an answer are at least (a cosine)
SHARED = 2  # words that they have in common at least
MOST_SEARCHED = 5000  # published answers, the newest
MOST_ASKED, MOST_READ = 12, 400  # words looked for, and answers compared


def answers_like(text: str, limit: int = 3) -> list[Answer]:
    """Published answers that may already serve somebody who asks this, the likest first; none
    where nothing is like it. Each is `published_answers`' own, read no further than it must be.
    """
    asked = Counter(terms_of("", fold(text[:3000]).text))
    if len(asked) < SHARED:
        return []
    telling = sorted(asked, key=lambda word: (-len(word), -asked[word]))[:MOST_ASKED]
    read = _wordings(telling)
    total = Answer.objects.filter(state="published").count()
    said = {pk: Counter(_terms(title, heard)) for pk, title, heard in read}
    rarity = _rarity(asked, said.values(), total)
    alike = {pk: _alike(asked, words, rarity) for pk, words in said.items()}
    best = sorted((-score, -pk) for pk, score in alike.items() if score >= ALIKE)[:limit]
    rows = published_answers().in_bulk([-pk for _score, pk in best])
    return [rows[-pk] for _score, pk in best if -pk in rows]


def _wordings(words: Iterable[str]) -> list[tuple[int, str, str]]:
    """(answer id, title, what was heard) of the newest published answers, of those with one of the
    words; the newest first.
    """
    any_word = Q()
    for word in words:
        any_word |= Q(title__icontains=word) | Q(heard__icontains=word)
    newest = Version.objects.filter(answer=OuterRef("answer")).order_by("-number").values("pk")
    lately = Answer.objects.filter(state="published").order_by("-published_at")[:MOST_SEARCHED]
    rows = Version.objects.filter(any_word, answer__in=lately.values("pk"))
    rows = rows.annotate(newest=Subquery(newest[:1])).filter(pk=F("newest"))
    found = rows.order_by("-answer__published_at", "answer_id").values_list(
        "answer_id", "title", "heard"
    )
    return list(found[:MOST_READ])


@lru_cache(5000)
def _terms(title: str, heard: str) -> tuple[str, ...]:
    return terms_of(fold(title).text, fold(heard[:3000]).text)


def _rarity(
    asked: Mapping[str, int], said: Iterable[Mapping[str, int]], total: int
) -> dict[str, float]:
    """How telling each word of the question is: a word of most answers tells little."""
    held = Counter(word for words in said for word in words if word in asked)
    return {word: log(1 + (total + 1) / (1 + held[word])) for word in asked}


def _alike(
    asked: Mapping[str, int], words: Mapping[str, int], rarity: Mapping[str, float]
) -> float:
    shared = [word for word in asked if word in words]
    if len(shared) < SHARED:
        return 0.0
    usual = max(rarity.values())  # of a word that was not asked

    def weight(word: str, count: int) -> float:
        return float((1 + log(count)) * rarity.get(word, usual))

    both = sum(weight(word, asked[word]) * weight(word, words[word]) for word in shared)
    one = sqrt(sum(weight(word, count) ** 2 for word, count in asked.items()))
    other = sqrt(sum(weight(word, count) ** 2 for word, count in words.items()))
    return both / (one * other)


# --- what was done last time ---

_TOPIC, _PLACE, _WORDS = 0.3, 0.25, 0.45  # what each may add to a likeness
_AS_ALIKE = 0.35  # a cosine that says all that words can say
LIKE_ENOUGH = 0.4
MOST_PAST, MOST_WORDS, WORDS_SHOWN = 300, 60, 5


@dataclass(frozen=True, slots=True)
class Past:
    """A case that ended or was answered, and why it is like: same topic, same place, words."""

    case: Case
    answer: Answer | None
    topic: bool
    place: str
    words: tuple[str, ...]
    likeness: float


def past_like(issue: Issue, texts: Iterable[str], limit: int = 3) -> list[Past]:
    """Cases that were closed or answered and are like this issue, whose words are in `texts`; the
    likest first, not those of the issue itself."""
    words = Counter(word for text in texts for word in _terms("", text))
    words += Counter(_terms(issue.title, ""))
    matter = Counter({word: n for word, n in words.items() if word not in issue.place})
    asked = dict(matter.most_common(MOST_WORDS))  # a place in common counts by itself
    rows = _past_near(issue, asked)
    said = {case.pk: Counter(_said_of(case)) for case in rows}
    rarity = _rarity(asked, said.values(), len(rows)) if asked else {}
    found = [_likeness(issue, case, asked, said[case.pk], rarity) for case in rows]
    likest = sorted(found, key=lambda one: (-one.likeness, -one.case.pk))
    return [one for one in likest if one.likeness >= LIKE_ENOUGH][:limit]


def _past_near(issue: Issue, asked: Iterable[str]) -> list[Case]:
    """The newest that share the topic, the place or a telling word of a title."""
    near = Q(issue__topic=issue.topic_id) if issue.topic_id else Q(pk__in=[])
    if issue.place:
        near |= Q(issue__place=issue.place)
    for word in sorted(asked, key=lambda word: -len(word))[:MOST_ASKED]:
        near |= Q(title__icontains=word)
    over = Q(state="closed") | Q(published_at__isnull=False)
    rows = Case.objects.filter(near, over).exclude(issue__in=issue_family(issue.pk))
    published = published_answers().order_by("-published_at")
    rows = rows.select_related("issue", "unit", "lookback").order_by("-id")
    return list(rows.prefetch_related(Prefetch("answers", published, to_attr="out"))[:MOST_PAST])


def _said_of(case: Case) -> tuple[str, ...]:
    answer = _answer_of(case)
    heard = answer.newest.heard if answer else ""
    return _terms(f"{case.title} {case.issue.title if case.issue else ''}", heard)


def _answer_of(case: Case) -> Answer | None:
    out: list[Answer] = getattr(case, "out", [])
    return out[0] if out else None


def _likeness(
    issue: Issue,
    case: Case,
    asked: Mapping[str, int],
    said: Mapping[str, int],
    rarity: Mapping[str, float],
) -> Past:
    of = case.issue
    topic = bool(of and of.topic_id and of.topic_id == issue.topic_id)
    place = issue.place if of and issue.place and of.place == issue.place else ""
    alike = _alike(asked, said, rarity) if asked else 0.0
    shared = sorted(set(asked) & set(said), key=lambda word: (-rarity[word], word))
    return Past(
        case=case,
        answer=_answer_of(case),
        topic=topic,
        place=place,
        words=tuple(shared[:WORDS_SHOWN]),
        likeness=_TOPIC * topic + _PLACE * bool(place) + _WORDS * min(1.0, alike / _AS_ALIKE),
    )
