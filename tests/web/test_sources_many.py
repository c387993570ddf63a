"""来源: a list of addresses at once, and our feeds as a list to take away."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tingda.collect.models import Source
from tingda.people.models import Person

pytestmark = pytest.mark.django_db
MANY = "/desk/sources/many/"


@pytest.fixture
def admin(cast: SimpleNamespace, client_of: Callable[[Person], Client]) -> Client:
    return client_of(cast.admin)


def told(client: Client, lines: str = "", file: bytes = b"") -> dict[str, list[str]]:
    typed: dict[str, object] = {"lines": lines, "group": "一批", "interval_minutes": "60"}
    if file:
        typed["file"] = SimpleUploadedFile("list.txt", file)
    answer = client.post(MANY, typed)
    assert answer.status_code == 200, answer.context["form"].errors
    return {
        state: [one.outcome.line.address for one in lines]
        for state, _text, lines in answer.context["parts"]
    }


def test_each_line_is_told_what_became_of_it(admin: Client) -> None:
    Source.objects.create(kind="feed", name="县报", address="https://a.example.cn/rss")
    lines = "https://a.example.cn/rss\nb.example.cn/feed,镇报\nhttps://c.example.cn/\n<你好>"
    assert told(admin, lines) == {
        "added": ["b.example.cn/feed"],
        "known": ["https://a.example.cn/rss"],
        "unclear": ["https://c.example.cn/", "<你好>"],
    }
    assert Source.objects.get(name="镇报").group == "一批"


def test_an_unclear_address_can_be_tried_and_what_is_none_cannot(admin: Client) -> None:
    typed = {"lines": "https://c.example.cn/?a=1&b=2\n<你好>", "interval_minutes": "60"}
    text = admin.post(MANY, typed).content.decode()
    tried = "/desk/sources/add/?address=https%3A%2F%2Fc.example.cn%2F%3Fa%3D1%26b%3D2"
    assert text.count(tried) == 1 and text.count("?address=") == 1
    assert "&lt;你好&gt;" in text and "这一行里没有网址" in text


def test_a_file_is_read_whatever_it_is_written_in(admin: Client) -> None:
    table = "县报,https://a.example.cn/rss\n".encode("gb18030")
    assert told(admin, file=table) == {"added": ["https://a.example.cn/rss"]}
    assert Source.objects.get().name == "县报"
    opml = (
        '<?xml version="1.0"?><opml version="2.0"><body><outline text="公告"><outline text="教育"'
        ' type="rss" xmlUrl="https://edu.example.cn/list"/></outline></body></opml>'
    )
    assert told(admin, file=opml.encode()) == {"added": ["https://edu.example.cn/list"]}
    source = Source.objects.get(name="教育")
    assert (source.group, source.kind) == ("公告", "feed")


def test_our_feeds_go_out_and_come_back_in_their_groups(admin: Client) -> None:
    for name, group in (("县报", "公告"), ("镇报", "")):
        address = f"https://{len(name + group)}.example.cn/rss?a=1&b=2"
        Source.objects.create(kind="feed", name=name, group=group, address=address)
    Source.objects.create(kind="forum", name="论坛", address="https://f.example.cn/")
    list_ = admin.get("/desk/sources/opml/")
    assert 'filename="sources.opml"' in list_["Content-Disposition"]
    before = list(Source.objects.filter(kind="feed").values_list("name", "group", "address"))
    Source.objects.all().delete()
    told(admin, file=list_.content)
    rows = Source.objects.values_list("name", "group", "address")
    assert [(n, "" if g == "一批" else g, a) for n, g, a in rows] == before


@pytest.mark.parametrize(
    ("lines", "file", "why"),
    [
        ("", b"", "请粘贴地址，或选择一个文件"),
        ("a.cn/rss\n" * 501, b"", "一次最多 500 行"),
        ("", b"<html><body>x</body></html>", "这不是 OPML 文件"),
        ("", b"x" * (2 * 2**20 + 1), "文件超过 2 MB"),
        ("", b"\xff\xfe\xff\xff", "看不懂这个文件的文字编码"),
    ],
)
def test_an_error_says_what_to_do(admin: Client, lines: str, file: bytes, why: str) -> None:
    typed: dict[str, object] = {"lines": lines, "group": "一批", "interval_minutes": "60"}
    if file:
        typed["file"] = SimpleUploadedFile("list.txt", file)
    answer = admin.post(MANY, typed)
    assert (answer.status_code, Source.objects.count()) == (422, 0)
    assert why in answer.content.decode() and 'value="一批"' in answer.content.decode()
