"""Hearing in bulk, the public form and the hotline: what is kept, and what is not."""

import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from tingda.collect.actions.hearing import hear
from tingda.collect.actions.receiving import notice_harm, receive, take_at_desk, take_call
from tingda.collect.models import Receipt, Source, Voice
from tingda.collect.queries import CODE_LETTERS, code_hash, receipt_of
from tingda.collect.rules import Entry
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.notify.models import Notice
from tingda.vault.models import SealedContact

CONTACT = "fake-contact-9"


def entry(**values: Any) -> Entry:
    fields = {
        "guid": "g1",
        "title": "停水",
        "text": "又停水了",
        "url": "https://luntan.example/1",
        "said_at": datetime(2026, 11, 20, 2, 0, tzinfo=UTC),
        "precision": "minute",
        "author": "某网友",
        "likes": 3,
        "dislikes": 0,
        "platform": "镇民论坛",
        "place": "老城区",
    }
    return Entry(**fields | values)


@pytest.fixture
def source(db: None) -> Source:
    return Source.objects.create(name="镇民论坛", kind=Source.Kind.FEED)


def test_hearing_again_adds_nothing(source: Source, now: datetime) -> None:
    entries = [entry(guid="a"), entry(guid="b", url="https://luntan.example/2")]
    first = hear(source, entries, now=now)
    again = hear(source, [*entries, entry(guid="c", url="https://luntan.example/3")], now=now)
    assert (len(first.added), first.repeated) == (2, 0)
    assert (len(again.added), again.repeated) == (1, 2)
    assert Voice.objects.count() == 3
    assert [line.data for line in Line.objects.filter(verb="source.heard")] == [
        {"added": 2, "repeated": 0},
        {"added": 1, "repeated": 2},
    ]


def test_the_same_entry_twice_in_a_batch_is_one_voice(source: Source, now: datetime) -> None:
    heard = hear(source, [entry(), entry()], now=now)
    assert (len(heard.added), heard.repeated) == (1, 1)


def test_nothing_new_writes_no_line(source: Source, now: datetime) -> None:
    assert hear(source, [], now=now).added == []
    assert not Line.objects.filter(verb="source.heard").exists()


def test_a_voice_is_kept_as_it_was_said(source: Source, now: datetime) -> None:
    hear(source, [entry()], now=now)
    voice = Voice.objects.get()
    said_at = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    assert (voice.title, voice.text, voice.place, voice.likes) == ("停水", "又停水了", "老城区", 3)
    assert (voice.said_at, voice.at, voice.heard_at) == (said_at, said_at, now)


def test_an_unknown_time_sorts_by_when_it_was_heard(source: Source, now: datetime) -> None:
    hear(source, [entry(said_at=None, precision="unknown")], now=now)
    voice = Voice.objects.get()
    assert (voice.said_at, voice.at) == (None, now)


def test_an_author_is_kept_only_as_a_keyed_hash(source: Source, now: datetime) -> None:
    same = [entry(guid=str(n), url=f"https://luntan.example/{n}") for n in range(2)]
    other = entry(guid="x", url="https://luntan.example/x", platform="另一个论坛")
    nobody = entry(guid="y", url="https://luntan.example/y", author=" ")
    hear(source, [*same, other, nobody], now=now)
    hashes = list(Voice.objects.order_by("id").values_list("author_hash", flat=True))
    assert hashes[0] == hashes[1] != hashes[2]  # the same name on two platforms is two people
    assert re.fullmatch(r"[0-9a-f]{32}", hashes[0])
    assert hashes[3] == ""
    for row in Voice.objects.values():
        assert "某网友" not in str(row)


def test_what_no_database_keeps_is_left_out_and_a_long_title_loses_nothing(
    source: Source, now: datetime
) -> None:
    title = "长" * 600
    odd = entry(title=title, text="一\0二\ud800三", likes=-4, dislikes=2**40, url="x" * 3000)
    hear(source, [odd], now=now)
    voice = Voice.objects.get()
    assert voice.title == title[:500]
    assert voice.text == f"{title}\n一二三"
    assert (voice.likes, voice.dislikes, voice.url) == (0, 2**31 - 1, "")


def test_the_form_gives_a_code_that_finds_the_voice(db: None, now: datetime) -> None:
    voice, code = receive("停水", "又停水了", CONTACT, "老城区", now=now)
    assert re.fullmatch(rf"(?:[{CODE_LETTERS}]{{4}}-){{2}}[{CODE_LETTERS}]{{4}}", code)
    assert voice.source.kind == Source.Kind.FORM
    assert voice.unread
    for typed in (code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')} ",
                  "".join(chr(ord(c) + 0xFEE0) for c in code)):  # fmt: skip
        found = receipt_of(typed)
        assert found is not None
        assert found.voice == voice


@pytest.mark.parametrize("typed", ["", "-", "AAAA-AAAA-AAAA", "x" * 5000, "\0", "密码"])
def test_a_wrong_code_finds_nothing(db: None, now: datetime, typed: str) -> None:
    receive("", "又停水了", "", "", now=now)
    assert receipt_of(typed) is None


@given(st.text(max_size=120))
def test_any_text_can_be_hashed_as_a_code(typed: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", code_hash(typed))


def test_neither_the_code_nor_the_contact_is_kept_in_the_clear(
    cast: SimpleNamespace, now: datetime
) -> None:
    _voice, code = receive("", "又停水了", CONTACT, "", now=now)
    _call, second = take_call("", "又停电了", CONTACT, "", by=cast.duty, now=now)
    kept = " ".join(
        str(row)
        for model in (Voice, Receipt, SealedContact, Line)
        for row in model.objects.values()
    )
    for secret in (code, second, code.replace("-", ""), second.replace("-", ""), CONTACT):
        assert secret not in kept
    assert SealedContact.objects.count() == 2
    assert (Path(settings.HOME) / "secrets" / "receipt.key").stat().st_mode & 0o777 == 0o600


def test_the_ledger_says_that_a_contact_is_held_and_no_more(
    cast: SimpleNamespace, now: datetime
) -> None:
    receive("", "又停水了", CONTACT, "", now=now)
    take_call("", "又停电了", "", "", by=cast.duty, now=now)
    lines = Line.objects.filter(verb__startswith="voice.")
    assert [(line.verb, line.actor, line.data, line.public) for line in lines] == [
        ("voice.received", "反映人", {"contact_held": True}, False),
        ("voice.taken", "值班员", {"contact_held": False}, False),
    ]


def test_two_letters_of_the_same_words_are_two_people(db: None, now: datetime) -> None:
    one, _code = receive("", "又停水了", "", "", now=now)
    two, _code = receive("", "又停水了", "", "", now=now)
    assert one.author_hash != two.author_hash
    assert one.identity != two.identity


def test_nothing_said_is_refused_and_nothing_is_left(db: None, now: datetime) -> None:
    with pytest.raises(Refused):
        receive("题目", " \0 ", CONTACT, "", now=now)
    assert (Voice.objects.count(), SealedContact.objects.count()) == (0, 0)


def test_only_roles_that_hear_take_calls(cast: SimpleNamespace, now: datetime) -> None:
    for person in (cast.liaison_edu, cast.drafter, cast.releaser, cast.auditor):
        with pytest.raises(Refused):
            take_call("", "又停水了", "", "", by=person, now=now)
    assert Voice.objects.count() == 0


def test_a_file_that_is_refused_leaves_no_voice_and_no_file(
    db: None, now: datetime, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    for files in (
        [("a.txt", [b"x"]), ("b.exe", [b"MZ"])],
        [(f"{number}.txt", [b"x"]) for number in range(6)],
    ):
        with pytest.raises(Refused):
            receive("", "又停水了", CONTACT, "", now=now, files=files)
    assert (Voice.objects.count(), SealedContact.objects.count()) == (0, 0)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_when_the_voice_cannot_be_kept_its_files_are_removed(
    cast: SimpleNamespace, now: datetime, settings: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    settings.MEDIA_ROOT = tmp_path

    def full(*_args: Any, **_values: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("tingda.collect.actions.receiving.notice_harm", full)
    said = ("", "又停水了", "", "")
    with pytest.raises(OSError, match="disk full"):
        take_at_desk("来访", said, by=cast.duty, now=now, files=[("a.txt", [b"x"])])
    assert Voice.objects.count() == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_harm_to_a_child_is_told_once_with_its_words(cast: SimpleNamespace, now: datetime) -> None:
    voice, _code = receive("", "学生被老师打了，孩子不想活了", "", "", now=now)
    assert notice_harm(voice, now=now) == ("被老师打", "不想活")
    line = Line.objects.get(verb="voice.harm")
    assert (line.subject, line.data, line.public) == (
        f"voice:{voice.pk}",
        {"words": ["被老师打", "不想活"]},
        False,
    )
    told = Notice.objects.values_list("person__login", "verb", "link")
    assert sorted(told) == [
        ("duty", "voice.harm", f"voice:{voice.pk}"),
        ("duty2", "voice.harm", f"voice:{voice.pk}"),
    ]
