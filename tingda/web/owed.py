"""What somebody owes besides cases: reports upward and tasks, as rows of 今日 (web/needs.py)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext

from tingda.cases.queries.meetings import my_tasks, owed_reports
from tingda.people.models import Person
from tingda.web.templatetags.tingda import when
from tingda.web.told import page_of

MOST = 50
NEAR = timedelta(days=3)  # a task that is due later is found on its own page


def owed_by(person: Person, now: datetime) -> Iterator[dict[str, Any]]:
    """The fields of a Need each. A report upward stands first, for everybody who may send it."""
    if person.may("take_on"):
        reports = owed_reports(person, now + NEAR)
        fields = ("pk", "case__title", "number", "due_at")
        for pk, title, number, due in reports.values_list(*fields)[:MOST]:
            yield {
                "title": title,
                "href": page_of("report", pk),
                "detail": gettext("第 %(number)s 次快报，应于 %(due)s 前报上级")
                % {"number": number, "due": when(due)},
                "due": due,
                "action": gettext("去报"),
                "primary": True,
                "first": True,
            }
    tasks = my_tasks(person).filter(due_at__lt=now + NEAR)
    for pk, what, by, due in tasks.values_list("pk", "what", "made_by__name", "due_at")[:MOST]:
        yield {
            "title": what,
            "href": page_of("task", pk),
            "detail": gettext("任务：%(by)s交办，%(due)s 前办成") % {"by": by, "due": when(due)},
            "due": due,
            "action": gettext("去办"),
        }
