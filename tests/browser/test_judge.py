"""An issue is judged: a value read off a chart by keyboard, a claim checked, a note written, which
then stands on the case; the page prints as two sheets."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import axe, wait_for
from tests.house import House

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
WIDE = {"width": 1280, "height": 900}
HEARD = """
from datetime import UTC, datetime
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source
from tingda.collect.rules import Entry
source, _new = Source.objects.get_or_create(name="镇民论坛", defaults={"kind": "import"})
texts = [
    "清溪中学食堂午餐里有异物，孩子不敢去吃。听说清溪中学食堂要换承包商。",
    "中午在清溪中学食堂的菜里吃出塑料异物，找谁说理。清溪中学食堂的承包商听说要换了。",
    "清溪中学食堂午餐异物，班里好几个同学都看见了。听说清溪中学食堂要换承包商！",
]
entries = [Entry(text=text, guid=text, author=text[:9]) for text in texts]
hear(source, entries, now=datetime.now(UTC))
"""
TAKEN_ON = """
from datetime import UTC, datetime
from tingda.cases.actions import open_case
from tingda.detect.models import Issue
from tingda.people.models import Person, Unit
open_case(
    Issue.objects.get(place="清溪中学"), title="食堂午餐有异物", kind="public_concern",
    grade="ordinary", unit=Unit.objects.get(code="edu"), by=Person.objects.get(login="duty"),
    now=datetime.now(UTC),
)
"""


def test_an_issue_is_judged_by_keyboard_and_the_note_stands_on_its_case(
    office: House, sign_in: SignIn
) -> None:
    office.python(HEARD)
    page = sign_in("duty", viewport=WIDE)
    wait_for(page, "/desk/issues/?q=清溪中学", "清溪中学")
    page.locator("tr[data-row] a").first.click()
    page.wait_for_url("**/desk/issues/*/")
    page.get_by_role("link", name="研判意见").click()

    chart = page.locator("section:has(#volume) .judged .chart")
    expect(page.locator(".judged .chart svg")).to_have_count(3, timeout=15_000)  # no outlook yet
    chart.focus()
    page.keyboard.press("ArrowLeft")  # from the end: today
    expect(page.locator(".tip")).to_have_text(re.compile(r"：3 人说了 3 条，转发 0 条"))
    page.keyboard.press("Escape")
    expect(page.locator("section:has(#outlook)")).to_contain_text("走势")  # and why not
    assert axe(page) == []

    claim = page.locator("#claim-1")
    expect(claim).to_contain_text("听说清溪中学食堂要换承包商")
    expect(claim).to_contain_text("3 人")
    claim.locator("summary").press("Enter")
    claim.get_by_label("不实").check()
    claim.get_by_label("理由").fill("合同明年才到期")
    claim.get_by_role("button", name="记下").press("Enter")
    expect(page.locator("#claim-1 .tag")).to_have_text("不实")

    page.keyboard.press("w")
    expect(page.get_by_role("textbox", name="波及范围")).to_have_value(re.compile("^3 人，3 条"))
    page.get_by_role("textbox", name="建议").fill("请教育办今天下午核实")
    page.get_by_role("button", name="记下研判意见").press("Enter")
    expect(page.locator("section:has(#assessments)")).to_contain_text("请教育办今天下午核实")
    expect(page.locator(".judged .chart svg")).to_have_count(3, timeout=15_000)
    assert pages_of(page) <= 2

    office.python(TAKEN_ON)
    page.goto("/desk/cases/")
    page.get_by_role("link", name="食堂午餐有异物").first.click()
    expect(page.locator("section:has(#assessments)")).to_contain_text("请教育办今天下午核实")


def pages_of(page: Page) -> int:
    """How many sheets of A4 it prints as."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))
