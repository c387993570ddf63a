"""What the office looks for: topics and watches."""

from datetime import datetime

from django.db import transaction

from tingda.analyse.models import Topic, Watch
from tingda.analyse.queries import built_in
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name


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
