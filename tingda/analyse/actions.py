"""The only writers of readings, topics and watches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models.functions import Length

from tingda.analyse.models import Reading, Topic, Watch, WatchHit
from tingda.analyse.queries import built_in, reader
from tingda.analyse.rules import Judgement, VoiceText
from tingda.collect.models import Voice
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.text import pairs, tsvector
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

BATCH = 500
CHARACTERS = 1_000_000


def read_due(*, now: datetime, limit: int = BATCH, characters: int = CHARACTERS) -> int:
    """Read the voices that are owed a reading, the longest waiting first; how many were read.

    A batch ends at `limit` voices or, after the first voice, at `characters`: many long texts
    at once would not fit the memory. It stands or falls together; a worker that dies in it
    leaves it owed.
    """
    with transaction.atomic():
        owed = Voice.objects.filter(unread=True).order_by("id")
        if connection.vendor == "postgresql":
            owed = owed.select_for_update(skip_locked=True)
        length = Length("title") + Length("text")
        lengths = owed.values_list("pk", length)[:limit]
        batch = list(_fitting(lengths, characters))
        voices = Voice.objects.filter(pk__in=batch).order_by("id")
        if batch:
            _keep(list(voices), now)
    return len(batch)


def _fitting(lengths: Iterable[tuple[int, int]], characters: int) -> Iterator[int]:
    """The first voices whose texts are no longer than that together; always at least one."""
    used = 0
    for number, (voice, length) in enumerate(lengths):
        used += length
        if number and used > characters:
            return
        yield voice


def _keep(voices: Sequence[Voice], now: datetime) -> None:
    texts = [VoiceText(row.pk, row.title, row.text, row.place) for row in voices]
    judgements = reader().read(texts)
    first = _first_said(judgements)
    Reading.objects.bulk_create(_reading(found, first, now) for found in judgements)
    WatchHit.objects.bulk_create(
        WatchHit(watch_id=watch, voice_id=found.key, words=list(words))
        for found in judgements
        for watch, words in found.watch_hits.items()
    )
    _make_searchable(voices)
    Voice.objects.filter(pk__in=[row.pk for row in voices]).update(unread=False)


def _reading(found: Judgement, first: Mapping[str, int], now: datetime) -> Reading:
    original = first.get(found.digest, found.key)
    return Reading(
        voice_id=found.key,
        topic_id=found.topic,
        topic_score=found.topic_score,
        place=found.place[:100],
        places=list(found.places),
        danger=bool(found.danger),
        why=found.why(),
        digest=found.digest,
        repeat_of_id=original if original != found.key else None,
        terms=" ".join(found.terms),
        read_at=now,
    )


def _first_said(judgements: Iterable[Judgement]) -> dict[str, int]:
    """Digest to the first voice that said just that, now or before."""
    digests = {found.digest for found in judgements} - {""}  # too short to be compared
    first: dict[str, int] = {}
    known = Reading.objects.filter(digest__in=digests, repeat_of=None)
    for digest, voice in known.order_by("voice_id").values_list("digest", "voice_id"):
        first.setdefault(digest, voice)
    for found in judgements:
        if found.digest:
            first.setdefault(found.digest, found.key)
    return first


def _make_searchable(voices: Sequence[Voice]) -> None:
    rows = [(row.pk, pairs(f"{row.title}\n{row.text}")) for row in voices]
    sql = "INSERT INTO analyse_search (rowid, pairs) VALUES (%s, %s)"
    if connection.vendor == "postgresql":
        sql = "INSERT INTO analyse_search (rowid, pairs) VALUES (%s, %s::tsvector)"
        rows = [(voice, tsvector(indexed)) for voice, indexed in rows]
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


@transaction.atomic
def seed_topics(*, now: datetime) -> int:
    """Give an office that has no topics our own list; how many were added."""
    if Topic.objects.exists():
        return 0
    rows = [
        Topic(
            code=row["code"].replace(".", "-"),
            group=row["group"],
            group_en=row["group_en"],
            name=row["name"],
            name_en=row["name_en"],
            description=row["description"],
            keywords="\n".join(row["keywords"]),
        )
        for row in built_in()["topic"]
    ]
    Topic.objects.bulk_create(rows)
    record("topic.seeded", "topic:all", actor=actor_name(None), now=now, data={"count": len(rows)})
    return len(rows)


@transaction.atomic
def change_topic(
    topic: Topic, *, name: str, keywords: str, active: bool, by: Person, now: datetime
) -> Topic:
    """Change what a topic is called and by which words it is found; for voices read from now on."""
    by.must("configure")
    if not name.strip():
        raise Refused(_("名称不能为空"))
    topic.name, topic.keywords, topic.active = name.strip(), keywords.strip(), active
    topic.save()
    _line("topic.changed", f"topic:{topic.pk}", by, now, topic.name)
    return topic


@transaction.atomic
def add_topic(group: str, name: str, keywords: str, *, by: Person, now: datetime) -> Topic:
    """Add a topic of the office's own."""
    by.must("configure")
    if not name.strip() or not group.strip():
        raise Refused(_("名称不能为空"))
    code = f"own-{Topic.objects.count() + 1}"
    topic = Topic.objects.create(
        code=code, group=group.strip(), name=name.strip(), keywords=keywords.strip()
    )
    _line("topic.added", f"topic:{topic.pk}", by, now, topic.name)
    return topic


@transaction.atomic
def add_watch(name: str, words: str, *, by: Person, owner: Person, now: datetime) -> Watch:
    """Mark voices that hold these words from now on; the owner, who may be anybody, is told
    nothing by itself."""
    by.must("watch")
    if not name.strip() or not words.strip():
        raise Refused(_("名称和词语都要写"))
    if Watch.objects.filter(name=name.strip()).exists():
        raise Refused(_("已有同名的关注：%(name)s"), name=name.strip())
    watch = Watch.objects.create(name=name.strip(), words=words.strip(), owner=owner)
    _line("watch.added", f"watch:{watch.pk}", by, now, watch.name)
    return watch


@transaction.atomic
def change_watch(
    watch: Watch, *, name: str, words: str, active: bool, by: Person, now: datetime
) -> Watch:
    """Change a watch; what it marked before stays marked."""
    by.must("watch")
    if not name.strip() or not words.strip():
        raise Refused(_("名称和词语都要写"))
    watch.name, watch.words, watch.active = name.strip(), words.strip(), active
    watch.save()
    _line("watch.changed", f"watch:{watch.pk}", by, now, watch.name)
    return watch


def _line(verb: str, subject: str, by: Person, now: datetime, name: str) -> None:
    record(verb, subject, actor=actor_name(by), now=now, data={"name": name})
