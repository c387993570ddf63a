"""A watch is written on the bench, trusted, saved, and marks the next voice."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import axe, wait_for
from tests.house import House

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]

VOICES = """
from datetime import UTC, datetime
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source
from tingda.collect.rules import Entry
now = datetime.now(UTC)
source, _new = Source.objects.get_or_create(name="镇民论坛", defaults={{"kind": "import"}})
hear(source, [Entry(text=text, guid=text) for text in {texts}], now=now)
"""
SAID = ["幸福里小区又停水了，没人通知", "周三停水通知", "滨河路停电一整天", "谢谢工作人员"]


def test_a_rule_is_mended_tried_and_saved_and_marks_a_new_voice(
    sign_in: SignIn, office: House
) -> None:
    office.python(VOICES.format(texts=SAID))
    page = sign_in("duty", viewport={"width": 1280, "height": 900})
    page.goto("/desk/settings/watches/")
    page.get_by_role("link", name="新增关注").first.click()
    page.get_by_label("名称").fill("停水停电")
    rule, bench = page.get_by_role("textbox", name="规则"), page.locator("#bench")
    rule.press_sequentially("(停水 OR 停电 -通知", delay=5)
    expect(bench.get_by_role("alert")).to_contain_text("第 1 个字：这个左括号没有右括号")
    expect(bench.locator("mark.fault")).to_have_text("(")
    assert axe(page) == []
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_label("名称")).to_have_value("停水停电")
    expect(page.locator(".errorlist")).to_contain_text("这个左括号没有右括号")
    rule.fill("(停水 OR 停电) -周三")
    expect(bench.get_by_role("status")).to_contain_text("会标出 2 条")
    expect(bench.locator("mark.watch")).to_have_text(["停电", "停水"])
    assert axe(page) == []
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".message.success")).to_contain_text("已保存")
    office.python(VOICES.format(texts=["今天滨河路又停电"]))
    wait_for(page, "/desk/search/?q=滨河路又停电", "今天滨河路又停电")
    page.get_by_role("link", name="今天滨河路又停电").click()
    expect(page.locator("p.said mark.watch")).to_have_text("停电")
