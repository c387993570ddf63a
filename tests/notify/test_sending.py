"""What waits goes out once, in order, to real receivers, whatever they do."""

import json
from collections.abc import Callable
from datetime import datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings

from tests.servers.receivers import Receiver, listening
from tingda.cases.actions import refer
from tingda.cases.models import Case
from tingda.lib.refusal import Refused
from tingda.lib.sealing import seal
from tingda.notify.actions import mark_read, tell
from tingda.notify.actions.sending import deliver_due, forget_sent, send_again, try_reach
from tingda.notify.actions.ways import switch_reach
from tingda.notify.models import Notice, Reach, Sending
from tingda.notify.rules import Times
from tingda.people.actions import add_unit
from tingda.people.models import Institution, Person, Unit
from tingda.worker.loop import LANES

pytestmark = pytest.mark.django_db
Hook = Callable[..., Reach]
MINUTE = timedelta(minutes=1)


def told(people: list[Person], number: int, at: datetime, **more: object) -> None:
    verb, link = str(more.pop("verb", "answer.sent_back")), f"answer:{number}"
    data = {"title": f"第{number}件"} | dict(more.pop("data", {}))  # type: ignore[call-overload]
    tell(people, verb, key=f"{verb}:{number}", link=link, now=at, data=data, **more)  # type: ignore[arg-type]


def states() -> list[str]:
    return list(Sending.objects.order_by("at", "id").values_list("state", flat=True))


def test_it_goes_out_once_and_the_notice_stays_at_the_desk(
    cast: SimpleNamespace, hook: Hook, receiver: Receiver, now: datetime
) -> None:
    hook()
    for _again in range(2):
        told([cast.duty, cast.duty2], 1, now)
        deliver_due(now=now)
    assert receiver.titles() == ["稿子退回修改：第1件"]
    body = receiver.received[0].body
    assert body["key"] == "answer.sent_back:1"
    assert body["link"] == "https://tingda.test/desk/notices/go/answer:1"
    assert receiver.received[0].headers["Authorization"] == "Bearer secret-of-the-hook"
    assert Notice.objects.filter(read_at=None).count() == 2


def test_an_alert_says_what_where_how_many_since_when_why_and_the_link(
    cast: SimpleNamespace, hook: Hook, receiver: Receiver, now: datetime
) -> None:
    hook()
    data = {
        "title": "东街停水，联系张三丰13800138000",
        "place": "东街",
        "people": 12,
        "messages": 30,
        "since": (now - timedelta(hours=2)).isoformat(),
        "colour": "red",
        "why": [
            ["%(unit)s已反馈联系单", {"unit": "供水公司"}],
            ["有新的情况", {}],
            ["%(gone)s", {"x": 1}],
        ],
    }
    told([cast.duty], 1, now, verb="alert.raised", data=data, urgent=True)
    deliver_due(now=now)
    body = receiver.received[0].body
    assert body["title"].startswith("新的红色预警：东街停水")
    assert "13800138000" not in body["title"] + body["message"]
    lines = body["message"].splitlines()
    assert lines[0].startswith("什么事：东街停水")
    assert lines[1:] == [
        "在哪里：东街",
        "多少人：12 人，30 条",
        "从什么时候：11月21日 14:20",
        "为什么：供水公司已反馈联系单；有新的情况；%(gone)s",
        "打开：https://tingda.test/desk/notices/go/answer:1",
        "—— 听答 · 本单位",
    ]


def test_each_way_is_written_in_its_own_language(
    cast: SimpleNamespace, hook: Hook, receiver: Receiver, now: datetime
) -> None:
    hook(language="en")
    told([cast.duty], 1, now)
    deliver_due(now=now)
    assert receiver.titles() == ["Draft sent back for changes: 第1件"]


def test_in_english_units_and_the_office_have_their_english_names(
    cast: SimpleNamespace, hook: Hook, receiver: Receiver, now: datetime
) -> None:
    Institution.objects.update(name="云川县", name_en="Yunchuan County")
    Unit.objects.filter(pk=cast.edu.pk).update(name_en="Education Bureau")
    hook(language="en")
    for number, unit in enumerate((cast.edu.name, "没有英文名的单位"), start=1):
        told([cast.duty], number, now, verb="referral.answered", data={"unit": unit})
    deliver_due(now=now)
    assert sorted(receiver.titles()) == [
        "Education Bureau has answered the referral: 第1件",
        "没有英文名的单位 has answered the referral: 第2件",
    ]
    assert receiver.received[0].body["message"].endswith("— Tingda · Yunchuan County")


def test_a_receiver_that_is_down_for_a_day_loses_nothing_and_gets_nothing_twice(
    cast: SimpleNamespace, hook: Hook, receiver: Receiver, now: datetime
) -> None:
    few, down = hook(), Receiver()
    with listening(down):
        pass  # its port is known, and nobody listens there any more
    many = hook(cast.duty2)
    moved = [few, many]
    for reach in moved:
        _lead_to(reach, down)
    for number in range(1, 4):
        told([cast.duty], number, now + number * MINUTE)
    for number in range(1, 9):
        verb = "alert.level" if number == 8 else "answer.sent_back"
        told([cast.duty2], number, now + number * MINUTE, verb=verb, data={"colour": "red"})
    at, tried = now, 0
    while at < now + timedelta(days=1):
        tried += deliver_due(now=at)
        at += timedelta(hours=1)
    assert set(states()) == {"waiting"}
    assert 20 <= tried <= 40  # it is left in peace
    reach = Reach.objects.get(pk=few.pk)
    assert (reach.failures > 5, reach.error["params"]["host"]) == (True, "127.0.0.1")
    with listening(down):
        for _again in range(3):
            deliver_due(now=at + timedelta(hours=2))
    assert set(states()) == {"sent"}
    assert sorted(down.titles()) == sorted(
        [f"稿子退回修改：第{number}件" for number in (1, 2, 3)] + ["听答：8 条通知"]
    )
    own = [title for title in down.titles() if title.startswith("稿子")]
    assert own == [f"稿子退回修改：第{number}件" for number in (1, 2, 3)]
    folded = next(one.body for one in down.received if one.body["title"].startswith("听答"))
    lines = folded["message"].splitlines()
    assert [line.split()[-1] for line in lines[:8]] == [
        f"第{n}件" for n in (8, 1, 2, 3, 4, 5, 6, 7)
    ]
    assert Reach.objects.get(pk=few.pk).failures == 0


def _lead_to(reach: Reach, receiver: Receiver) -> None:
    """As if the way had been added with that address."""
    fields = json.dumps({"url": receiver.address, "token": ""})
    Reach.objects.filter(pk=reach.pk).update(sealed=seal(settings.HOME, "notify.key", fields))


@pytest.mark.parametrize("status", [500, 429, 404])
def test_a_receiver_that_says_no_is_asked_again(
    cast: SimpleNamespace, hook: Hook, receiver: Receiver, now: datetime, status: int
) -> None:
    reach = hook()
    receiver.status, receiver.answer = status, "no: secret-of-the-hook"
    told([cast.duty], 1, now)
    assert (deliver_due(now=now), deliver_due(now=now)) == (1, 0)
    reach.refresh_from_db()
    assert reach.error["params"] == {"host": "127.0.0.1", "status": status, "said": "no: …"}
    receiver.status = 200
    deliver_due(now=now + MINUTE)
    assert (states(), len(receiver.received)) == (["sent"], 2)


def test_an_answer_that_never_came_leaves_a_doubt_which_is_said_and_not_sent_again(
    cast: SimpleNamespace, hook: Hook, receiver: Receiver, now: datetime
) -> None:
    reach = hook()
    receiver.seconds = 3.5
    told([cast.duty], 1, now)
    deliver_due(now=now)
    receiver.seconds = 0
    deliver_due(now=now + timedelta(days=1))
    assert (states(), len(receiver.received)) == (["doubt"], 1)
    told([cast.duty], 2, now + timedelta(days=1))
    deliver_due(now=now + timedelta(days=1))
    assert "前面有 1 条不知道送到没有" in receiver.received[1].body["message"]
    row = reach.sendings.get(state="doubt")
    send_again(row, by=cast.duty, now=now + timedelta(days=1))
    deliver_due(now=now + timedelta(days=1))
    assert (states(), len(receiver.received)) == (["sent", "sent"], 3)
    with pytest.raises(Refused):
        send_again(row, by=cast.duty, now=now)


def test_after_three_days_it_is_given_up_and_says_so(
    cast: SimpleNamespace, hook: Hook, receiver: Receiver, now: datetime
) -> None:
    hook()
    receiver.status = 500
    told([cast.duty], 1, now)
    for days in (0, 2, 4, 5):
        deliver_due(now=now + timedelta(days=days))
    assert (states(), len(receiver.received)) == (["given_up"], 3)


def test_what_is_urgent_does_not_wait_for_a_way_that_failed_nor_for_the_morning(
    cast: SimpleNamespace, hook: Hook, receiver: Receiver, now: datetime
) -> None:
    night = now + timedelta(hours=10)  # 02:20
    hook(times=Times(quiet_from=time(22), quiet_to=time(7)))
    told([cast.duty], 1, night)
    assert deliver_due(now=night) == 0
    receiver.status = 500
    told([cast.duty], 2, night, urgent=True, verb="alert.raised")
    deliver_due(now=night)
    receiver.status = 200
    assert deliver_due(now=night) == 0
    told([cast.duty], 3, night, urgent=True, verb="alert.raised")
    deliver_due(now=night)
    assert [title[-3:] for title in receiver.titles()] == ["第2件", "第2件", "第3件"]
    deliver_due(now=night + timedelta(hours=4, minutes=40))
    assert receiver.titles()[-1] == "稿子退回修改：第1件"


def test_a_digest_is_one_message_a_day_without_what_was_read_meanwhile(
    cast: SimpleNamespace, hook: Hook, receiver: Receiver, now: datetime
) -> None:
    hook(times=Times(digest=time(18, 0)))
    for number in (1, 2, 3):
        told([cast.duty], number, now + number * MINUTE)
    mark_read(cast.duty, link="answer:2", now=now + 10 * MINUTE)
    assert deliver_due(now=now + 99 * MINUTE) == 0  # 17:59
    deliver_due(now=now + 100 * MINUTE)
    assert receiver.titles() == ["听答：2 条通知"]
    assert sorted(states()) == ["seen", "sent", "sent"]


def test_a_group_gets_what_it_asked_for_whoever_was_told(
    cast: SimpleNamespace, hook: Hook, receiver: Receiver, now: datetime
) -> None:
    pipes = add_unit("pipes", "管网班", parent=cast.water, by=None, now=now)
    hook(shared=True, matters=["cases"], units=[cast.water])
    told([cast.duty], 1, now, verb="answer.sent_back")
    told([cast.duty], 2, now, verb="referral.late", unit=cast.edu)
    told([cast.duty, cast.duty2], 3, now, verb="referral.late", unit=pipes)
    told([], 4, now, verb="referral.late", unit=cast.water.pk)
    deliver_due(now=now)
    assert [title[-3:] for title in receiver.titles()] == ["第3件", "第4件"]


def test_a_paused_way_and_one_of_somebody_who_left_get_nothing(
    cast: SimpleNamespace, hook: Hook, receiver: Receiver, now: datetime
) -> None:
    switch_reach(hook(), active=False, by=cast.duty, now=now)
    hook(cast.duty2)
    Person.objects.filter(pk=cast.duty2.pk).update(is_active=False)
    told([cast.duty, cast.duty2], 1, now)
    deliver_due(now=now)
    assert (receiver.received, states()) == ([], [])


def test_trying_says_what_really_happened_and_lets_go_what_waited(
    cast: SimpleNamespace, hook: Hook, receiver: Receiver, now: datetime
) -> None:
    reach = hook()
    receiver.status = 403
    told([cast.duty], 1, now)
    deliver_due(now=now)
    assert (try_reach(reach, now=now).state, deliver_due(now=now)) == ("again", 0)
    receiver.status = 200
    assert (try_reach(reach, now=now).state, deliver_due(now=now)) == ("sent", 1)
    assert states() == ["sent"]


def test_sending_has_a_lane_of_its_own() -> None:
    lanes = [name for name, steps in LANES.items() if deliver_due in steps]
    assert [(name, LANES[name]) for name in lanes] == [("send", (deliver_due,))]


def test_what_went_out_long_ago_is_forgotten(
    cast: SimpleNamespace, hook: Hook, now: datetime
) -> None:
    hook()
    told([cast.duty], 1, now)
    deliver_due(now=now)
    assert forget_sent(now=now + timedelta(days=89)) == 0
    assert forget_sent(now=now + timedelta(days=91)) == 1
    assert Notice.objects.count() == 1


def test_a_referral_concerns_the_unit_that_is_asked(
    cast: SimpleNamespace,
    hook: Hook,
    receiver: Receiver,
    now: datetime,
    make_case: Callable[..., Case],
) -> None:
    hook(shared=True, units=[cast.water])
    case = make_case()
    for unit in (cast.edu, cast.water):
        refer(case, unit, "请核实", by=cast.duty, now=now)
    deliver_due(now=now)
    assert receiver.titles() == [f"有一张新的联系单：{case.title}"]
    assert "应于 " in receiver.received[0].body["message"]
