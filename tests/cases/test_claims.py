"""What is found about claims, and which unit dealt with such matters before."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

import pytest

from tingda.analyse.models import Topic
from tingda.cases.actions.claims import check_claim
from tingda.cases.actions.referrals import record_fact, refer
from tingda.cases.models import Case, Claim, Fact
from tingda.cases.queries.judging import LikelyUnit, claims_of, facts_of_issue, likely_units
from tingda.detect.models import Issue
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused

MakeCase = Callable[..., Case]
MakeIssue = Callable[..., Issue]
TEXT = "听说食堂要换承包商"


def fact_of(case: Case, cast: SimpleNamespace, now: datetime) -> Fact:
    return record_fact(
        case, what="没有换", by_whom="教育办", evidence="合同", referral=None, by=cast.duty, now=now
    )


def test_a_fact_or_a_reason_answers_a_claim_and_each_answer_stays(
    cast: SimpleNamespace, make_case: MakeCase, now: datetime
) -> None:
    case = make_case()
    assert case.issue
    fact = fact_of(case, cast, now)
    first = check_claim(
        case.issue, TEXT, verdict="false", fact=fact, reason="", by=cast.duty, now=now
    )
    again = check_claim(
        case.issue, TEXT, verdict="unchecked", fact=None, reason="查错", by=cast.duty, now=now
    )
    assert list(claims_of(case.issue.pk)) == [again, first]
    assert list(facts_of_issue(case.issue.pk)) == [fact]
    lines = Line.objects.filter(verb="claim.checked").order_by("number")
    assert [line.thread for line in lines] == [case.thread, f"issue:{case.issue.pk}"]


def test_without_either_by_another_cases_fact_or_by_who_may_not_nothing_is_kept(
    cast: SimpleNamespace, make_case: MakeCase, make_issue: MakeIssue, now: datetime
) -> None:
    issue, fact = make_issue(), fact_of(make_case(), cast, now)
    wrong = [
        {"verdict": "true", "fact": None, "reason": " ", "by": cast.duty},
        {"verdict": "true", "fact": fact, "reason": "", "by": cast.duty},
        {"verdict": "so", "fact": None, "reason": "查过", "by": cast.duty},
        {"verdict": "true", "fact": None, "reason": "查过", "by": cast.auditor},
    ]
    for values in wrong:
        with pytest.raises(Refused):
            check_claim(issue, TEXT, now=now, **values)
    assert Claim.objects.count() == 0


def test_the_likely_unit_is_the_one_that_led_or_gave_the_facts_never_the_office_itself(
    cast: SimpleNamespace, make_case: MakeCase, make_issue: MakeIssue, now: datetime
) -> None:
    topic, other = (Topic.objects.create(code=code, group="g", name=code) for code in ("a", "b"))
    for unit in (cast.edu, cast.edu, cast.office):
        case = make_case(make_issue(topic=topic), unit=unit)
        refer(case, cast.water, "请核实", by=cast.duty, now=now)
    make_case(make_issue(topic=other), unit=cast.water)
    found = likely_units(make_issue(topic=topic))
    assert found == [
        LikelyUnit(cast.water, led=0, asked=3, objected=0, of=3),
        LikelyUnit(cast.edu, led=2, asked=0, objected=0, of=3),
    ]
    assert likely_units(make_issue()) == []
