"""Is everything still there that people were told was saved, and did nobody go over it unseen?"""

from collections.abc import Callable, Iterable, Mapping

from tingda.answers.models import Answer, Version
from tingda.cases.models import Case, Fact, Referral
from tingda.evaluate.handling_people import Saved
from tingda.ledger.models import Line
from tingda.people.models import Person


def lost(saved: Iterable[Saved]) -> list[Saved]:
    """What is not there, is there twice, or went over what its author had not seen."""
    return [one for one in saved if not KEPT[one.what](one)]


def _fact(one: Saved) -> bool:
    return Fact.objects.filter(what=one.mark, recorded_by=one.by).count() == 1


def _refer(one: Saved) -> bool:
    return Referral.objects.filter(case=one.thing, asks=one.mark, sent_by=one.by).count() == 1


def _done(one: Saved) -> bool:
    return Referral.objects.filter(pk=one.thing, answered_by=one.by).exists()


def _take(one: Saved) -> bool:
    return Case.objects.filter(voice=one.thing, title=one.mark).count() == 1


def _release(one: Saved) -> bool:
    lines = Line.objects.filter(subject=f"answer:{one.thing}", verb="answer.released")
    return lines.count() == 1 and Answer.objects.filter(pk=one.thing, released_by=one.by).exists()


def _write(one: Saved) -> bool:
    """It follows the version that its author had read."""
    row = Version.objects.filter(answer=one.thing, found=one.mark, author=one.by).first()
    return row is not None and row.number == int(one.seen or 0) + 1


def _grade(one: Saved) -> bool:
    """It is on the record, in place of what its author had read; what was set last, stands."""
    lines = Line.objects.filter(thread=f"case:{one.thing}", verb="case.graded").order_by("number")
    changes = [line.data for line in lines]
    mine = [data["before"] for data in changes if data.get("reason") == one.mark]
    grade = Case.objects.values_list("grade", flat=True).get(pk=one.thing)
    return mine == [one.seen] and changes[-1]["to"] == grade


def _owner(one: Saved) -> bool:
    """A hand-over has no words of its own: its author's line says who gave way."""
    names = dict(Person.objects.filter(pk__in=(one.by, one.seen)).values_list("pk", "name"))
    lines = Line.objects.filter(thread=f"case:{one.thing}", verb="case.handed_over")
    changes = list(lines.order_by("number").values_list("actor", "data"))
    mine = [data for actor, data in changes if actor == names[one.by]]
    owner = Case.objects.values_list("owner__name", flat=True).get(pk=one.thing)
    before = names.get(int(one.seen or 0))
    return before in [data["before"] for data in mine] and changes[-1][1]["to"] == owner


KEPT: Mapping[str, Callable[[Saved], bool]] = {
    "fact": _fact,
    "refer": _refer,
    "done": _done,
    "take": _take,
    "release": _release,
    "write": _write,
    "grade": _grade,
    "owner": _owner,
}
