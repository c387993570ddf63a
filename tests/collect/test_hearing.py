"""What a feed says, once and whole: edits, changing ids, what was left out, what is buried."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.servers.misbehaving import Host as Server
from tests.servers.misbehaving import item, misbehaving, rss
from tingda.collect.actions.hearing import MOST_EDITS
from tingda.collect.actions.looking import look_at
from tingda.collect.models import Check, Edit, Source, Tombstone, Voice
from tingda.ledger.models import Line

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 8, 20, tzinfo=UTC)


@pytest.fixture
def site(settings: Any) -> Iterator[Server]:
    with misbehaving() as server:
        settings.PRIVATE_HOSTS = [server.name]
        yield server


@pytest.fixture
def source(site: Server) -> Source:
    return Source.objects.create(
        kind="feed", name="镇报", address=f"{site.address}/feed", next_due=NOW
    )


def look(source: Source, site: Server, *items: str) -> tuple[int, int, int, int]:
    """(added, repeated, edited, left out) of one look at these items."""
    site.feeds["/feed"] = rss(*items)
    check = look_at(source, now=NOW)
    source.refresh_from_db()
    assert check.outcome != Check.Outcome.FAILED
    return check.added, check.repeated, check.edited, check.left_out


def texts() -> list[str]:
    return list(Voice.objects.order_by("id").values_list("text", flat=True))


def test_an_edit_is_followed_and_what_stood_before_is_kept(source: Source, site: Server) -> None:
    assert look(source, site, item("停水", "今晚八点停水", guid="1")) == (1, 0, 0, 0)
    Voice.objects.update(unread=False)
    assert look(source, site, item("停水", "改为明早六点停水", guid="1")) == (0, 1, 1, 0)
    assert texts() == ["改为明早六点停水"]
    assert list(Edit.objects.values_list("text", flat=True)) == ["今晚八点停水"]
    voice = Voice.objects.get()
    assert (voice.edits, voice.unread) == (1, True)  # it is read again
    line = Line.objects.filter(verb="source.heard").latest("number")
    assert line.data == {"added": 0, "repeated": 1, "edited": 1}


def test_a_page_that_changes_for_ever_is_followed_twenty_four_times(
    source: Source, site: Server
) -> None:
    for visitors in range(30):
        look(source, site, item("公告", f"已有 {visitors} 人看过", guid="1"))
    assert (Voice.objects.get().edits, Edit.objects.count()) == (MOST_EDITS, MOST_EDITS)
    assert texts() == [f"已有 {MOST_EDITS} 人看过"]


def test_an_empty_edit_does_not_wipe_out_what_was_said(source: Source, site: Server) -> None:
    look(source, site, item("停水", "今晚停水", link="http://a.cn/1", guid="1"))
    look(source, site, item("", "", link="http://a.cn/1", guid="1"))
    assert "今晚停水" in (texts() + list(Edit.objects.values_list("text", flat=True)))


def test_a_site_that_gives_new_ids_at_every_look_is_heard_once(
    source: Source, site: Server
) -> None:
    for number in range(3):
        items = [
            item(f"第{n}条", f"内容{n}", f"http://a.cn/{n}", f"{number}-{n}") for n in range(4)
        ]
        look(source, site, *items)
    assert Voice.objects.count() == 4


def test_the_same_id_for_all_entries_loses_none(source: Source, site: Server) -> None:
    items = [item(f"第{n}条", f"内容{n}", f"http://a.cn/{n}", "same") for n in range(4)]
    assert look(source, site, *items) == (4, 0, 0, 0)
    assert look(source, site, *items[::-1]) == (0, 4, 0, 0)


def test_links_that_only_track_readers_are_the_same_link(source: Source, site: Server) -> None:
    for mark in ("utm_source=a", "utm_source=b&spm=1.2", "fbclid=x"):
        look(
            source,
            site,
            item("停水", "今晚", f"http://a.cn/1?id=7&amp;{mark}".replace("&s", "&amp;s")),
        )
    assert Voice.objects.count() == 1


def test_two_entries_with_one_link_and_other_words_are_two(source: Source, site: Server) -> None:
    items = [item(f"通报{n}", f"第{n}号", "http://a.cn/status", f"g{n}") for n in range(2)]
    assert look(source, site, *items) == (2, 0, 0, 0)


def test_words_that_a_source_leaves_out_are_counted_and_not_heard(
    source: Source, site: Server
) -> None:
    source.exclude = "招聘\nＶＩＰ"
    source.save()
    items = [
        item("招聘启事", "", guid="1"),
        item("停水", "vip 会员另行通知", guid="2"),
        item("停电", "今晚", guid="3"),
    ]
    assert look(source, site, *items) == (1, 0, 0, 2)
    assert list(Voice.objects.values_list("title", flat=True)) == ["停电"]


def test_what_was_deleted_when_its_time_was_over_is_not_heard_again(
    source: Source, site: Server
) -> None:
    by_id = item("停水", "今晚停水", "http://a.cn/1", "1")
    look(source, site, by_id)
    voice = Voice.objects.get()
    Tombstone.objects.create(source=source, identity=voice.identity, imprint=voice.imprint)
    Voice.objects.all().delete()
    new_id = item("停水", "今晚停水", "http://a.cn/1", "2")
    assert look(source, site, new_id) == (0, 1, 0, 0)
    assert look(source, site, by_id) == (0, 1, 0, 0)
    assert Voice.objects.count() == 0


def test_listening_closely_ends_by_itself(source: Source, site: Server) -> None:
    source.interval_minutes, source.close_minutes = 60, 5
    source.close_until = NOW + timedelta(hours=1)
    assert source.pace(NOW) == timedelta(minutes=5)
    assert source.pace(NOW + timedelta(hours=1)) == timedelta(minutes=60)
    source.save()
    look(source, site, item("停水", guid="1"))
    assert source.next_due is not None
    assert source.next_due <= NOW + timedelta(minutes=5)


def test_a_kind_that_breaks_is_a_failed_look_with_a_reason_and_is_tried_again(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("tingda.collect.sources.round.kind", lambda _name: Broken(broken))
    check = look_at(source, now=NOW)
    source.refresh_from_db()
    assert (check.outcome, source.claimed_until) == ("failed", None)
    assert "程序出错" in check.note
    assert source.next_due is not None
    assert source.next_due > NOW


class Broken:
    """A kind whose author made a mistake."""

    on_web = True

    def __init__(self, look: Any) -> None:
        self.look = look


def test_a_feed_that_breaks_off_in_an_entry_is_not_heard_half_and_then_again(
    source: Source, site: Server
) -> None:
    """Without its link and all its words the last entry would be another one."""
    whole = rss(*(item(f"第{n}条", f"第{n}条的全部内容", f"http://a.cn/{n}") for n in range(3)))
    last = whole.rindex(b"<item>")
    for length in range(last + len(b"<item><title>x"), len(whole), 7):
        site.feeds["/feed"] = whole[:length]
        look_at(source, now=NOW)
        source.refresh_from_db()
    site.feeds["/feed"] = whole
    look_at(source, now=NOW)
    assert sorted(texts()) == [f"第{n}条的全部内容" for n in range(3)]
    assert Edit.objects.count() == 0
