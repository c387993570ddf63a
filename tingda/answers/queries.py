"""Answers somebody may see: the desk's by case, everybody's once published."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from math import log, sqrt

from django.db.models import F, OuterRef, Prefetch, Q, QuerySet, Subquery

from tingda.answers.models import Answer, Correction, Publication, Version
from tingda.cases.queries import cases_for
from tingda.ledger.models import Line
from tingda.lib.terms import terms_of
from tingda.lib.text import fold
from tingda.people.models import Person


def answers_for(person: Person) -> QuerySet[Answer]:
    """Answers of the cases the person may open, with their versions."""
    answers = Answer.objects.filter(case__in=cases_for(person))
    return answers.select_related("case", "case__unit", "released_by").prefetch_related("versions")


def awaiting_release(person: Person) -> QuerySet[Answer]:
    """Answers that wait for a second person's release."""
    return answers_for(person).filter(state="review").order_by("id")


def corrections_awaiting(person: Person) -> QuerySet[Correction]:
    """Corrections that wait for a second person's release."""
    rows = Correction.objects.filter(released_at=None, answer__case__in=cases_for(person))
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
    """(answer id, title, what was heard) of published answers with one of the words, the newest
    first.
    """
    any_word = Q()
    for word in words:
        any_word |= Q(title__icontains=word) | Q(heard__icontains=word)
    newest = Version.objects.filter(answer=OuterRef("answer")).order_by("-number").values("pk")
    rows = Version.objects.filter(any_word, answer__state="published")
    rows = rows.annotate(newest=Subquery(newest[:1])).filter(pk=F("newest"))
    found = rows.order_by("-answer__published_at").values_list("answer_id", "title", "heard")
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
