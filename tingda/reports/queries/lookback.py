"""Times against limits of one case, from the record."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext, ngettext

from tingda.cases.models import Case, Referral
from tingda.cases.rules import STAGES


@dataclass(frozen=True, slots=True)
class Timed:
    """One limit and what came of it; `late` is by how much, none where it was kept."""

    key: str
    name: str
    due_at: datetime
    met_at: datetime | None
    late: timedelta | None
    result: str


def times_of(case: Case, now: datetime) -> list[Timed]:
    """Every limit of a case and of its referrals, the earliest first."""
    found = [
        _timed(f"deadline:{row.pk}", gettext(STAGES[row.stage]), row.due_at, row.met_at, now)
        for row in case.deadlines.all()
    ]
    for row in case.referrals.select_related("unit"):
        name = gettext("联系单：%(unit)s") % {"unit": row.unit.name}
        if row.state == Referral.State.WITHDRAWN:
            text = gettext("已收回")
            found.append(Timed(f"referral:{row.pk}", name, row.due_at, None, None, text))
        else:
            found.append(_timed(f"referral:{row.pk}", name, row.due_at, row.answered_at, now))
    return sorted(found, key=lambda one: (one.due_at, one.key))


def _timed(key: str, name: str, due_at: datetime, met_at: datetime | None, now: datetime) -> Timed:
    late = (met_at or now) - due_at
    if late <= timedelta(0):
        text = gettext("按时") if met_at else gettext("还没到时限")
        return Timed(key, name, due_at, met_at, None, text)
    words = {"span": span(late)}
    text = gettext("晚了 %(span)s") if met_at else gettext("没有做到，已晚 %(span)s")
    return Timed(key, name, due_at, met_at, late, text % words)


def span(length: timedelta) -> str:
    """A length of time in its largest unit: days from two days on, then hours, then minutes."""
    minutes = int(length.total_seconds()) // 60
    if minutes >= 48 * 60:
        return ngettext("%(n)s 天", "%(n)s 天", minutes // 1440) % {"n": minutes // 1440}
    if minutes >= 60:
        return ngettext("%(n)s 小时", "%(n)s 小时", minutes // 60) % {"n": minutes // 60}
    return ngettext("%(n)s 分钟", "%(n)s 分钟", max(minutes, 1)) % {"n": max(minutes, 1)}
