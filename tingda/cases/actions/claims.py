"""What a person found about a claim: that it is so, that it is not, or that it is open again."""

from datetime import datetime

from django.db import transaction

from tingda.cases.models import Claim, Fact
from tingda.cases.queries import cases_of_issue
from tingda.detect.models import Issue
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

LONGEST = 200


@transaction.atomic
def check_claim(
    issue: Issue,
    text: str,
    *,
    verdict: str,
    fact: Fact | None,
    reason: str,
    by: Person,
    now: datetime,
) -> Claim:
    """Keep what was found about a claim, `text` being without personal data. It needs a fact of a
    case of this issue or a reason, to be taken back as well."""
    if not by.may("take_on"):
        raise Refused(_("您的角色不能做这一步"))
    if verdict not in Claim.Verdict.values:
        raise Refused(_("请选择已核实还是不实"))
    if fact is not None and not cases_of_issue(issue.pk).filter(pk=fact.case_id).exists():
        raise Refused(_("这条核实不是本议题的事项里的"))
    if fact is None and not reason.strip():
        raise Refused(_("请选一条核实，或者写明理由"))
    row = Claim.objects.create(
        issue=issue,
        text=text[:LONGEST],
        verdict=verdict,
        fact=fact,
        reason=reason.strip()[:500],
        by=by,
        at=now,
    )
    thread = fact.case.thread if fact else f"issue:{issue.pk}"
    data = {"text": row.text, "verdict": verdict, "reason": row.reason}
    if fact:
        data["fact"] = str(fact.pk)
    subject = f"issue:{issue.pk}"
    record("claim.checked", subject, thread=thread, actor=actor_name(by), now=now, data=data)
    return row
