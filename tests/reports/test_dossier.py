"""A dossier: everything of a case in one order, as one file that says what is in it."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from docx import Document

from tests.publishing import publish
from tingda.answers.actions import exports, media
from tingda.answers.models import DossierExport
from tingda.cases import actions as cases
from tingda.cases.actions import claims, forwarding, meetings, reports
from tingda.cases.models import Case, FactFile
from tingda.collect.models import Receipt, Voice
from tingda.detect.actions.judging import assess
from tingda.duty.actions import plans
from tingda.ledger.models import Line
from tingda.lib.paper import NoPaper
from tingda.lib.refusal import Refused
from tingda.lib.uploads import Kept
from tingda.notify.models import Notice
from tingda.people.models import Person
from tingda.reports.actions.dossier import as_json, write_word
from tingda.reports.queries.dossier import dossier_of
from tingda.reports.rules import Dossier, Part
from tingda.vault.actions import seal
from tingda.worker.exporting import export_due

ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]
SOUND = b"ID3\x04" + b"\0" * 60
CONTACT = "只给值班员看的号码"
PARTS = ["case", "voices", "assessment", "plans", "referrals", "facts", "answers", "promises"]
PARTS += ["letters", "upward", "meetings", "times", "lookback", "ledger"]


def no_pdf(*_args: object) -> None:
    raise NoPaper("font")


@pytest.fixture
def full(
    make_case: MakeCase,
    make_voice: Callable[..., Voice],
    cast: SimpleNamespace,
    now: datetime,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Case:
    """A case with a bit of everything; a PDF is asked for in a test of its own."""
    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr("tingda.reports.actions.dossier.write_pdf", no_pdf)
    voice = make_voice(title="汤里有钢丝")
    sealed = seal(CONTACT, now=now)
    Receipt.objects.create(voice=voice, code_hash="a" * 32, contact=sealed, made_at=now)
    case = make_case(voice)
    cases.refer(case, cast.edu, "留样记录", by=cast.duty, now=now)
    cases.withdraw_referral(case.referrals.get(), "电话问过了", by=cast.duty, now=now)
    said = {"what": "钢丝球脱落", "by_whom": "食安员", "evidence": "录音"}
    fact = cases.record_fact(case, **said, referral=None, by=cast.duty, now=now)
    for name, content in (("录音.mp3", SOUND), ("没了.mp3", b"gone")):
        path = tmp_path / "files" / "facts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        place = f"facts/{name}"
        cases.attach(fact, name=name, path=place, size=len(content), sha256=sha256)
    publish(case, cast, now, promises=[("换软刷", date(2026, 11, 30))])
    return Case.objects.get(pk=case.pk)


def part(told: Dossier, code: str) -> Part:
    return next(one for one in told.parts if one.code == code)


def made(case: Case, by: Person, now: datetime) -> DossierExport:
    row = exports.ask_export(case, "zh-hans", by=by, now=now)
    assert export_due(now=now) == 1
    return DossierExport.objects.get(pk=row.pk)


def opened(row: DossierExport, settings: Any) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO((Path(settings.MEDIA_ROOT) / row.path).read_bytes()))


def test_everything_is_in_it_in_one_order_and_no_sealed_identity(
    full: Case, cast: SimpleNamespace, now: datetime
) -> None:
    told = dossier_of(full, cast.duty, now=now)
    assert [part.code for part in told.parts] == PARTS
    counts = {part.code: len(part.entries) for part in told.parts}
    assert (counts["voices"], counts["facts"], counts["promises"]) == (1, 1, 1)
    assert [entry.head for entry in part(told, "answers").entries] == [
        f"回应 {full.answers.get().pk}",
        "第 1 稿 午餐异物：查到了什么，怎么改",
        "通过",
    ]
    assert [file.name.rsplit("-", 1)[1] for file in told.files] == ["录音.mp3", "没了.mp3"]
    assert CONTACT not in str(told)
    ledger = told.parts[-1].entries
    assert ledger[0].head.startswith("立为事项")
    assert [entry.key for entry in ledger] == sorted(
        (entry.key for entry in ledger), key=lambda key: int(key.split(":")[1])
    )


def test_the_zip_holds_files_and_their_checksums(
    full: Case, cast: SimpleNamespace, now: datetime, settings: Any
) -> None:
    row = made(full, cast.duty, now)
    archive = opened(row, settings)
    manifest = json.loads(archive.read("manifest.json"))
    assert {one["name"]: one["sha256"] for one in manifest["files"]} == {
        name: hashlib.sha256(archive.read(name)).hexdigest()
        for name in archive.namelist()
        if name != "manifest.json"
    }
    fact = full.facts.get()
    sound = f"files/fact-{fact.pk}-{fact.files.get(name='录音.mp3').pk}-录音.mp3"
    assert archive.read(sound) == SOUND
    number = full.number
    assert f"dossier-{number}.docx" in archive.namelist()
    told = json.loads(archive.read(f"dossier-{number}.json"))
    assert [part["code"] for part in told["parts"]] == PARTS
    (voice,) = archive.read("voices.jsonl").decode().splitlines()
    assert json.loads(voice)["title"] == "汤里有钢丝"
    assert all(CONTACT.encode() not in archive.read(name) for name in archive.namelist())
    assert manifest["wanting"] == [
        {"name": f"dossier-{number}.pdf", "why": "这台机器没有装中文字体"}
    ]
    whole = (Path(settings.MEDIA_ROOT) / row.path).read_bytes()
    assert (row.sha256, row.size, row.left_out) == (
        hashlib.sha256(whole).hexdigest(),
        len(whole),
        1,
    )
    line = Line.objects.get(verb="dossier.exported")
    assert (line.thread, line.data["sha256"]) == (full.thread, row.sha256)
    assert Notice.objects.get(verb="dossier.exported").person == cast.duty


def test_a_lost_or_changed_file_is_named_and_the_export_goes_on(
    full: Case, cast: SimpleNamespace, now: datetime, settings: Any
) -> None:
    lost, changed = FactFile.objects.get(name="没了.mp3"), FactFile.objects.get(name="录音.mp3")
    (Path(settings.MEDIA_ROOT) / lost.path).unlink()
    (Path(settings.MEDIA_ROOT) / changed.path).write_bytes(b"other")
    row = made(full, cast.duty, now)
    wanting = json.loads(opened(row, settings).read("manifest.json"))["wanting"]
    assert [(one["name"].rsplit("-", 1)[1], one["why"]) for one in wanting[1:]] == [
        ("录音.mp3", "内容和记录的指纹不符"),
        ("没了.mp3", "磁盘上找不到这个文件"),
    ]
    assert (row.state, row.left_out) == ("done", 3)


def test_a_worker_that_fails_leaves_no_half_file_and_it_is_tried_again(
    full: Case, cast: SimpleNamespace, now: datetime, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_args: object, **_more: object) -> int:
        raise OSError("No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("tingda.worker.exporting.write_zip", full_disk)
        row = made(full, cast.duty, now)
        assert (row.state, row.tries) == ("due", 1)
        assert list((Path(settings.MEDIA_ROOT) / "exports").iterdir()) == []
        for _again in range(3):
            export_due(now=now)
        assert DossierExport.objects.get().state == "failed"
    assert made(full, cast.duty, now).state == "done"


def test_one_of_a_dead_worker_is_free_again_and_two_never_hold_one(
    full: Case, cast: SimpleNamespace, now: datetime
) -> None:
    exports.ask_export(full, "en", by=cast.duty, now=now)
    first = exports.claim_export(now=now)
    assert first is not None
    assert exports.claim_export(now=now) is None
    second = exports.claim_export(now=now + exports.CLAIM + timedelta(seconds=1))
    assert second is not None
    assert exports.finish_export(first, "exports/a.zip", 1, "", 0, now=now) is False
    assert exports.finish_export(second, "exports/b.zip", 1, "", 0, now=now) is True


def test_one_at_a_time_and_nobody_without_the_case(
    full: Case, cast: SimpleNamespace, now: datetime
) -> None:
    exports.ask_export(full, "en", by=cast.duty, now=now)
    with pytest.raises(Refused, match="已经在导出"):
        exports.ask_export(full, "en", by=cast.duty, now=now)
    exports.ask_export(full, "en", by=cast.releaser, now=now)
    with pytest.raises(Refused, match="角色"):
        exports.ask_export(full, "en", by=cast.liaison_edu, now=now)


def test_an_export_ends_after_a_week(
    full: Case, cast: SimpleNamespace, now: datetime, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports._Looked, "at", None)
    row = made(full, cast.duty, now)
    file = Path(settings.MEDIA_ROOT) / row.path
    assert exports.forget_exports(now=now + timedelta(days=6)) == 0
    assert file.exists()
    assert exports.forget_exports(now=now + timedelta(days=8)) == 1
    assert (file.exists(), DossierExport.objects.count()) == (False, 0)


def test_the_page_and_the_files_are_for_who_may_open_the_case(
    full: Case, cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    row = made(full, cast.duty, now)
    desk = client_of(cast.duty)
    page = desk.get(f"/desk/cases/{full.pk}/dossier/").content.decode()
    assert [word in page for word in ("内部 · 不对外公开", "汤里有钢丝", CONTACT)] == [
        True,
        True,
        False,
    ]
    taken = desk.get(f"/desk/exports/{row.pk}.zip")
    assert zipfile.ZipFile(io.BytesIO(taken.getvalue())).testzip() is None
    word = desk.get(f"/desk/cases/{full.pk}/dossier.docx")
    assert word.content[:2] == b"PK"
    outside = client_of(cast.liaison_edu)
    for address in (f"cases/{full.pk}/dossier/", f"exports/{row.pk}.zip"):
        assert outside.get(f"/desk/{address}").status_code == 404
    assert outside.post(f"/desk/cases/{full.pk}/dossier/export/").status_code == 404


def test_a_dossier_costs_the_same_for_one_fact_and_for_three(
    full: Case, cast: SimpleNamespace, now: datetime
) -> None:
    costs = []
    for more in (0, 2):
        for number in range(more):
            said = {"what": f"第{number}条", "by_whom": "食安员", "evidence": "登记表"}
            fact = cases.record_fact(full, **said, referral=None, by=cast.duty, now=now)
            path = f"facts/{number}"
            cases.attach(fact, name="a.txt", path=path, size=1, sha256="0" * 64)
        with CaptureQueriesContext(connection) as counted:
            told = dossier_of(Case.objects.get(pk=full.pk), cast.duty, now=now)
        costs.append((len(part(told, "facts").entries), len(counted)))
    assert [count for count, _cost in costs] == [1, 3]
    assert costs[0][1] == costs[1][1]


def beside(case: Case, cast: SimpleNamespace, now: datetime, folder: Path) -> None:
    """Everything that may stand beside a grave case."""
    issue, by = case.issue, {"by": cast.duty, "now": now}
    assert issue is not None
    said = {"nature": "食堂卫生", "reach": "一校", "trend": "", "stakes": "", "suggestion": "停用"}
    for suggestion in ("停用", "停用并送检"):
        assess(issue, said | {"suggestion": suggestion}, seen=0, **by)
    claims.check_claim(issue, "换了承包商", verdict="false", fact=None, reason="明年到期", **by)
    written = plans.Written("食安预案", "有人不适", ["red"], [], "", "停餐\n留样", "")
    run = plans.start_plan(
        plans.set_plan(None, written, by=cast.admin, now=now), f"issue:{issue.pk}", **by
    )
    plans.tick(run, 0, True, **by)
    sent = forwarding.forward(case, "市监局", way="letter", text="请查供货商", **by)
    for came_back, name in ((False, "去函.pdf"), (True, "复函.pdf")):
        if came_back:
            sent = forwarding.note_reply(sent, "供货商合格", **by)
        kept = Kept(folder / name, name, 4, hashlib.sha256(b"%PDF").hexdigest())
        (folder / name).write_bytes(b"%PDF")
        forwarding.keep_forwarded(sent, kept, name, came_back=came_back)
    asked = media.Enquiry("县报", "enquiry", "查到什么了", now, now + timedelta(hours=4))
    media.take_enquiry(asked, case=case, **by)
    told = reports.Told("食堂停用", "一食堂", "无", "已停餐", [("县政府", "phone")], None)
    report = reports.send_report(case.reports.get(), told, **by)
    reports.note_reply(report, who="总值班室", text="续报", **by)
    meeting = meetings.Called("assessment", "会商：异物", now, "", [cast.liaison_edu], "", [case])
    row = meetings.call_meeting(meeting, **by)
    meetings.add_minutes(row, present="教育办", text="先停用", **by)
    owed = {"what": "留样送检", "owner": cast.liaison_edu, "due_on": date(2026, 11, 23)}
    meetings.give_task(case=case, meeting=row, **owed, **by)


def test_what_stands_beside_a_grave_case_is_in_the_page_the_word_file_and_the_json(
    make_case: MakeCase, cast: SimpleNamespace, now: datetime, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    case = make_case(grade="major")
    beside(case, cast, now, tmp_path)
    told = dossier_of(case, cast.duty, now=now)
    heads = {code: [one.head for one in part(told, code).entries] for code in PARTS}
    issue = case.issue
    assert issue is not None
    assert heads["assessment"] == [
        issue.title,
        "研判意见，第 1 份",
        "研判意见，第 2 份",
        "说法：换了承包商",
    ]
    assert part(told, "plans").entries[0].text.splitlines()[1] == "留样　没有做"
    assert heads["letters"] == ["去函：市监局", "来函：市监局", "县报"]
    assert [
        [file.name.rsplit("-", 1)[1] for file in one.files] for one in part(told, "letters").entries
    ] == [
        ["去函.pdf"],
        ["复函.pdf"],
        [],
    ]
    assert heads["upward"] == ["第 1 次快报", "回话"]
    assert heads["meetings"] == ["会商：异物", "纪要", "任务：留样送检"]
    keys = [one.key for every in told.parts for one in every.entries if every.code != "assessment"]
    assert len(keys) == len(set(keys))
    stream = io.BytesIO()
    write_word(told, stream)
    paper = "\n".join(one.text for one in Document(stream).paragraphs)
    program = json.dumps(as_json(told), ensure_ascii=False)
    for words in (
        "停用并送检",
        "明年到期",
        "供货商合格",
        "复函.pdf",
        "总值班室",
        "先停用",
        "食安预案",
    ):
        assert words in paper and words in program
