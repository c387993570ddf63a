"""巡查记录: everything that was looked at on one day, when, and what came. Nothing is one, too."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from django.db.models import Count, Exists, F, OuterRef, Window
from django.db.models.functions import RowNumber

from tingda.collect.models import Check, Source, Voice
from tingda.collect.queries.health import looked_at_sources
from tingda.collect.sources import BROUGHT, KINDS
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office

MOST_TITLES = 12  # of one source and day; the others are one link away


@dataclass(frozen=True, slots=True)
class Run:
    """Looks at one source with the same result, one after the other. `added` and `edited` are
    what came in all of them; `note` and `params` say why they failed.
    """

    outcome: str
    first: datetime
    last: datetime
    looks: int
    added: int = 0
    edited: int = 0
    cause: str = ""
    note: str = ""
    params: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watched:
    """One source on that day. `titles` are of the newest voices: (id, headline)."""

    source: int
    name: str
    kind: str
    runs: tuple[Run, ...]
    titles: tuple[tuple[int, str], ...]

    @property
    def looks(self) -> int:
        """How many times somebody looked."""
        return sum(run.looks for run in self.runs)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(run.looks for run in self.runs if run.outcome == Check.Outcome.FAILED)

    @property
    def added(self) -> int:
        """How many voices came."""
        return sum(run.added for run in self.runs)

    @property
    def edited(self) -> int:
        """How many were changed where they stand."""
        return sum(run.edited for run in self.runs)

    @property
    def more(self) -> int:
        """Voices whose titles are not listed."""
        return max(0, self.added - len(self.titles))

    @property
    def first(self) -> datetime:
        """The first look of the day."""
        return self.runs[0].first

    @property
    def last(self) -> datetime:
        """The last one."""
        return self.runs[-1].last


@dataclass(frozen=True, slots=True)
class Brought:
    """Voices that people brought: by call, visit, form or spreadsheet. `name` is a msgid or the
    name of the source.
    """

    kind: str
    source: int
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class WatchRecord:
    """One day of watching. `unwatched` are sources in use at which nobody looked that day."""

    start: datetime
    end: datetime
    watched: tuple[Watched, ...]
    brought: tuple[Brought, ...]
    unwatched: tuple[str, ...]

    @property
    def looks(self) -> int:
        """All looks of the day."""
        return sum(row.looks for row in self.watched)

    @property
    def added(self) -> int:
        """All voices that came by looking."""
        return sum(row.added for row in self.watched)

    @property
    def failed(self) -> int:
        """All looks that failed."""
        return sum(row.failed for row in self.watched)

    @property
    def taken(self) -> int:
        """All voices that people brought."""
        return sum(row.count for row in self.brought)


def record_for(person: Person, start: datetime, end: datetime) -> WatchRecord | None:
    """The record from `start` up to, not including, `end`; None for who is not of the office."""
    if not (person.is_active and is_of_the_office(person)):
        return None
    return watch_record(start, end)


def watch_record(start: datetime, end: datetime) -> WatchRecord:
    """The same for whoever may read it, in a constant number of questions."""
    runs = {pk: tuple(found) for pk, found in _runs(start, end)}
    sources = Source.objects.only("name", "kind").in_bulk(list(runs))
    titles = _titles(start, end)
    watched = [
        Watched(pk, sources[pk].name, sources[pk].kind, runs[pk], tuple(titles.get(pk, ())))
        for pk in runs
    ]
    return WatchRecord(
        start=start,
        end=end,
        watched=tuple(sorted(watched, key=lambda row: (-row.added, row.name))),
        brought=tuple(_brought(start, end)),
        unwatched=tuple(_unwatched(start, end)),
    )


_Look = tuple[int, int, str, datetime, int, int, str]


def _runs(start: datetime, end: datetime) -> Iterator[tuple[int, list[Run]]]:
    rows = Check.objects.filter(at__gte=start, at__lt=end).order_by("source", "at", "id")
    # few of them have a reason worth reading, and reading them all takes as long as all the rest
    told = rows.values_list("source", "pk", "outcome", "at", "added", "edited", "cause")
    folded = {
        pk: list(_folded(looks)) for pk, looks in groupby(told.iterator(), key=lambda look: look[0])
    }
    failed = [first for runs in folded.values() for first, run in runs if run.cause]
    why = Check.objects.in_bulk(failed)
    for pk, runs in folded.items():
        yield pk, [_with_reason(run, why.get(first)) for first, run in runs]


def _folded(looks: Iterable[_Look]) -> Iterator[tuple[int, Run]]:
    """Each run with the id of its first look. Looks that brought nothing are one run, and so are
    those that failed for the same cause.
    """
    for (outcome, cause), some in groupby(looks, key=lambda look: (look[2], look[6])):
        if outcome == Check.Outcome.HEARD:
            for _source, pk, _outcome, at, added, edited, _cause in some:
                yield pk, Run(outcome, at, at, 1, added, edited)
            continue
        run = list(some)
        yield run[0][1], Run(outcome, run[0][3], run[-1][3], len(run), cause=cause)


def _with_reason(run: Run, check: Check | None) -> Run:
    return replace(run, note=check.note, params=check.note_params) if check else run


def _titles(start: datetime, end: datetime) -> dict[int, list[tuple[int, str]]]:
    voices = Voice.objects.filter(
        heard_at__gte=start, heard_at__lt=end, source__kind__in=KINDS
    ).annotate(nth=Window(RowNumber(), partition_by="source", order_by=F("id").desc()))
    found: dict[int, list[tuple[int, str]]] = {}
    rows = voices.filter(nth__lte=MOST_TITLES).order_by("source", "-id")
    for voice in rows.only("source", "title", "text"):
        found.setdefault(voice.source_id, []).append((voice.pk, voice.headline))
    return found


def _brought(start: datetime, end: datetime) -> Iterator[Brought]:
    voices = Voice.objects.filter(
        heard_at__gte=start, heard_at__lt=end, source__kind__in=list(BROUGHT)
    )
    rows = voices.order_by().values_list("source__kind", "source", "source__name")
    # how a call came is its platform; in a spreadsheet it is whatever stood in a column
    by_way = rows.filter(source__kind=Source.Kind.HOTLINE).values_list(
        "source__kind", "source", "source__name", "platform"
    )
    for kind, pk, name, way, count in by_way.annotate(n=Count("pk")).order_by("-n"):
        yield Brought(kind, pk, way or name, count)
    others = rows.exclude(source__kind=Source.Kind.HOTLINE).annotate(n=Count("pk"))
    for kind, pk, name, count in others.order_by("source__kind", "-n"):
        yield Brought(kind, pk, name, count)


def _unwatched(start: datetime, end: datetime) -> Sequence[str]:
    looks = Check.objects.filter(source=OuterRef("pk"))
    rows = looked_at_sources().filter(Exists(looks.filter(at__lt=start)))
    missed = rows.exclude(Exists(looks.filter(at__gte=start, at__lt=end)))
    return list(missed.order_by("name").values_list("name", flat=True))
