"""The pages of proposals, of an issue as a whole, and of issues that both have cases."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tingda.analyse.models import Reading
from tingda.answers.models import Answer, Version
from tingda.cases.actions import promise
from tingda.cases.models import Case
from tingda.collect.models import Voice
from tingda.detect.actions.deciding import merge, split
from tingda.detect.models import Apart, Belonging, Issue, Proposal
from tingda.people.models import Person

ClientOf = Callable[[Person], Client]
MakeIssue = Callable[..., Issue]
MakeVoice = Callable[..., Voice]
MakeCase = Callable[..., Case]
PAGE = "/desk/issues/proposals/"
WHY = {"words": ["油烟", "烧烤"], "places": ["云溪苑"], "names": [], "similarity": 0.42}


@pytest.fixture
def duty(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.duty)


@pytest.fixture
def suggest(make_issue: MakeIssue, make_voice: MakeVoice, now: datetime) -> Callable[..., Proposal]:
    """A merge that waits, or a split of the first voice of an issue."""

    def make(kind: str = "merge", sure: float = 0.7) -> Proposal:
        issue = make_issue(*(make_voice(title="油烟", text=f"第{n}次油烟") for n in range(4)))
        other = make_issue() if kind == "merge" else None
        voices = [] if other else [issue.belongings.earliest("voice").voice_id]
        return Proposal.objects.create(
            kind=kind, issue=issue, other=other, voices=voices, why=WHY, sure=sure, made_at=now
        )

    return make


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def read(voice: Voice, now: datetime, **values: object) -> None:
    fields: dict[str, object] = {"digest": f"d{voice.pk}", "read_at": now, "ungathered": False}
    Reading.objects.create(voice=voice, **fields | values)


def test_the_queue_shows_both_sides_the_reason_and_the_keys(
    duty: Client, suggest: Callable[..., Proposal]
) -> None:
    row, later = suggest(), suggest("split", sure=0.5)
    response = duty.get(PAGE)
    first, second = response.context["asked"]
    assert (first.proposal, second.proposal) == (row, later)
    assert first.why == "都提到“云溪苑”；共有的词：油烟、烧烤；相近程度 42%"
    assert second.why == "拆出去的提到“云溪苑”；拆出去的在说：油烟、烧烤；相近程度 42%"
    assert [side.heading for side in first.sides] == [row.issue.title, row.other.title]
    assert [len(side.voices) for side in first.sides] == [3, 1]
    assert [(side.count, len(side.voices)) for side in second.sides] == [(3, 3), (1, 1)]
    page = response.content.decode()
    assert [page.count(f'data-key="{key}"') for key in "12s"] == [2, 2, 2]


def test_yes_and_no_lead_to_the_next_and_the_last_says_what_comes(
    duty: Client, suggest: Callable[..., Proposal]
) -> None:
    one, two = suggest(sure=0.9), suggest(sure=0.8)
    page = duty.post(f"{PAGE}{one.pk}/", {"same": "yes"}, follow=True)
    assert "已合并成" in page.content.decode()
    assert [asked.proposal for asked in page.context["asked"]] == [two]
    skipped = text_of(duty, f"{PAGE}?after={two.pk}")
    assert "这一遍看完了" in skipped
    page = duty.post(f"{PAGE}{two.pk}/", {"same": "no", "after": one.pk}, follow=True)
    assert "没有要归拢的" in page.content.decode()
    assert list(Apart.objects.values_list("one", "other")) == [(two.issue_id, two.other_id)]
    again = duty.post(f"{PAGE}{two.pk}/", {"same": "yes"})
    assert (again.status_code, "值班员刚刚决定过" in again.content.decode()) == (409, True)


def test_for_a_split_no_means_two_issues_and_yes_leaves_it_whole(
    duty: Client, suggest: Callable[..., Proposal]
) -> None:
    two, whole = suggest("split"), suggest("split")
    duty.post(f"{PAGE}{two.pk}/", {"same": "no"})
    duty.post(f"{PAGE}{whole.pk}/", {"same": "yes"})
    assert duty.post(f"{PAGE}{whole.pk}/", {"same": "maybe"}).status_code == 404
    assert list(Issue.objects.filter(split_from__isnull=False).values_list("split_from")) == [
        (two.issue_id,)
    ]


def test_the_page_of_an_issue_asks_too_and_others_only_look(
    duty: Client, suggest: Callable[..., Proposal], client_of: ClientOf, cast: SimpleNamespace
) -> None:
    row = suggest()
    assert row.other is not None
    address = f"/desk/issues/{row.other_id}/"
    assert "机器觉得这和另一个议题是一回事" in text_of(duty, address)
    for page in (PAGE, address):
        assert f"{PAGE}{row.pk}/" not in text_of(client_of(cast.auditor), page)
    assert client_of(cast.auditor).post(f"{PAGE}{row.pk}/", {"same": "no"}).status_code == 403
    back = duty.post(f"{PAGE}{row.pk}/", {"same": "no", "next": row.other_id})
    assert back.headers["Location"] == address


def test_the_queue_and_an_issue_cost_the_same_however_many(
    duty: Client, suggest: Callable[..., Proposal]
) -> None:
    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            text_of(duty, address)
        return len(asked)

    row, _split = suggest(), suggest("split")
    queue, issue = cost(PAGE), f"/desk/issues/{row.issue_id}/"
    cost(issue)
    one = cost(issue)
    suggest()
    suggest("split")
    Proposal.objects.exclude(pk=row.pk).filter(kind="merge").update(other=row.issue)
    assert (cost(PAGE), cost(issue)) == (queue, one)


def test_one_voice_is_put_out_with_one_click_and_stays_out(
    duty: Client, make_issue: MakeIssue, make_voice: MakeVoice, now: datetime
) -> None:
    first, copy, other = make_voice(text="路灯不亮"), make_voice(), make_voice()
    issue = make_issue(first, copy, other)
    for voice, of in ((first, None), (copy, first), (other, None)):
        read(voice, now, repeat_of=of)
    Belonging.objects.filter(voice=copy).update(copy=True)
    address = f"/desk/issues/{issue.pk}/"
    assert text_of(duty, address).count('data-key="n"') == 2
    page = duty.post(f"{address}voices/{first.pk}/out/", follow=True)
    fresh = Issue.objects.get(split_from=issue)
    assert f'已拆成新议题“<a href="/desk/issues/{fresh.pk}/">' in page.content.decode()
    assert set(fresh.belongings.values_list("voice", flat=True)) == {first.pk, copy.pk}
    assert Apart.objects.filter(one=issue, other=fresh).exists()
    assert 'data-key="n"' not in text_of(duty, address)  # one is left
    assert duty.post(f"{address}voices/{other.pk}/out/").status_code == 409


def test_what_people_ask_stands_on_the_issue_and_beside_the_editor(
    duty: Client, make_issue: MakeIssue, make_voice: MakeVoice, make_case: MakeCase, now: datetime
) -> None:
    said = [
        "云溪苑烧烤店油烟太大。油烟净化设备装了没有？",
        "烧烤店的油烟净化设备到底装了没有，请联系13812345678！",
        "云溪苑烧烤店油烟飘进二楼。夜间营业允许到几点？",
    ]
    voices = [make_voice(title="", text=text) for text in said]
    for voice in voices:
        read(voice, now, terms="云溪苑 烧烤 油烟")
    issue = make_issue(*voices)
    response = duty.get(f"/desk/issues/{issue.pk}/")
    assert [(one.text, one.people) for one in response.context["questions"]] == [
        ("烧烤店的油烟净化设备到底装了没有，请联系138****！", 2),
        ("夜间营业允许到几点？", 1),
    ]
    assert [one.speaks for one in response.context["said"]] == [True, False, False]
    case = make_case(issue)
    page = text_of(duty, reverse("answer-new", args=[case.pk]))
    assert page.count('<input type="checkbox"><span>烧烤店的油烟净化设备到底装了没有') == 1
    assert "13812345678" not in page


def test_one_text_by_many_accounts_is_shown_with_its_numbers(
    duty: Client, make_issue: MakeIssue, make_voice: MakeVoice, now: datetime
) -> None:
    first, *copies = [make_voice(title="请延长开放时间", text="同一段话") for _ in range(4)]
    unknown = make_voice(author_hash="")
    issue = make_issue(first, *copies, unknown, copies=4)
    read(first, now)
    for voice in (*copies, unknown):
        read(voice, now, repeat_of=first)
        Belonging.objects.filter(voice=voice).update(copy=True)
    Belonging.objects.filter(voice=unknown).update(author_hash=f"v{unknown.pk}")
    page = text_of(duty, f"/desk/issues/{issue.pk}/")
    assert "4 个账号，5 人，5 条" in page
    assert first.author_hash not in page


def test_two_cases_of_one_matter_stay_open_until_a_person_says_which_leads(
    duty: Client, make_case: MakeCase, make_issue: MakeIssue, cast: SimpleNamespace, now: datetime
) -> None:
    into, gone = make_issue(), make_issue()
    lead, other = make_case(into, title="甲"), make_case(gone, title="乙")
    before = text_of(duty, f"/desk/issues/merge/?issue={into.pk}&issue={gone.pk}")
    assert "这些议题有 2 个在办事项" in before
    made = promise(other, "月底前检查", "2026-11-30", now=now)
    merge(gone, into, by=cast.duty, now=now)
    page = text_of(duty, f"/desk/issues/{into.pk}/")
    assert "由哪个主办" in page
    assert (f"/desk/cases/{lead.pk}/" in page, f"/desk/cases/{other.pk}/" in page) == (True, True)
    assert f"{lead.number} 甲</a>" in text_of(duty, f"/desk/cases/{other.pk}/")
    address = f"/desk/issues/{into.pk}/lead/{lead.pk}/"
    assert f"与事项 {lead.number} 是同一件事" in text_of(duty, address)
    name = f"c{other.pk}"
    assert duty.post(address, {f"{name}-closes": "on", f"{name}-text": "并"}).status_code == 422
    assert duty.post(address, {f"{name}-text": "不勾选"}).status_code == 422
    words = {f"{name}-closes": "on", f"{name}-text": "与甲是同一件事，并入一并办理。"}
    assert duty.post(address, words).headers["Location"] == f"/desk/cases/{lead.pk}/"
    lead.refresh_from_db()
    other.refresh_from_db()
    assert (lead.is_open, other.closing_reason, other.closing_text) == (
        True,
        "merged",
        "与甲是同一件事，并入一并办理。",
    )
    made.refresh_from_db()
    assert (made.case, made.kept_at) == (other, None)  # what was promised stays promised
    assert duty.get(address).status_code == 404
    assert "由哪个主办" not in text_of(duty, f"/desk/issues/{into.pk}/")


@pytest.mark.parametrize("published", [True, False])
def test_what_is_split_off_begins_without_a_case(
    published: bool,
    duty: Client,
    make_case: MakeCase,
    make_voice: MakeVoice,
    make_issue: MakeIssue,
    cast: SimpleNamespace,
    now: datetime,
) -> None:
    voice, other = make_voice(), make_voice()
    issue = make_issue(voice, other)
    case = make_case(issue)
    state, at = ("published", now - timedelta(hours=2)) if published else ("drafting", None)
    answer = Answer.objects.create(case=case, state=state, made_at=now, published_at=at)
    Version.objects.create(
        answer=answer, number=1, title="关于油烟的回应", author=cast.drafter, at=now
    )
    fresh = split(issue, [voice.pk], title="", by=cast.duty, now=now)
    page = text_of(duty, f"/desk/issues/{fresh.pk}/")
    assert f'从这个议题拆分出来：<a href="/desk/issues/{issue.pk}/">' in page
    assert "还没有立为事项" in page
    told = "那个议题已经发布过回应，没有专门回答这里的事：" in page
    assert (told, f'/desk/answers/{answer.pk}/">关于油烟的回应' in page) == (published, published)
    assert f"/desk/cases/{case.pk}/" in text_of(duty, f"/desk/issues/{issue.pk}/")
