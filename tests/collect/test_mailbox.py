"""Mailboxes: letters become voices once, their senders stay sealed, and nothing there changes."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from tests.servers.mailbox import (
    PASSWORD,
    REFRESH,
    TOKEN,
    MailServer,
    Send,
    encoded,
    head,
    mail_server,
    missing,
    rogue,
    well,
)
from tingda.collect.actions.looking import look_at
from tingda.collect.actions.sources import Wanted, add_source, try_source
from tingda.collect.models import Attachment, Check, Receipt, Source, Voice
from tingda.collect.sources.contract import Ask, Pasted
from tingda.collect.sources.mailbox import client as clients
from tingda.collect.sources.mailbox import dial, letter, words
from tingda.collect.sources.mailbox import look as looks
from tingda.collect.sources.mailbox.client import Head, Patience
from tingda.collect.sources.mailbox.dial import MailFailed
from tingda.collect.sources.mailbox.look import look
from tingda.collect.sources.mailbox.place import check, place_of, recognise
from tingda.collect.sources.manners import Manners
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice
from tingda.vault.actions import open_contact

NOW = datetime(2026, 11, 21, 8, 20, tzinfo=UTC)
SENDER, NAME = "fake-sender-9@example.org", "某某来信人"
US = "sr@example.cn"
DATE = "Fri, 20 Nov 2026 09:30:00 +0800"


def mail(number: int = 1, text: str = "又停水了", **headers: str) -> bytes:
    """A letter; a header given as "" is left out."""
    message = EmailMessage()
    fields = {
        "Subject": f"第{number}封",
        "From": f"{encoded(NAME)} <{SENDER}>",
        "To": US,
        "Date": DATE,
        "Message-ID": f"<{number}@mail.example.org>",
    }
    for name, value in (fields | {k.replace("_", "-"): v for k, v in headers.items()}).items():
        if value:
            message[name] = value
    message.set_content(text)
    return message.as_bytes().replace(b"\n", b"\r\n")


def told(raw: bytes, **values: Any) -> letter.Told:
    """What the header of a letter says."""
    header = raw.partition(b"\r\n\r\n")[0] + b"\r\n"
    fields = {"uid": 1, "size": len(raw), "came": "20-Nov-2026 10:00:00 +0800", "header": header}
    return letter.told(Head(**fields | values), US, NOW)


# --- letters, without a server ---


@pytest.mark.parametrize(
    ("sort", "headers"),
    [
        ("letter", {}),
        ("letter", {"Auto_Submitted": "no"}),
        ("letter", {"List_Unsubscribe": "<mailto:a@b.cn>"}),
        ("letter", {"Subject": "自动回复：你们的热线只会自动回复"}),
        ("letter", {"X_Auto_Response_Suppress": "All"}),
        ("letter", {"Return_Path": "<a@b.cn>"}),
        ("auto", {"Auto_Submitted": "auto-replied"}),
        ("auto", {"Auto_Submitted": "auto-generated (form)"}),
        ("auto", {"X_Autoreply": "yes", "Return_Path": "<>"}),
        ("auto", {"Precedence": "auto_reply"}),
        ("bounce", {"From": "MAILER-DAEMON@mx.example.cn", "Auto_Submitted": "auto-replied"}),
        ("bounce", {"From": "Postmaster <postmaster@mx.example.cn>"}),
        ("bounce", {"Return_Path": "<>"}),
        ("newsletter", {"List_Unsubscribe": "<mailto:a@b.cn>", "List_Id": "<news.b.cn>"}),
        ("newsletter", {"Precedence": "bulk"}),
        ("own", {"From": f"值班 <{US.upper()}>"}),
    ],
)
def test_what_nobody_wrote_to_us_is_told_from_letters(sort: str, headers: dict[str, str]) -> None:
    assert told(mail(**headers)).sort == sort


@pytest.mark.parametrize(
    ("report", "sort"), [("delivery-status", "bounce"), ("disposition-notification", "auto")]
)
def test_a_report_is_no_letter(report: str, sort: str) -> None:
    raw = mail().replace(
        b'Content-Type: text/plain; charset="utf-8"',
        f"Content-Type: multipart/report; report-type={report}; boundary=b".encode(),
    )
    assert told(raw).sort == sort


def test_a_subject_keeps_its_beginning_and_every_charset_is_read() -> None:
    assert (
        told(mail(Subject=encoded("回复：转发：停水", "gb18030"))).entry.title == "回复：转发：停水"
    )
    raw = b"Subject: " + "停水了".encode("gb18030") + b"\r\nFrom: a@b.cn\r\n\r\n"
    assert told(raw).entry.title == "停水了"
    raw = b"Subject: " + "停水了".encode() + b"\r\n\r\n"
    assert told(raw).entry.title == "停水了"
    # 囍 is not in the charset that the letter names
    raw = b"Subject: =?gb2312?B?" + b"yLTP8dK7" + b"?=\r\n =?gb2312?B?" + b"1tA=" + b"?=\r\n\r\n"
    assert told(raw).entry.title == bytes.fromhex("c8b4cff1d2bbd6d0").decode("gb18030")


@pytest.mark.parametrize(
    ("date", "came", "said_at"),
    [
        (DATE, "20-Nov-2026 10:00:00 +0800", "2026-11-20T01:30:00+00:00"),
        ("", "20-Nov-2026 10:00:00 +0800", "2026-11-20T02:00:00+00:00"),
        ("yesterday", " 2-Nov-2026 10:00:00 +0800", "2026-11-02T02:00:00+00:00"),
        (
            "Thu, 1 Jan 1970 00:00:00 +0000",
            "20-Nov-2026 10:00:00 +0800",
            "2026-11-20T02:00:00+00:00",
        ),
        (
            "Mon, 1 Jan 2035 00:00:00 +0000",
            "20-Nov-2026 10:00:00 +0800",
            "2026-11-20T02:00:00+00:00",
        ),
        (DATE, "garbage", "2026-11-20T01:30:00+00:00"),
        ("Mon, 1 Jan 2035 00:00:00 +0000", "", None),
    ],
)
def test_a_date_that_makes_no_sense_is_not_believed(
    date: str, came: str, said_at: str | None
) -> None:
    found = told(mail(Date=date), came=came).entry.said_at
    assert (found.isoformat() if found else None) == said_at


def test_who_wrote_stands_in_the_contact_alone() -> None:
    entry = told(mail(Reply_To="other-9@example.org")).entry
    assert entry.contact == f"{NAME} <{SENDER}>\nReply-To: other-9@example.org"
    assert entry.author == SENDER  # which becomes a keyed hash
    assert (SENDER in entry.title + entry.text, NAME in entry.title + entry.text) == (False, False)


def test_a_letter_is_known_by_more_than_the_id_that_anybody_can_write() -> None:
    one, other = told(mail(1)).entry, told(mail(1, From="x@example.org")).entry
    moved = told(b"Received: from the other house\r\n" + mail(1), uid=99).entry
    assert one.guid == moved.guid
    assert one.guid != other.guid
    assert told(mail(1, Message_ID="")).entry.guid != told(mail(2, Message_ID="")).entry.guid


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (
            "好的，知道了。\n\n------------------ 原始邮件 ------------------\n发件人: x",
            "好的，知道了。",
        ),
        ("谢谢\n\n-----Original Message-----\nFrom: x\nSent: y", "谢谢"),
        (
            "谢谢\n\n发件人: 某某 <a@b.cn>\n发送时间: 2026年11月1日\n收件人: x\n主题: y\n旧的",
            "谢谢",
        ),
        ("谢谢\n\n在 2026年11月20日 10:00，值班 <a@b.cn> 写道：\n> 旧的", "谢谢"),
        ("Thanks\n\nOn Fri, 20 Nov 2026 at 10:00, Duty <a@b.cn>\nwrote:\n> old", "Thanks"),
        ('At 2026-11-20 10:00:00, "duty" <a@b.cn> wrote:\n>旧的', None),
        ("谢谢\n> 旧的\n> 更旧的\n", "谢谢"),
        ("> 先引用\n后说话", None),
        ("发件人：我们小区的人\n大家都说水小", None),
        ("-----原始邮件-----\n只有旧的", None),
    ],
)
def test_earlier_letters_are_cut_where_something_is_left(text: str, left: str | None) -> None:
    assert words.without_earlier(text) == (left or text)


def test_what_is_forwarded_is_what_is_said() -> None:
    text = "请看下面\n\n-----原始邮件-----\n发件人: x\n水管爆了"
    entry = letter.whole(
        mail(text=text, Subject="Re: 转发：水管"), told(mail(Subject="Re: 转发：水管"))
    )
    assert "水管爆了" in entry.text


def test_words_of_html_are_plain() -> None:
    raw = (
        b"Subject: a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\n \r\n"
        b"--b\r\nContent-Type: text/html; charset=gb2312\r\n\r\n"
        + "<style>p{}</style><p>停水<script>x()</script></p><p>三天</p>".encode("gb18030")
        + b"\r\n--b--\r\n"
    )
    assert letter.whole(raw, told(raw)).text == "停水\n三天"


def test_the_plain_words_are_taken_where_there_are_both() -> None:
    message = EmailMessage()
    message["Subject"] = "a"
    message.set_content("白话")
    message.add_alternative("<p>花样</p>", subtype="html")
    assert letter.whole(message.as_bytes(), told(message.as_bytes())).text == "白话"


def photo() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "fake-camera-7"
    out = BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def with_files(number: int = 1) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = f"第{number}封", f"{NAME} <{SENDER}>"
    message["Date"], message["Message-ID"] = DATE, f"<files-{number}@mail.example.org>"
    message.set_content("见附件")
    message.add_attachment(photo(), maintype="image", subtype="jpeg", filename="现场.jpg")
    message.add_attachment(b"%PDF-1.7 a", maintype="application", subtype="pdf", filename="信.pdf")
    message.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="x.exe")
    inner = EmailMessage()
    inner["Subject"] = "里面的信"
    inner.set_content("里面的话")
    message.add_attachment(inner)
    return message.as_bytes().replace(b"\n", b"\r\n")


def test_files_are_kept_aside_and_those_not_kept_are_named() -> None:
    entry = letter.whole(with_files(), told(with_files()))
    assert entry.text == "见附件\n\n未收附件：x.exe"
    assert [file.name for file in entry.attachments] == ["现场.jpg", "信.pdf", "message.eml"]
    assert b"fake-camera-7" not in entry.attachments[0].content
    assert entry.attachments[1].content == b"%PDF-1.7 a"
    assert "里面的话".encode() in entry.attachments[2].content or b"base64" in (
        entry.attachments[2].content
    )


def test_more_than_ten_files_are_named_and_not_kept() -> None:
    message = EmailMessage()
    message["Subject"] = "a"
    message.set_content("见附件")
    for number in range(12):
        message.add_attachment("字", filename=f"{number}.txt")
    entry = letter.whole(message.as_bytes(), told(message.as_bytes()))
    assert len(entry.attachments) == 10
    assert entry.text.endswith("未收附件：10.txt、11.txt")


def nested() -> bytes:
    parts = (
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (number, number)
        for number in range(3000)
    )
    return b"Subject: a\r\n" + b"".join(parts)


@pytest.mark.parametrize("raw", [nested(), b"Subject: a\r\n\r\n" + b"\r\n" * 700_000])
def test_a_letter_built_to_break_its_reader_is_heard_by_its_subject(raw: bytes) -> None:
    entry = letter.whole(raw, told(raw))
    assert (entry.title, entry.text) == ("a", "这封信的结构太乱，没有读出来，请到邮箱里看。")


@pytest.mark.parametrize(
    "body",
    [b"> a\r\n" * 300_000 + b"b", b"<div>" * 600_000, b"From: a\r\n" * 300_000, b" " * 5_000_000],
    ids=["quotes", "html", "headers", "spaces"],
)
def test_a_long_letter_is_read_in_a_short_time(body: bytes) -> None:
    kind = b"html" if body.startswith(b"<") else b"plain"
    raw = b"Subject: a\r\nContent-Type: text/" + kind + b"\r\n\r\n" + body
    began = time.process_time()
    assert len(letter.whole(raw, told(raw)).text) < 110_000
    assert time.process_time() - began < 5


def test_a_header_built_to_hold_its_reader_up_is_read_in_a_short_time() -> None:
    began = time.process_time()
    for evil in (b"=?" * 500_000, b"(" * 500_000, b"a@b.cn," * 200_000, b"=?gb2312?B?" * 100_000):
        told(b"Subject: " + evil + b"\r\nFrom: " + evil + b"\r\n\r\n")
    assert time.process_time() - began < 5


@hypothesis_settings(deadline=None, max_examples=60)
@given(st.binary(max_size=400), st.binary(max_size=200))
def test_no_letter_stops_the_reading(header: bytes, body: bytes) -> None:
    raw = b"Subject: " + header + b"\r\nFrom: " + body + b"\r\nDate: " + header + b"\r\n\r\n" + body
    seen = letter.told(Head(1, len(raw), "", raw), US, NOW)
    assert letter.whole(raw, seen).guid == seen.entry.guid


# --- addresses ---


@pytest.mark.parametrize(
    ("address", "options", "kept"),
    [
        ("imap.example.cn", {"user": US}, "imaps://imap.example.cn:993"),
        (" IMAP.example.cn:143 ", {"user": US}, "imap://imap.example.cn:143"),
        ("imap.example.cn", {"user": US, "security": "starttls"}, "imap://imap.example.cn:143"),
        (
            f"imaps://{US}@imap.example.cn/来信",
            {},
            "imaps://sr%40example.cn@imap.example.cn:993/%E6%9D%A5%E4%BF%A1",
        ),
        ("imap://u@[2001:db8::1]", {}, "imap://u@[2001:db8::1]:143"),
    ],
)
def test_an_address_is_kept_in_one_way(address: str, options: dict[str, str], kept: str) -> None:
    assert check(address, options) == kept
    assert check(kept, options) == kept
    assert place_of(kept, options) == place_of(address, options)


@pytest.mark.parametrize(
    ("address", "options", "why"),
    [
        ("", {"user": "u"}, "地址不对"),
        ("http://imap.example.cn", {"user": "u"}, "地址不对"),
        ("imap.example.cn:99999", {"user": "u"}, "地址不对"),
        ("imaps://u:secret@imap.example.cn", {}, "不要带密码"),
        ("imap.example.cn", {}, "还缺：用户名"),
        ("imap.example.cn", {"user": "u\r\nA1 DELETE INBOX"}, "不能用的字符"),
        ("imaps://u%0d%0a@imap.example.cn", {}, "地址不对"),
        ("imap.example.cn", {"user": "u", "days": "0"}, "1 到 3650"),
    ],
)
def test_an_address_that_cannot_work_is_refused(
    address: str, options: dict[str, str], why: str
) -> None:
    with pytest.raises(Refused, match=why):
        check(address, options)


def test_a_mail_address_is_recognised() -> None:
    out = Manners(ZoneInfo("Asia/Shanghai"))
    (mine,) = recognise(Pasted("sr@foxmail.com"), out)
    assert (mine.address, mine.options) == ("imap.qq.com", {"user": "sr@foxmail.com"})
    (mine,) = recognise(Pasted(US), out)
    assert (mine.address, mine.options) == ("imap.example.cn", {"user": US})
    assert [one.address for one in recognise(Pasted("imaps://imap.example.cn"), out)] == [
        "imaps://imap.example.cn"
    ]
    assert recognise(Pasted("https://example.cn/news"), out) == []


# --- a server that misbehaves ---


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No patience."""
    monkeypatch.setattr(looks, "PATIENCE", Patience(connect=0.4, command=0.4))


def looking(port: int, **values: Any) -> Any:
    """A look at the rogue on this port, which an administrator allowed."""
    options = {"user": US, "security": "plain"} | values.pop("options", {})
    out = Manners(ZoneInfo("Asia/Shanghai"), allowed_hosts=[f"127.0.0.1:{port}"])
    ask = Ask(f"imap://127.0.0.1:{port}", NOW, options=options, secret=PASSWORD, **values)
    return look(ask, out)


def drip(_tag: str, _command: str, send: Send) -> None:
    with contextlib.suppress(OSError):
        while True:
            send(b"* OK still here\r\n")
            time.sleep(0.05)


def flood(_tag: str, _command: str, send: Send) -> None:
    with contextlib.suppress(OSError):
        while True:
            send(b"* OK " + b"a" * 60_000 + b"\r\n")


@pytest.mark.parametrize(
    ("greeting", "say", "kind"),
    [
        (b"", drip, "timeout"),
        (b"* OK hi\r\n", lambda *_: None, "timeout"),
        (b"* OK hi\r\n", drip, "timeout"),
        (b"* OK hi\r\n", flood, "too_large"),
        (b"* OK " + b"a" * 5_000_000, drip, "too_large"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", drip, "connect"),
        (b"\xff\xfe\x00garbage\r\n", drip, "connect"),
        (b"* BYE too many\r\n", drip, "connect"),
        (b"* OK hi\r\n", lambda _t, _c, send: send(b"* CAPABILITY {99999999999}\r\n"), "too_large"),
        (b"* OK hi\r\n", lambda _t, _c, send: send(b"\0\0\0\r\n"), "connect"),
    ],
    ids=["silent", "deaf", "drips", "floods", "no end of line", "web server", "garbage", "bye",
         "literal", "nul"],
)  # fmt: skip
def test_a_server_that_misbehaves_holds_nobody_up(
    hasty: None, greeting: bytes, say: Any, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "PATIENCE", Patience(connect=3.0, command=3.0) if kind == "too_large"
                        else Patience(connect=0.4, command=0.4))  # fmt: skip
    began = time.monotonic()
    with rogue(say, greeting) as server, pytest.raises(MailFailed) as failed:
        looking(server.port)
    assert failed.value.kind == kind
    assert time.monotonic() - began < 6


def fetching(reply: Any) -> Any:
    """Answers well, up to a letter: then what `reply` says."""

    def say(tag: str, command: str, send: Send) -> None:
        if command.startswith("UID FETCH"):
            reply(tag, command, send)
        else:
            send(well(tag, command))

    return say


def big(tag: str, _command: str, send: Send) -> None:
    send(head(26 * 2**20) + f"{tag} OK done\r\n".encode())


def test_a_letter_that_is_too_large_is_heard_by_its_subject_and_not_fetched() -> None:
    with rogue(fetching(big)) as server:
        found = looking(server.port)
    assert [(entry.title, entry.text) for entry in found.entries] == [
        ("a", "这封信超过 25 MB 或者读不完，没有收下，请到邮箱里看。")
    ]
    assert found.memory["last"] == 1
    assert [command for command in server.asked if "BODY.PEEK[]" in command] == []


def lying(tag: str, command: str, send: Send) -> None:
    if "HEADER" in command:
        send(head(100) + f"{tag} OK done\r\n".encode())
    else:
        send(b"* 1 FETCH (UID 1 BODY[] {4000000000}\r\n")


def test_a_letter_larger_than_it_was_said_to_be_is_heard_by_its_subject() -> None:
    with rogue(fetching(lying)) as server:
        found = looking(server.port)
    assert [entry.title for entry in found.entries] == ["a"]
    assert (found.memory["last"], found.more) == (1, True)


def stuck(tag: str, command: str, send: Send) -> None:
    if "HEADER" in command:
        send(head(100) + f"{tag} OK done\r\n".encode())
    else:
        send(b"* 1 FETCH (UID 1 BODY[] {100}\r\nSubject:")


def test_a_letter_that_never_comes_whole_does_not_stop_those_behind_it(hasty: None) -> None:
    memory: dict[str, Any] = {}
    told_of = []
    with rogue(fetching(stuck)) as server:
        for _time in range(3):
            found = looking(server.port, memory=memory)
            memory = found.memory
            told_of.append((len(found.entries), memory["last"], bool(found.note)))
    assert told_of == [(0, 0, True), (0, 0, True), (1, 1, False)]


def test_nothing_is_ever_marked_or_changed() -> None:
    def reply(tag: str, command: str, send: Send) -> None:
        if "HEADER" in command:
            send(head(100) + f"{tag} OK done\r\n".encode())
        else:
            send(
                b"* 1 FETCH (UID 1 BODY[] {14}\r\nSubject: a\r\n\r\n)\r\n"
                + f"{tag} OK done\r\n".encode()
            )

    with rogue(fetching(reply)) as server:
        found = looking(server.port)
    assert [entry.title for entry in found.entries] == ["a"]
    assert [command.split()[0] for command in server.asked] == [
        "CAPABILITY", "LOGIN", "EXAMINE", "UID", "UID", "UID", "LOGOUT",
    ]  # fmt: skip
    assert [command for command in server.asked if "BODY[" in command] == []


@pytest.mark.parametrize(
    "address", ["imap://127.0.0.1:1", "imaps://localhost:1", "imaps://[::1]:1"]
)
def test_a_private_host_is_not_dialled(address: str) -> None:
    out = Manners(ZoneInfo("Asia/Shanghai"))
    with pytest.raises(MailFailed) as failed:
        look(Ask(address, NOW, options={"user": US}, secret=PASSWORD), out)
    assert failed.value.kind == "private"


def test_the_address_that_was_checked_is_the_one_that_is_dialled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that is public when asked first, and private when asked again."""
    answers = [["203.0.113.9"], ["127.0.0.1"]]  # documentation addresses are not public
    dialled: list[Any] = []

    def resolve(host: str, *_args: object, **_more: object) -> list[Any]:
        return [(0, 0, 0, "", (one, 0)) for one in answers.pop(0)]

    def connect(where: Any, _timeout: float) -> socket.socket:
        dialled.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(dial, "getaddrinfo", resolve)
    monkeypatch.setattr(dial, "create_connection", connect)
    monkeypatch.setattr(dial, "is_public", lambda address: address == "203.0.113.9")
    with pytest.raises(MailFailed) as failed:
        dial.dial("imap.example.cn", 993, private=False, seconds=1)
    assert (failed.value.kind, dialled) == ("connect", [("203.0.113.9", 993)])
    assert answers == [["127.0.0.1"]]  # the name is asked once


def test_plain_text_is_for_hosts_in_the_house_only() -> None:
    out = Manners(ZoneInfo("Asia/Shanghai"))
    options = {"user": US, "security": "plain"}
    with pytest.raises(MailFailed, match="不加密的连接只能用于"):
        look(Ask("imap.example.cn", NOW, options=options, secret=PASSWORD), out)


def test_a_lock_that_is_not_shut_gets_no_password() -> None:
    def refuse(tag: str, command: str, send: Send) -> None:
        send(f"{tag} NO never\r\n".encode() if command == "STARTTLS" else well(tag, command))

    def inject(tag: str, command: str, send: Send) -> None:
        done = f"{tag} OK go\r\n".encode()
        send(done + b"* CAPABILITY IMAP4rev1\r\n" if command == "STARTTLS" else well(tag, command))

    for say in (refuse, inject):
        with rogue(say) as server, pytest.raises(MailFailed) as failed:
            looking(server.port, options={"security": "starttls"})
        assert failed.value.kind == "tls"
        assert [command for command in server.asked if PASSWORD in command] == []


def test_what_the_server_says_of_a_refusal_is_shown_without_the_password() -> None:
    def say(tag: str, command: str, send: Send) -> None:
        refused = f"{tag} NO Unsafe Login {PASSWORD}\r\n".encode()
        send(refused if command.startswith("LOGIN") else well(tag, command))

    with rogue(say) as server, pytest.raises(MailFailed) as failed:
        looking(server.port)
    assert failed.value.kind == "signin"
    assert "Unsafe Login …" in str(failed.value)
    assert PASSWORD not in str(failed.value)


def test_the_library_for_mail_is_loaded_with_the_kind_only() -> None:
    code = (
        "import sys, django; django.setup(); import tingda.urls, tingda.collect.actions.hearing; "
        "print('imap_tools' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("False", "")


# --- a real server ---


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    """Debian's dovecot."""
    if why := missing():
        pytest.skip(why)
    with mail_server() as made:
        yield made


@pytest.fixture
def real(
    server: MailServer, db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> MailServer:
    """The same, allowed and trusted."""
    settings.PRIVATE_HOSTS = server.hosts
    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(clients, "tls", server.trust)
    return server


def mailbox(server: MailServer, user: str, by: Any, **values: Any) -> Source:
    """A mailbox the office listens to; every test has one of its own."""
    options = {"user": user} | values.pop("options", {})
    fields = {"address": server.address(), "name": user, "secret": PASSWORD}
    return add_source(Wanted("mailbox", options=options, **fields | values), by=by, now=NOW)


def seen_again(source: Source, now: datetime = NOW) -> Check:
    source.refresh_from_db()
    check = look_at(source, now=now)
    assert check.cause == "", (check.cause, check.note)
    return check


def titles(source: Source) -> list[str]:
    return [voice.title for voice in source.voices.order_by("pk")]


YESTERDAY = NOW - timedelta(days=1)


def test_a_letter_becomes_a_voice_once_and_its_sender_is_sealed(
    real: MailServer, cast: SimpleNamespace
) -> None:
    user = "sealed@example.cn"
    real.deliver(user, mail(1), at=YESTERDAY)
    source = mailbox(real, user, cast.admin)
    assert seen_again(source).added == 1
    assert (seen_again(source).added, Voice.objects.count()) == (0, 1)
    voice = Voice.objects.get()
    assert (voice.title, voice.text.strip()) == ("第1封", "又停水了")
    assert voice.said_at == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert voice.url == ""
    kept = " ".join(
        str(value)
        for model in (Voice, Receipt, Source, Check, Line, Attachment)
        for row in model.objects.values()
        for value in row.values()
    )
    assert (SENDER in kept, NAME in kept, "mail.example.org" in kept) == (False, False, False)
    opened = open_contact(
        voice.receipt.contact, thread="voice:1", reason="核实", by=cast.duty, now=NOW
    )
    assert opened == f"{NAME} <{SENDER}>"


def test_a_letter_that_tells_of_harm_to_a_child_is_told_at_once(
    real: MailServer, cast: SimpleNamespace
) -> None:
    user = "harm@example.cn"
    real.deliver(user, mail(1, "老师把我孩子打得满脸是血"), at=YESTERDAY)
    assert seen_again(mailbox(real, user, cast.admin)).added == 1
    told = Notice.objects.filter(verb="voice.harm").values_list("person__login", flat=True)
    assert sorted(told) == ["duty", "duty2"]


def test_new_letters_are_heard_and_read_ones_stay_unread_there(
    real: MailServer, cast: SimpleNamespace
) -> None:
    user = "unread@example.cn"
    real.deliver(user, mail(1), mail(2), at=YESTERDAY)
    source = mailbox(real, user, cast.admin)
    seen_again(source)
    real.deliver(user, mail(3), at=NOW)
    assert seen_again(source).added == 1
    assert titles(source) == ["第1封", "第2封", "第3封"]
    with real.inside(user) as theirs:
        theirs.select()
        assert theirs.search(None, "UNSEEN")[1] == [b"1 2 3"]


def test_the_first_look_takes_thirty_days_and_then_whatever_comes(
    real: MailServer, cast: SimpleNamespace
) -> None:
    user = "first@example.cn"
    real.deliver(user, mail(1), at=NOW - timedelta(days=40))
    real.deliver(user, mail(2), at=NOW - timedelta(days=20))
    source = mailbox(real, user, cast.admin)
    seen_again(source)
    assert titles(source) == ["第2封"]
    real.deliver(user, mail(3), at=NOW - timedelta(days=90))  # moved here from another folder
    seen_again(source)
    assert titles(source) == ["第2封", "第3封"]


def test_many_letters_come_fifty_at_a_look(real: MailServer, cast: SimpleNamespace) -> None:
    user = "many@example.cn"
    real.deliver(user, *(mail(number) for number in range(120)), at=YESTERDAY)
    source = mailbox(real, user, cast.admin)
    counts = []
    for _look in range(4):
        counts.append(seen_again(source).added)
        source.refresh_from_db()
        assert (source.next_due < NOW + timedelta(minutes=2)) == (len(counts) < 3)
    assert counts == [50, 50, 20, 0]
    assert titles(source) == [f"第{number}封" for number in range(120)]


def test_a_mailbox_that_was_made_anew_says_nothing_twice(
    real: MailServer, cast: SimpleNamespace
) -> None:
    user, folder = "anew@example.cn", "来信"
    name = "&Z2VP4Q-"  # the same as servers write it
    real.deliver(user, mail(1), mail(2), at=YESTERDAY, folder=name)
    source = mailbox(real, user, cast.admin, options={"folder": folder})
    seen_again(source)
    source.refresh_from_db()
    before = source.memory["validity"]
    time.sleep(1.1)  # it is numbered by the second
    with real.inside(user) as theirs:
        theirs.delete(name)
    real.deliver(user, mail(2), mail(1), mail(3), at=YESTERDAY, folder=name)
    assert seen_again(source).added == 1
    source.refresh_from_db()
    assert source.memory["validity"] != before
    assert titles(source) == ["第1封", "第2封", "第3封"]


def test_what_is_no_letter_is_counted_and_not_heard(
    real: MailServer, cast: SimpleNamespace
) -> None:
    user = "sorts@example.cn"
    real.deliver(
        user,
        mail(1),
        mail(2, Auto_Submitted="auto-replied"),
        mail(3, Auto_Submitted="auto-replied"),
        mail(4, From="MAILER-DAEMON@mx.example.cn"),
        mail(5, Precedence="bulk"),
        mail(6, From=user),
        at=YESTERDAY,
    )
    source = mailbox(real, user, cast.admin)
    check = seen_again(source)
    assert titles(source) == ["第1封"]
    assert str(check.note % check.note_params) == (
        "另有自动回复 2 封、退信 1 封、群发邮件 1 封、本邮箱自己发的 1 封没有收"
    )
    assert seen_again(source).note == ""
    real.deliver(user, mail(7, Return_Path="<>"), at=NOW)
    check = seen_again(source)
    assert str(check.note % check.note_params) == "另有 1 封退信没有收"
    listens = mailbox(real, user, cast.admin, name="都收", options={"newsletters": True})
    seen_again(listens)
    assert titles(listens) == ["第1封", "第5封"]


def test_the_same_letter_from_many_people_is_as_many_voices(
    real: MailServer, cast: SimpleNamespace
) -> None:
    user = "petition@example.cn"
    letters = [
        mail(1, Subject="要求通公交", From=f"p{number}@example.org", Message_ID=f"<{number}@x>")
        for number in range(3)
    ]
    real.deliver(user, *letters[:2], at=YESTERDAY)
    source = mailbox(real, user, cast.admin)
    seen_again(source)
    real.deliver(user, letters[2], at=YESTERDAY)
    seen_again(source)
    assert (source.voices.count(), len(set(source.voices.values_list("author_hash")))) == (3, 3)


def test_files_of_a_letter_are_kept_with_its_voice(
    real: MailServer, cast: SimpleNamespace, settings: Any
) -> None:
    user = "files@example.cn"
    real.deliver(user, with_files(), at=YESTERDAY)
    source = mailbox(real, user, cast.admin)
    seen_again(source)
    voice = source.voices.get()
    assert voice.text == "见附件\n\n未收附件：x.exe"
    assert [row.name for row in voice.attachments.all()] == ["现场.jpg", "信.pdf", "message.eml"]
    kept = (Path(settings.MEDIA_ROOT) / voice.attachments.first().path).read_bytes()
    assert kept.startswith(b"\xff\xd8\xff")
    assert b"fake-camera-7" not in kept


def test_nothing_is_kept_where_the_disk_does_not_take_the_files(
    real: MailServer, cast: SimpleNamespace, settings: Any, tmp_path: Path
) -> None:
    user = "full@example.cn"
    real.deliver(user, with_files(), at=YESTERDAY)
    source = mailbox(real, user, cast.admin)
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("in the way")
    with pytest.raises(Refused):
        seen_again(source)
    assert (Voice.objects.count(), Receipt.objects.count(), Attachment.objects.count()) == (0, 0, 0)
    settings.MEDIA_ROOT = tmp_path / "files"
    seen_again(source)
    assert (Voice.objects.count(), Attachment.objects.count()) == (1, 3)


def test_every_way_of_signing_in_works(real: MailServer, cast: SimpleNamespace) -> None:
    user = "ways@example.cn"
    real.deliver(user, mail(1), at=YESTERDAY)
    fresh = (
        f'{{"client_id": "{user}", "client_secret": "s", "refresh_token": "{REFRESH}",'
        f' "token_address": "{real.tokens}/token"}}'
    )
    host = real.tokens.removeprefix("http://")
    ways: list[tuple[bool, dict[str, str], str]] = [
        (True, {}, PASSWORD),
        (False, {"security": "starttls"}, PASSWORD),
        (False, {"security": "plain"}, PASSWORD),
        (True, {"signin": "oauth"}, f"{user}/{TOKEN}"),
        (True, {"signin": "oauth"}, fresh),
    ]
    for secure, options, secret in ways:
        out = Manners(ZoneInfo("Asia/Shanghai"), allowed_hosts=[*real.hosts, host])
        address = real.address(secure=secure)
        ask = Ask(address, NOW, options={"user": user} | options, secret=secret)
        assert [entry.title for entry in look(ask, out).entries] == ["第1封"]


@pytest.mark.parametrize(
    ("options", "secret", "cause", "note"),
    [
        ({}, "wrong", "signin", "没有让我们登录"),
        ({"signin": "oauth"}, "wrong", "signin", "没有让我们登录"),
        ({"signin": "oauth"}, '{"client_id": "a"}', "token", "没有换到新的 OAuth 令牌"),
        ({"folder": "没有的"}, PASSWORD, "folder", "打不开文件夹“没有的”"),
        ({"security": "starttls"}, PASSWORD, "timeout", "没有按时回答"),
    ],
)
def test_what_went_wrong_is_said(
    real: MailServer, cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch,
    options: dict[str, str], secret: str, cause: str, note: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(looks, "PATIENCE", Patience(connect=1.0, command=10.0))
    source = mailbox(real, "wrong@example.cn", cast.admin, options=options, secret=secret)
    check = look_at(source, now=NOW)
    assert (check.outcome, check.cause) == (Check.Outcome.FAILED, cause)
    assert note in check.note % check.note_params


def test_a_certificate_of_nobody_we_know_is_not_believed(
    real: MailServer, cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "tls", dial.tls)
    check = look_at(mailbox(real, "tls@example.cn", cast.admin), now=NOW)
    assert check.cause == "tls"


def test_a_certificate_for_another_name_is_not_believed(
    real: MailServer, cast: SimpleNamespace, settings: Any
) -> None:
    settings.PRIVATE_HOSTS = ["localhost"]
    source = mailbox(real, "name@example.cn", cast.admin, address=f"localhost:{real.secure}",
                     options={"security": "tls"})  # fmt: skip
    assert look_at(source, now=NOW).cause == "tls"


def test_trying_shows_the_letters_and_keeps_nothing(
    real: MailServer, cast: SimpleNamespace
) -> None:
    user = "trying@example.cn"
    real.deliver(user, mail(1), at=YESTERDAY)
    wanted = Wanted("mailbox", real.address(), user, options={"user": user}, secret=PASSWORD)
    assert [entry.title for entry in try_source(wanted, now=NOW).entries] == ["第1封"]
    assert (Voice.objects.count(), Receipt.objects.count()) == (0, 0)
