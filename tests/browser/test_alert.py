"""An alert in the browser: it comes, nobody knows, more are told, one knows, one confirms."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.house import House

pytestmark = pytest.mark.browser
SHORT = """
from tingda.detect.models import Gauge
Gauge.objects.update(minutes={"red": 0.05})  # three seconds
"""
HEAR = """
from datetime import UTC, datetime
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source
from tingda.collect.rules import Entry
now = datetime.now(UTC)
source = Source.objects.create(name="镇民论坛", kind="import")
text = "幸福里小区2号楼楼道里有天然气味，很浓，快来人"
hear(source, [Entry(text=text, guid="1", said_at=now, precision="minute")], now=now)
"""


def appears(page: Page, address: str, words: str, seconds: float = 40) -> None:
    """Look again until it is there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        page.goto(address)
        if page.get_by_text(words).count():
            return
        page.wait_for_timeout(300)
    raise AssertionError(f"{words} is not on {address}")


def test_an_alert_is_told_to_more_people_until_one_knows_and_is_confirmed(
    office: House, sign_in: Callable[..., Page]
) -> None:
    office.python(SHORT + HEAR)
    duty, lead = sign_in("duty"), sign_in("releaser")
    appears(duty, "/desk/alerts/", "红色预警 · 待确认")
    expect(duty.locator("main")).to_contain_text("提到“天然气味”")
    # nobody presses: in the end who leads sees it first of all
    appears(lead, "/desk/", "预警还没有人说知道了")
    duty.reload()
    expect(duty.locator("main")).to_contain_text("已催 3 次")
    duty.locator("body").press("a")
    expect(duty.get_by_text("已记下您知道了")).to_be_visible()
    lead.goto("/desk/alerts/")
    expect(lead.locator("main")).to_contain_text("知道了")
    expect(lead.get_by_role("button", name="知道了")).to_have_count(0)
    duty.get_by_role("link", name="确认预警…").click()
    duty.get_by_label("理由").fill("已通知燃气公司到场")
    duty.get_by_role("button", name="确认预警").click()
    expect(duty.locator("h1 + .tags")).to_contain_text("红色预警 · 值班员")
    expect(duty.locator("#warning")).to_be_visible()
