"""What the office is responsible for: its topics."""

from datetime import datetime

from django.db import transaction

from tingda.analyse.models import Topic
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


def _line(verb: str, subject: str, by: Person, now: datetime, name: str) -> None:
    record(verb, subject, actor=actor_name(by), now=now, data={"name": name})
