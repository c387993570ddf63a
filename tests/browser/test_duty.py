"""A swap with the other's consent, and a handover signed by both."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import axe, fits
from tests.house import House

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]

ROSTER = """
from datetime import UTC, datetime, timedelta
from django.utils import timezone
from tingda.duty.actions.rosters import Wanted, fill, set_roster
from tingda.duty.models import Turn
from tingda.duty.queries import on_duty
from tingda.duty.rules import Days, Hours
from tingda.people.models import Person
now = datetime.now(UTC)
local = timezone.localtime(now).replace(second=0, microsecond=0)
begun, later = (local - timedelta(hours=2)).time(), (local + timedelta(hours=6)).time()
hours = [Hours("前班", begun, later), Hours("后班", later, begun)]
duty, admin = Person.objects.get(login="duty"), Person.objects.get(login="admin")
begins = local.date() - timedelta(days=1)
wanted = Wanted("平常", begins, "shift", hours, [[duty], [admin]])
set_roster(None, wanted, by=admin, now=now)
fill(Days(), now=now)
print(on_duty(now)[0].login)
"""
TURNS = """
from tingda.duty.models import ShiftLog, Swap, Turn
swap = Swap.objects.get()
print(swap.state, swap.mine.person.login, swap.theirs.person.login)
"""
SIGNED = """
from tingda.duty.models import ShiftLog
from tingda.ledger.models import Line
log = ShiftLog.objects.get()
line = Line.objects.get(verb="log.signed")
print(log.state, log.signed_by.login, log.taken_by.login, line.data["digest"] == log.digest)
"""


def test_a_swap_with_consent_and_a_handover_signed_by_both(sign_in: SignIn, office: House) -> None:
    now_on = office.python(ROSTER).splitlines()[-1]
    next_on = {"duty": "admin", "admin": "duty"}[now_on]
    names = {"duty": "值班员", "admin": "管理员"}
    giver = sign_in(now_on, viewport={"width": 1280, "height": 900})
    taker = sign_in(next_on, viewport={"width": 360, "height": 740})

    # the swap
    expect(giver.locator(".who")).to_contain_text(names[now_on])
    giver.locator(".who a", has_text="值班：").press("Enter")
    expect(giver.locator("mark.me").first).to_be_visible()
    assert axe(giver) == []
    giver.get_by_role("link", name="换班…").first.press("Enter")
    other = giver.get_by_label("和谁换")
    choice = other.locator("option[value^='turn:']").last.get_attribute("value")
    other.select_option(choice)
    giver.get_by_label("为什么").fill("家里有事")
    giver.keyboard.press("Enter")
    expect(giver.locator(".message.success")).to_contain_text(f"已经问了{names[next_on]}")
    taker.goto("/desk/")
    taker.get_by_role("link", name=f"{names[now_on]}想和您换班").first.press("Enter")
    assert fits(taker)
    taker.get_by_role("button", name="同意").press("Enter")
    expect(taker.locator(".message.success")).to_contain_text("已换班")
    assert office.python(TURNS) == f"agreed {next_on} {now_on}"

    # the handover
    giver.goto("/desk/duty/log/")
    giver.locator("a[data-open]").first.press("Enter")
    giver.get_by_label("再记一件").fill("等供水公司回话")
    giver.keyboard.press("Enter")
    expect(giver.locator(".message.success")).to_contain_text("已记下未了事项")
    giver.get_by_label("值班情况和说明").fill("停水一起，已联系")
    assert axe(giver) == []
    giver.get_by_role("button", name="签字交班").press("Enter")
    expect(giver.locator(".message.success")).to_contain_text("已签字交班")
    expect(giver.get_by_role("button", name="保存")).to_have_count(0)
    taker.goto("/desk/")
    taker.get_by_role("link", name="值班日志：前班").first.press("Enter")
    expect(taker.get_by_text("等供水公司回话")).to_be_visible()
    assert fits(taker)
    taker.keyboard.press("c")
    expect(taker.locator(".message.success")).to_contain_text("已签字接班")
    assert axe(taker) == []
    assert office.python(SIGNED) == f"taken {now_on} {next_on} True"
