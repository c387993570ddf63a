"""What a person makes of an issue: the assessment. None is ever overwritten."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from tingda.detect.models import Assessment, Issue
from tingda.detect.queries import assessments_of
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

PARTS = ("nature", "reach", "trend", "stakes", "suggestion")
NEEDED = ("nature", "suggestion")
LONGEST = 4_000


@transaction.atomic
def assess(
    issue: Issue, parts: Mapping[str, str], *, seen: int, by: Person, now: datetime
) -> tuple[Assessment, Assessment | None]:
    """Keep what a person wrote (of PARTS) as a new assessment.

    `seen` is the id of the newest assessment that stood on the page when the person began, 0 for
    none. Comes with the one that somebody else wrote meanwhile: both are kept.
    """
    if not by.may("take_on"):
        raise Refused(_("您的角色不能做这一步"))
    locked = Issue.objects.select_for_update().get(pk=issue.pk)
    if locked.state == Issue.State.MERGED:
        raise Refused(_("议题“%(title)s”已并入别的议题"), title=locked.title)
    written = {name: parts.get(name, "").strip()[:LONGEST] for name in PARTS}
    if not all(written[name] for name in NEEDED):
        raise Refused(_("请写明性质和建议"))
    newest = assessments_of(locked.pk).first()
    last = Assessment.objects.filter(issue=locked).order_by("-number").first()
    made = Assessment.objects.create(
        issue=locked,
        number=last.number + 1 if last else 1,
        seen=seen,
        by=by,
        at=now,
        **written,
    )
    meanwhile = newest if newest and newest.pk != seen and newest.by_id != by.pk else None
    data = {"number": made.number, "suggestion": made.suggestion[:200]}
    record("issue.assessed", f"issue:{locked.pk}", actor=actor_name(by), now=now, data=data)
    return made, meanwhile
