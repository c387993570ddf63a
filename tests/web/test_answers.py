"""回应: writing, sending back, signing by another person, correcting."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.publishing import publish
from tingda.answers import actions
from tingda.answers.models import Answer, Confirmation, Correction
from tingda.cases import actions as cases
from tingda.cases.models import Case, Promise
from tingda.collect.models import Receipt, Voice
from tingda.detect.models import Issue
from tingda.notify.models import Notice
from tingda.people.actions import add_person
from tingda.people.models import Person

SCRIPT = "<script>alert(1)</script>"
ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]
WORDS = {"title": "午餐异物：怎么改", "heard": "有异物。", "found": "清洗筐破损。", "done": ""}


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def press(client: Client, answer: Answer, name: str, **fields: Any) -> Any:
    return client.post(f"/desk/answers/{answer.pk}/{name}/", fields)


def again(answer: Answer) -> Answer:
    return Answer.objects.get(pk=answer.pk)


@pytest.fixture
def drafter(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.drafter)


@pytest.fixture
def releaser(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.releaser)


@pytest.fixture
def answer(make_case: MakeCase, cast: SimpleNamespace, now: datetime) -> Answer:
    """A first draft."""
    return actions.draft(make_case(), actions.Wording(**WORDS), by=cast.drafter, now=now)


@pytest.fixture
def waiting(answer: Answer, cast: SimpleNamespace, now: datetime) -> Answer:
    """It was submitted."""
    actions.submit(answer, by=cast.drafter, now=now)
    return again(answer)


# ---- the list ----
def test_empty_lists_say_what_follows(drafter: Client) -> None:
    assert "没有正在拟的回应" in text_of(drafter, "/desk/answers/")
    assert "没有等待签发的回应" in text_of(drafter, "/desk/answers/?tab=review")
    assert "还没有发布过回应" in text_of(drafter, "/desk/answers/?tab=published")


def test_who_signs_begins_with_what_waits(
    releaser: Client, drafter: Client, waiting: Answer
) -> None:
    assert releaser.get("/desk/answers/").context["page"].items == [waiting]
    assert drafter.get("/desk/answers/").context["page"].items == []
    assert drafter.get("/desk/answers/?tab=review").context["page"].items == [waiting]


@pytest.mark.parametrize("tab", ["drafting", "published"])
def test_the_list_costs_the_same_queries_at_one_and_three(
    tab: str, drafter: Client, make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    costs = []
    for more in (1, 2):
        for _number in range(more):
            actions.draft(make_case(), actions.Wording(**WORDS), by=cast.drafter, now=now)
            done = publish(make_case(), cast, now)
            actions.correct(done, "更正一处。", by=cast.drafter, now=now)
        with CaptureQueriesContext(connection) as found:
            drafter.get(f"/desk/answers/?tab={tab}")
        costs.append(len(found))
    assert costs[0] == costs[1]


# ---- writing ----
def test_the_first_draft_begins_with_what_was_heard_and_found(
    drafter: Client, make_case: MakeCase, make_issue: Callable[..., Issue], cast: SimpleNamespace,
    now: datetime,
) -> None:  # fmt: skip
    case = make_case(make_issue(title="食堂午餐有异物", people=17))
    for what, evidence in (("留样封存完好。", "登记表"), ("无学生就诊", "校医室日志")):
        values = {"what": what, "by_whom": "谁", "evidence": evidence}
        cases.record_fact(case, **values, referral=None, by=cast.duty, now=now)
    form = drafter.get(f"/desk/cases/{case.pk}/answer/new/").context["form"]
    assert form["heard"].value() == "17 人通过镇民论坛反映：食堂午餐有异物。"
    assert form["found"].value() == "留样封存完好。\n无学生就诊。\n依据：登记表、校医室日志。"
    assert not Answer.objects.exists()


def test_a_draft_is_written_saved_and_submitted(
    drafter: Client, make_case: MakeCase, cast: SimpleNamespace
) -> None:
    case = make_case()
    address = f"/desk/cases/{case.pk}/answer/new/"
    due = timezone.localdate() + timedelta(days=9)
    row = {"what_1": "更换清洗筐", "due_1": due.isoformat()}
    assert drafter.post(address, WORDS | row).status_code == 302
    answer = Answer.objects.get()
    assert answer.state == "drafting"
    assert answer.newest.promises == [{"what": "更换清洗筐", "due_on": due.isoformat()}]
    assert drafter.get(address)["Location"] == f"/desk/answers/{answer.pk}/"
    form = drafter.get(f"/desk/answers/{answer.pk}/write/").context["form"]
    assert form["what_1"].value() == "更换清洗筐"
    assert form["due_1"].value() == due
    better = WORDS | {"found": "清洗筐破损，已换。", "based_on": "1", "submit": "1"}
    assert press(drafter, answer, "write", **better).status_code == 302
    answer = again(answer)
    assert (answer.state, answer.newest.number) == ("review", 2)
    assert Notice.objects.filter(person=cast.releaser, verb="answer.submitted").exists()


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"what_1": "换筐"}, "承诺要有日期"),
        ({"due_4": "2999-01-01"}, "请写做什么，或去掉日期"),
        ({"what_5": "换筐", "due_5": "2020-01-01"}, "这一天已经过去"),
        ({"what_2": "换筐", "due_2": "下周"}, "输入一个有效的日期"),
        ({"found": ""}, "这个字段是必填项"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_lost(
    row: dict[str, str], why: str, drafter: Client, make_case: MakeCase
) -> None:
    case = make_case()
    response = drafter.post(f"/desk/cases/{case.pk}/answer/new/", WORDS | row)
    page = response.content.decode()
    assert response.status_code == 422
    assert why in page
    assert WORDS["heard"] in page
    assert not Answer.objects.exists()


def test_two_people_writing_at_once_do_not_go_over_each_other(
    drafter: Client, answer: Answer, cast: SimpleNamespace, now: datetime
) -> None:
    actions.write(answer, actions.Wording(**WORDS), by=cast.duty, now=now)
    response = press(drafter, answer, "write", **WORDS, based_on="1")
    assert response.status_code == 422
    page = response.content.decode()
    assert "别人已经写了第 2 稿" in page
    assert 'name="based_on" value="2"' in page
    assert press(drafter, answer, "write", **WORDS, based_on="2").status_code == 302
    assert again(answer).newest.number == 3


def test_what_waits_for_signature_is_not_rewritten(drafter: Client, waiting: Answer) -> None:
    assert drafter.get(f"/desk/answers/{waiting.pk}/write/").status_code == 302
    response = press(drafter, waiting, "write", **WORDS, based_on="1")
    assert response.status_code == 422
    assert "待签发" in response.content.decode()
    assert again(waiting).newest.number == 1


def test_versions_are_kept_and_compared(
    drafter: Client, answer: Answer, cast: SimpleNamespace, now: datetime
) -> None:
    better = actions.Wording(**WORDS | {"found": "清洗筐破损，已经更换。"})
    actions.write(answer, better, by=cast.duty, now=now)
    page = text_of(drafter, f"/desk/answers/{answer.pk}/")
    assert "第 1 稿 · 拟稿人" in page
    assert "第 2 稿 · 值班员" in page
    assert "<del>清洗筐破损。</del><ins>清洗筐破损，已经更换。</ins>" in page


# ---- four eyes ----
def test_the_drafter_has_no_release_button_and_is_told_why(
    waiting: Answer, drafter: Client, releaser: Client, cast: SimpleNamespace,
    client_of: ClientOf, now: datetime,
) -> None:  # fmt: skip
    address = f"/desk/answers/{waiting.pk}/"
    assert "签发并公开" in text_of(releaser, address)
    page = text_of(drafter, address)
    assert "签发并公开" not in page
    assert "等签发人签发" in page
    both = add_person(
        "both", "兼任", cast.office, ["drafter", "releaser"], password="x" * 12, by=None, now=now
    )
    actions.send_back(waiting, note="改", by=cast.releaser, now=now)
    actions.write(waiting, actions.Wording(**WORDS), by=both, now=now)
    actions.submit(waiting, by=cast.drafter, now=now)
    client = client_of(both)
    page = text_of(client, address)
    assert "签发并公开" not in page
    assert "拟稿人不能签发自己的稿，请由另一位签发人签发" in page
    response = press(client, waiting, "release", version="2")
    assert response.status_code == 409
    assert "拟稿人不能签发自己的稿" in response.content.decode()
    assert again(waiting).state == "review"


def test_another_person_signs_and_it_stands_at_once(waiting: Answer, releaser: Client) -> None:
    assert press(releaser, waiting, "release", version="1").status_code == 302
    answer = again(waiting)
    assert (answer.state, answer.case.state) == ("published", "published")
    page = text_of(releaser, f"/desk/answers/{waiting.pk}/")
    assert f"/answers/{waiting.pk}/" in page
    assert WORDS["found"] in text_of(Client(), f"/answers/{waiting.pk}/")


def test_the_second_of_two_gets_a_clear_page(
    waiting: Answer, releaser: Client, cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    second = add_person(
        "r2", "另一签发人", cast.office, ["releaser"], password="x" * 12, by=None, now=now
    )
    assert press(releaser, waiting, "release", version="1").status_code == 302
    response = press(client_of(second), waiting, "release", version="1")
    page = response.content.decode()
    assert response.status_code == 409
    assert "这份回应现在是“已发布”，不能这样做" in page
    assert "这份回应已由签发人于" in page
    assert "签发并公开" not in page


def test_only_what_was_read_is_signed(
    waiting: Answer, releaser: Client, cast: SimpleNamespace, now: datetime
) -> None:
    actions.send_back(waiting, note="改", by=cast.releaser, now=now)
    actions.write(waiting, actions.Wording(**WORDS), by=cast.drafter, now=now)
    actions.submit(waiting, by=cast.drafter, now=now)
    response = press(releaser, waiting, "release", version="1")
    assert response.status_code == 409
    assert "稿子刚刚改过" in response.content.decode()
    assert again(waiting).state == "review"


def test_sending_back_needs_a_note_and_shows_it(
    waiting: Answer, releaser: Client, drafter: Client
) -> None:
    assert press(releaser, waiting, "send-back", note="").status_code == 422
    assert press(releaser, waiting, "send-back", note="写明依据").status_code == 302
    page = text_of(drafter, f"/desk/answers/{waiting.pk}/")
    assert "退回：" in page
    assert "写明依据" in page


@pytest.mark.parametrize(
    ("who", "name"),
    [
        *((who, "release") for who in ("duty", "drafter", "auditor", "admin")),
        *((who, "submit") for who in ("releaser", "auditor", "admin")),
        *((who, "write") for who in ("releaser", "auditor", "admin")),
        *((who, "send-back") for who in ("auditor", "admin")),
        *((who, "correct") for who in ("releaser", "auditor", "admin")),
    ],
)
def test_colleagues_without_the_role_are_refused(
    who: str, name: str, waiting: Answer, cast: SimpleNamespace, client_of: ClientOf
) -> None:
    assert press(client_of(getattr(cast, who)), waiting, name).status_code == 403
    assert again(waiting).state == "review"


def test_other_units_find_nothing(
    waiting: Answer, cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    water = add_person(
        "w", "供水拟稿", cast.water, ["drafter", "releaser"], password="x" * 12, by=None, now=now
    )
    for person in (water, cast.liaison_edu):
        client = client_of(person)
        for name in ("", "preview/", "write/"):
            text_of(client, f"/desk/answers/{waiting.pk}/{name}", 404)
        assert press(client, waiting, "release", version="1").status_code == 404
        text_of(client, f"/desk/cases/{waiting.case_id}/answer/new/", 404)


# ---- as the public will see it ----
def test_the_preview_is_the_public_page_and_nobody_elses(
    waiting: Answer, releaser: Client, now: datetime
) -> None:
    page = text_of(releaser, f"/desk/answers/{waiting.pk}/preview/")
    assert "只有您看得到" in page
    assert WORDS["title"] in page
    assert "发布单位" in page
    text_of(Client(), f"/answers/{waiting.pk}/", 404)
    assert again(waiting).published_at is None


# ---- corrections ----
def test_a_correction_is_written_and_signed_by_two(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime, drafter: Client, releaser: Client
) -> None:
    answer = publish(make_case(), cast, now)
    assert press(drafter, answer, "correct", text="").status_code == 422
    assert press(drafter, answer, "correct", text="“一”应为“二”。").status_code == 302
    row = Correction.objects.get()
    address = f"/desk/answers/{answer.pk}/"
    assert "等签发人签发" in text_of(drafter, address)
    assert "签发更正" in text_of(releaser, address)
    assert "“一”应为“二”" in text_of(releaser, "/desk/answers/")
    sign = f"{address}corrections/{row.pk}/release/"
    assert drafter.post(sign).status_code == 403
    assert releaser.post(sign).status_code == 302
    assert releaser.post(sign).status_code == 409
    assert "“一”应为“二”。" in text_of(Client(), f"/answers/{answer.pk}/")


def test_a_correction_is_given_up_with_a_reason(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime, drafter: Client
) -> None:
    answer, other = publish(make_case(), cast, now), publish(make_case(), cast, now)
    row = actions.correct(answer, "更正一处。", by=cast.drafter, now=now)
    wrong = f"/desk/answers/{other.pk}/corrections/{row.pk}/drop/"
    assert drafter.post(wrong, {"reason": "x"}).status_code == 404
    address = f"/desk/answers/{answer.pk}/corrections/{row.pk}/drop/"
    assert drafter.post(address, {"reason": ""}).status_code == 422
    assert drafter.post(address, {"reason": "原文没有错"}).status_code == 302
    assert not Correction.objects.exists()


# ---- the rest of the page ----
def test_what_people_say_of_it_is_shown_without_who(
    make_case: MakeCase, make_voice: Callable[..., Voice], cast: SimpleNamespace, now: datetime,
    drafter: Client,
) -> None:  # fmt: skip
    voice = make_voice()
    answer = publish(make_case(voice), cast, now)
    assert "还没有人回话" in text_of(drafter, f"/desk/answers/{answer.pk}/")
    receipt = Receipt.objects.create(voice=voice, code_hash="c0de", made_at=now)
    Confirmation.objects.create(
        receipt=receipt, answer=answer, verdict="not", note="还有异物", at=now
    )
    page = text_of(drafter, f"/desk/answers/{answer.pk}/")
    assert "没有解决" in page
    assert "还有异物" in page
    assert "c0de" not in page


def test_scripts_in_every_field_are_shown_as_text(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime, drafter: Client
) -> None:
    words = dict.fromkeys(("title", "heard", "found", "done"), SCRIPT)
    answer = publish(make_case(), cast, now, promises=[(SCRIPT, date(2999, 1, 1))], **words)
    actions.correct(answer, SCRIPT, by=cast.drafter, now=now)
    assert Promise.objects.get().what == SCRIPT
    for address in (
        f"/desk/answers/{answer.pk}/",
        f"/desk/answers/{answer.pk}/preview/",
        "/desk/answers/?tab=published",
    ):
        page = text_of(drafter, address)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_opening_marks_the_notice_read(
    waiting: Answer, releaser: Client, cast: SimpleNamespace
) -> None:
    text_of(releaser, f"/desk/answers/{waiting.pk}/")
    assert Notice.objects.get(person=cast.releaser).read_at is not None
