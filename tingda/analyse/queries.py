"""What the office looks for, and full-text search over what was heard."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from tingda.analyse.models import Quarantine, Topic, Watch
from tingda.analyse.rules import Reader, TopicRule, WatchRule
from tingda.collect.models import Voice
from tingda.lib.text import fts5_query, tsquery
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office

MOST_FOUND = 2000  # a search that finds more shows the newest of them


@lru_cache(1)
def built_in() -> dict[str, Any]:
    """Our own list of service topics and of words of danger (topics.toml)."""
    return tomllib.loads((Path(__file__).parent / "topics.toml").read_text("utf-8"))


def topics_for(person: Person) -> QuerySet[Topic]:
    """All topics, for the desk of the whole office."""
    return Topic.objects.all() if is_of_the_office(person) else Topic.objects.none()


def watches_for(person: Person) -> QuerySet[Watch]:
    """All watches, for the desk of the whole office."""
    watches = Watch.objects.select_related("owner")
    return watches if is_of_the_office(person) else watches.none()


def quarantine_for(person: Person) -> QuerySet[Quarantine]:
    """The voices that could not be analysed, the newest first, for the desk of the office."""
    rows = Quarantine.objects.select_related("voice", "voice__source").order_by("-at", "-pk")
    return rows if person.is_active and is_of_the_office(person) else rows.none()


def reader() -> Reader:
    """A reader for the topics and watches as they are now."""
    topics = Topic.objects.filter(active=True).order_by("id")
    watches = Watch.objects.filter(active=True).order_by("id")
    words = built_in()
    return Reader(
        [TopicRule(row.pk, row.name, tuple(row.words())) for row in topics],
        [WatchRule(row.pk, row.lines()) for row in watches],
        danger=words["danger_words"],
        danger_not=words["danger_not"],
    )


def search_voices(q: str) -> QuerySet[Voice]:
    """Voices that hold the words of `q`, newest first; exact for two-character words.

    Nothing to look for finds nothing. At most MOST_FOUND, the newest heard.
    """
    sqlite = connection.vendor == "sqlite"
    query = fts5_query(q) if sqlite else tsquery(q)
    if not query:
        return Voice.objects.none()
    found = (
        "SELECT rowid FROM analyse_search WHERE pairs MATCH %s ORDER BY rowid DESC LIMIT %s"
        if sqlite
        else "SELECT rowid FROM analyse_search WHERE pairs @@ %s::tsquery"
        " ORDER BY rowid DESC LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(found, [query, MOST_FOUND])
        ids = [row[0] for row in cursor.fetchall()]
    return Voice.objects.filter(pk__in=ids).select_related("source").order_by("-at", "-id")
