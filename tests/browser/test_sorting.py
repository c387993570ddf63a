"""An old table teaches a model that is switched on; corrections turn what comes after them."""

import io
import re
import time
from collections.abc import Callable

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import axe, wait_for
from tests.house import House

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
PAGE = "/desk/settings/sorting/"

PLACES = [f"{street}{part}" for street in ("滨河路", "和平街", "文化巷") for part in "东西南北中"]
SAID = {
    "公交出行": ("{}末班车又没有等人就开走", "{}等车等了四十分钟不见一辆", "{}司机甩站不停"),
    "吃水用水": ("{}家里龙头放出来的是黄汤", "{}半夜龙头压力小洗不了澡", "{}龙头又不出东西"),
    "夜里太吵": ("{}工地半夜还在打桩睡不着", "{}广场舞音响开到十一点", "{}楼下喇叭天天喊"),
}
BIKES = [f"{place}的共享单车堆成山，人行道没法走" for place in PLACES[:11]]
CORRECT = """
from datetime import UTC, datetime
from tingda.analyse.actions.labels import say
from tingda.analyse.models import Topic
from tingda.collect.models import Voice
from tingda.people.models import Person
topic = Topic.objects.get(name="公交出行")
for voice in Voice.objects.filter(text__in={texts}):
    say(voice, "topic", topic.code, by=Person.objects.get(login="admin"), now=datetime.now(UTC))
"""
SAID_OF = """
from tingda.analyse.models import Reading
print(Reading.objects.get(voice__text="{text}").said_by_person)
"""
HEAR = """
from datetime import UTC, datetime
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source
from tingda.collect.rules import Entry
source, _new = Source.objects.get_or_create(name="镇民论坛", defaults={{"kind": "import"}})
hear(source, [Entry(text=text, guid=text) for text in {texts}], now=datetime.now(UTC))
"""


def old_table() -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    sheet = book.worksheets[0]
    sheet.append(["留言详情", "我们的分类"])
    for name, texts in SAID.items():
        for place in PLACES:
            for text in texts:
                sheet.append([text.format(place), name])
    book.save(file)
    return file.getvalue()


def bring_in(page: Page) -> None:
    page.goto("/desk/imports/")
    page.get_by_label("表格文件").set_input_files(
        {"name": "旧表.xlsx", "mimeType": "application/octet-stream", "buffer": old_table()}
    )
    page.locator("main form button").first.click()
    page.wait_for_url(re.compile(r"/desk/imports/\d+/$"))
    page.get_by_label("我们的分类").select_option(label="分类")
    page.get_by_role("button", name="按新的列再看").click()
    expect(page.locator(".sheetlabels")).to_contain_text("还不是主题")
    assert axe(page) == []
    page.get_by_role("button", name="确认导入").click()
    page.get_by_role("link", name="看分类").click(timeout=60_000)


def topic_of(page: Page) -> list[str]:
    """What stands as the topic of the voice on this page."""
    return page.locator("#value-topic b").all_inner_texts()


def test_an_old_table_teaches_and_ten_corrections_turn_the_eleventh(
    sign_in: SignIn, office: House
) -> None:
    page = sign_in("admin", viewport={"width": 1280, "height": 900})
    bring_in(page)
    expect(page.get_by_role("heading", name="表里的名称还不是主题")).to_be_visible()
    assert axe(page) == []
    page.get_by_label("大类", exact=True).fill("旧表")
    page.get_by_label("只用这些：没有标注的主题停用").check()
    page.get_by_role("button", name="全部加为主题（3 个）").click()
    expect(page.locator(".message.success")).to_contain_text("已新增 3 个主题")
    first = learnt(page)
    expect(page.locator(".sortedwell").first).to_contain_text("留出的 135 条里分对")
    assert axe(page) == []
    page.get_by_role("button", name=re.compile("^启用")).click()
    expect(page.locator("main")).to_contain_text(f"用第 {first} 版模型")

    office.python(HEAR.format(texts=BIKES))
    wait_for(page, "/desk/search/?q=共享单车堆成山", BIKES[10])
    page.get_by_role("link", name=re.compile(BIKES[10])).first.click()
    assert topic_of(page) != ["公交出行"]
    eleventh = page.url
    office.python(CORRECT.format(texts=BIKES[:10]))
    page.goto(PAGE)
    learnt(page)
    # a better one is used; the worker may have learnt it by itself before it was asked to
    used = re.search("用第 ([0-9]+) 版模型", page.locator("main").inner_text())
    assert used is not None and int(used[1]) > first
    end = time.monotonic() + 60
    while topic_of(page) != ["公交出行"]:
        assert time.monotonic() < end, topic_of(page)
        page.goto(eleventh)
    assert office.python(SAID_OF.format(text=BIKES[10])) == "[]"  # nobody told it so


def learnt(page: Page) -> int:
    """Have the worker learn, and wait until the page says so by itself; the newest version."""
    page.get_by_role("button", name="现在学一次").click()
    expect(page.get_by_role("button", name="现在学一次")).to_be_visible(timeout=90_000)
    heading = page.get_by_role("heading", name=re.compile("^第 [0-9]+ 版模型")).inner_text()
    return int(re.findall("[0-9]+", heading)[0])
