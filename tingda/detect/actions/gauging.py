"""What an administrator sets for heat and warnings."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from tingda.detect.models import Alert, Gauge, Issue
from tingda.detect.queries import rules
from tingda.ledger.actions import record
from tingda.lib.heat import PARTS, Weights
from tingda.lib.levels import LEVELS, Row, stored
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

MOST_ROWS, MOST_MINUTES, MOST_A_WEEK = 30, 7 * 24 * 60, 50
MOST_DAYS = 60.0


@transaction.atomic
def set_weights(weights: Weights, *, by: Person, now: datetime) -> None:
    """What each part of heat is worth; all issues are weighed anew."""
    by.must("configure")
    values = [float(getattr(weights, part)) for part in PARTS]
    if min(values) < 0 or not 0 < sum(values) <= 1000 or max(values) > 100:
        raise Refused(_("每项权重填 0 到 100，至少一项大于 0"))
    if not 0.25 <= weights.half_days <= MOST_DAYS:
        raise Refused(_("减半的天数填 0.25 到 60"))
    Gauge.objects.filter(pk=1).update(weights=weights.stored())
    Issue.objects.filter(state=Issue.State.OPEN).exclude(heat=0).update(heat_owed=True)
    data = {
        "people": weights.people,
        "reach": weights.reach,
        "urgency": weights.urgency,
        "growth": weights.growth,
        "half_days": weights.half_days,
    }
    record("heat.changed", "heat:all", actor=actor_name(by), now=now, data=data)


@transaction.atomic
def set_levels(
    rows: Sequence[Row],
    *,
    minutes: Mapping[str, int],
    per_week: int,
    by: Person,
    now: datetime,
) -> None:
    """The table of colours, the minutes to acknowledge, the false alarms by growth allowed.

    Alerts that stand keep their colour until more is heard; their time to acknowledge is that of
    the new table.
    """
    by.must("configure")
    if not 1 <= len(rows) <= MOST_ROWS:
        raise Refused(_("表里要有 1 到 30 行"))
    if any(row.level not in LEVELS or row.people < 1 or not 0 <= row.urgency <= 3 for row in rows):
        raise Refused(_("表里有一行没有写全"))
    if any(not 0 <= minutes.get(level, 0) <= MOST_MINUTES for level in LEVELS):
        raise Refused(_("时间填 0 到 10080 分钟；0 是不催"))
    if not 1 <= per_week <= MOST_A_WEEK:
        raise Refused(_("每周误报填 1 到 50 次"))
    kept = {level: int(minutes.get(level, 0)) for level in LEVELS}
    Gauge.objects.filter(pk=1).update(
        levels=stored(rows), minutes=kept, per_week=per_week, judged_at=None
    )
    waiting = Alert.objects.filter(acknowledged_at=None, ended_at=None, next_due__isnull=False)
    limits = rules()
    for level in LEVELS:
        limit = limits.limit(level)
        waiting.filter(colour=level).update(next_due=now + limit if limit else None)
    data = {"rows": len(rows), "per_week": per_week, "minutes": list(kept.values())}
    record("levels.changed", "levels:all", actor=actor_name(by), now=now, data=data)
