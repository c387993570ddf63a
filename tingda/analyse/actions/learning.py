"""Learning to sort from labels: a better model is kept, and people switch it on."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from tingda.analyse.models import Label, Lesson, Sorting
from tingda.analyse.queries.sorting import SETTINGS, sortable, sorter, topics_digest, topics_in_use
from tingda.collect.models import Voice
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.topics import kinds
from tingda.lib.topics.fit_here import TrainingFailed
from tingda.lib.topics.model import Model
from tingda.lib.topics.packed import pack, unpack
from tingda.lib.topics.training import hold_out, train
from tingda.lib.topics.verdict import Compared, compared
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

log = logging.getLogger(__name__)
ENOUGH = 10  # new labels after which it is worth learning again
MOST = 20_000  # labels learnt from, the newest
EVERY, AFTER_FAILURE = timedelta(minutes=1), timedelta(hours=1)
SHOWN = 30  # of the held-out voices that it sorted otherwise than people
AGAIN, LOOKED_BACK = 2_000, timedelta(days=30)  # voices sorted anew when another model is used
KEPT = 5  # models that can be gone back to
_last: datetime | None = None  # when this process looked last; to look twice does no harm


class _Row(NamedTuple):
    voice: int
    new: bool  # said after the model in use was made
    example: kinds.Example


def learn_due(*, now: datetime) -> int:
    """Once a minute: learn where enough is new; 1 if it was."""
    global _last
    asked_at = Sorting.objects.values_list("asked_at", flat=True).first()
    if asked_at:
        return _learn_as_asked(asked_at, now)
    if _last is not None and timedelta(0) <= now - _last < EVERY:
        return 0
    _last = now
    newest = Lesson.objects.defer("packed").first()
    if not _worth_it(newest, now):
        return 0
    learn(now=now)
    return 1


def _learn_as_asked(asked_at: datetime, now: datetime) -> int:
    try:
        learn(now=now)
    finally:  # also where it failed: whoever asked sees that nothing came of it
        Sorting.objects.filter(asked_at=asked_at).update(asked_at=None)
    return 1


@transaction.atomic
def ask_to_learn(*, by: Person, now: datetime) -> None:
    """Have the worker learn at its next turn. Refused where there is nothing to tell apart."""
    by.must("configure")
    topics = {topic.key for topic in sortable(topics_in_use())}
    labels = Label.objects.filter(name=Label.Name.TOPIC, value__in=topics)
    if labels.values("value").distinct().count() < 2:
        raise Refused(_("标注不到两个主题，没有可学的。请先导入带分类的表，或在声音上改几条主题"))
    Sorting.objects.update_or_create(pk=1, defaults={"asked_at": now})
    record("model.asked", "model:next", actor=actor_name(by), now=now)


def _worth_it(newest: Lesson | None, now: datetime) -> bool:
    labels = Label.objects.filter(name=Label.Name.TOPIC).exclude(value="")
    if newest is None:
        return labels.count() >= ENOUGH
    if newest.state == Lesson.State.FAILED:
        return now - newest.at >= AFTER_FAILURE
    if labels.filter(at__gt=newest.at).count() >= ENOUGH:
        return True
    changed = newest.topics != topics_digest(sortable(topics_in_use()))
    return changed and labels.exists() and Lesson.objects.filter(state=Lesson.State.USED).exists()


def learn(*, now: datetime) -> Lesson | None:
    """Make a model of the labels there are and compare it with how topics are told now.

    Where a model is in use already and the new one is better, it takes its place; the first one
    waits until a person switches it on. None where labels are of fewer than two topics.
    """
    topics = sortable(topics_in_use())
    used = Lesson.objects.filter(state=Lesson.State.USED).defer("packed").first()
    rows = _rows({topic.key for topic in topics}, used.at if used else None)
    if len({row.example.topic for row in rows}) < 2:
        return None
    old = sorter()
    if old.model is None:
        return None
    unseen = old.lesson is None  # without a model in use, all rows are new to it
    lesson = Lesson(at=now, labels=len(rows), topics=topics_digest(topics))
    try:
        new, result = _learnt(rows, topics, old.model, all_new=unseen)
    except Refused as refusal:
        lesson.state = Lesson.State.FAILED
        lesson.measures = {"reason": refusal.message, "params": refusal.params}
    except TrainingFailed:
        log.exception("nothing was learnt from %s labels", len(rows))
        lesson.state, lesson.measures = Lesson.State.FAILED, {"reason": _("学的过程中断了")}
    else:
        lesson.packed = pack(new)
        lesson.measures = _measures(result, rows) | {"against": old.lesson}
        lesson.state = Lesson.State.WAITING if result.better else Lesson.State.WORSE
    return _kept(lesson, used, now)


def _rows(topics: set[str], since: datetime | None) -> list[_Row]:
    labels = Label.objects.filter(name=Label.Name.TOPIC, value__in=topics)
    newest = labels.order_by("-at", "-id").values_list(
        "voice_id", "at", "voice__title", "voice__text", "value"
    )[:MOST]
    said: dict[str, _Row] = {}  # of texts that say the same the newest label counts
    for voice, at, title, text, topic in newest:
        row = _Row(voice, since is None or at > since, kinds.Example(title, text, topic))
        said.setdefault(kinds.digest(title, text), row)
    return list(said.values())[::-1]


def _learnt(
    rows: Sequence[_Row], topics: Sequence[kinds.Topic], old: Model, *, all_new: bool
) -> tuple[Model, Compared]:
    learnt_from, held = hold_out([row.example for row in rows])
    new = train(learnt_from, topics, settings=SETTINGS)
    keys = {id(example) for example in learnt_from}
    fresh = [row.example for row in rows if id(row.example) in keys and (all_new or row.new)]
    return new, compared(new, old, held=held, fresh=fresh, learnt_from=learnt_from)


def _measures(result: Compared, rows: Sequence[_Row]) -> dict[str, object]:
    voice_of = {row.example: row.voice for row in rows}
    wrong = [
        [voice_of[one.example], one.example.topic, one.new]
        for one in result.judged
        if one.new != one.example.topic
    ]
    topics: dict[str, list[int]] = {}
    for one in result.judged:
        counts = topics.setdefault(one.example.topic, [0, 0, 0])
        counts[0] += 1
        counts[1] += one.new == one.example.topic
        counts[2] += one.old == one.example.topic
    sure: dict[int, list[int]] = {}  # by whole percent, -1 for what it had no guess at
    for one in result.judged:
        percent = int(one.probability * 100 + 1e-6) if one.new else -1
        counts = sure.setdefault(percent, [0, 0])
        counts[0] += 1
        counts[1] += one.new == one.example.topic
    return {
        "rows": len(result.judged),
        "new": result.new._asdict(),
        "old": result.old._asdict(),
        "topics": topics,
        "sure": [[percent, *counts] for percent, counts in sorted(sure.items())],
        "wrong": wrong[-SHOWN:],
    }


@transaction.atomic
def _kept(lesson: Lesson, used: Lesson | None, now: datetime) -> Lesson:
    takes_over = lesson.state == Lesson.State.WAITING and used is not None
    Lesson.objects.filter(state=Lesson.State.WAITING).update(state=Lesson.State.REST)
    lesson.save()
    if takes_over:
        _use(lesson, now)
    rest = Lesson.objects.exclude(state=Lesson.State.USED).exclude(pk=lesson.pk)
    older = rest.order_by("-id").values_list("pk", flat=True)[KEPT:]
    Lesson.objects.filter(pk__in=list(older)).delete()
    data = {"state": str(lesson.state), "labels": lesson.labels}
    record("model.learnt", f"model:{lesson.pk}", actor=actor_name(None), now=now, data=data)
    return lesson


@transaction.atomic
def use(lesson: Lesson, *, by: Person, now: datetime) -> None:
    """Sort by this model from now on, and the newest voices anew."""
    by.must("configure")
    lesson = Lesson.objects.select_for_update().get(pk=lesson.pk)
    if not lesson.packed or lesson.state == Lesson.State.FAILED:
        raise Refused(_("这个模型不能用"))
    unpack(bytes(lesson.packed), sortable(topics_in_use()))  # refused: damaged, of other topics
    _use(lesson, now)
    record("model.used", f"model:{lesson.pk}", actor=actor_name(by), now=now)


@transaction.atomic
def use_none(*, by: Person, now: datetime) -> None:
    """Tell topics by their own words from now on, and those of the newest voices anew."""
    by.must("configure")
    used = Lesson.objects.select_for_update().filter(state=Lesson.State.USED).first()
    if used is None:
        raise Refused(_("现在没有在用的模型"))
    used.state = Lesson.State.REST
    used.save(update_fields=["state"])
    _sort_again(now)
    record("model.off", f"model:{used.pk}", actor=actor_name(by), now=now)


def _use(lesson: Lesson, now: datetime) -> None:
    Lesson.objects.filter(state=Lesson.State.USED).update(state=Lesson.State.REST)
    lesson.state, lesson.used_at = Lesson.State.USED, now
    lesson.save(update_fields=["state", "used_at"])
    _sort_again(now)


def _sort_again(now: datetime) -> None:
    newest = Voice.objects.filter(heard_at__gt=now - LOOKED_BACK, unread=False)
    newest = newest.exclude(labels__name=Label.Name.TOPIC).order_by("-heard_at", "-id")
    ids = list(newest.values_list("pk", flat=True)[:AGAIN])
    Voice.objects.filter(pk__in=ids).update(unread=True)


@transaction.atomic
def set_threshold(percent: int, *, by: Person, now: datetime) -> None:
    """How sure a topic must be, in percent; under it, a person is asked."""
    by.must("configure")
    if not 0 <= percent <= 99:
        raise Refused(_("请填 0 到 99"))
    Sorting.objects.update_or_create(pk=1, defaults={"threshold": percent / 100})
    _sort_again(now)
    data = {"percent": percent}
    record("sorting.changed", "topic:all", actor=actor_name(by), now=now, data=data)
