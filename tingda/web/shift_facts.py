"""What a shift was by itself: looks, alerts, calls, cases, answers. Numbers, and the lines of the
ledger that tell the rest; sentences are made of these when somebody reads, in their language."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

from tingda.cases.queries import open_cases, with_lateness
from tingda.collect.models import Check
from tingda.detect.queries import unconfirmed_alerts
from tingda.duty.models import Shift, ShiftLog
from tingda.ledger.models import Line
from tingda.ledger.queries import lines_between
from tingda.lib.words import mark as _
from tingda.people.models import Person
from tingda.web.ledger_words import address, sentence

EARLIER = timedelta(hours=12)  # a shift that was signed before its end left so much at most
MOST_LINES, MOST_LATE = 200, 30
COUNTED = {
    "voice.taken": _("来电来访"),
    "voice.received": _("公众表单"),
    "voice.harm": _("疑似伤害儿童，已通知"),
    "alert.raised": _("提出预警"),
    "alert.confirmed": _("确认预警"),
    "case.opened": _("新立事项"),
    "case.closed": _("办结"),
    "case.reopened": _("重新办理"),
    "referral.sent": _("发出联系单"),
    "referral.answered": _("联系单反馈"),
    "referral.late": _("联系单超时"),
    "answer.published": _("发布回应"),
    "correction.released": _("签发更正"),
    "source.deaf": _("来源听不到"),
    "source.silent": _("来源很久没有新的"),
    "plan.started": _("启动预案"),
}
# What happens often is told by its number alone; these by a line each as well.
TOLD = frozenset(COUNTED) - {"voice.taken", "voice.received"} | {
    "source.heard_again",
    "plan.ticked",
    "plan.unticked",
    "plan.ended",
    "shift.replaced",
    "shift.joined",
}


@dataclass(frozen=True)
class Told:
    """One line of the record as the sheet has it."""

    at: datetime
    text: str
    actor: str
    href: str


def gather_facts(person: Person, shift: Shift, now: datetime) -> dict[str, Any]:
    """The facts of a shift up to now, or to its end. Plain values: they are stored when signed."""
    until = max(min(now, shift.ends_at), shift.starts_at)
    since = _since(shift)
    checks = Check.objects.filter(at__gte=since, at__lt=until).aggregate(
        looks=Count("pk"),
        failed=Count("pk", filter=Q(outcome=Check.Outcome.FAILED)),
        heard=Sum("added"),
    )
    lines = list(
        lines_between(since, until)
        .filter(verb__in=TOLD | COUNTED.keys())
        .values_list("verb", "number")
    )
    told = [number for verb, number in lines if verb in TOLD]
    late = with_lateness(open_cases(person), now).filter(Q(is_late=True)).order_by("id")
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "looks": checks["looks"],
        "failed": checks["failed"],
        "heard": checks["heard"] or 0,
        "counts": dict(Counter(verb for verb, _number in lines if verb in COUNTED)),
        "lines": told[:MOST_LINES],
        "more": max(0, len(told) - MOST_LINES),
        "late": [[case.pk, case.number, case.title] for case in late[:MOST_LATE]],
        "unconfirmed": unconfirmed_alerts(person).count(),
    }


def _since(shift: Shift) -> datetime:
    """Where the one before stopped, when it was signed before its end."""
    before = ShiftLog.objects.filter(
        shift__starts_at__lt=shift.starts_at,
        shift__ends_at__gt=shift.starts_at - EARLIER,
        signed_at__isnull=False,
    )
    log = before.order_by("-shift__starts_at", "-pk").first()
    until = parse_datetime(str(log.facts.get("until", ""))) if log else None
    near = until is not None and shift.starts_at - EARLIER < until < shift.starts_at
    return until if until is not None and near else shift.starts_at


def in_numbers(facts: Mapping[str, Any]) -> list[tuple[str, int]]:
    """(what, how many) for the sheet; looks always, the rest where there was any."""
    rows = [
        (gettext("巡查次数"), int(facts.get("looks", 0))),
        (gettext("没有看成"), int(facts.get("failed", 0))),
        (gettext("听到新的声音"), int(facts.get("heard", 0))),
    ]
    counts = facts.get("counts", {})
    rows += [(gettext(text), counts[verb]) for verb, text in COUNTED.items() if counts.get(verb)]
    late, waiting = len(facts.get("late", [])), int(facts.get("unconfirmed", 0))
    rows += [(gettext("超时的事项"), late)] if late else []
    return rows + ([(gettext("还没有确认的预警"), waiting)] if waiting else [])


def in_lines(facts: Mapping[str, Any]) -> list[Told]:
    """What happened, in order, in words."""
    lines = Line.objects.filter(number__in=facts.get("lines", [])).order_by("number")
    return [
        Told(line.at, sentence(line), line.actor, address(line.subject) or address(line.thread))
        for line in lines
    ]
