"""What people do to issues: rename, not ours, confirm an alert, split, merge."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace

from django.test import Client

from tingda.analyse.models import Reading
from tingda.collect.models import Voice
from tingda.detect.models import Alert, Apart, Belonging, Issue
from tingda.ledger.models import Line
from tingda.people.models import Person

ClientOf = Callable[[Person], Client]
MakeIssue = Callable[..., Issue]
MakeVoice = Callable[..., Voice]


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def read(voice: Voice, now: datetime, **values: object) -> Reading:
    fields: dict[str, object] = {"digest": f"d{voice.pk}", "read_at": now, "ungathered": False}
    return Reading.objects.create(voice=voice, **fields | values)


def test_renaming_keeps_what_was_typed_when_it_is_refused(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue
) -> None:
    issue = make_issue(title="旧题目")
    client, address = client_of(cast.duty), f"/desk/issues/{issue.pk}/rename/"
    assert "旧题目" in text_of(client, address)
    refused = client.post(address, {"title": "长" * 201})
    assert refused.status_code == 422
    assert "长" * 201 in refused.content.decode()
    assert (
        client.post(address, {"title": "新题目"}).headers["Location"] == f"/desk/issues/{issue.pk}/"
    )
    issue.refresh_from_db()
    assert (issue.title, issue.title_by_person) == ("新题目", True)
    assert Line.objects.last().verb == "issue.renamed"


def test_not_ours_needs_a_reason_and_can_be_taken_back(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue
) -> None:
    issue, client = make_issue(), client_of(cast.duty)
    address = f"/desk/issues/{issue.pk}/"
    assert client.post(f"{address}not-ours/", {"reason": " "}).status_code == 422
    assert client.post(f"{address}not-ours/", {"reason": "归县里管"}).status_code == 302
    page = text_of(client, address)
    assert "理由：归县里管" in page
    assert "恢复…" in page
    assert client.get(f"{address}rename/").status_code == 404
    assert client.post(f"{address}ours-again/", {"reason": "弄错了"}).status_code == 302
    issue.refresh_from_db()
    assert issue.state == Issue.State.OPEN


def test_a_person_confirms_an_alert_and_may_change_its_colour(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    make_voice: MakeVoice,
    now: datetime,
) -> None:
    voice = make_voice(text="楼道有燃气异味")
    issue = make_issue(voice)
    why = {"danger": [["text", 3, 7]], "voice": voice.pk}
    alert = Alert.objects.create(issue=issue, colour="red", why=why, raised_at=now)
    client, address = client_of(cast.duty), f"/desk/issues/{issue.pk}/alert/"
    assert "提到“燃气异味”，1 人反映" in text_of(client, address)
    assert client.post(address, {"colour": "blue", "reason": ""}).status_code == 422
    assert client.post(address, {"colour": "orange", "reason": "已到场"}).status_code == 302
    alert.refresh_from_db()
    assert (alert.colour, alert.confirmed_by) == ("orange", cast.duty)
    assert "改变预警颜色" in text_of(client, address)
    assert client.post(address, {"colour": "red", "reason": "又有人闻到"}).status_code == 302
    alert.refresh_from_db()
    assert alert.colour == "red"


def test_splitting_takes_the_copies_along_and_keeps_the_two_apart(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_issue: MakeIssue,
    make_voice: MakeVoice,
    now: datetime,
) -> None:
    stays, goes, copy = make_voice(), make_voice(), make_voice()
    issue = make_issue(stays, goes, copy)
    for voice in (stays, goes):
        read(voice, now)
    read(copy, now, repeat_of=goes)
    Belonging.objects.filter(voice=copy).update(copy=True)
    client, address = client_of(cast.duty), f"/desk/issues/{issue.pk}/split/"
    page = text_of(client, f"{address}?voice={goes.pk}")
    assert page.count(" checked") == 1
    assert page.count('name="voice"') == 2
    nothing = client.post(address, {"title": "另一件事"})
    assert nothing.status_code == 422
    assert "另一件事" in nothing.content.decode()
    elsewhere = make_voice()
    response = client.post(address, {"title": "另一件事", "voice": [goes.pk, elsewhere.pk, "x"]})
    new = Issue.objects.get(title="另一件事")
    assert response.headers["Location"] == f"/desk/issues/{new.pk}/"
    assert set(new.belongings.values_list("voice", flat=True)) == {goes.pk, copy.pk}
    assert Apart.objects.count() == 1


def test_merging_says_first_what_it_will_do(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue, now: datetime
) -> None:
    large, small = make_issue(title="大的", people=5), make_issue(title="小的", people=2)
    for voice in Voice.objects.all():
        read(voice, now)
    client, address = client_of(cast.duty), "/desk/issues/merge/"
    page = text_of(client, f"{address}?issue={small.pk}&issue={large.pk}")
    assert "全部 2 条声音归到选中的议题" in page
    assert f'value="{large.pk}" id="i{large.pk}" checked' in page
    chosen = {"issue": [large.pk, small.pk], "into": small.pk}
    assert client.post(address, chosen).headers["Location"] == f"/desk/issues/{small.pk}/"
    large.refresh_from_db()
    assert (large.state, large.merged_into) == (Issue.State.MERGED, small)
    assert client.get(f"{address}?issue=999999").status_code == 404


def test_with_one_issue_marked_the_other_is_looked_for(
    cast: SimpleNamespace, client_of: ClientOf, make_issue: MakeIssue
) -> None:
    one = make_issue(title="这一个", place="锦绣苑")
    make_issue(title="同一地点", place="锦绣苑")
    make_issue(title="别处", place="和顺苑")
    client, address = client_of(cast.duty), f"/desk/issues/merge/?issue={one.pk}"
    near = client.get(address).context["others"]
    assert [issue.title for issue in near] == ["同一地点"]
    named = client.get(f"{address}&q=别处").context["others"]
    assert [issue.title for issue in named] == ["别处"]
