"""Answers through their verbs: four eyes, versions that stay, words that stand."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest

from tests.publishing import publish
from tingda.answers import actions
from tingda.answers.channels import CHANNELS
from tingda.answers.models import Answer, Confirmation, Correction, Publication, Review, Version
from tingda.answers.queries import (
    answers_for,
    awaiting_release,
    changed_since_release,
    corrections_awaiting,
    published_answers,
)
from tingda.cases import actions as cases
from tingda.cases.models import Case, Promise
from tingda.collect.models import Receipt, Voice
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice
from tingda.people.actions import add_person

MakeCase = Callable[..., Case]
WORDS = actions.Wording(title="午餐异物", heard="有异物。", found="清洗筐破损。")


def again(answer: Answer) -> Answer:
    return Answer.objects.get(pk=answer.pk)


@pytest.fixture
def answer(make_case: MakeCase, cast: SimpleNamespace, now: datetime) -> Answer:
    """A first draft by the drafter."""
    return actions.draft(make_case(), WORDS, by=cast.drafter, now=now)


@pytest.fixture
def waiting(answer: Answer, cast: SimpleNamespace, now: datetime) -> Answer:
    """It was submitted."""
    return actions.submit(answer, by=cast.drafter, now=now)


# ---- drafting ----
@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"title": " "}, "请写题目"),
        ({"heard": ""}, "“大家反映的”和“我们查到的”都要写"),
        ({"found": "\n"}, "“大家反映的”和“我们查到的”都要写"),
    ],
)
def test_an_answer_says_what_was_heard_and_found(
    words: dict[str, str], why: str, make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    wording = actions.Wording(**vars(WORDS) | words)
    with pytest.raises(Refused, match=why):
        actions.draft(case, wording, by=cast.drafter, now=now)
    assert not Answer.objects.exists()
    assert Case.objects.get(pk=case.pk).state == "taken"


def test_a_case_has_one_answer_in_the_making(
    answer: Answer, cast: SimpleNamespace, now: datetime
) -> None:
    with pytest.raises(Refused, match="已有一份正在拟的回应"):
        actions.draft(answer.case, WORDS, by=cast.drafter, now=now)


def test_only_roles_that_draft_draft(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    for person in (cast.releaser, cast.auditor, cast.admin, cast.liaison_edu):
        with pytest.raises(Refused, match="您的角色不能做这一步"):
            actions.draft(make_case(), WORDS, by=person, now=now)


def test_no_version_is_overwritten(answer: Answer, cast: SimpleNamespace, now: datetime) -> None:
    more = actions.Wording(**vars(WORDS) | {"found": "清洗筐破损，已换。"})
    actions.write(answer, more, by=cast.duty, now=now)
    assert list(answer.versions.values_list("number", "found", "author__login")) == [
        (1, "清洗筐破损。", "drafter"),
        (2, "清洗筐破损，已换。", "duty"),
    ]
    assert again(answer).newest.number == 2


def test_facts_asked_for_while_drafting_do_not_hold_the_answer_up(
    answer: Answer, cast: SimpleNamespace, now: datetime
) -> None:
    cases.refer(answer.case, cast.edu, "再核实一项", by=cast.duty, now=now)
    with pytest.raises(Refused, match="核实中"):
        actions.submit(answer, by=cast.drafter, now=now)
    actions.write(answer, WORDS, by=cast.drafter, now=now)
    actions.submit(answer, by=cast.drafter, now=now)
    assert again(answer).case.state == "review"


# ---- four eyes ----
def test_nobody_signs_what_they_wrote_or_put_forward(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    both = add_person(
        "both",
        "拟稿兼签发",
        cast.office,
        ["drafter", "releaser"],
        password="x" * 12,
        by=None,
        now=now,
    )
    wrote = actions.draft(make_case(), WORDS, by=both, now=now)
    actions.submit(wrote, by=cast.drafter, now=now)
    edited = actions.draft(make_case(), WORDS, by=both, now=now)
    actions.write(edited, WORDS, by=cast.drafter, now=now)
    actions.submit(edited, by=cast.drafter, now=now)
    put_forward = actions.draft(make_case(), WORDS, by=cast.drafter, now=now)
    actions.submit(put_forward, by=both, now=now)
    for row in (wrote, edited, put_forward):
        with pytest.raises(Refused, match="拟稿人不能签发自己的稿"):
            actions.release(row, by=both, now=now)
        assert again(row).state == "review"
        actions.release(row, by=cast.releaser, now=now)
        assert again(row).state == "released"


def test_only_a_releaser_signs(waiting: Answer, cast: SimpleNamespace, now: datetime) -> None:
    for person in (cast.duty, cast.auditor, cast.admin, cast.liaison_edu):
        with pytest.raises(Refused, match="您的角色不能做这一步"):
            actions.release(waiting, by=person, now=now)
    assert again(waiting).state == "review"
    assert not Publication.objects.exists()


def test_the_second_signature_is_refused(
    waiting: Answer, cast: SimpleNamespace, now: datetime
) -> None:
    stale = again(waiting)
    actions.release(waiting, by=cast.releaser, now=now)
    with pytest.raises(Refused, match="这份回应现在是“已签发”"):
        actions.release(stale, by=cast.releaser, now=now)
    assert Publication.objects.count() == len(CHANNELS)
    assert Line.objects.filter(verb="answer.released").count() == 1


def test_releasers_are_told_once_for_each_version(
    answer: Answer, cast: SimpleNamespace, now: datetime
) -> None:
    actions.submit(answer, by=cast.drafter, now=now)
    actions.send_back(answer, note="写明依据", by=cast.releaser, now=now)
    actions.write(answer, WORDS, by=cast.drafter, now=now)
    actions.submit(answer, by=cast.drafter, now=now)
    told = Notice.objects.filter(person=cast.releaser, verb="answer.submitted")
    assert told.count() == 2


def test_sending_back_says_what_to_change_to_whom_it_came_from(
    waiting: Answer, cast: SimpleNamespace, now: datetime
) -> None:
    with pytest.raises(Refused, match="退回必须写明要改什么"):
        actions.send_back(waiting, note=" ", by=cast.releaser, now=now)
    actions.send_back(waiting, note="写明依据", by=cast.releaser, now=now)
    row = again(waiting)
    assert (row.state, row.case.state, row.submitted_by) == ("drafting", "drafting", None)
    review = Review.objects.get()
    assert (review.passed, review.note, review.version.number) == (False, "写明依据", 1)
    assert Notice.objects.get(person=cast.drafter).data["note"] == "写明依据"


# ---- going out ----
def test_a_released_answer_goes_out_once_on_every_channel(
    waiting: Answer, cast: SimpleNamespace, now: datetime
) -> None:
    actions.release(waiting, by=cast.releaser, now=now)
    assert actions.publish_due(now=now) == len(CHANNELS)
    assert actions.publish_due(now=now) == 0
    row = again(waiting)
    assert (row.state, row.published_at) == ("published", now)
    assert (row.case.state, row.case.published_at) == ("published", now)
    assert row.case.deadlines.get(stage="first_answer").met_at == now
    assert row.case.deadlines.get(stage="finish").met_at is None
    assert list(published_answers()) == [row]
    verbs = Line.objects.filter(thread=row.case.thread, public=True)
    assert list(verbs.order_by("number").values_list("verb", flat=True)) == [
        "case.opened",
        "answer.released",
        "answer.published",
        "answer.published",
    ]


def test_a_channel_that_fails_is_tried_again_and_repeats_nothing(
    waiting: Answer, cast: SimpleNamespace, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried: list[str] = []

    def broken(answer: int, key: str) -> str:
        raise ConnectionError

    def page(answer: int, key: str) -> str:
        carried.append(key)
        return "/"

    monkeypatch.setattr(actions, "CHANNELS", {"feed": broken, "page": page})
    actions.release(waiting, by=cast.releaser, now=now)
    assert actions.publish_due(now=now) == 1
    assert again(waiting).state == "published"
    assert actions.publish_due(now=now) == 0
    monkeypatch.setitem(actions.CHANNELS, "feed", page)
    assert actions.publish_due(now=now + timedelta(hours=2)) == 1
    assert carried == [f"answer:{waiting.pk}:page", f"answer:{waiting.pk}:feed"]


def test_what_another_worker_carries_is_left_alone(
    waiting: Answer, cast: SimpleNamespace, now: datetime
) -> None:
    actions.release(waiting, by=cast.releaser, now=now)
    Publication.objects.update(claimed_until=now + timedelta(minutes=5))
    assert actions.publish_due(now=now) == 0
    assert actions.publish_due(now=now + timedelta(minutes=6)) == len(CHANNELS)


def test_promises_of_the_signed_version_open_on_the_case(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    promised = [("更换清洗筐", date(2026, 11, 30)), ("  ", date(2026, 12, 1))]
    publish(case, cast, now, promises=promised)
    assert list(Promise.objects.values_list("what", "due_on", "kept_at")) == [
        ("更换清洗筐", date(2026, 11, 30), None)
    ]


def test_a_second_answer_to_the_same_case_keeps_the_first_date(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    case = make_case()
    publish(case, cast, now)
    publish(case, cast, now + timedelta(days=3))
    assert Case.objects.get(pk=case.pk).published_at == now
    assert case.answers.count() == 2


# ---- corrections ----
def test_a_correction_leaves_the_words_untouched(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    answer = publish(make_case(), cast, now)
    before = list(Version.objects.values())
    row = actions.correct(answer, "“一小时”应为“两小时”。", by=cast.drafter, now=now)
    assert list(corrections_awaiting(cast.releaser)) == [row]
    assert published_answers().get().shown_corrections == []
    actions.release_correction(row, by=cast.releaser, now=now)
    assert list(Version.objects.values()) == before
    assert published_answers().get().shown_corrections == [row]
    assert changed_since_release() == []
    line = Line.objects.get(verb="correction.released")
    assert (line.public, line.data) == (True, {"text": "“一小时”应为“两小时”。"})
    with pytest.raises(Refused, match="已经签发"):
        actions.release_correction(row, by=cast.releaser, now=now)
    with pytest.raises(Refused, match="已经签发"):
        actions.drop_correction(row, reason="不用了", by=cast.drafter, now=now)


def test_a_correction_has_four_eyes_too(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    both = add_person(
        "both",
        "拟稿兼签发",
        cast.office,
        ["drafter", "releaser"],
        password="x" * 12,
        by=None,
        now=now,
    )
    answer = publish(make_case(), cast, now)
    row = actions.correct(answer, "更正一处。", by=both, now=now)
    with pytest.raises(Refused, match="拟稿人不能签发自己的稿"):
        actions.release_correction(row, by=both, now=now)
    with pytest.raises(Refused, match="您的角色不能做这一步"):
        actions.release_correction(row, by=cast.duty, now=now)
    with pytest.raises(Refused, match="请写明更正什么"):
        actions.correct(answer, " ", by=both, now=now)


def test_a_dropped_correction_stays_on_the_record(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    answer = publish(make_case(), cast, now)
    row = actions.correct(answer, "更正一处。", by=cast.drafter, now=now)
    with pytest.raises(Refused, match="请写明理由"):
        actions.drop_correction(row, reason="", by=cast.drafter, now=now)
    actions.drop_correction(row, reason="核对后原文没有错", by=cast.drafter, now=now)
    assert not Correction.objects.exists()
    line = Line.objects.get(verb="correction.dropped")
    assert line.data == {"text": "更正一处。", "reason": "核对后原文没有错"}
    assert not line.public


def test_only_a_published_answer_is_corrected(
    waiting: Answer, cast: SimpleNamespace, now: datetime
) -> None:
    with pytest.raises(Refused, match="待签发"):
        actions.correct(waiting, "更正一处。", by=cast.drafter, now=now)


def test_words_changed_behind_the_products_back_are_found(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    answer = publish(make_case(), cast, now)
    assert changed_since_release() == []
    Version.objects.filter(answer=answer).update(found="没有问题。")
    assert changed_since_release() == [answer.pk]


# ---- what the person who wrote says ----
@pytest.mark.parametrize(("verdict", "told"), [("solved", 0), ("partly", 1), ("not", 1)])
def test_the_owner_hears_when_it_is_not_solved(
    verdict: str,
    told: int,
    make_case: MakeCase,
    make_voice: Callable[..., Voice],
    cast: SimpleNamespace,
    now: datetime,
) -> None:
    voice = make_voice()
    answer = publish(make_case(voice), cast, now)
    receipt = Receipt.objects.create(voice=voice, code_hash="a", made_at=now)
    actions.confirm(receipt, answer, verdict=verdict, note="还有异物", now=now)
    row = Confirmation.objects.get()
    assert (row.verdict, row.note) == (verdict, "还有异物")
    assert Notice.objects.filter(person=cast.duty, verb="answer.not_solved").count() == told
    assert not Line.objects.get(verb="answer.confirmed").public
    with pytest.raises(Refused, match="请选择一项"):
        actions.confirm(receipt, answer, verdict="maybe", note="", now=now)


# ---- who sees what ----
def test_answers_are_seen_with_their_case(waiting: Answer, cast: SimpleNamespace) -> None:
    assert list(answers_for(cast.auditor)) == [waiting]
    assert list(awaiting_release(cast.releaser)) == [waiting]
    assert list(answers_for(cast.liaison_edu)) == []
    assert list(published_answers()) == []
