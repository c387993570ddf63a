"""Heat, growth and warnings in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, pgettext

from tingda.detect.models import Alert, Issue
from tingda.detect.queries import Rules, Week
from tingda.lib.heat import PARTS
from tingda.lib.levels import rise_reason
from tingda.lib.words import mark as _

FEWEST_WEEKS = 4
NAMES = {"people": _("人数"), "reach": _("传播"), "urgency": _("紧急"), "growth": _("增长")}


def reason(text: str, values: Mapping[str, object]) -> str:
    """A reason that was stored as a text with its values, in the reader's language."""
    said = {
        key: gettext(one) if isinstance(one, str) and one else one for key, one in values.items()
    }
    return gettext(text) % said if values else gettext(text)


def reasons_of(alert: Alert) -> list[str]:
    """Why the machine raised it, the gravest first."""
    rows = alert.why.get("reasons", [])
    return [reason(text, values) for text, values in rows if isinstance(values, dict)]


def lately(weeks: Sequence[Week]) -> list[Week]:
    """The weeks since the first alert, at least four."""
    first = next((number for number, week in enumerate(weeks) if week.raised), len(weeks))
    return list(weeks[min(first, max(len(weeks) - FEWEST_WEEKS, 0)) :])


@dataclass(frozen=True)
class Part:
    """One part of an issue's heat: what it counts, what it brings and could bring at most."""

    name: str
    fact: str
    points: float
    most: float


def parts_of(issue: Issue, by: Rules) -> list[Part]:
    """The heat of an issue broken into its parts."""
    facts, points = issue.heat_parts.get("facts", {}), issue.heat_parts.get("points", {})
    whole = sum(getattr(by.weights, part) for part in PARTS) or 1.0
    says = {
        "people": pgettext("faded", "%(n)s 人"),
        "reach": "%(n)s",
        "urgency": "%(percent)s%%",
        "growth": "%(percent)s%%",
    }
    return [
        Part(
            name=gettext(NAMES[part]),
            fact=says[part]
            % {"n": f"{facts.get(part, 0):.1f}", "percent": round(100 * facts.get(part, 0))},
            points=points.get(part, 0),
            most=100 * getattr(by.weights, part) / whole,
        )
        for part in PARTS
    ]


def short(issue: Issue) -> str:
    """The two parts that bring most, for a list: 人数 18 · 紧急 25."""
    points = issue.heat_parts.get("points", {})
    known = [part for part in PARTS if points.get(part, 0) >= 1]
    most = sorted(known, key=lambda part: -points[part])[:2]
    return " · ".join(f"{gettext(NAMES[part])} {points[part]:.0f}" for part in most)


def growth_said(issue: Issue) -> str:
    """How it grows, in words; "" where it is as usual."""
    return reason(*rise_reason(issue.growth)) if issue.growth else ""
