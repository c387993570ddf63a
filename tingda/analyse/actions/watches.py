"""What the office looks for: watches with their versions."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from tingda.analyse.models import Watch, WatchVersion, WordList
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.watching.parse import parse
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

LONGEST_NAME = 100


@transaction.atomic
def add_watch(name: str, rule: str, *, by: Person, owner: Person, now: datetime) -> Watch:
    """Mark voices that this rule matches from now on; the owner, who may be anybody, is told
    nothing by itself. Refused with the place and what to write instead where it cannot be read.
    """
    by.must("watch")
    name, rule = _checked(name, rule)
    watch = Watch.objects.create(name=name, rule=rule, owner=owner)
    _keep_version(watch, by, now)
    _line("watch.added", watch, by, now)
    return watch


@transaction.atomic
def change_watch(
    watch: Watch, *, name: str, rule: str, active: bool, by: Person, now: datetime
) -> Watch:
    """Change a watch; what it marked before stays marked, and how it read before is kept."""
    by.must("watch")
    name, rule = _checked(name, rule, watch)
    another = rule != Watch.objects.select_for_update().get(pk=watch.pk).rule
    watch.name, watch.rule, watch.active = name, rule, active
    watch.save()
    if another:
        _keep_version(watch, by, now)
    _line("watch.changed", watch, by, now)
    return watch


@transaction.atomic
def bring_watches(rows: Iterable[tuple[str, str]], *, by: Person, now: datetime) -> list[Watch]:
    """Add many at once, all or none, each as (name, rule); a name that is taken gets a number."""
    taken = set(Watch.objects.values_list("name", flat=True))
    added = []
    for name, rule in rows:
        free = _free_name(name.strip(), taken)
        taken.add(free)
        added.append(add_watch(free, rule, by=by, owner=by, now=now))
    return added


@transaction.atomic
def give_watch(watch: Watch, owner: Person, *, by: Person, now: datetime) -> None:
    """Give a watch another owner."""
    by.must("watch")
    Watch.objects.filter(pk=watch.pk).update(owner=owner)
    data = {"name": watch.name, "to": owner.name}
    record("watch.handed_over", f"watch:{watch.pk}", actor=actor_name(by), now=now, data=data)


def _checked(name: str, rule: str, watch: Watch | None = None) -> tuple[str, str]:
    name, rule = name.strip(), rule.strip()
    if not name or not rule:
        raise Refused(_("名称和规则都要写"))
    if len(name) > LONGEST_NAME:
        raise Refused(_("名称最长 %(most)s 个字"), most=LONGEST_NAME)
    others = Watch.objects.exclude(pk=watch.pk) if watch else Watch.objects.all()
    if others.filter(name=name).exists():
        raise Refused(_("已有同名的关注：%(name)s"), name=name)
    parse(rule, list(WordList.objects.values_list("name", flat=True)))
    return name, rule


def _free_name(name: str, taken: set[str]) -> str:
    name = name[: LONGEST_NAME - 8]
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


def _keep_version(watch: Watch, by: Person, now: datetime) -> None:
    last = watch.versions.aggregate(last=Max("number"))["last"] or 0
    WatchVersion.objects.create(watch=watch, number=last + 1, rule=watch.rule, by=by, at=now)


def _line(verb: str, watch: Watch, by: Person, now: datetime) -> None:
    record(verb, f"watch:{watch.pk}", actor=actor_name(by), now=now, data={"name": watch.name})
