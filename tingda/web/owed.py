"""What somebody owes besides cases: reports upward and tasks, as rows of 今日 (web/needs.py)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from tingda.cases.queries.meetings import my_tasks, owed_reports
from tingda.people.models import Person
from tingda.web.templatetags.tingda import when

MOST = 50
NEAR = timedelta(days=3)  # a task that is due later is found on its own page


def owed_by(person: Person, now: datetime) -> Iterator[dict[str, Any]]:
    """The fields of a Need each. A report upward stands first, for everybody who may send it."""
    if person.may("take_on"):
        for report in owed_reports(person, now + NEAR)[:MOST]:
            href = reverse("report", args=[report.pk])
            yield {
                "title": report.case.title,
                "href": href,
                "detail": gettext("第 %(number)s 次快报，应于 %(due)s 前报上级")
                % {"number": report.number, "due": when(report.due_at)},
                "due": report.due_at,
                "action": gettext("去报"),
                "primary": True,
                "first": True,
            }
    for task in my_tasks(person).filter(due_at__lt=now + NEAR)[:MOST]:
        yield {
            "title": task.what,
            "href": reverse("task", args=[task.pk]),
            "detail": gettext("任务：%(by)s交办，%(due)s 前办成")
            % {"by": task.made_by.name, "due": when(task.due_at)},
            "due": task.due_at,
            "action": gettext("去办"),
        }
