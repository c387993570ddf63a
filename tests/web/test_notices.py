"""我的通知, and the ways by which they go out: everybody's own, and those of groups."""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.servers.receivers import Receiver, listening
from tingda.ledger.models import Line
from tingda.notify.actions import tell
from tingda.notify.actions.sending import deliver_due
from tingda.notify.actions.ways import Wishes, add_reach
from tingda.notify.models import MailServer, Notice, Reach, Sending
from tingda.people.models import Person

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
WAYS, GROUPS = "/desk/notices/ways/", "/desk/settings/notices/"
SECRET = "693a91f6-7aaa-4bc4"
WISHES = {"name": "值班群", "pace": "at_once", "language": "zh-hans"}
ROBOT = WISHES | {"way_key": SECRET}
SERVER = {"host": "smtp.example.cn", "security": "tls", "port": "465", "user": "tingda",
          "password": "mail-password", "sender": "tingda@example.cn"}  # fmt: skip


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with listening(Receiver()) as told:
        settings.PRIVATE_HOSTS = [f"127.0.0.1:{told.port}"]
        yield told


def told(person: Person, number: int, now: datetime, link: str = "sources") -> None:
    tell([person], "source.silent", key=f"k:{number}", link=link, now=now,
         data={"title": f"第{number}个来源"})  # fmt: skip


def page_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as found:
        page_of(client, address)
    return len(found)


def test_what_is_unread_stands_first_and_all_is_marked_read_at_once(
    cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    client = client_of(cast.duty)
    for number in (1, 2, 3):
        told(cast.duty, number, now + timedelta(minutes=number))
    told(cast.duty2, 9, now)
    Notice.objects.filter(key="k:3").update(read_at=now)
    page = page_of(client, "/desk/notices/")
    places = [page.index(f"第{number}个来源") for number in (2, 1, 3)]
    assert places == sorted(places)
    assert ("第9个来源" in page, page.count(">未读<")) == (False, 2)
    assert client.post("/desk/notices/read/").status_code == 302
    assert Notice.objects.filter(person=cast.duty, read_at=None).count() == 0
    assert Notice.objects.get(person=cast.duty2).read_at is None
    assert "全部标为已读" not in page_of(client, "/desk/notices/")


def test_a_link_in_a_message_leads_to_its_page_and_nowhere_else(
    cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    client = client_of(cast.duty)
    told(cast.duty, 1, now, link="issue:7")
    go = "/desk/notices/go/"
    assert client.get(f"{go}issue:7").headers["Location"] == "/desk/issues/7/"
    assert Notice.objects.get().read_at is not None
    for strange in ("issue:x", "https:example.com", "settings:1"):
        assert client.get(f"{go}{strange}").headers["Location"] == "/desk/home/"
    assert Client().get(f"{go}issue:7").headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("who", ["duty", "liaison_edu", "auditor"])
def test_everybody_adds_a_way_of_their_own_and_its_key_is_never_shown_again(
    cast: SimpleNamespace, client_of: ClientOf, who: str
) -> None:
    client = client_of(getattr(cast, who))
    assert "还没有通知方式" in page_of(client, WAYS)
    typed = ROBOT | {"pace": "daily", "digest": "08:00", "quiet_from": "22:00", "quiet_to": "07:00",
                     "matters": ["alerts", "cases"], "units": [cast.water.pk]}  # fmt: skip
    assert client.post(f"{WAYS}add/wecom/", typed).status_code == 302
    reach = Reach.objects.get()
    assert (reach.person, reach.digest, list(reach.units.all())) == (
        getattr(cast, who), time(8), [cast.water],
    )  # fmt: skip
    assert SECRET.encode() not in bytes(reach.sealed)
    page = page_of(client, WAYS)
    assert "预警、事项和联系单 · 只要：供水公司 · 每天 08:00 汇总 · 22:00 到 07:00 免打扰" in page
    shown = page + page_of(client, f"{WAYS}{reach.pk}/")
    lines = str(list(Line.objects.values_list("verb", "data")))
    assert (SECRET in shown, SECRET in lines, "reach.added" in lines) == (False, False, True)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"way_key": ""}, "这个字段是必填项"),
        ({"way_key": "no key/"}, "“机器人的 key”不对"),
        ({"pace": "daily"}, "请写明几点发"),
        ({"quiet_from": "22:00"}, "免打扰要写明从几点到几点"),
        ({"pace": "daily", "digest": "23:00", "quiet_from": "22:00", "quiet_to": "07:00"},
         "汇总的时间落在免打扰里面"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    cast: SimpleNamespace, client_of: ClientOf, typed: dict[str, str], why: str
) -> None:
    answer = client_of(cast.duty).post(f"{WAYS}add/wecom/", ROBOT | typed)
    page = answer.content.decode()
    assert (answer.status_code, why in page, 'value="值班群"' in page) == (422, True, True)
    assert Reach.objects.count() == 0


def test_only_kinds_of_the_list_can_be_added(cast: SimpleNamespace, client_of: ClientOf) -> None:
    client = client_of(cast.duty)
    for kind in ("syslog", "wecombot", "file"):
        assert client.get(f"{WAYS}add/{kind}/").status_code == 404


def test_trying_tells_what_the_other_side_really_said(
    cast: SimpleNamespace, client_of: ClientOf, receiver: Receiver
) -> None:
    client = client_of(cast.duty)
    client.post(f"{WAYS}add/webhook/", WISHES | {"way_url": receiver.address, "way_token": ""})
    reach = Reach.objects.get()
    receiver.status, receiver.answer = 418, "a teapot"
    page = client.post(f"{WAYS}{reach.pk}/try/", follow=True).content.decode()
    assert "127.0.0.1 回答 418，没有收下。对方说：a teapot" in page
    receiver.status = 200
    page = client.post(f"{WAYS}{reach.pk}/try/", follow=True).content.decode()
    assert "发出去了，对方已经收下" in page
    assert receiver.titles() == ["听答：试一试"] * 2


def test_what_did_not_arrive_is_shown_to_the_person_and_the_trouble_to_administrators(
    cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    fields = {"url": "https://127.0.0.1:9/secret-path", "token": ""}
    add_reach("webhook", "程序", fields, Wishes(), by=cast.liaison_edu, now=now)
    told(cast.liaison_edu, 1, now)
    deliver_due(now=now)
    client, admin = client_of(cast.liaison_edu), client_of(cast.admin)
    page = page_of(client, WAYS)
    assert ("送不到" in page, "127.0.0.1 是内部网络地址" in page, "第1个来源" in page) == (
        True,
    ) * 3
    assert "再发一次" not in page
    Sending.objects.update(state="doubt")
    assert "再发一次" in page_of(client, WAYS)
    row = Sending.objects.get()
    again = f"/desk/notices/sendings/{row.pk}/again/"
    assert admin.post(again).status_code == 404
    assert client.post(again).status_code == 302
    assert Sending.objects.get().state == "waiting"
    page = page_of(admin, GROUPS)
    assert ("教育办联络员" in page, "secret-path" in page, "第1个来源" in page) == (
        True,
        False,
        False,
    )
    assert "教育办联络员" not in page_of(client_of(cast.duty), GROUPS)


def test_somebody_elses_way_is_not_there(
    cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    made = [
        add_reach("wecom", "群", {"key": SECRET}, Wishes(), by=cast.duty, now=now),
        add_reach("wecom", "全群", {"key": SECRET}, Wishes(), by=cast.admin, now=now, shared=True),
    ]
    for reach in made:
        for deed in ("", "try/", "switch/", "drop/"):
            answer = client_of(cast.duty2).post(f"{WAYS}{reach.pk}/{deed}")
            assert answer.status_code == 404
    assert client_of(cast.admin).get(f"{WAYS}{made[0].pk}/").status_code == 404
    assert Reach.objects.count() == 2


def test_a_way_is_changed_paused_used_again_and_removed(
    cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    reach = add_reach("wecom", "群", {"key": SECRET}, Wishes(), by=cast.duty, now=now)
    client, sealed = client_of(cast.duty), bytes(reach.sealed)
    here = f"{WAYS}{reach.pk}/"
    assert client.post(here, WISHES | {"name": "新群"}).status_code == 302
    client.post(f"{here}switch/", {"active": "no"})
    reach.refresh_from_db()
    assert (reach.name, reach.active, bytes(reach.sealed)) == ("新群", False, sealed)
    client.post(f"{here}switch/", {"active": "yes"})
    assert client.get(f"{here}drop/").status_code == 200
    assert Reach.objects.filter(active=True).count() == 1
    client.post(f"{here}drop/")
    assert Reach.objects.count() == 0
    verbs = Line.objects.filter(verb__startswith="reach.").values_list("verb", flat=True)
    assert list(verbs.order_by("number")) == [
        f"reach.{verb}" for verb in ("added", "changed", "paused", "resumed", "removed")
    ]


def test_administrators_set_up_groups_and_the_mail_server_and_others_read(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    admin, duty = client_of(cast.admin), client_of(cast.duty)
    for address in ("add/wecom/", "server/"):
        assert duty.get(f"{GROUPS}{address}").status_code == 403
        assert client_of(cast.liaison_edu).get(f"{GROUPS}{address}").status_code == 404
    assert admin.post(f"{GROUPS}add/wecom/", ROBOT).status_code == 302
    assert Reach.objects.get().person is None
    assert admin.post(f"{GROUPS}server/", SERVER).status_code == 302
    page = page_of(duty, GROUPS)
    assert ("值班群" in page, "smtp.example.cn" in page, "发一条试试" in page) == (
        True,
        True,
        False,
    )
    assert "mail-password" not in page_of(admin, f"{GROUPS}server/")


def test_a_mail_servers_password_stays_only_for_the_same_server_and_user(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    admin = client_of(cast.admin)
    admin.post(f"{GROUPS}server/", SERVER)
    sealed = bytes(MailServer.objects.get().sealed)
    admin.post(f"{GROUPS}server/", SERVER | {"password": "", "port": "994"})
    assert (MailServer.objects.get().port, bytes(MailServer.objects.get().sealed)) == (994, sealed)
    admin.post(f"{GROUPS}server/", SERVER | {"password": "", "host": "elsewhere.example.cn"})
    assert bytes(MailServer.objects.get().sealed) != sealed
    for wrong in ({"security": "plain"}, {"host": "a b"}, {"port": "70000"}):
        assert admin.post(f"{GROUPS}server/", SERVER | wrong).status_code == 422


def test_lists_cost_the_same_however_much_there_is(
    cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    client, pages = client_of(cast.admin), ("/desk/notices/", WAYS, GROUPS)

    def grow(number: int) -> None:
        told(cast.admin, number, now)
        for shared in (False, True):
            wishes = Wishes(units=[cast.water])
            reach = add_reach(
                "wecom", "群", {"key": SECRET}, wishes, by=cast.admin, now=now, shared=shared
            )
            error = {
                "message": "发送用的时间太长，停了下来，不知道送到没有",
                "params": {"host": "a"},
            }
            Reach.objects.filter(pk=reach.pk).update(failures=2, error=error)
            Sending.objects.create(
                reach=reach, key=f"x:{number}", verb="source.silent", link="sources",
                data={"title": "来源"}, at=now, due_at=now, state="doubt",
            )  # fmt: skip

    grow(1)
    few = [queries(client, address) for address in pages]
    grow(2)
    grow(3)
    assert [queries(client, address) for address in pages] == few


def test_every_page_speaks_english_too(
    cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    reach = add_reach("wecom", "group", {"key": SECRET}, Wishes(), by=cast.admin, now=now)
    client = client_of(cast.admin)
    client.cookies["django_language"] = "en"
    for address, words in (
        ("/desk/notices/", "My notices"),
        (WAYS, "WeCom group robot"),
        (f"{WAYS}add/dingtalk/", "Secret for signing"),
        (f"{WAYS}{reach.pk}/", "Quiet hours from"),
        (f"{WAYS}{reach.pk}/drop/", "Its address and keys are deleted"),
        (GROUPS, "Mail server"),
        (f"{GROUPS}server/", "Sending address"),
    ):
        assert words in page_of(client, address)
