"""Cases through their verbs: who may do what, what stands afterwards, what is on the record."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from tests.publishing import publish
from tingda.answers import actions as answers
from tingda.answers.models import Answer
from tingda.cases import actions, rules
from tingda.cases.models import Case, ClockSetting, Deadline, OfficeDay, Promise, Referral
from tingda.cases.queries import (
    case_of_voice,
    cases_for,
    cases_of_issue,
    contact_held,
    files_for,
    late_deadlines,
    late_referrals,
    referrals_for,
    voices_of,
    with_lateness,
)
from tingda.cases.queries.clocks import clock_table, moved_by, own_days
from tingda.collect.models import Receipt, Voice
from tingda.detect.models import Issue
from tingda.ledger.models import Line
from tingda.lib.clocks import Limit
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice
from tingda.people.actions import add_person
from tingda.people.models import Person
from tingda.vault.actions import seal
from tingda.web.ledger_words import sentence

MakeCase = Callable[..., Case]
MakeIssue = Callable[..., Issue]
MakeVoice = Callable[..., Voice]
HOUR = timedelta(hours=1)


def again(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def verbs(thread: str) -> list[str]:
    return list(
        Line.objects.filter(thread=thread).order_by("number").values_list("verb", flat=True)
    )


def refer(case: Case, cast: SimpleNamespace, now: datetime, unit: str = "edu") -> Referral:
    return actions.refer(case, getattr(cast, unit), "请核实留样", by=cast.duty, now=now)


def fact(referral: Referral, by: Person, now: datetime) -> None:
    actions.record_fact(
        referral.case,
        what="留样封存完好",
        by_whom="学校食安员",
        evidence="留样登记表",
        referral=referral,
        by=by,
        now=now,
    )


# ---- the whole state table, through the verbs ----
def act(move: str, case: Case, answer: Answer, cast: SimpleNamespace, now: datetime) -> None:
    """The verb behind each move."""
    words = answers.Wording(title="题目", heard="反映", found="查到")
    deeds: dict[str, Callable[[], object]] = {
        "refer": lambda: actions.refer(case, cast.edu, "请核实", by=cast.duty, now=now),
        "draft": lambda: answers.write(answer, words, by=cast.drafter, now=now),
        "submit": lambda: answers.submit(answer, by=cast.drafter, now=now),
        "send_back": lambda: answers.send_back(answer, note="再核", by=cast.releaser, now=now),
        "release": lambda: answers.release(answer, by=cast.releaser, now=now),
        "close": lambda: actions.close(
            case, reason="solved", text="已经解决，现场看过。", by=cast.duty, now=now
        ),
        "reopen": lambda: actions.reopen(case, reason="没有解决", by=cast.duty, now=now),
    }
    deeds[move]()


BY_PEOPLE = ("refer", "draft", "submit", "send_back", "release", "close", "reopen")


@pytest.mark.parametrize("move", BY_PEOPLE)
@pytest.mark.parametrize("state", rules.STATES)
def test_every_verb_from_every_state(
    state: str, move: str, make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    answer = answers.draft(
        case, answers.Wording(title="题目", heard="反映", found="查到"), by=cast.drafter, now=now
    )
    Case.objects.filter(pk=case.pk).update(state=state)
    being = state if state in ("review", "released", "published") else "drafting"
    if move in ("draft", "submit"):
        being = "drafting"
    submitted = cast.drafter if being == "review" else None
    Answer.objects.filter(pk=answer.pk).update(state=being, submitted_by=submitted)
    before = Line.objects.count()
    rule = rules.MOVES[move]
    if state in rule.start:
        act(move, again(case), Answer.objects.get(pk=answer.pk), cast, now)
        assert again(case).state == rule.end
        assert Line.objects.count() == before + 1
    else:
        with pytest.raises(Refused):
            act(move, again(case), Answer.objects.get(pk=answer.pk), cast, now)
        assert again(case).state == state
        assert Line.objects.count() == before


# ---- taking it on ----
def test_a_case_has_a_number_an_owner_and_deadlines_from_when_it_was_heard(
    make_case: MakeCase, make_issue: MakeIssue, make_voice: MakeVoice, cast: SimpleNamespace
) -> None:
    heard = datetime(2026, 11, 20, 4, 40, tzinfo=UTC)  # Friday 12:40 in Shanghai
    case = make_case(make_issue(make_voice(at=heard)))
    assert (case.number, case.owner, case.state) == ("2026-0001", cast.duty, "taken")
    due = dict(case.deadlines.values_list("stage", "due_at"))
    assert due == {
        "first_answer": datetime(2026, 11, 22, 4, 40, tzinfo=UTC),
        "finish": datetime(2026, 11, 27, 15, 59, 59, tzinfo=UTC),
    }
    how = case.deadlines.get(stage="finish").how
    assert how["steps"][0] == ["2026-11-20", False, "start"]
    assert how["steps"][1] == ["2026-11-21", False, "weekend"]
    assert how["steps"][-1] == ["2026-11-27", True, "workday"]
    assert verbs(case.thread) == ["case.opened"]


def test_numbers_have_no_gaps_and_begin_anew_each_year(make_case: MakeCase, now: datetime) -> None:
    numbers = [make_case().number, make_case().number]
    new_year = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)  # already 2027 in Shanghai
    numbers += [make_case(now=new_year).number]
    assert numbers == ["2026-0001", "2026-0002", "2027-0001"]


def test_an_issue_is_taken_on_once_even_after_it_was_merged(
    make_case: MakeCase, make_issue: MakeIssue, cast: SimpleNamespace
) -> None:
    first, other = make_issue(), make_issue()
    make_case(first)
    with pytest.raises(Refused, match="已经立为事项 2026-0001"):
        make_case(first)
    Issue.objects.filter(pk=first.pk).update(state="merged", merged_into=other)
    with pytest.raises(Refused, match="已经立为事项 2026-0001"):
        make_case(other)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"title": "  "}, "请写题目"),
        ({"grade": "red"}, "请选择事项的种类和等级"),
        ({"kind": ""}, "请选择事项的种类和等级"),
    ],
)
def test_a_case_needs_title_kind_and_grade(
    values: dict[str, str], why: str, make_case: MakeCase
) -> None:
    with pytest.raises(Refused, match=why):
        make_case(**values)
    assert not Case.objects.exists()


def test_only_a_duty_officer_takes_on(make_case: MakeCase, cast: SimpleNamespace) -> None:
    for person in (cast.drafter, cast.releaser, cast.auditor, cast.admin, cast.liaison_edu):
        with pytest.raises(Refused, match="只有值班员可以立为事项"):
            make_case(by=person)


def test_the_offices_own_clock_and_days_count(
    make_case: MakeCase, make_issue: MakeIssue, make_voice: MakeVoice
) -> None:
    ClockSetting.objects.create(code="public_concern.finish", amount=2, kind="working_days")
    OfficeDay.objects.create(day="2026-11-22", works=True)  # a Sunday it works
    OfficeDay.objects.create(day="2026-11-23", works=False)  # a Monday it rests
    friday = datetime(2026, 11, 20, 4, 40, tzinfo=UTC)
    row = make_case(make_issue(make_voice(at=friday))).deadlines.get(stage="finish")
    assert [step[1:] for step in row.how["steps"]] == [
        [False, "start"],
        [False, "weekend"],
        [True, "office_on"],
        [False, "office_off"],
        [True, "workday"],
    ]
    assert row.due_at == datetime(2026, 11, 24, 15, 59, 59, tzinfo=UTC)
    assert row.how["basis"] == "本单位规定"


# ---- grade and owner ----
def test_a_grade_moves_the_open_deadline_but_never_its_start(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    later = now + 2 * HOUR
    actions.set_grade(case, "major", reason="有学生送医", by=cast.duty, now=later)
    row = case.deadlines.get(stage="first_answer")
    assert row.due_at == case.heard_at + 5 * HOUR
    assert again(case).grade == "major"
    line = Line.objects.get(verb="case.graded")
    assert line.data == {"before": "ordinary", "to": "major", "reason": "有学生送医"}


def test_a_grade_can_change_after_a_deadline_was_met(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    publish(case, cast, now)
    before = case.deadlines.get(stage="first_answer")
    actions.set_grade(case, "major", reason="范围扩大", by=cast.duty, now=now)
    assert case.deadlines.get(stage="first_answer").due_at == before.due_at


def test_a_grade_needs_a_reason(make_case: MakeCase, cast: SimpleNamespace, now: datetime) -> None:
    with pytest.raises(Refused, match="请写明理由"):
        actions.set_grade(make_case(), "major", reason=" ", by=cast.duty, now=now)


def test_the_new_owner_is_told_and_must_be_able_to_open_it(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    actions.hand_over(case, cast.duty2, by=cast.duty, now=now)
    assert again(case).owner == cast.duty2
    notice = Notice.objects.get(person=cast.duty2)
    assert (notice.verb, notice.link) == ("case.handed_over", case.thread)
    with pytest.raises(Refused, match="教育办联络员看不到这个事项"):
        actions.hand_over(case, cast.liaison_edu, by=cast.duty, now=now)


# ---- referrals ----
def test_a_referral_has_a_day_and_its_liaison_is_told(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    row = refer(case, cast, now)
    assert row.due_at == now + 24 * HOUR
    assert row.how["kind"] == "hours"
    assert again(case).state == "referred"
    notices = Notice.objects.filter(verb="referral.sent")
    assert [notice.person for notice in notices] == [cast.liaison_edu]
    with pytest.raises(Refused, match="已经有一张联系单在等教育办反馈"):
        refer(case, cast, now)


def test_the_case_moves_when_the_last_unit_answered(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    edu, water = refer(case, cast, now), refer(case, cast, now, "water")
    with pytest.raises(Refused, match="请至少填写一条核实"):
        actions.answer_referral(edu, by=cast.liaison_edu, now=now)
    fact(edu, cast.liaison_edu, now)
    actions.answer_referral(edu, by=cast.liaison_edu, now=now)
    assert again(case).state == "referred"
    fact(water, cast.liaison_water, now)
    actions.answer_referral(water, by=cast.liaison_water, now=now)
    assert again(case).state == "checked"
    told = Notice.objects.filter(person=cast.duty).values_list("verb", flat=True)
    assert list(told) == ["referral.answered", "referral.answered"]


def test_an_objection_needs_a_reason_and_frees_the_case(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    row = refer(case, cast, now)
    with pytest.raises(Refused, match="提出异议必须写明理由"):
        actions.object_referral(row, "  ", by=cast.liaison_edu, now=now)
    actions.object_referral(row, "食堂由市场监管所管", by=cast.liaison_edu, now=now)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("objected", "食堂由市场监管所管")
    assert again(case).state == "taken"
    refer(case, cast, now, "water")
    assert again(case).state == "referred"


def test_withdrawing_the_last_referral_keeps_what_was_found(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    row = refer(case, cast, now)
    fact(row, cast.liaison_edu, now)
    with pytest.raises(Refused, match="须由值班员写明理由"):
        actions.withdraw_referral(row, "", by=cast.duty, now=now)
    with pytest.raises(Refused, match="须由值班员写明理由"):
        actions.withdraw_referral(row, "不用了", by=cast.liaison_edu, now=now)
    actions.withdraw_referral(row, "学校已当面说明", by=cast.duty, now=now)
    assert again(case).state == "checked"
    assert case.facts.count() == 1
    assert Notice.objects.filter(person=cast.liaison_edu, verb="referral.withdrawn").exists()


def test_a_unit_cannot_answer_for_another(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    row = refer(make_case(), cast, now)
    for deed in (
        lambda: fact(row, cast.liaison_water, now),
        lambda: actions.answer_referral(row, by=cast.liaison_water, now=now),
        lambda: actions.object_referral(row, "不归我们", by=cast.liaison_water, now=now),
    ):
        with pytest.raises(Refused, match="发给别的单位"):
            deed()
    with pytest.raises(Refused, match="您的角色不能做这一步"):
        actions.answer_referral(row, by=cast.auditor, now=now)


def test_a_finished_referral_takes_no_more(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    row = refer(make_case(), cast, now)
    actions.object_referral(row, "不归我们管", by=cast.liaison_edu, now=now)
    for deed in (
        lambda: fact(row, cast.liaison_edu, now),
        lambda: actions.answer_referral(row, by=cast.liaison_edu, now=now),
        lambda: actions.withdraw_referral(row, "收回", by=cast.duty, now=now),
    ):
        with pytest.raises(Refused, match="这张联系单已经结束"):
            deed()


def test_lateness_is_noted_once(make_case: MakeCase, cast: SimpleNamespace, now: datetime) -> None:
    case = make_case()
    row = refer(case, cast, now)
    assert not actions.note_late(row, now=row.due_at)
    assert list(late_referrals(cast.duty, row.due_at)) == []
    late = row.due_at + timedelta(seconds=1)
    assert list(late_referrals(cast.duty, late)) == [row]
    assert actions.note_late(row, now=late)
    assert not actions.note_late(row, now=late + HOUR)
    assert verbs(case.thread) == ["case.opened", "referral.sent", "referral.late"]
    assert Notice.objects.filter(person=cast.duty, verb="referral.late").count() == 1


# ---- facts ----
def test_a_fact_says_what_by_whom_and_on_what_evidence(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    whole = {"what": "留样完好", "by_whom": "食安员", "evidence": "登记表"}
    for name in whole:
        with pytest.raises(Refused, match="三项都要写"):
            actions.record_fact(case, **whole | {name: " "}, referral=None, by=cast.duty, now=now)
    row = actions.record_fact(case, **whole, referral=None, by=cast.duty, now=now)
    actions.attach(row, name="登记表.pdf", path="facts/x.pdf", size=3, sha256="ab" * 32)
    assert verbs(case.thread) == ["case.opened", "fact.recorded", "file.attached"]
    line = Line.objects.get(verb="file.attached")
    assert line.data == {"name": "登记表.pdf", "sha256": "ab" * 32}
    with pytest.raises(Refused, match="请在发给本单位的联系单上填写"):
        actions.record_fact(case, **whole, referral=None, by=cast.liaison_edu, now=now)


# ---- closing and reopening ----
def test_a_case_is_never_closed_in_silence(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    for reason, text, why in (
        ("solved", "", "必须写明文字"),
        ("", "已经解决，现场看过。", "请选择办结的理由"),
        ("answered", "已经公开答复。", "还没有发布回应"),
    ):
        with pytest.raises(Refused, match=why):
            actions.close(case, reason=reason, text=text, by=cast.duty, now=now)
    refer(case, cast, now)
    with pytest.raises(Refused, match="还有 1 张联系单没有反馈"):
        actions.close(case, reason="solved", text="已经解决。", by=cast.duty, now=now)
    assert again(case).state == "referred"


def test_a_closing_text_is_public_and_meets_the_deadlines(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    text = "表扬，已转公交公司。"
    actions.close(case, reason="no_answer_needed", text=text, by=cast.duty, now=now)
    row = again(case)
    assert (row.state, row.closing_reason, row.closing_text) == (
        "closed",
        "no_answer_needed",
        text,
    )
    assert set(case.deadlines.values_list("met_at", flat=True)) == {now}
    line = Line.objects.get(verb="case.closed")
    assert (line.public, line.data) == (True, {"reason": "no_answer_needed", "text": text})
    with pytest.raises(Refused, match="事项已经办结"):
        actions.record_fact(
            case, what="又", by_whom="谁", evidence="据", referral=None, by=cast.duty, now=now
        )


def test_reopening_keeps_the_deadlines_it_always_had(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    before = dict(case.deadlines.values_list("stage", "due_at"))
    publish(case, cast, now)
    actions.close(case, reason="answered", text="已经公开答复。", by=cast.duty, now=now)
    with pytest.raises(Refused, match="请写明理由"):
        actions.reopen(case, reason="", by=cast.duty, now=now)
    later = now + timedelta(days=30)
    actions.reopen(case, reason="反映人说没有解决", by=cast.duty, now=later)
    row = again(case)
    assert (row.state, row.reopened, row.closed_at) == ("taken", 1, None)
    assert dict(case.deadlines.values_list("stage", "due_at")) == before
    late = late_deadlines(cast.duty, later)
    assert list(late.values_list("stage", flat=True)) == ["finish"]


def test_a_case_taken_up_again_goes_where_its_unit_and_owner_went(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case(unit=cast.edu)
    shut = {"reason": "solved", "text": "已经处理完毕。"}
    actions.close(case, **shut, by=cast.duty, now=now)
    actions.merge_unit(cast.edu, cast.water, by=cast.admin, now=now)
    left = {"name": "值班员", "unit": cast.office, "roles": ["duty"], "active": False}
    actions.change_person(cast.duty, **left, heir=None, by=cast.admin, now=now)
    actions.reopen(case, reason="没有解决", by=cast.duty2, now=now)
    row = again(case)
    assert (row.unit, row.owner) == (cast.water, cast.duty2)
    verbs = (
        Line.objects.filter(thread=case.thread).order_by("number").values_list("verb", flat=True)
    )
    assert list(verbs)[-3:] == ["case.reopened", "case.unit_changed", "case.handed_over"]


def test_a_matter_is_not_taken_up_again_beside_a_newer_case(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    first = make_case()
    shut = {"reason": "solved", "text": "已经处理完毕。", "by": cast.duty, "now": now}
    actions.close(first, **shut)
    second = make_case(first.issue)
    with pytest.raises(Refused, match="已经立为事项") as why:
        actions.reopen(first, reason="没有解决", by=cast.duty, now=now)
    assert why.value.params == {"number": second.number}
    actions.close(second, **shut)
    actions.reopen(first, reason="没有解决", by=cast.duty, now=now)
    assert again(first).is_open


def test_a_case_taken_up_again_is_due_by_the_calendar_of_now(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case(kind="hotline")
    actions.close(case, reason="solved", text="已经处理完毕。", by=cast.duty, now=now)
    day = date(2026, 11, 24)
    actions.set_office_day(day, False, "停电", by=cast.admin, now=now, seen=0)
    before = case.deadlines.get(stage="finish").due_at
    actions.reopen(case, reason="没有解决", by=cast.duty, now=now)
    after = case.deadlines.get(stage="finish").due_at
    assert after - before == timedelta(days=3)  # from Friday to Monday
    assert moved_by(own_days()) == []


def test_a_closed_case_that_is_graded_up_owes_no_report(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    actions.close(case, reason="solved", text="已经处理完毕。", by=cast.duty, now=now)
    actions.set_grade(case, "major", reason="看错了", by=cast.duty, now=now)
    assert not case.reports.exists()


# ---- promises ----
def test_a_promise_opens_when_published_and_is_kept_once(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    publish(case, cast, now, promises=[("更换清洗筐", now.date())])
    row = Promise.objects.get()
    assert (row.case, row.what, row.kept_at) == (case, "更换清洗筐", None)
    with pytest.raises(Refused, match="请写明怎么兑现的"):
        actions.keep_promise(row, how="", by=cast.duty, now=now)
    with pytest.raises(Refused, match="您的角色不能做这一步"):
        actions.keep_promise(row, how="换好了", by=cast.drafter, now=now)
    actions.keep_promise(row, how="换好了，附照片", by=cast.duty, now=now)
    row.refresh_from_db()
    assert (row.kept_at, row.how_kept) == (now, "换好了，附照片")
    with pytest.raises(Refused, match="已经记为兑现"):
        actions.keep_promise(row, how="又换", by=cast.duty, now=now)


# ---- who sees what ----
def test_another_unit_sees_nothing(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case(unit=cast.edu)
    row = refer(case, cast, now)
    fact(row, cast.liaison_edu, now)
    actions.attach(row.facts.get(), name="a.pdf", path="facts/a.pdf", size=1, sha256="0" * 64)
    drafter = add_person(
        "w-drafter", "供水拟稿", cast.water, ["drafter"], password="x" * 12, by=None, now=now
    )
    edu_drafter = add_person(
        "e-drafter", "教育拟稿", cast.edu, ["drafter"], password="x" * 12, by=None, now=now
    )
    sees = {
        person.login: (
            cases_for(person).count(),
            referrals_for(person).count(),
            files_for(person).count(),
        )
        for person in (
            cast.duty,
            cast.auditor,
            cast.liaison_edu,
            cast.liaison_water,
            drafter,
            edu_drafter,
        )
    }
    assert sees == {
        "duty": (1, 1, 1),
        "auditor": (1, 1, 1),
        "liaison-edu": (0, 1, 1),
        "liaison-water": (0, 0, 0),
        "w-drafter": (0, 0, 0),
        "e-drafter": (1, 1, 1),
    }


def test_a_liaison_at_the_top_answers_for_the_top_alone(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    top = add_person(
        "top", "中心联络员", cast.office, ["liaison"], password="x" * 12, by=None, now=now
    )
    case = make_case()
    refer(case, cast, now)
    own = refer(case, cast, now, "office")
    assert list(referrals_for(top)) == [own]


def test_somebody_who_left_sees_nothing(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    refer(make_case(), cast, now)
    for person in (cast.duty, cast.liaison_edu):
        person.is_active = False
        assert not cases_for(person).exists()
        assert not referrals_for(person).exists()


# ---- voices ----
def test_a_case_carries_its_voices_through_merged_issues(
    make_case: MakeCase, make_issue: MakeIssue, make_voice: MakeVoice
) -> None:
    old, new = make_voice(), make_voice()
    first, middle, last = make_issue(old), make_issue(), make_issue(new)
    case = make_case(first)
    old.belonging.issue = last
    old.belonging.save()
    Issue.objects.filter(pk=first.pk).update(state="merged", merged_into=middle)
    Issue.objects.filter(pk=middle.pk).update(state="merged", merged_into=last)
    case = again(case)
    assert case_of_voice(old) == case
    assert case_of_voice(new) == case
    assert list(cases_of_issue(last.pk)) == [case]
    assert set(voices_of(case)) == {old, new}
    assert case_of_voice(make_voice()) is None


def test_contact_is_held_or_not_and_nothing_more(
    make_case: MakeCase, make_issue: MakeIssue, make_voice: MakeVoice, now: datetime
) -> None:
    with_contact, without = make_voice(), make_voice()
    sealed = seal("13800000000", now=now)
    Receipt.objects.create(voice=with_contact, code_hash="a", contact=sealed, made_at=now)
    Receipt.objects.create(voice=without, code_hash="b", made_at=now)
    assert contact_held(make_case(make_issue(with_contact)))
    assert contact_held(make_case(with_contact))
    assert not contact_held(make_case(make_issue(without)))


def test_lateness_of_a_case_is_its_deadlines_and_its_referrals(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    fine, asked, closed = make_case(), make_case(), make_case()
    row = refer(asked, cast, now - 30 * HOUR)
    Deadline.objects.filter(case=closed).update(due_at=now - HOUR)
    actions.close(closed, reason="solved", text="已经解决。", by=cast.duty, now=now)
    found = with_lateness(Case.objects.order_by("id"), now)
    assert [(case.pk, case.is_late, case.late_referral) for case in found] == [
        (fine.pk, False, False),
        (asked.pk, True, True),
        (closed.pk, False, False),
    ]
    assert row.due_at < now
    assert found[0].next_due == fine.deadlines.earliest("due_at").due_at


# ---- the office's own clocks and days ----
def set_clock(
    code: str, amount: int, kind: str, cast: SimpleNamespace, now: datetime, by: str = "admin"
) -> None:
    actions.set_clock(code, amount, kind, by=getattr(cast, by), now=now)


def stage(case: Case, name: str) -> dict[str, object]:
    how: dict[str, object] = case.deadlines.get(stage=name).how
    return {key: how[key] for key in ("amount", "kind", "basis")}


def test_a_changed_clock_is_for_new_cases_only(
    make_case: MakeCase, make_issue: MakeIssue, cast: SimpleNamespace, now: datetime
) -> None:
    old = make_case(kind="hotline")
    before = stage(old, "first_answer")
    for amount in (2, 3):
        set_clock("hotline.first_answer", amount, "days", cast, now + amount * HOUR)
    later = now + 4 * HOUR
    new = actions.open_case(
        make_issue(), title="新", kind="hotline", grade="ordinary", unit=cast.edu,
        by=cast.duty, now=later,
    )  # fmt: skip
    actions.set_grade(old, "major", reason="扩大", by=cast.duty, now=later)
    assert stage(old, "first_answer") == before
    assert stage(new, "first_answer") == {"amount": 3, "kind": "days", "basis": "本单位规定"}
    set_clock("hotline.first_answer", 5, "working_days", cast, later)
    assert {clock.limit for clock in clock_table() if clock.code == "hotline.first_answer"} == {
        Limit(5, "working_days")
    }
    assert clock_table() == (*rules.CLOCKS, *rules.ASKING)


def test_a_new_referral_goes_by_the_clock_of_its_own_day(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    set_clock("referral.facts", 3, "hours", cast, now)
    assert refer(case, cast, now).due_at == now + 3 * HOUR


def test_a_change_of_a_clock_says_what_it_replaced(cast: SimpleNamespace, now: datetime) -> None:
    set_clock("public_concern.first_answer.major", 4, "hours", cast, now)
    set_clock("public_concern.first_answer.major", 4, "hours", cast, now)  # nothing new
    line = Line.objects.get(verb="clock.changed")
    assert sentence(line) == ("时钟：公众关切 特别重大、重大（首次回应），由 5 小时改为 4 小时")


def test_only_an_administrator_changes_clocks_and_days(
    cast: SimpleNamespace, now: datetime
) -> None:
    day = date(2026, 11, 22)
    for who in ("duty", "drafter", "releaser", "auditor", "liaison_edu"):
        with pytest.raises(Refused, match="您的角色不能做这一步"):
            set_clock("hotline.first_answer", 3, "days", cast, now, by=who)
        with pytest.raises(Refused, match="您的角色不能做这一步"):
            actions.set_office_day(day, True, "值守", by=getattr(cast, who), now=now)
    wrong = [("moon.finish", 1, "days"), ("hotline.first_answer", 0, "days")]
    for code, amount, kind in [*wrong, ("hotline.first_answer", 1, "years")]:
        with pytest.raises(Refused):
            set_clock(code, amount, kind, cast, now)
    with pytest.raises(Refused, match="请写明是什么日子"):
        actions.set_office_day(day, True, " ", by=cast.admin, now=now)
    assert not ClockSetting.objects.exists() and not OfficeDay.objects.exists()


def test_a_day_of_the_office_is_on_the_record_in_words(
    cast: SimpleNamespace, now: datetime
) -> None:
    day = date(2026, 11, 22)
    for works in (True, False, None):
        actions.set_office_day(day, works, "校庆", by=cast.admin, now=now)
    lines = Line.objects.filter(verb="day.changed").order_by("number")
    ways = ("本单位上班", "本单位放假", "按国家日历")
    assert [sentence(line).partition(" ")[2] for line in lines] == [f"{way}：校庆" for way in ways]
    assert not OfficeDay.objects.exists()


def test_facts_of_a_grave_case_are_due_before_its_first_answer(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    limits = {
        grade: actions.refer(make_case(grade=grade), cast.edu, "查", by=cast.duty, now=now).due_at
        - now
        for grade in ("major", "ordinary")
    }
    assert limits == {"major": timedelta(hours=2), "ordinary": timedelta(hours=24)}
