"""What apprise makes of a message, seen by real receivers of each kind."""

import base64
import hashlib
import hmac
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.servers.receivers import (
    ROBOTS,
    Post,
    Receiver,
    certificate_for,
    delivering,
    listening,
)
from tingda.lib.messenger import Messenger, Outcome
from tingda.notify.actions import tell
from tingda.notify.actions.sending import deliver_due, try_reach
from tingda.notify.actions.ways import Wishes, add_reach, set_mail_server
from tingda.notify.models import MailServer, Reach

MESSAGE = {
    "key": "k:1",
    "title": "新的红色预警：停水",
    "body": "什么事：停水\n—— 听答",
    "link": "https://tingda.test/desk/notices/go/issue:1",
    "urgent": True,
}
TEXT = f"{MESSAGE['title']}\n{MESSAGE['body']}"
MERGED = TEXT.replace("\n", "\r\n", 1)  # where apprise puts the title before the text


@pytest.fixture(scope="module")
def robots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Receiver, Messenger]]:
    """The robots' own names and certificates, here."""
    file = certificate_for(tmp_path_factory.mktemp("robots"), *ROBOTS)
    with pytest.MonkeyPatch.context() as patch, listening(Receiver(), file) as told:
        patch.setenv("REQUESTS_CA_BUNDLE", str(file))
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        door = (sys.executable, "-m", "tests.servers.robots_door", str(told.port))
        patch.setattr("tingda.lib.messenger._COMMAND", door)
        with Messenger(allowed_hosts=ROBOTS, own_name="tingda.test") as messenger:
            yield told, messenger


@pytest.mark.parametrize(
    ("kind", "fields", "path", "body"),
    [
        ("wecom", {"key": "abc-12345"}, "/cgi-bin/webhook/send",
         {"msgtype": "text", "text": {"content": MERGED}}),
        ("feishu", {"token": "abc-12345", "house": "feishu"}, "/open-apis/bot/v2/hook/abc-12345/",
         {"msg_type": "text", "content": {"text": MERGED}}),
        ("feishu", {"token": "abc-12345", "house": "lark"}, "/open-apis/bot/v2/hook/abc-12345",
         {"msg_type": "text", "content": {"text": TEXT}}),
        ("dingtalk", {"token": "abc12345", "secret": ""}, "/robot/send",
         {"msgtype": "text", "at": {"atMobiles": [], "isAtAll": False},
          "text": {"content": MERGED}}),
    ],
)  # fmt: skip
def test_what_a_robot_gets(
    robots: tuple[Receiver, Messenger], kind: str, fields: dict[str, str], path: str, body: object
) -> None:
    told, messenger = robots
    told.received.clear()
    assert messenger.send(MESSAGE | {"kind": kind, "fields": fields}) == Outcome("sent")
    assert [(one.path, one.body) for one in told.received] == [(path, body)]


def test_a_signed_message_for_dingtalk_is_signed_as_it_is_checked_there(
    robots: tuple[Receiver, Messenger],
) -> None:
    told, messenger = robots
    told.received.clear()
    fields = {"token": "abc12345", "secret": "SECabcdef"}
    assert messenger.send(MESSAGE | {"kind": "dingtalk", "fields": fields}) == Outcome("sent")
    query = {name: values[0] for name, values in told.received[0].query.items()}
    text = f"{query['timestamp']}\n{fields['secret']}".encode()
    sign = hmac.new(fields["secret"].encode(), text, hashlib.sha256).digest()
    assert query["sign"] == base64.b64encode(sign).decode()


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        ('{"errcode": 93000, "errmsg": "invalid webhook url abc-12345"}', "again",
         "93000 invalid webhook url …"),
        ("<html>sign in to this network</html>", "doubt", "<html>sign in to this network</html>"),
        ("[]", "doubt", "[]"),
    ],
)  # fmt: skip
def test_a_robot_that_says_no_with_a_friendly_status_is_heard(
    robots: tuple[Receiver, Messenger], answer: str, state: str, said: str
) -> None:
    told, messenger = robots
    kept, told.answer = told.answer, answer
    found = messenger.send(MESSAGE | {"kind": "wecom", "fields": {"key": "abc-12345"}})
    told.answer = kept
    assert (found.state, found.params["said"]) == (state, said)


def test_what_ntfy_gets(carrier: Messenger, receiver: Receiver) -> None:
    fields = {"server": receiver.address.removesuffix("/hook"), "topic": "duty", "token": "tk_abc"}
    assert carrier.send(MESSAGE | {"kind": "ntfy", "fields": fields}) == Outcome("sent")
    got = receiver.received[0]
    assert got.body == {"topic": "duty", "title": MESSAGE["title"], "message": MESSAGE["body"]}
    names = ("Authorization", "X-Priority", "X-Click")
    assert [got.headers[name] for name in names] == ["Bearer tk_abc", "high", MESSAGE["link"]]


def test_the_address_of_a_webhook_is_asked_as_it_was_written(
    carrier: Messenger, receiver: Receiver
) -> None:
    fields = {"url": f"{receiver.address}/a%2Fb?x=1&x=2", "token": ""}
    assert carrier.send(MESSAGE | {"kind": "webhook", "fields": fields}) == Outcome("sent")
    got = receiver.received[0]
    assert (got.path, got.query) == ("/hook/a%2Fb", {"x": ["1", "2"]})


@pytest.mark.parametrize(
    "host", ["127.0.0.2", "localhost", "[::1]", "2130706433", "169.254.169.254"]
)
def test_nobody_is_led_into_the_house(carrier: Messenger, receiver: Receiver, host: str) -> None:
    fields = {"url": f"http://{host}:{receiver.port}/hook", "token": ""}
    found = carrier.send(MESSAGE | {"kind": "webhook", "fields": fields})
    assert (found.state, found.message.split("，")[0]) == ("again", "%(host)s 是内部网络地址")
    assert receiver.received == []


def test_a_receiver_that_points_elsewhere_is_not_followed(
    carrier: Messenger, receiver: Receiver
) -> None:
    receiver.status = 302
    fields = {"url": receiver.address, "token": ""}
    found = carrier.send(MESSAGE | {"kind": "webhook", "fields": fields})
    assert (found.state, found.params["status"], len(receiver.received)) == ("again", 302, 1)


# ---- e-mail ----
@pytest.fixture
def mailbox(cast: SimpleNamespace, carrier: Messenger, now: datetime) -> Reach:
    fields = {"address": "duty@example.cn"}
    asked = Wishes(language="zh-hans")
    return add_reach("email", "邮箱", fields, asked, by=cast.duty, now=now)


def named(post: Post, cast: SimpleNamespace, now: datetime, **more: Any) -> MailServer:
    values = {"host": "127.0.0.1", "port": post.port, "security": "plain", "user": "",
              "password": "", "sender": "tingda@example.cn"}  # fmt: skip
    return set_mail_server(**values | more, by=cast.admin, now=now)


@pytest.mark.django_db
def test_a_letter_goes_out_by_the_offices_server(
    cast: SimpleNamespace, mailbox: Reach, now: datetime
) -> None:
    post = Post(user="tingda%40example", password="p%41ss word")
    with delivering(post):
        named(post, cast, now, user=post.user, password=post.password)
        tell([cast.duty], "answer.sent_back", key="a:1", link="answer:1", now=now,
             data={"title": "停水的回应\r\nBcc: all@example.cn"})  # fmt: skip
        deliver_due(now=now)
    (letter,) = post.letters
    assert letter["Subject"].startswith("稿子退回修改：停水的回应")
    assert (letter["To"], letter["Bcc"]) == ("duty@example.cn", None)
    assert letter["From"] == "本单位 <tingda@example.cn>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "打开：https://tingda.test/desk/notices/go/answer:1" in letter.get_content()  # type: ignore[attr-defined]
    assert post.hello == ["tingda.test"]


@pytest.mark.django_db
def test_a_server_that_does_not_let_us_in_or_refuses_the_address_is_told_apart(
    cast: SimpleNamespace, mailbox: Reach, now: datetime
) -> None:
    assert "还没有发信服务器" in try_reach(mailbox, now=now).message
    post = Post(user="tingda", password="right")
    with delivering(post):
        named(post, cast, now, user="tingda", password="wrong-one")
        assert "没有让我们登录" in try_reach(mailbox, now=now).message
        named(post, cast, now, user="tingda", password="right")
        named(post, cast, now, user="tingda", password="")  # keeps it
        post.refuses = "550 no such user duty@example.cn"
        found = try_reach(mailbox, now=now)
        assert (found.state, found.params["said"]) == ("again", "550 no such user …")
        post.refuses = ""
        assert try_reach(mailbox, now=now).state == "sent"
    assert "连不上" in try_reach(mailbox, now=now).message
    assert len(post.letters) == 1


def test_where_the_carrier_cannot_start_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tingda.lib.messenger._COMMAND", (sys.executable, "-c", "exit(1)"))
    with Messenger(own_name="tingda.test") as messenger:
        found = messenger.send(MESSAGE | {"kind": "wecom", "fields": {"key": "abc-12345"}})
    assert (found.state, "没有启动" in found.message) == ("again", True)


def test_where_the_carrier_ends_meanwhile_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "print('{}', flush=True); input(); input()"
    monkeypatch.setattr("tingda.lib.messenger._COMMAND", (sys.executable, "-c", code))
    with Messenger(own_name="tingda.test") as messenger:
        found = messenger.send(MESSAGE | {"kind": "wecom", "fields": {"key": "abc-12345"}})
    assert found.state == "doubt"
