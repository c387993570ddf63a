"""`tingda bench pages`: what it reports, and that it leaves an office in use alone."""

import json
from datetime import datetime
from types import SimpleNamespace

import pytest

from tests.house import House
from tingda.detect.models import Belonging, Issue
from tingda.evaluate.filled import Office, made_up
from tingda.evaluate.pages import measure_pages
from tingda.lib.refusal import Refused

PAGES = {
    *("today", "issues by people", "issues by messages", "issues by new", "issues by last"),
    *("issues of a place", "issue", "largest issue", "largest issue, chart", "voices"),
    *("voices of a day", "voice", "search, common word", "search, rare word", "cases", "case"),
    *("judging", "judging the largest issue", "judging the largest issue, anew"),
    *("judging the largest issue, sources", "referrals", "answers", "answer", "briefs"),
    *("sources", "ledger"),
}


@pytest.mark.slow
@pytest.mark.once
def test_the_report_names_every_page_with_its_milliseconds(empty_house: House) -> None:
    done = empty_house.run("bench", "pages", "--voices", "300", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert set(report) == {"voices", "pages", "p95", "slowest", "search_rows", "rows"}
    assert (report["voices"], report["search_rows"]) == (300, 300)
    assert set(report["pages"]) == set(report["p95"]) == PAGES
    assert all(report["p95"][page] >= usual for page, usual in report["pages"].items())
    assert report["slowest"] == max(report["pages"].values())
    assert min(report["pages"].values()) > 0
    assert report["rows"]["Voice"] == 300
    # it has a folder of its own
    assert not (empty_house.home / "tingda.sqlite3").exists()


def test_an_office_in_use_is_refused(cast: SimpleNamespace, now: datetime) -> None:
    with pytest.raises(Refused, match="空的数据文件夹"):
        measure_pages(300, now=now)


def test_the_numbers_on_an_issue_are_those_of_its_voices(db: None, now: datetime) -> None:
    Office(300, now).fill()
    for issue in Issue.objects.all():
        belongings = Belonging.objects.filter(issue=issue)
        people = len({row.author_hash for row in belongings})
        copies = sum(row.copy for row in belongings)
        assert (issue.messages, issue.people, issue.copies) == (len(belongings), people, copies)


def test_the_same_number_says_the_same_and_no_two_are_alike() -> None:
    said = [made_up(number) for number in range(2000)]
    assert said == [made_up(number) for number in range(2000)]
    assert len({one.text for one in said}) == 2000
