"""声音: the list, one voice as it was said, sealed contact, and the search."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.analyse.actions.reading import read_due
from tingda.analyse.models import Reading
from tingda.cases.models import Case
from tingda.collect.models import Receipt, Source, Voice
from tingda.detect.models import Issue
from tingda.ledger.models import Line
from tingda.notify.actions import tell
from tingda.notify.queries import unread_for
from tingda.people.models import Person
from tingda.vault.actions import seal

SCRIPT = "<script>alert(1)</script>"
PHONE = "张先生 13800000000"
ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]
MakeIssue = Callable[..., Issue]
MakeVoice = Callable[..., Voice]


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


@pytest.fixture
def sealed(make_voice: MakeVoice, now: datetime) -> Voice:
    """A voice whose writer left a way to be reached."""
    voice = make_voice(text="楼道灯坏了")
    contact = seal(PHONE, now=now)
    Receipt.objects.create(voice=voice, code_hash="a", contact=contact, made_at=now)
    return voice


@pytest.mark.parametrize("who", ["duty", "drafter", "releaser", "auditor", "admin"])
def test_everybody_at_the_desk_sees_what_was_said(
    cast: SimpleNamespace, client_of: ClientOf, make_voice: MakeVoice, who: str
) -> None:
    voice = make_voice(text="楼下油烟太大")
    client = client_of(getattr(cast, who))
    assert "楼下油烟太大" in text_of(client, f"/desk/voices/{voice.pk}/")
    assert "楼下油烟太大" in text_of(client, "/desk/voices/")


def test_for_a_liaison_none_of_it_exists(
    cast: SimpleNamespace, client_of: ClientOf, sealed: Voice
) -> None:
    client = client_of(cast.liaison_edu)
    for address in ("", f"{sealed.pk}/", f"{sealed.pk}/contact/"):
        assert client.get(f"/desk/voices/{address}").status_code == 404
        assert client.post(f"/desk/voices/{address}").status_code == 404
    assert client.get("/desk/search/?q=路灯").status_code == 404


def test_the_list_is_of_one_day_and_one_source_when_asked(
    cast: SimpleNamespace, client_of: ClientOf, make_voice: MakeVoice, now: datetime
) -> None:
    other = Source.objects.create(kind="feed", name="县报")
    today, source_today = make_voice(), make_voice(source=other)
    yesterday = make_voice(heard_at=now - timedelta(days=1))
    client = client_of(cast.duty)

    def listed(query: str) -> list[Voice]:
        return client.get(f"/desk/voices/{query}").context["page"].items

    assert listed("") == [source_today, today, yesterday]
    assert listed("?day=2026-11-21") == [source_today, today]
    assert listed(f"?day=2026-11-21&source={other.pk}") == [source_today]
    assert listed("?day=nonsense&source=-1") == [source_today, today, yesterday]
    assert "没有符合条件的声音" in text_of(client, "/desk/voices/?day=1999-01-01")


def test_an_empty_list_says_what_to_do(cast: SimpleNamespace, client_of: ClientOf) -> None:
    assert "还没有听到声音" in text_of(client_of(cast.duty), "/desk/voices/")


def test_a_link_is_only_made_of_a_web_address(
    cast: SimpleNamespace, client_of: ClientOf, make_voice: MakeVoice
) -> None:
    client = client_of(cast.duty)
    good = make_voice(url="https://forum.example/1")
    page = text_of(client, f"/desk/voices/{good.pk}/")
    assert 'href="https://forum.example/1" rel="noopener nofollow noreferrer"' in page
    for bad in ("javascript:alert(1)", "data:text/html,x", "//forum.example", "http://[", "x"):
        voice = make_voice(url=bad)
        assert "看原文" not in text_of(client, f"/desk/voices/{voice.pk}/")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"precision": "minute"}, ""),
        ({"precision": "day"}, "只知道是哪一天"),
        ({"said_at": None, "precision": "unknown"}, "没有说明时间，按听到的时间算"),
    ],
)
def test_how_exactly_the_time_is_known_is_said(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_voice: MakeVoice,
    values: dict[str, object],
    words: str,
) -> None:
    response = client_of(cast.duty).get(f"/desk/voices/{make_voice(**values).pk}/")
    assert response.context["precision"] == words


def test_the_page_leads_to_issue_case_and_copies(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_voice: MakeVoice,
    make_issue: MakeIssue,
    make_case: MakeCase,
    now: datetime,
) -> None:
    voice, copy = make_voice(text="油烟"), make_voice(text="油烟")
    issue = make_issue(voice, copy)
    client = client_of(cast.duty)
    before = text_of(client, f"/desk/voices/{voice.pk}/")
    assert f"/desk/cases/new/?voice={voice.pk}" in before
    case = make_case(issue)
    Reading.objects.create(voice=voice, digest="a", read_at=now)
    Reading.objects.create(voice=copy, digest="a", read_at=now, repeat_of=voice)
    page = text_of(client, f"/desk/voices/{voice.pk}/")
    assert f'href="/desk/issues/{issue.pk}/"' in page
    assert f'href="/desk/cases/{case.pk}/"' in page
    assert f'href="/desk/voices/{copy.pk}/"' in page
    assert f"/desk/cases/new/?voice={voice.pk}" not in page


def test_a_marked_word_says_why_by_mouse_and_by_keyboard(
    cast: SimpleNamespace, client_of: ClientOf, make_voice: MakeVoice, now: datetime
) -> None:
    voice = make_voice(title="油烟", text="太大了")
    why = {"topic": [["title", 0, 2]]}
    Reading.objects.create(voice=voice, digest="a", read_at=now, why=why)
    page = text_of(client_of(cast.duty), f"/desk/voices/{voice.pk}/")
    assert '<h1><mark class="topic" title="主题词" tabindex="0">油烟</mark></h1>' in page
    assert '因为提到：<mark class="topic">油烟</mark>' in page


def test_who_said_it_is_shown_nowhere_and_cannot_be_searched(
    cast: SimpleNamespace, client_of: ClientOf, make_voice: MakeVoice, make_issue: MakeIssue
) -> None:
    secret = "abcdef0123456789abcdef0123456789"
    voice = make_voice(author_hash=secret, text="路灯坏了", unread=True)
    issue = make_issue(voice)
    read_due(now=voice.heard_at)
    client = client_of(cast.duty)
    pages = [f"/desk/voices/{voice.pk}/", "/desk/voices/", f"/desk/issues/{issue.pk}/"]
    for address in [*pages, "/desk/", "/desk/search/?q=路灯"]:
        assert secret not in text_of(client, address)
    assert "没有找到" in text_of(client, f"/desk/search/?q={secret}")


def test_contact_opens_with_a_reason_once_and_on_the_record(
    cast: SimpleNamespace, client_of: ClientOf, sealed: Voice
) -> None:
    client, address = client_of(cast.duty), f"/desk/voices/{sealed.pk}/"
    assert PHONE not in text_of(client, address)
    assert client.get(f"{address}contact/").headers["Location"] == address
    refused = client.post(f"{address}contact/", {"reason": "  "})
    assert refused.status_code == 422
    assert PHONE not in refused.content.decode()
    assert not Line.objects.filter(verb="contact.opened").exists()
    opened = client.post(f"{address}contact/", {"reason": "约到现场核实"})
    assert PHONE in opened.content.decode()
    assert "no-store" in opened.headers["Cache-Control"]
    line = Line.objects.get(verb="contact.opened")
    assert (line.thread, line.actor, line.data) == (
        f"voice:{sealed.pk}",
        "值班员",
        {"reason": "约到现场核实"},
    )
    assert PHONE not in text_of(client, address)


@pytest.mark.parametrize("who", ["drafter", "releaser", "auditor", "admin"])
def test_contact_stays_sealed_for_every_other_role(
    cast: SimpleNamespace, client_of: ClientOf, sealed: Voice, who: str
) -> None:
    client = client_of(getattr(cast, who))
    assert "只有值班员可以写明理由后查看" in text_of(client, f"/desk/voices/{sealed.pk}/")
    response = client.post(f"/desk/voices/{sealed.pk}/contact/", {"reason": "想看看"})
    assert response.status_code == 403
    assert PHONE not in response.content.decode()


def test_without_a_contact_there_is_nothing_to_open(
    cast: SimpleNamespace, client_of: ClientOf, make_voice: MakeVoice
) -> None:
    voice, client = make_voice(), client_of(cast.duty)
    assert "联系方式" not in text_of(client, f"/desk/voices/{voice.pk}/")
    response = client.post(f"/desk/voices/{voice.pk}/contact/", {"reason": "试试"})
    assert response.headers["Location"] == f"/desk/voices/{voice.pk}/"


def test_search_finds_voices_issues_and_cases_and_marks_the_words(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_voice: MakeVoice,
    make_issue: MakeIssue,
    make_case: MakeCase,
    now: datetime,
) -> None:
    voice = make_voice(title="路灯", text="滨河路路灯不亮", unread=True)
    make_voice(text="停水了", unread=True)
    read_due(now=now)
    case = make_case(make_issue(voice, title="滨河路路灯"), title="路灯不亮")
    response = client_of(cast.duty).get("/desk/search/?q=路灯")
    page = response.content.decode()
    assert [found.voice for found in response.context["voices"]] == [voice]
    assert '滨河路<mark class="topic" title="搜索的词">路灯</mark>不亮' in page
    assert '滨河路<mark class="topic" title="搜索的词">路灯</mark></a>' in page
    assert case.number in page
    assert "1 条，新的在前" in " ".join(page.split())


def test_search_says_thirty_and_more_instead_of_counting(
    cast: SimpleNamespace, client_of: ClientOf, make_voice: MakeVoice, now: datetime
) -> None:
    for _ in range(31):
        make_voice(text="路灯不亮", unread=True)
    read_due(now=now)
    client = client_of(cast.duty)
    assert "30+ 条" in text_of(client, "/desk/search/?q=路灯")
    assert len(client.get("/desk/search/?q=路灯&page=2").context["voices"]) == 1


@pytest.mark.parametrize("words", ["", "  ", "%00", "*", '"', "a OR b", "没有的词", "%", "'"])
def test_search_for_nothing_or_nonsense_is_a_page(
    cast: SimpleNamespace, client_of: ClientOf, words: str
) -> None:
    text_of(client_of(cast.duty), f"/desk/search/?q={words}")


def test_a_case_is_found_by_its_number(
    cast: SimpleNamespace, client_of: ClientOf, make_case: MakeCase
) -> None:
    case = make_case()
    found = client_of(cast.duty).get(f"/desk/search/?q={case.number}").context["cases"]
    assert [row for row, _title in found] == [case]


def test_pages_cost_the_same_with_more_rows_and_show_scripts_as_text(
    cast: SimpleNamespace,
    client_of: ClientOf,
    make_voice: MakeVoice,
    make_issue: MakeIssue,
    make_case: MakeCase,
    now: datetime,
) -> None:
    client = client_of(cast.duty)
    addresses = ["/desk/voices/", "/desk/search/?q=alert"]
    counts: dict[str, list[int]] = {address: [] for address in addresses}
    for rows in (1, 2):
        for _ in range(rows):
            voice = make_voice(
                title=SCRIPT, text=SCRIPT, platform=SCRIPT, place=SCRIPT, unread=True
            )
            make_case(make_issue(voice, title=SCRIPT), title=SCRIPT)
            read_due(now=now)
        addresses_now = [*addresses, f"/desk/voices/{voice.pk}/"]
        for address in addresses_now:
            with CaptureQueriesContext(connection) as queries:
                page = text_of(client, address)
            assert SCRIPT not in page
            assert "script&gt;" in page
            if address in counts:
                counts[address].append(len(queries))
    assert [seen[0] for seen in counts.values()] == [seen[1] for seen in counts.values()]


def test_a_notice_about_a_voice_is_read_when_the_voice_is(
    cast: SimpleNamespace, client_of: ClientOf, make_voice: Callable[..., Voice], now: datetime
) -> None:
    voice = make_voice()
    tell([cast.duty], "voice.harm", key="h", link=f"voice:{voice.pk}", now=now)
    client_of(cast.duty).get(f"/desk/voices/{voice.pk}/")
    assert list(unread_for(cast.duty)) == []
