"""Promises: kept with proof, late, or said to be broken; and the report of what was put right."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.publishing import WORDS, publish
from tingda.answers import actions as answers
from tingda.cases import actions
from tingda.cases.actions import deadlines
from tingda.cases.models import Case, Promise, PromiseFile
from tingda.cases.queries import open_promises
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice
from tingda.people.models import Person

ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@pytest.fixture
def promise(make_case: MakeCase, cast: SimpleNamespace, now: datetime) -> Promise:
    publish(make_case(), cast, now, promises=[("换软刷", date(2026, 11, 30))])
    return Promise.objects.get()


def test_a_promise_that_cannot_be_kept_is_said_in_public_and_stays(
    promise: Promise, cast: SimpleNamespace, client_of: ClientOf
) -> None:
    desk, address = client_of(cast.duty), f"/desk/cases/{promise.case_id}/break/{promise.pk}/"
    empty = desk.post(address, {"reason": "厂家停产", "instead": ""})
    assert (empty.status_code, "厂家停产" in empty.content.decode()) == (422, True)
    assert desk.post(address, {"reason": "厂家停产", "instead": "改用海绵"}).status_code == 302
    again = desk.post(address, {"reason": "另一个", "instead": "说法"})
    assert "这项承诺已经有了结果" in again.content.decode()
    line = Line.objects.get(verb="promise.broken")
    assert (line.public, line.data["instead"], line.actor) == (True, "改用海绵", cast.duty.name)
    public = Client().get("/promises/").content.decode()
    found = [word in public for word in ("没有做到的", "厂家停产", "改用海绵", ">已逾期<")]
    assert found == [True, True, True, False]
    assert list(open_promises()) == []
    with pytest.raises(Refused, match="已经有了结果"):
        actions.keep_promise(promise, how="换好了", by=cast.duty, now=promise.made_at)


def test_proof_is_kept_with_it_for_the_desk_alone(
    promise: Promise, cast: SimpleNamespace, client_of: ClientOf, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    desk, address = client_of(cast.duty), f"/desk/cases/{promise.case_id}/keep/{promise.pk}/"
    bad = [SimpleUploadedFile("照片.png", PNG), SimpleUploadedFile("照片.jpg", b"MZ\x90")]
    assert desk.post(address, {"how": "换好了", "attachments": bad}).status_code == 422
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert (Promise.objects.get().kept_at, PromiseFile.objects.count(), left) == (None, 0, [])
    good = {"how": "换好了", "attachments": [SimpleUploadedFile("照片.png", PNG)]}
    assert desk.post(address, good).status_code == 302
    proof = PromiseFile.objects.get()
    assert desk.get(f"/desk/proofs/{proof.pk}/").getvalue() == PNG
    assert client_of(cast.liaison_water).get(f"/desk/proofs/{proof.pk}/").status_code == 404
    assert Line.objects.get(verb="promise.proved").data["sha256"] == proof.sha256
    public = Client().get("/promises/").content.decode()
    assert ("换好了" in public, "照片.png" in public) == (True, False)


def test_media_criticism_owes_a_report_and_the_answer_alone_does_not_meet_it(
    make_case: MakeCase, cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    case = make_case(kind="media")
    due = {row.stage: (row.due_at - case.heard_at).days for row in case.deadlines.all()}
    assert due == {"first_answer": 2, "rectify": 14, "finish": 30}
    due_at = case.deadlines.get(stage="rectify").due_at
    publish(case, cast, now)
    open_stages = case.deadlines.filter(met_at=None).values_list("stage", flat=True)
    assert set(open_stages) == {"rectify", "finish"}
    with pytest.raises(Refused, match="还欠一份整改报告"):
        actions.close(case, reason="answered", text="已经答复。", by=cast.duty, now=now)

    page = client_of(cast.drafter)
    address = f"/desk/cases/{case.pk}/answer/new/?rectify=1"
    assert address in page.get(f"/desk/cases/{case.pk}/").content.decode()
    written = page.post(address, WORDS | {"submit": "1"})
    answer = case.answers.get(rectifies=True)
    assert (written.status_code, answer.state) == (302, "review")
    with pytest.raises(Refused):
        answers.release(answer, by=cast.drafter, now=now)
    answers.release(answer, by=cast.releaser, now=now)
    answers.publish_due(now=now)
    assert [row.stage for row in case.deadlines.filter(met_at=None)] == ["finish"]
    task = case.tasks.get()
    assert (task.owner, task.due_at, task.made_by) == (case.owner, due_at, cast.releaser)
    notice = Notice.objects.get(verb="answer.rectified")
    assert (notice.person, notice.link) == (case.owner, f"task:{task.pk}")
    assert "整改报告" in Client().get(f"/answers/{answer.pk}/").content.decode()
    actions.close(case, reason="answered", text="已经整改。", by=cast.duty, now=now)


def test_another_kind_has_its_own_limits_counted_from_when_it_was_heard(
    make_case: MakeCase, cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    case = make_case()
    publish(case, cast, now)
    first = case.deadlines.get(stage="first_answer")
    desk, address = client_of(cast.duty), f"/desk/cases/{case.pk}/kind/"
    assert "改种类" in desk.get(f"/desk/cases/{case.pk}/").content.decode()
    assert desk.post(address, {"kind": "media", "reason": " "}).status_code == 422
    assert desk.post(address, {"kind": "media", "reason": "县报批评"}).status_code == 302
    case.refresh_from_db()
    rows = {row.stage: (row.due_at, row.met_at) for row in case.deadlines.all()}
    rectify, finish = rows.pop("rectify"), rows.pop("finish")
    assert (case.kind, rows) == ("media", {"first_answer": (first.due_at, first.met_at)})
    assert ((rectify[0] - case.heard_at).days, rectify[1]) == (14, None)
    assert ((finish[0] - case.heard_at).days, finish[1]) == (30, None)
    told = Line.objects.filter(thread=case.thread, verb__startswith="deadline.").order_by("number")
    assert [(line.verb, line.data["stage"]) for line in told] == [("deadline.owed", "rectify")]
    change = Line.objects.get(verb="case.kind_changed")
    assert (change.data["before"], change.actor) == ("public_concern", cast.duty.name)
    with pytest.raises(Refused, match="角色"):
        actions.set_kind(case, "petition", reason="来信", by=cast.drafter, now=now)


def test_a_case_from_before_a_clock_gets_it_once_and_on_the_record(
    make_case: MakeCase, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines._Looked, "at", None)
    case, other = make_case(kind="media"), make_case()
    case.deadlines.filter(stage="rectify").delete()
    later = now + timedelta(days=20)
    assert actions.owe_missing_due(now=later) == 1
    row = case.deadlines.get(stage="rectify")
    assert ((row.due_at - case.heard_at).days, row.met_at) == (14, None)
    assert Line.objects.get(verb="deadline.owed").thread == case.thread
    assert actions.owe_missing_due(now=later + deadlines.EVERY) == 0
    assert other.deadlines.count() == 2
