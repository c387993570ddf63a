"""The sorting page: an old table's labels, how well each model sorts, and switching one on."""

import csv
import io
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.analyse.actions import learning
from tingda.analyse.actions.learning import learn, learn_due, use
from tingda.analyse.actions.reading import read_due
from tingda.analyse.models import Label, Lesson, Sorting, Topic
from tingda.analyse.queries.labels import Named, unknown_names
from tingda.analyse.queries.sorting import sorter
from tingda.cli.examine import _model
from tingda.collect.actions.hearing import hear
from tingda.collect.actions.tables import import_due
from tingda.collect.models import Import, Source, Voice
from tingda.collect.rules import Entry, field_of
from tingda.ledger.models import Line
from tingda.lib import present
from tingda.people.models import Person

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
PAGE = "/desk/settings/sorting/"
STREETS = [f"第{n}大街" for n in "一二三四五六七八九十"]
SAID = {
    "公交出行": ("{}的末班车又没有等人就开走", "{}等车等了四十分钟不见一辆"),
    "用水": ("{}家里龙头放出来的是黄汤", "{}半夜水压太小洗不了澡"),
    "扰民": ("{}的工地半夜还在打桩睡不着", "{}广场舞音响开到十一点"),
}

MADE: dict[str, Any] = {}


def rows(names: Sequence[str] = tuple(SAID)) -> list[tuple[str, str]]:
    """(text, what the table calls its topic)."""
    return [
        (said.format(street), name) for name in names for street in STREETS for said in SAID[name]
    ]


@pytest.fixture(autouse=True)
def ground(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HOME = tmp_path / "home"
    monkeypatch.setattr(learning, "_last", None)
    for code, name, words in (
        ("bus", "公交", "公交"),
        ("water", "供水", "停水"),
        ("noise", "噪声", "噪音"),
    ):
        Topic.objects.create(code=code, group="服务", name=name, keywords=words)


@pytest.fixture
def admin(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.admin)


def told(texts: Sequence[tuple[str, str]], now: datetime) -> None:
    """Heard from a table that calls the topics of its rows by name, and read."""
    source, _new = Source.objects.get_or_create(name="旧表", defaults={"kind": "import"})
    hear(source, [Entry(text=text, topic=name, guid=text) for text, name in texts], now=now)
    while read_due(now=now):
        pass


def taught(cast: SimpleNamespace, now: datetime) -> Lesson:
    """Labels of three topics, and a model that learnt them and is in use."""
    named = {"公交出行": "公交", "用水": "供水", "扰民": "噪声"}
    told([(text, named[name]) for text, name in rows()], now)
    if not MADE:  # once for all tests: it takes a while
        made = learn(now=now)
        assert made is not None
        MADE.update(packed=made.packed, measures=made.measures, topics=made.topics)
        made.delete()
    lesson = Lesson.objects.create(at=now, state="waiting", labels=60, **deepcopy(MADE))
    use(lesson, by=cast.admin, now=now)
    return Lesson.objects.get(pk=lesson.pk)


def text_of(client: Client, status: int = 200) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == status
    return answer.content.decode()


# --- the old table ---


def as_csv(table: list[list[str]]) -> bytes:
    sheet = io.StringIO()
    csv.writer(sheet).writerows(table)
    return sheet.getvalue().encode("gb18030")


def as_xlsx(table: list[list[str]]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in table:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(("name", "made"), [("旧表.csv", as_csv), ("旧表.xlsx", as_xlsx)])
@pytest.mark.parametrize("heading", ["一级标签", "哪一类"])
def test_an_old_table_comes_in_with_its_labels(
    cast: SimpleNamespace, client_of: ClientOf, name: str, made: Any, heading: str
) -> None:
    duty = client_of(cast.duty)
    table = [["留言详情", heading], ["路口总堵", "公交"], ["水黄", " 用水 "], ["没写", ""]]
    duty.post("/desk/imports/", {"source": "", "file": SimpleUploadedFile(name, made(table))})
    page = f"/desk/imports/{Import.objects.get().pk}/"
    chosen = {"column-0": "text", "column-1": "topic", "source": "旧表"}
    if heading == "一级标签":  # recognised by itself
        assert [c.field for c in duty.get(page).context["columns"]] == ["text", "topic"]
    shown = duty.post(page, chosen | {"look": "1"})
    labels = [(told, count, str(topic)) for told, count, topic in shown.context["labels"]]
    assert labels == [("公交", 1, "公交"), ("用水", 1, "None")]
    words = shown.content.decode()
    assert "是主题“公交”" in words and "还不是主题" in words
    assert duty.post(page, chosen | {"confirm": "1"}).status_code == 302
    assert import_due(now=present.now()) == 1
    assert f'href="{PAGE}"' in duty.get(page).content.decode()
    read_due(now=present.now())
    assert list(Voice.objects.order_by("id").values_list("told_topic", flat=True)) == [
        "公交",
        "用水",
        "",
    ]
    assert Label.objects.get().value == "bus"
    assert unknown_names() == [Named("用水", 1)]


def test_a_table_without_labels_leads_to_no_sorting(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    duty = client_of(cast.duty)
    file = SimpleUploadedFile("表.csv", "内容\n路口总堵\n".encode())
    duty.post("/desk/imports/", {"source": "", "file": file})
    page = f"/desk/imports/{Import.objects.get().pk}/"
    assert "表里的分类" not in duty.get(page).content.decode()
    duty.post(page, {"column-0": "text", "source": "", "confirm": "1"})
    import_due(now=present.now())
    assert PAGE not in duty.get(page).content.decode()


def test_the_name_of_a_field_means_that_field() -> None:
    assert [field_of(word) for word in ("topic", "分类", "主题", "title")] == [
        "topic",
        "topic",
        "title",
        "title",
    ]


# --- names become topics ---


def test_names_become_topics_one_by_one(admin: Client, now: datetime) -> None:
    told([("黄汤", "用水"), ("没水压", "用水"), ("水黄", "用 水"), ("打桩", "扰民")], now)
    assert unknown_names() == [Named("用水", 3), Named("扰民", 1)]
    page = text_of(admin)
    assert "表里的名称还不是主题" in page and "3 条" in page
    water = Topic.objects.get(code="water")
    answer = admin.post(f"{PAGE}name/", {"told": "用水", "is": "1", "topic": water.pk})
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert Label.objects.filter(value="water").count() == 3  # in either writing
    admin.post(f"{PAGE}name/", {"told": "扰民", "group": "环境"})
    made = Topic.objects.get(name="扰民")
    assert (made.group, Label.objects.get(value=made.code).voice.text) == ("环境", "打桩")
    assert "表里的名称还不是主题" not in text_of(admin)


def test_all_names_become_topics_of_one_group(admin: Client, now: datetime) -> None:
    told(rows(), now)
    refused = admin.post(f"{PAGE}names/", {"group": " "})
    assert (refused.status_code, "请填大类" in refused.content.decode()) == (422, True)
    assert admin.post(f"{PAGE}names/", {"group": "旧表"}).status_code == 302
    names = Topic.objects.filter(group="旧表").order_by("name").values_list("name", flat=True)
    assert sorted(names) == sorted(SAID)
    assert Label.objects.count() == 60
    page = text_of(admin)
    assert "还没有模型。" in page and ">60</small>" in page
    again = admin.post(f"{PAGE}names/", {"group": "旧表"})
    assert (again.status_code, Topic.objects.count()) == (422, 6)


def test_a_table_can_be_the_whole_list_of_topics(admin: Client, now: datetime) -> None:
    told([*rows(["用水"]), ("等车等了半天", "公交")], now)
    admin.post(f"{PAGE}names/", {"group": "旧表", "alone": "1"})
    active = Topic.objects.filter(active=True).values_list("name", flat=True)
    assert sorted(active) == ["公交", "用水"]
    line = Line.objects.get(verb="topic.left")
    assert line.data == {"count": 2, "names": ["供水", "噪声"]}


def test_a_column_that_is_no_label_is_not_taken_for_a_hundred_topics(
    admin: Client, now: datetime
) -> None:
    told([(f"第{n}条", f"第{n}条的标题") for n in range(101)], now)
    page = text_of(admin)
    assert "这一列也许不是分类" in page and "全部加为主题" not in page
    refused = admin.post(f"{PAGE}names/", {"group": "旧表"})
    assert (refused.status_code, Topic.objects.count()) == (422, 3)


@pytest.mark.parametrize(
    "typed",
    [
        {"told": "用水", "is": "1", "topic": ""},
        {"told": "用水", "is": "1", "topic": "9" * 30},
        {"told": "", "group": "甲"},
        {"told": "公交", "group": "甲"},
    ],
)
def test_a_name_without_a_topic_is_refused_in_words(admin: Client, typed: dict[str, str]) -> None:
    answer = admin.post(f"{PAGE}name/", typed)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert Topic.objects.count() == 3


def test_a_long_name_is_known_again(admin: Client, now: datetime) -> None:
    name = "关于" + "供水" * 40
    told([("水黄", name)], now)
    admin.post(f"{PAGE}name/", {"told": name, "group": "很长" * 40})
    assert (Label.objects.count(), unknown_names()) == (1, [])


# --- learning and switching ---


def test_learning_is_asked_for_and_done_by_the_worker(
    admin: Client, cast: SimpleNamespace, now: datetime
) -> None:
    told([(text, "公交") for text, _name in rows(["公交出行"])[:3]], now)
    refused = admin.post(f"{PAGE}learn/")
    assert (refused.status_code, "标注不到两个主题" in refused.content.decode()) == (409, True)
    told([(text, "供水") for text, _name in rows(["用水"])[:3]], now)
    assert admin.post(f"{PAGE}learn/").status_code == 302
    page = text_of(admin)
    assert (
        "正在学…" in page and 'hx-trigger="every 2s"' in page and "现在学一次</button>" not in page
    )
    waiting = admin.get(f"{PAGE}state/")
    assert ("正在学…" in waiting.content.decode(), "HX-Refresh" in waiting) == (True, False)
    assert (learn_due(now=now), learn_due(now=now)) == (1, 0)
    assert admin.get(f"{PAGE}state/")["HX-Refresh"] == "true"
    assert Sorting.objects.get().asked_at is None
    page = text_of(admin)
    assert "标注太少" in page and "现在学一次</button>" in page
    assert Line.objects.filter(verb="model.asked").count() == 1


def test_what_was_asked_for_is_done_even_if_it_fails(
    admin: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    told([("黄汤", "供水"), ("末班车", "公交")], now)
    admin.post(f"{PAGE}learn/")

    def broken(*_args: object, **_more: object) -> None:
        raise learning.TrainingFailed("no memory")

    monkeypatch.setattr(learning, "train", broken)
    assert learn_due(now=now) == 1
    assert Lesson.objects.get().state == Lesson.State.FAILED
    page = text_of(admin)
    assert "没有学成：" in page and "学的过程中断了" in page and "/use/" not in page


def test_the_page_says_how_well_it_sorts_and_switches_it_on(
    admin: Client, cast: SimpleNamespace, now: datetime
) -> None:
    taught(cast, now)
    lesson = Lesson.objects.get()
    Lesson.objects.update(state=Lesson.State.WAITING)
    (one,) = admin.get(PAGE).context["lessons"]
    assert one.rows == 60
    assert one.new.right == sum(counts[1] for counts in lesson.measures["topics"].values())
    assert one.new.percent == round(one.new.right * 100 / 60) > one.old.percent
    assert [topic.rows for topic in one.topics] == [20, 20, 20]
    page = text_of(admin)
    assert f"留出的 60 条里分对 <b>{one.new.right}</b> 条（<b>{one.new.percent}%</b>）" in page
    assert "“原来”是只按主题词分。" in page and "<b>按主题词</b>" in page
    assert admin.post(f"{PAGE}{lesson.pk}/use/").status_code == 302
    assert sorter().lesson == lesson.pk
    assert f"用第 {lesson.pk} 版模型" in text_of(admin)
    assert admin.post(f"{PAGE}off/").status_code == 302
    assert sorter().lesson is None
    page = text_of(admin)
    assert "换回这一版" in page and "停用模型" not in page
    assert admin.post(f"{PAGE}off/").status_code == 409


def test_voices_it_sorts_otherwise_are_linked(
    admin: Client, cast: SimpleNamespace, now: datetime
) -> None:
    lesson = taught(cast, now)
    voice = Voice.objects.earliest("id")
    lesson.measures["wrong"] = [[voice.pk, "bus", "water"], [voice.pk + 10**6, "bus", None]]
    lesson.save()
    page = text_of(admin)
    assert f'href="/desk/voices/{voice.pk}/"' in page
    assert "标注：公交" in page and "模型：供水" in page and "和人分得不一样的 1 条" in page


@pytest.mark.parametrize("broken", ["damaged", "newer", "topics"])
def test_a_model_that_cannot_be_read_is_told_with_what_to_do(
    admin: Client, cast: SimpleNamespace, now: datetime, broken: str, monkeypatch: Any
) -> None:
    lesson = taught(cast, now)
    assert _model().well
    if broken == "topics":
        Topic.objects.filter(code="noise").update(active=False)
    elif broken == "newer":
        monkeypatch.setattr("tingda.lib.topics.packed.VERSION", 0)
    else:
        lesson.packed = bytes(lesson.packed)[:300]
    lesson.at = now + timedelta(days=1)
    lesson.save()
    page = text_of(admin)
    told_so = {
        "damaged": "主题模型文件已损坏",
        "newer": "请升级程序",
        "topics": "主题表在模型训练之后改过",
    }
    assert told_so[broken] in page and "先按主题词分。" in page
    finding = _model()
    assert (finding.well, "现在学一次" in finding.remedy) == (False, True)
    Lesson.objects.update(state=Lesson.State.REST)
    refused = admin.post(f"{PAGE}{lesson.pk}/use/")
    assert (refused.status_code, sorter().lesson) == (409, None)


# --- the threshold ---


def test_the_threshold_is_told_by_what_it_means(
    admin: Client, cast: SimpleNamespace, now: datetime
) -> None:
    lesson = taught(cast, now)
    assert sum(counts for _at, counts, _right in lesson.measures["sure"]) == 60
    lesson.measures["sure"] = [[-1, 2, 0], [40, 10, 5], [60, 8, 4], [80, 20, 19], [99, 60, 60]]
    lesson.save()
    found = {row.percent: (row.asked, row.right) for row in admin.get(PAGE).context["surenesses"]}
    assert found == {30: (2, 90), 50: (12, 94), 70: (20, 99), 80: (20, 99), 90: (40, 100)}
    assert "在 50% 时，100 条里有 12 条会来问人，其余 94% 是对的。" in text_of(admin)
    assert admin.post(f"{PAGE}threshold/", {"percent": "75"}).status_code == 302
    assert "在 75% 时，100 条里有 20 条会来问人，其余 99% 是对的。" in text_of(admin)


@pytest.mark.parametrize("typed", ["", "100", "-1", "八成", "1e9"])
def test_a_threshold_that_is_none_changes_nothing(admin: Client, typed: str) -> None:
    answer = admin.post(f"{PAGE}threshold/", {"percent": typed})
    assert (answer.status_code, Sorting.objects.count()) == (422, 0)
    assert "errorlist" in answer.content.decode()


# --- who, and how much it costs ---


def test_others_read_and_only_administrators_change(
    cast: SimpleNamespace, client_of: ClientOf, now: datetime
) -> None:
    taught(cast, now)
    told([("车", "新名称")], now)
    lesson = Lesson.objects.get()
    page = text_of(client_of(cast.duty))
    assert "请管理员来定。" in page and f'action="{PAGE}' not in page
    for address in ("learn/", "off/", "threshold/", "name/", "names/", f"{lesson.pk}/use/"):
        assert client_of(cast.duty).post(PAGE + address).status_code == 403
        assert client_of(cast.admin).get(PAGE + address).status_code == 405
    assert client_of(cast.liaison_edu).get(PAGE).status_code == 404
    assert client_of(cast.liaison_edu).get(f"{PAGE}state/").status_code == 404
    assert sorter().lesson == lesson.pk


def test_without_topics_the_page_says_what_to_do(admin: Client, now: datetime) -> None:
    Topic.objects.all().delete()
    assert "还没有主题，分不了。" in text_of(admin)
    told([("黄汤", "用水")], now)
    assert "表里的名称还不是主题" in text_of(admin)


def test_the_page_costs_the_same_however_much_there_is(
    admin: Client, cast: SimpleNamespace, now: datetime
) -> None:
    lesson = taught(cast, now)
    voices = list(Voice.objects.values_list("pk", flat=True))

    def cost(count: int) -> int:
        told([(f"第{n}句", f"名称{n}") for n in range(count)], now)
        lesson.measures["wrong"] = [[pk, "bus", "water"] for pk in voices[:count]]
        lesson.save()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            text_of(admin)
        return len(asked)

    text_of(admin)  # the model is unpacked once
    assert cost(1) == cost(3)
    Lesson.objects.create(at=now, state="rest", labels=9, topics="", measures=lesson.measures)
    assert cost(3) == cost(1)
