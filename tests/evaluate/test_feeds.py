"""Cases that state what they expect of a feed: what counts, what holds, and nothing is run."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tingda.cli.measures import evaluate
from tingda.evaluate.feeds import evaluate_feeds
from tingda.lib.refusal import Refused

ITEM = (
    "<item><title>停水 &lt;b&gt;通知&lt;/b&gt;</title><link>/a/1</link>"
    "<guid>n1</guid><author>记者</author><pubDate>Sat, 21 Nov 2020 00:03:05 GMT</pubDate>"
    "<description>&lt;p&gt;城东&lt;/p&gt;</description></item>"
)


def case(folder: Path, expected: str, head: str = "") -> dict[str, object]:
    comment = f"<!--\n{head}\nDescription: x\nExpect:      {expected}\n-->"
    body = f'<rss version="2.0"><channel><title>镇上</title><language>zh</language>{ITEM}'
    (folder / "one.xml").write_text(f"{comment}{body}</channel></rss>", "utf-8")
    return dict(evaluate_feeds(folder))


@pytest.mark.parametrize(
    "expected",
    [
        "not bozo and entries[0]['title'] == u'停水 <b>通知</b>'",
        "entries[0].title == '\\u505c\\u6c34' + ' 通知'",
        "feed['title'] == '镇上' and feed['language'] == 'zh'",
        "entries[0]['description'] == '城东'",
        "entries[0]['summary_detail']['value'] == '<div>城东</div>'",
        "entries[0]['link'] == 'http://127.0.0.1:8097/a/1'",
        "entries[0]['id'] == entries[0]['guid'] == 'n1'",
        "entries[0]['author'] == '记者' or entries[0]['author'] == '他'",
        "entries[0]['published_parsed'] == (2020, 11, 21, 0, 3, 5, 5, 326, 0)",
        "entries[0]['date'] == '2020-11-21T08:03:05+08:00'",
        "len(entries) == 1 and entries[0].has_key('link')",
        "not entries[0]['title'] == '' and entries[0]['language'] is not None",
        "'link' in entries[0] and not 'link' in feed",
        "1",
    ],
)
def test_what_is_kept_is_compared(tmp_path: Path, expected: str) -> None:
    report = case(tmp_path, expected)
    assert report == {"passed": 1, "failed": 0, "not_applicable": 0, "reasons": {}}


@pytest.mark.parametrize(
    ("expected", "reason"),
    [
        ("entries[0]['title'] == '停电'", "not so: entries[0]['title'] == '停电'"),
        ("len(entries) == 2", "not so: len(entries) == 2"),
        ("entries[1]['title'] == 'x'", "there is no entry 1"),
        ("bozo and entries[0]['link'] == '/a/1'", "not so: entries[0]['link'] == '/a/1'"),
    ],
)
def test_what_does_not_hold_fails_with_what_was_found(
    tmp_path: Path, expected: str, reason: str
) -> None:
    report = case(tmp_path, expected)
    assert (report["passed"], report["failed"], report["not_applicable"]) == (0, 1, 0)
    reasons = report["reasons"]
    assert isinstance(reasons, dict)
    assert reasons["one.xml"].startswith(reason)


@pytest.mark.parametrize(
    "expected",
    [
        "bozo",
        "not bozo and encoding == 'utf-8'",
        "entries[0]['media_thumbnail'][0]['url'] == 'x'",
        "entries[0]['description'] == '<img src=\"http://example.com/x.png\">'",
        "not 'etag' in locals()",
        "isinstance(bozo_exception, feedparser.CharacterEncodingOverride)",
        "__import__('pathlib').Path('made').touch() or True",
        "entries[0]['title'] == __import__('os').getcwd()",
        "(lambda: 1)()",
        "entries[0]['title'].upper() > 'x'",
        "this is no expression",
        "(" * 500,
    ],
)
def test_what_is_not_kept_does_not_count_and_nothing_is_run(
    tmp_path: Path, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report = case(tmp_path, expected)
    assert (report["passed"], report["failed"], report["not_applicable"]) == (0, 0, 1)
    assert not (tmp_path / "made").exists()


def test_the_servers_answer_is_part_of_a_case(tmp_path: Path) -> None:
    head = "Header:   Content-Location: /news/feed\nHeader: Content-type: text/xml"
    report = case(tmp_path, "entries[0]['link'] == 'http://127.0.0.1:8097/a/1'", head)
    assert report["passed"] == 1


def test_feeds_that_expect_nothing_must_be_read_and_other_files_do_not_count(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.xml").write_text(f'<rss version="2.0"><channel>{ITEM}</channel></rss>')
    (tmp_path / "b.json").write_text(
        json.dumps({"version": "https://jsonfeed.org/version/1", "items": []})
    )
    (tmp_path / "c.xml").write_text("<note/>")
    (tmp_path / "d.html").write_text("<html>")
    (tmp_path / "e.rss").write_text('<rss version="2.0">' + "<a>" * 1000)
    report = evaluate_feeds(tmp_path)
    assert (report["passed"], report["failed"], report["not_applicable"]) == (2, 1, 1)
    assert sorted(report["reasons"]) == ["c.xml", "e.rss"]


def test_a_folder_without_feeds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="这个文件夹里没有订阅源"):
        evaluate_feeds(tmp_path)


def test_the_command_prints_the_report(tmp_path: Path) -> None:
    case(tmp_path, "bozo")
    done = CliRunner().invoke(evaluate, ["feeds", "--cases", str(tmp_path), "--json"])
    reason = "whether the feed was well-formed is not kept"
    assert json.loads(done.output) == {
        "passed": 0,
        "failed": 0,
        "not_applicable": 1,
        "reasons": {"one.xml": reason},
    }


@pytest.mark.real_data
def test_feeds_of_other_readers_are_read_as_they_expect() -> None:
    folder = Path(__file__).parents[2] / "../shared/data/feeds"
    if not folder.is_dir():
        pytest.skip("shared/data/feeds is not here")
    report = evaluate_feeds(folder)
    applicable = report["passed"] + report["failed"]
    assert applicable > 400
    assert report["passed"] / applicable >= 0.98
