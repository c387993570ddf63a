"""Issues when the time of their voices is over."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from tingda.detect.actions.counting import hold, recount
from tingda.detect.models import Alert, Apart, Assessment, Belonging, Issue


def hold_gathering() -> None:
    """Nobody groups until the transaction ends."""
    hold()


@transaction.atomic
def forget_belongings(voices: Sequence[int]) -> None:
    """These voices belong nowhere any more; the caller holds the gathering and deletes them next.

    An issue that is left with none goes with them, unless a person decided something about it
    (its title, not ours, apart, merged), wrote an assessment, or a warning was raised: that
    stays, with no voices.
    """
    rows = Belonging.objects.filter(pk__in=voices)
    issues = set(rows.values_list("issue_id", flat=True))
    rows.delete()
    recount(issues, titles=True)
    empty = Issue.objects.filter(pk__in=issues, belongings=None)
    empty.update(messages=0, people=0, copies=0)
    _undecided(empty).delete()


def _undecided(issues: "QuerySet[Issue]") -> "QuerySet[Issue]":
    here = OuterRef("pk")
    rows = issues.filter(state=Issue.State.OPEN, title_by_person=False, merged=None)
    return rows.filter(
        ~Exists(Apart.objects.filter(Q(one=here) | Q(other=here))),
        ~Exists(Alert.objects.filter(issue=here)),
        ~Exists(Assessment.objects.filter(issue=here)),
    )
