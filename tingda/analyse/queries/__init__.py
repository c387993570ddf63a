"""What the office looks for, and full-text search over what was heard."""

import logging
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from tingda.analyse.models import Quarantine, Topic, Watch, WordList
from tingda.analyse.queries.judging import judge_now
from tingda.analyse.queries.places import gazetteer
from tingda.analyse.queries.sorting import Sorter
from tingda.analyse.rules import Reader
from tingda.collect.models import Voice
from tingda.lib.refusal import Refused
from tingda.lib.search import fts5_query, tsquery
from tingda.lib.watching.engine import Engine
from tingda.lib.watching.evaluate import Lists, read_lists
from tingda.lib.watching.fold import Readable, Said, readable
from tingda.lib.watching.parse import parse
from tingda.lib.watching.syntax import Rule, Term
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office

log = logging.getLogger(__name__)
MANY_WATCHES, SAMPLED = 200, 500  # from so many rules on, it pays to know which words are rare
MOST_FOUND = 2000  # a search that finds more shows the newest of them


@lru_cache(1)
def built_in() -> dict[str, Any]:
    """Our own list of service topics (topics.toml)."""
    return tomllib.loads((Path(__file__).parents[1] / "topics.toml").read_text("utf-8"))


@lru_cache(1)
def built_in_lists() -> list[dict[str, Any]]:
    """Our own word lists of service matters (wordlists.toml): name, note, words of each."""
    text = (Path(__file__).parents[1] / "wordlists.toml").read_text("utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["list"]
    return rows


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


def lists_for(person: Person) -> QuerySet[WordList]:
    """All word lists, for the desk of the whole office."""
    rows = WordList.objects.all()
    return rows if is_of_the_office(person) else rows.none()


def lists_now() -> Lists:
    """The office's word lists as rules name them. One that cannot be read is as if it were not."""
    return _lists(tuple(WordList.objects.order_by("id").values_list("name", "words")))


def watching() -> Engine:
    """All watches in use, ready to be held against texts; compiled anew only when one changed."""
    rows = Watch.objects.filter(active=True).order_by("id")
    lists = tuple(WordList.objects.order_by("id").values_list("name", "words"))
    return _engine(tuple(rows.values_list("id", "rule")), lists)


def reader(sorter: Sorter) -> Reader:
    """A reader for the topics, watches and places as they are now."""
    return Reader(
        sorter.model,
        watching(),
        names=sorter.names,
        judge=judge_now(),
        gazetteer=gazetteer(),
        threshold=sorter.threshold,
    )


@lru_cache(4)
def _lists(rows: tuple[tuple[str, str], ...]) -> Lists:
    found: dict[str, tuple[Term, ...]] = {}
    for name, words in rows:
        try:
            found |= read_lists({name: [line for line in words.splitlines() if line.strip()]})
        except Refused:
            log.exception("word list %s", name)
    return found


@lru_cache(2)
def _engine(watches: tuple[tuple[int, str], ...], lists: tuple[tuple[str, str], ...]) -> Engine:
    rules: dict[int, Rule] = {}
    for watch, rule in watches:
        try:
            rules[watch] = parse(rule)
        except Refused:  # of another version of the program; the other watches go on
            log.exception("rule of watch %s", watch)
    sample = _usually_said() if len(rules) >= MANY_WATCHES else []
    return Engine(rules, _lists(lists), sample)


def _usually_said() -> list[Readable]:
    newest = Voice.objects.order_by("-id").values_list("title", "text")[:SAMPLED]
    return [readable(Said(title=title, body=text[:SAMPLED])) for title, text in newest]


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
