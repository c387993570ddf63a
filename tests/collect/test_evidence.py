"""Evidence: what stood on a page when its voice joined a case, whatever becomes of the page."""

import gzip
import json
import stat
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse
from warcio.archiveiterator import ArchiveIterator

from tests.servers.changing import Changing, changing_page
from tingda.analyse.models import Reading
from tingda.cases.actions import keeping
from tingda.cases.models import Case
from tingda.cli.records import ledger
from tingda.collect.actions.evidence import CLAIM, ask_for_evidence, keep_due
from tingda.collect.actions.forgetting import sweep
from tingda.collect.models import Evidence, Voice
from tingda.collect.queries.evidence import changed_evidence
from tingda.detect.actions.deciding import merge
from tingda.detect.models import Belonging, Gathering, Issue
from tingda.ledger.models import Line

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(keeping, "_asked", keeping._Asked())


@pytest.fixture
def server(settings: Any) -> Iterator[Changing]:
    with changing_page() as page:
        settings.PRIVATE_HOSTS = [urlsplit(page.address).netloc]
        settings.HOST_PACE_SECONDS = 0
        yield page


def records(row: Evidence, settings: Any) -> list[tuple[str, bytes, Any]]:
    """Type, content and HTTP headers of every record of a file."""
    content = (Path(settings.MEDIA_ROOT) / row.path).read_bytes()
    return [
        (record.rec_type, record.content_stream().read(), record)
        for record in ArchiveIterator(BytesIO(content), check_digests="raise")
    ]


def test_a_page_that_changes_later_does_not_change_the_record(
    server: Changing, make_voice: Make, make_case: Make, now: datetime, settings: Any
) -> None:
    voice = make_voice(title="食堂", text="午餐有异物", url=server.address, author_hash="a" * 32)
    case = make_case(voice)
    stood = server.body.encode()
    assert keep_due(now=now) == 1
    server.body = "<html><body>一切正常</body></html>"
    assert keep_due(now=now + timedelta(days=1)) == 0
    row = Evidence.objects.get()
    assert (row.state, row.thread, row.kept_at) == ("kept", case.thread, now)
    found = records(row, settings)
    assert [kind for kind, _content, _record in found] == [
        *("warcinfo", "response", "request", "resource")
    ]
    _kind, content, response = found[1]
    assert content == stood
    assert response.rec_headers.get_header("WARC-Target-URI") == server.address
    assert (response.http_headers.get_statuscode(), response.rec_headers.protocol) == (
        "200",
        "WARC/1.1",
    )
    assert response.http_headers.get_header("X-Own") == "eigen"
    assert found[2][2].http_headers.protocol == "GET"
    assert found[2][2].http_headers.get_header("User-Agent").startswith("Tingda/")
    words = json.loads(found[3][1])
    assert (words["title"], words["text"]) == ("食堂", "午餐有异物")
    assert (words["said_at"], words["heard_at"]) == (
        voice.said_at.isoformat(),
        voice.heard_at.isoformat(),
    )
    whole = gzip.decompress((Path(settings.MEDIA_ROOT) / row.path).read_bytes())
    assert b"a" * 32 not in whole


def test_the_file_is_ours_alone_and_its_hash_is_in_the_ledger(
    server: Changing, make_voice: Make, make_case: Make, now: datetime, settings: Any
) -> None:
    voice = make_voice(url=server.address)
    case = make_case(voice)
    keep_due(now=now)
    row = Evidence.objects.get()
    file = Path(settings.MEDIA_ROOT) / row.path
    assert row.path == f"evidence/{row.sha256}.warc.gz"
    assert (stat.S_IMODE(file.stat().st_mode), file.stat().st_size) == (0o600, row.size)
    line = Line.objects.get(verb="evidence.kept")
    assert (line.thread, line.subject) == (case.thread, f"voice:{voice.pk}")
    assert line.data == {"sha256": row.sha256, "size": row.size}
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_without_an_address_the_words_are_kept(
    make_voice: Make, make_case: Make, now: datetime, settings: Any
) -> None:
    make_case(make_voice(text="来电说路灯不亮", url=""))
    keep_due(now=now)
    row = Evidence.objects.get()
    assert (row.state, row.note) == ("words", "这条声音没有网址")
    kinds = [(kind, content) for kind, content, _record in records(row, settings)]
    assert [kind for kind, _content in kinds] == ["warcinfo", "resource"]
    assert json.loads(kinds[1][1])["text"] == "来电说路灯不亮"
    assert Line.objects.get(verb="evidence.words_kept").data["sha256"] == row.sha256


def test_a_page_closed_to_robots_is_not_read(
    server: Changing, make_voice: Make, make_case: Make, now: datetime
) -> None:
    server.robots = "User-agent: *\nDisallow: /\n"
    make_case(make_voice(url=server.address))
    keep_due(now=now)
    row = Evidence.objects.get()
    assert (row.state, "robots.txt" in row.note, server.asked) == ("words", True, ["/robots.txt"])


def test_a_page_that_fails_is_asked_for_five_times_in_three_days(
    server: Changing, make_voice: Make, make_case: Make, now: datetime
) -> None:
    server.status = 500
    make_case(make_voice(url=server.address))
    times, at = [], now
    for _try in range(20):
        row = Evidence.objects.get()
        if row.state != "due":
            break
        at = row.next_due or at
        assert keep_due(now=at - timedelta(seconds=1)) == 0
        assert keep_due(now=at) == 1
        times.append(at - now)
    assert [time.total_seconds() / 3600 for time in times] == [0, 1, 6, 24, 72]
    assert (row.state, row.tries, row.note_params["status"]) == ("words", 5, 500)
    assert server.asked.count("/page") == 5


def test_a_page_that_fails_at_first_is_kept_when_it_comes(
    server: Changing, make_voice: Make, make_case: Make, now: datetime
) -> None:
    server.status = 503
    make_case(make_voice(url=server.address))
    keep_due(now=now)
    assert Evidence.objects.get().state == "due"
    server.status = 200
    keep_due(now=now + timedelta(hours=1))
    row = Evidence.objects.get()
    assert (row.state, row.note, row.next_due) == ("kept", "", None)


def test_of_a_worker_that_died_the_work_is_taken_up(
    server: Changing, make_voice: Make, make_case: Make, now: datetime
) -> None:
    make_case(make_voice(url=server.address))
    Evidence.objects.update(claimed_until=now + CLAIM)
    assert keep_due(now=now + timedelta(minutes=1)) == 0
    assert keep_due(now=now + CLAIM + timedelta(seconds=1)) == 1
    assert Evidence.objects.get().state == "kept"


def test_files_that_no_record_speaks_of_are_swept(now: datetime, settings: Any) -> None:
    folder = Path(settings.MEDIA_ROOT) / "evidence"
    folder.mkdir(parents=True)
    (folder / "left.part").write_bytes(b"half")
    written = datetime.fromtimestamp((folder / "left.part").stat().st_mtime, now.tzinfo)
    assert sweep(now=written + timedelta(hours=1)) == 0
    assert sweep(now=written + timedelta(days=2)) == 1
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_verify_tells_of_evidence_that_is_not_what_it_was(
    server: Changing, make_voice: Make, make_case: Make, now: datetime, settings: Any, harm: str
) -> None:
    voice = make_voice(url=server.address)
    make_case(voice)
    keep_due(now=now)
    assert changed_evidence() == []
    green = CliRunner().invoke(ledger, ["verify", "--json"])
    assert (green.exit_code, json.loads(green.output)["evidence_changed"]) == (0, [])
    file = Path(settings.MEDIA_ROOT) / Evidence.objects.get().path
    file.write_bytes(file.read_bytes()[:-1]) if harm == "changed" else file.unlink()
    red = CliRunner().invoke(ledger, ["verify", "--json"])
    report = json.loads(red.output)
    assert (red.exit_code, report["ok"]) == (1, False)
    assert report["evidence_changed"] == [f"voice:{voice.pk}"]
    assert f"voice:{voice.pk}" in CliRunner().invoke(ledger, ["verify"]).output


# ---- which voices ----


def voices_with_evidence() -> list[int]:
    return sorted(Evidence.objects.values_list("voice_id", flat=True))


def join(issue: Issue, *voices: Voice) -> None:
    """These voices join an issue, as the worker that groups does it."""
    gathering = Gathering.objects.get(pk=1)
    gathering.stamp += 1
    gathering.save()
    for voice in voices:
        Belonging.objects.create(
            voice=voice, issue=issue, at=voice.at, author_hash="x", stamp=gathering.stamp
        )


@pytest.fixture
def stamped(make_issue: Make, make_voice: Make) -> Callable[[int], Issue]:
    """An issue of so many voices that joined one after another."""

    def make(count: int) -> Issue:
        first, *others = voices = [make_voice() for _n in range(count)]
        Reading.objects.bulk_create(
            Reading(voice=voice, digest="", read_at=voice.at, ungathered=False) for voice in voices
        )
        issue: Issue = make_issue(first)
        join(issue, *others)
        Belonging.objects.filter(voice=first).update(stamp=1)
        return issue

    return make


def test_taking_on_asks_for_the_pages_of_all_its_voices(
    stamped: Callable[[int], Issue], make_case: Make, make_voice: Make, now: datetime
) -> None:
    make_voice()
    issue = stamped(3)
    case = make_case(issue)
    assert voices_with_evidence() == sorted(issue.belongings.values_list("pk", flat=True))
    assert set(Evidence.objects.values_list("thread", flat=True)) == {case.thread}
    assert keeping.ask_due(now=now) == 0


def test_voices_that_join_later_and_those_of_a_large_issue_are_asked_for_by_the_worker(
    stamped: Callable[[int], Issue], make_case: Make, make_voice: Make, now: datetime
) -> None:
    issue = stamped(130)
    case = make_case(issue)
    assert Evidence.objects.count() == 100
    assert [keeping.ask_due(now=now, limit=20) for _n in range(3)] == [20, 10, 0]
    later = make_voice()
    join(issue, later)
    assert (keeping.ask_due(now=now), keeping.ask_due(now=now)) == (1, 0)
    assert Evidence.objects.get(voice=later).thread == case.thread


def test_while_nothing_happens_the_worker_asks_two_short_questions(
    stamped: Callable[[int], Issue],
    make_case: Make,
    now: datetime,
    django_assert_num_queries: Any,
) -> None:
    for _n in range(3):
        make_case(stamped(2))
    keeping.ask_due(now=now)
    with django_assert_num_queries(2):
        assert keeping.ask_due(now=now) == 0


def test_voices_of_an_issue_that_is_merged_into_one_of_a_case_join_it(
    stamped: Callable[[int], Issue], make_case: Make, cast: SimpleNamespace, now: datetime
) -> None:
    other, issue = stamped(2), stamped(1)
    make_case(issue)
    keeping.ask_due(now=now)
    merge(other, issue, by=cast.duty, now=now)
    assert (keeping.ask_due(now=now), Evidence.objects.count()) == (2, 3)


def test_a_case_from_before_gets_its_evidence_and_a_closed_one_does_not(
    make_case: Make, make_voice: Make, make_issue: Make, now: datetime
) -> None:
    make_case(make_voice()), make_case(make_issue())
    closed = make_case(make_voice())
    Evidence.objects.all().delete()
    Case.objects.filter(pk=closed.pk).update(state="closed")
    assert (keeping.ask_due(now=now), Evidence.objects.count()) == (2, 2)


def test_asked_for_twice_it_is_kept_once(make_voice: Make, now: datetime) -> None:
    voice = make_voice()
    assert ask_for_evidence([voice.pk], "case:1", now=now) == 1
    assert ask_for_evidence([voice.pk], "case:2", now=now) == 0
    assert Evidence.objects.get().thread == "case:1"


# ---- on pages ----


def test_pages_show_the_evidence_and_the_office_may_have_it(
    server: Changing,
    make_voice: Make,
    make_case: Make,
    cast: SimpleNamespace,
    client_of: Callable[..., Client],
    now: datetime,
    settings: Any,
) -> None:
    voice = make_voice(url=server.address)
    case = make_case(voice)
    duty = client_of(cast.duty)
    address = reverse("evidence", args=[voice.pk])
    assert duty.get(address).status_code == 404  # not kept yet
    assert "等待存证" in duty.get(reverse("voice", args=[voice.pk])).content.decode()
    keep_due(now=now)
    row = Evidence.objects.get()
    for page in (reverse("voice", args=[voice.pk]), reverse("case", args=[case.pk])):
        content = duty.get(page).content.decode()
        assert ("已存证" in content, row.sha256[:16] in content, address in content) == (True,) * 3
    came = duty.get(address)
    assert b"".join(came.streaming_content) == (Path(settings.MEDIA_ROOT) / row.path).read_bytes()  # type: ignore[attr-defined]
    assert came["Content-Disposition"] == f'attachment; filename="voice-{voice.pk}.warc.gz"'
    assert (came["Content-Type"], came["X-Content-Type-Options"]) == (
        "application/octet-stream",
        "nosniff",
    )
    assert client_of(cast.liaison_edu).get(address).status_code == 404
    assert Client().get(address).status_code == 302
