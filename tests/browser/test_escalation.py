"""A case is objected to, decided, late and called on; a joint assessment leads to a task that is
done; the case is closed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import axe, fits
from tests.house import House

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]

LATE = """
from datetime import UTC, datetime, timedelta
from tingda.cases import actions
from tingda.cases.models import Deadline, Referral
from tingda.collect.models import Source, Voice
from tingda.people.models import Person, Unit
now = datetime.now(UTC)
heard = now - timedelta(hours=4)
source = Source.objects.create(name="论坛", kind="import")
voice = Voice.objects.create(source=source, identity="1", title="食堂多人腹痛", text="食堂多人腹痛",
    said_at=heard, precision="minute", heard_at=heard, at=heard, author_hash="1" * 32, unread=False)
duty, edu = Person.objects.get(login="duty"), Unit.objects.get(code="edu")
water, then = Unit.objects.get(code="water"), now - timedelta(minutes=50)
case = actions.open_case(voice, title="食堂多人腹痛", kind="public_concern", grade="major",
    unit=water, by=duty, now=then)
row = actions.refer(case, water, "查食堂", by=duty, now=then)
actions.object_referral(row, "食堂归教育办", by=Person.objects.get(login="liaison-water"), now=then)
lead = Person.objects.get(login="releaser")
actions.decide_objection(row, edu, "学校的食堂归教育办管", by=lead, now=then)
row = case.referrals.get(unit=edu)
Referral.objects.filter(pk=row.pk).update(due_at=now - timedelta(seconds=5))
print(case.pk)
"""
KEPT = """
from tingda.cases.models import Report, Task
task, report = Task.objects.get(), Report.objects.get(number=1)
print(task.proof, task.done_by.login, report.to[0][0], Report.objects.count())
"""


def test_a_case_objected_to_and_late_is_called_on_judged_together_and_closed(
    sign_in: SignIn, office: House
) -> None:
    case = office.python(LATE).splitlines()[-1]
    duty = sign_in("duty", viewport={"width": 1280, "height": 900})
    liaison = sign_in("liaison-edu", viewport={"width": 360, "height": 740})

    # the worker has called on the unit by itself
    duty.goto("/desk/")
    duty.get_by_role("link", name="今天谁超时、还会超时什么").press("Enter")
    row = duty.get_by_role("row", name="反馈核实")
    expect(row).to_contain_text("教育办")
    for _look in range(20):
        if "教育办联络员" in row.inner_text():
            break
        duty.wait_for_timeout(250)
        duty.reload()
    expect(row).to_contain_text("教育办联络员")
    assert axe(duty) == []

    # by hand, too
    duty.goto(f"/desk/cases/{case}/")
    expect(duty.locator("section:has(#referrals)")).to_contain_text("学校的食堂归教育办管")
    duty.locator("summary", has_text="催办…").press("Enter")
    duty.get_by_label("催办的话").fill("家长在等")
    duty.get_by_role("button", name="催办", exact=True).press("Enter")
    expect(duty.locator(".message.success")).to_contain_text("教育办联络员")

    # the report upward
    duty.get_by_role("link", name="去报").first.press("Enter")
    duty.get_by_label("其他单位", exact=False).first.fill("县政府总值班室")
    duty.get_by_role("button", name="已报出，记下").press("Enter")
    expect(duty.locator(".message.success")).to_contain_text("已记为报出")
    assert axe(duty) == []

    # the joint assessment
    duty.goto(f"/desk/meetings/new/?case={case}")
    duty.get_by_label("什么时候").fill("2026-01-05T09:00")
    expect(duty.get_by_label("教育办 · 教育办联络员")).to_be_checked()
    duty.get_by_role("button", name="记下").press("Enter")
    duty.get_by_role("textbox", name="纪要").fill("停用食堂，留样送检")
    duty.get_by_role("button", name="记下纪要").press("Enter")
    duty.locator("summary", has_text="交办任务…").press("Enter")
    duty.get_by_role("textbox", name="做什么").fill("留样送检")
    duty.get_by_label("谁来做").select_option(label="教育办 · 教育办联络员")
    duty.get_by_label("哪一天以前").fill(
        duty.evaluate("new Date(Date.now() + 2 * 864e5).toISOString().slice(0, 10)")
    )
    duty.get_by_role("button", name="交办", exact=True).press("Enter")
    expect(duty.locator(".message.success")).to_contain_text("任务已交给教育办联络员")
    assert axe(duty) == []

    # done, on a telephone
    liaison.goto("/desk/tasks/")
    liaison.get_by_role("link", name="留样送检").press("Enter")
    assert fits(liaison)
    liaison.get_by_role("textbox", name="做成了什么样").fill("收据 17 号")
    liaison.get_by_role("button", name="记为办成").press("Enter")
    expect(liaison.locator(".message.success")).to_contain_text("已记为办成")
    assert axe(liaison) == []

    # answered late, and closed
    liaison.goto("/desk/referrals/")
    liaison.get_by_role("link", name="食堂多人腹痛").first.press("Enter")
    liaison.get_by_label("查明了什么").fill("留样合格，三人已出院")
    liaison.get_by_label("依据").fill("检测报告")
    liaison.get_by_role("button", name="记下这一条").press("Enter")
    liaison.get_by_role("button", name="反馈完毕").press("Enter")
    expect(liaison.locator("p.tags")).to_contain_text("晚了")
    duty.goto(f"/desk/cases/{case}/?do=close")
    duty.get_by_label("已解决").check()
    duty.get_by_label("办结说明").fill("留样合格，孩子已经出院。")
    duty.get_by_role("button", name="确定办结").press("Enter")
    expect(duty.locator(".message.success")).to_contain_text("事项已办结")
    assert office.python(KEPT) == "收据 17 号 liaison-edu 县政府总值班室 2"
