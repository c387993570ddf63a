"""The media desk: what is asked by when, what is said, who spoke, who released it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tingda.answers.actions import media
from tingda.answers.models import MediaEnquiry
from tingda.cases.models import Case
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.people.models import Person

ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]
CONTACT = "记者的手机号码"


@pytest.fixture
def taken(cast: SimpleNamespace, now: datetime) -> Callable[..., MediaEnquiry]:
    def take(case: Case | None = None, **values: Any) -> MediaEnquiry:
        fields = {
            "medium": "本地晚报",
            "kind": "interview",
            "asks": "异物查清了吗",
            "contact": CONTACT,
        }
        times = {"received_at": now, "due_at": now + timedelta(hours=48)}
        return media.take_enquiry(
            media.Enquiry(**fields | times | values), case=case, by=cast.duty, now=now
        )

    return take


def test_an_enquiry_is_taken_down_said_released_by_another_and_on_the_record(
    make_case: MakeCase, cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    case, duty = make_case(kind="media"), client_of(cast.duty)
    local = timezone.localtime(now)
    form = {
        "medium": "本地晚报",
        "kind": "interview",
        "asks": "异物查清了吗",
        "contact": CONTACT,
        "received_at": f"{local:%Y-%m-%dT%H:%M}",
        "due_at": f"{local + timedelta(hours=5):%Y-%m-%dT%H:%M}",
        "case": case.pk,
    }
    assert duty.post("/desk/media/new/", form).status_code == 302
    row = MediaEnquiry.objects.get()
    assert (row.case, row.due_at - row.received_at) == (case, timedelta(hours=5))
    assert "本地晚报" in duty.get("/desk/").content.decode()
    address = f"/desk/media/{row.pk}/"
    words = {"said": "已查明，是清洗筐破损。", "speaker": "中心主任"}
    assert duty.post(f"{address}propose/", words).status_code == 302
    read = MediaEnquiry.objects.get().proposed_at
    assert read is not None
    assert duty.post(f"{address}release/", {"read": read.isoformat()}).status_code == 403
    releaser = client_of(cast.releaser)
    stale = releaser.post(f"{address}release/", {"read": now.isoformat()})
    assert (stale.status_code, "稿子刚刚改过" in stale.content.decode()) == (422, True)
    assert releaser.post(f"{address}release/", {"read": read.isoformat()}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.released_by, row.speaker) == ("answered", cast.releaser, "中心主任")
    lines = Line.objects.filter(thread=case.thread, verb__startswith="enquiry.")
    assert [line.verb for line in lines.order_by("number")] == [
        "enquiry.taken",
        "enquiry.proposed",
        "enquiry.answered",
    ]
    assert all(CONTACT not in str(line.data) and not line.public for line in lines)


def test_nobody_releases_the_own_words_and_no_enquiry_ends_in_silence(
    taken: Callable[..., MediaEnquiry], cast: SimpleNamespace, now: datetime
) -> None:
    row = taken()
    cast.releaser.held_roles.create(role="drafter")
    both = Person.objects.get(pk=cast.releaser.pk)
    row = media.propose_words(row, said="属实", speaker="主任", by=both, now=now)
    with pytest.raises(Refused, match="拟稿人不能签发"):
        media.release_words(row, read=now.isoformat(), by=both, now=now)
    with pytest.raises(Refused, match="理由"):
        media.decline_enquiry(row, reason=" ", by=cast.duty, now=now)
    media.decline_enquiry(row, reason="调查中，已书面说明", by=cast.duty2, now=now)
    with pytest.raises(Refused, match="未接受"):
        media.propose_words(row, said="a", speaker="b", by=cast.duty, now=now)


@pytest.mark.parametrize("change", [{"medium": " "}, {"asks": ""}, {"due_at": None}])
def test_what_is_not_whole_is_refused(
    taken: Callable[..., MediaEnquiry], now: datetime, change: dict[str, Any]
) -> None:
    with pytest.raises(Refused):
        taken(**{key: now if value is None else value for key, value in change.items()})
    assert MediaEnquiry.objects.count() == 0


def test_the_nearest_deadline_stands_first_and_a_liaison_sees_none(
    taken: Callable[..., MediaEnquiry], cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    desk = client_of(cast.duty)
    assert "没有等答复的来询" in desk.get("/desk/media/").content.decode()
    costs = []
    for hours in ((9,), (3, 6)):
        for one in hours:
            taken(medium=f"第{one}家", due_at=now + timedelta(hours=one))
        with CaptureQueriesContext(connection) as counted:
            rows = desk.get("/desk/media/").context["waiting"].items
        costs.append(len(counted))
    assert [row.medium for row in rows] == ["第3家", "第6家", "第9家"]
    assert costs[0] == costs[1]
    liaison = client_of(cast.liaison_edu)
    assert liaison.get("/desk/media/").status_code == 404
    assert liaison.get(f"/desk/media/{rows[0].pk}/").status_code == 404
