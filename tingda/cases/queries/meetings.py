"""Reports upward, meetings and tasks that somebody may see."""

from datetime import datetime

from django.db.models import Q, QuerySet

from tingda.cases.models import Case, Meeting, Report, Superior, Task, TaskFile
from tingda.cases.queries import cases_for, cases_to_read_for, of_cases_for, read_as_lead
from tingda.people.models import Person
from tingda.people.queries import is_of_the_office


def reports_for(person: Person) -> QuerySet[Report]:
    """Reports about the cases that the person may open or read."""
    rows = Report.objects.select_related("case__unit", "case__owner", "sent_by")
    return of_cases_for(person, rows, to_read=True)


def meetings_for(person: Person) -> QuerySet[Meeting]:
    """All for the office's desk; others see those they take part in and those of their cases."""
    rows = Meeting.objects.select_related("called_by")
    if not person.is_active or is_of_the_office(person):
        return rows if person.is_active else rows.none()
    own = Q(pk__in=Meeting.people.through.objects.filter(person=person).values("meeting"))
    through = Meeting.cases.through.objects.filter(case__in=cases_for(person))
    return rows.filter(own | Q(pk__in=through.values("meeting")))


def tasks_for(person: Person) -> QuerySet[Task]:
    """All for the office's desk; others see their own, those of who they stand in for, those of
    the people whose unit they lead, and those of their cases."""
    rows = Task.objects.select_related("owner__unit", "case", "meeting", "made_by", "done_by")
    rows = rows.prefetch_related("files")
    if not person.is_active or is_of_the_office(person):
        return rows if person.is_active else rows.none()
    away = person.stands_in.values("person")
    led = Q(owner__unit__in=read_as_lead(person))
    led |= Q(case__in=cases_to_read_for(person).values("pk"))
    return rows.filter(Q(owner=person) | Q(owner__in=away) | led)


def task_files_for(person: Person) -> QuerySet[TaskFile]:
    """Proofs of the tasks that the person may see."""
    return TaskFile.objects.filter(task__in=tasks_for(person).order_by())


def my_tasks(person: Person) -> QuerySet[Task]:
    """What this person still has to do, the nearest first."""
    return tasks_for(person).filter(owner=person, done_at=None).order_by("due_at", "id")


def owed_reports(person: Person, before: datetime) -> QuerySet[Report]:
    """Reports that are due before then and not sent."""
    rows = reports_for(person).filter(sent_at=None, lifted_at=None, due_at__lt=before)
    return rows.order_by("due_at")


def superiors() -> QuerySet[Superior]:
    """The bodies that are reported to."""
    return Superior.objects.order_by("-active", "id")


def people_to_ask() -> QuerySet[Person]:
    """Who can take part or be given a task."""
    return Person.objects.filter(is_active=True).select_related("unit").order_by("unit", "id")


def meetings_of(case: Case) -> QuerySet[Meeting]:
    """The meetings at which a case is spoken of, the latest first."""
    return case.meetings.order_by("-at", "-id")


def tasks_of(case: Case) -> QuerySet[Task]:
    """The tasks of a case: what is open first, the nearest first."""
    rows = case.tasks.select_related("owner__unit", "done_by").prefetch_related("files")
    return rows.order_by("-done_at", "due_at", "id")


def improvements_of(case: Case) -> QuerySet[Task]:
    """Of these, what came of its review."""
    return tasks_of(case).filter(improves=True)
