"""An emergency at night: somebody is woken, a plan is followed, those above are told, people judge
together, a second person releases the answer, and what was learnt is asked for."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEOPLE
from tests.browser.looking import axe, fits, wait_for
from tests.browser.test_whole_line import SignIn
from tests.house import House
from tests.servers.receivers import Receiver, listening

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}}
DESK = {"viewport": {"width": 1280, "height": 900}}
SAID = "幸福里小区自来水有很浓的农药味，三个孩子喝了呕吐，已经送医院了，快来人"
NIGHT = """
from datetime import timedelta
from django.utils import timezone
from tingda.cases.actions.reports import set_superior
from tingda.cases.models import Route
from tingda.duty.actions.plans import Written, set_plan
from tingda.duty.actions.rosters import Wanted, fill, set_roster
from tingda.duty.rules import Days, Hours
from tingda.notify.actions.ways import Wishes, add_reach
from tingda.notify.rules import Times
from tingda.people.models import Person
who = {one.login: one for one in Person.objects.all()}
admin = {"by": who["admin"], "now": now}
local = timezone.localtime(now).replace(second=0, microsecond=0)
begun, later = [(local + timedelta(hours=hours)).time() for hours in (-2, 6)]
hours = [Hours("夜班", begun, later), Hours("白班", later, begun)]
begins = local.date() - timedelta(days=1)
set_roster(None, Wanted("平常", begins, "shift", hours, [[who["duty"]]]), **admin)
fill(Days(), now=now)
quiet = Wishes(times=Times(quiet_from=begun, quiet_to=later), language="zh-hans")
add_reach("webhook", "手机", {"url": "HOOK", "token": ""}, quiet, by=who["duty"], now=now)
steps = "请供水公司停水\\n通知居民不要用水\\n水样送检"
plan = Written("水质异常预案", "喝水后不适", ["red"], [], "", steps, "疾控中心：0571-6000")
set_plan(None, plan, **admin)
set_superior(None, name="县政府总值班室", way="phone", contact="6100", **admin)
Route.objects.create(order=1, name="供水", condition="自来水", unit=water, owner=who["admin"])
"""
KEPT = ["研判 2", "预案 1", "联系单 1", "核实 1", "回应、审核和签发 3", "快报 2", "会商和任务 3"]


@pytest.fixture
def phone() -> Iterator[Receiver]:
    """What the officers on duty are woken by."""
    with listening(Receiver()) as told:
        yield told


@pytest.fixture
def office(house: House, phone: Receiver) -> House:
    """The office by night: a roster, quiet hours now, a plan, a rule, and whom to report to."""
    allowed = {"TINGDA_PRIVATE_HOSTS": "127.0.0.1"}
    house.python(PEOPLE + NIGHT.replace("HOOK", phone.address), **allowed)
    house.start(**allowed)
    return house


def enter(page: Page, name: str, done: str) -> None:
    """Press a button by keyboard, until the page says so."""
    page.get_by_role("button", name=name, exact=True).press("Enter")
    expect(page.locator(".message.success")).to_contain_text(done)


def test_an_emergency_at_night_from_the_alert_to_the_answer_and_its_review(
    sign_in: SignIn, office: House, phone: Receiver
) -> None:
    town = sign_in("", **PHONE)
    town.goto("/ask/")
    town.get_by_label("内容").fill(SAID)
    town.get_by_role("button", name="提交").click()

    # woken in quiet hours, the officer knows with one key, and the plan stands beside
    duty = sign_in("duty", **DESK)
    wait_for(duty, "/desk/", "红色预警")
    for _look in range(60):
        if phone.received:
            break
        duty.wait_for_timeout(250)
    assert [title.partition("：")[0] for title in phone.titles()] == ["新的红色预警"]
    duty.keyboard.press("a")
    expect(duty.get_by_text("已记下您知道了")).to_be_visible()
    duty.keyboard.press("j")
    duty.keyboard.press("Enter")
    duty.get_by_role("button", name="启动预案").press("Enter")
    duty.get_by_role("button", name="做完了：请供水公司停水").press("Enter")
    expect(duty.locator(".ticks .done")).to_contain_text("请供水公司停水")
    assert axe(duty) == []
    duty.get_by_role("link", name="确认预警…").press("Enter")
    enter(duty, "确认预警", "预警已")

    # taken on as grave: the rule says whose it is, and that a report is due within an hour
    duty.keyboard.press("c")
    duty.get_by_label("重大", exact=True).check()
    expect(duty.locator("#clocks")).to_contain_text("上报")
    expect(duty.get_by_label("主办单位").locator("option:checked")).to_have_text("供水公司")
    enter(duty, "立为事项", "已立为事项")
    expect(duty.locator(".upnext")).to_contain_text("快报要在")
    case = duty.url
    duty.locator(".upnext").get_by_role("link", name="去报").press("Enter")
    expect(duty.get_by_label("已经做了什么")).to_have_value(re.compile("请供水公司停水"))
    enter(duty, "已报出，记下", "已记为报出")
    expect(duty.locator("main")).to_contain_text("县政府总值班室（电话）")

    # judged together, now, with who answers for the unit; a decision becomes a task
    duty.goto(case)
    duty.get_by_role("link", name="约会商").press("Enter")
    enter(duty, "记下", "已记下")
    duty.get_by_role("textbox", name="纪要").fill("立即停水，水样送检，天亮前公布情况")
    enter(duty, "记下纪要", "纪要已记下")
    duty.locator("summary", has_text="交办任务…").press("Enter")
    duty.get_by_role("textbox", name="做什么").fill("水样送检")
    duty.get_by_label("谁来做").select_option(label="供水公司 · 供水公司联络员")
    tomorrow = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)
    duty.get_by_label("哪一天以前").fill(f"{tomorrow:%Y-%m-%d}")
    enter(duty, "交办", "任务已交给")
    duty.locator(".crumbs a").press("Enter")
    duty.locator(".upnext").get_by_role("link", name="发联系单").press("Enter")
    duty.locator("#refer").get_by_label("请核实什么").fill("停水了没有；水样结果")
    enter(duty, "发出", "联系单已发给")
    expect(duty.locator(".upnext")).to_contain_text("等供水公司在")

    # the unit answers on a telephone
    unit = sign_in("liaison-water", **PHONE)
    unit.goto("/desk/referrals/")
    unit.get_by_role("link", name=re.compile("自来水")).first.click()
    unit.get_by_label("查明了什么").fill("已停水。二次供水箱被污染，正在清洗。")
    unit.get_by_label("依据").fill("现场照片")
    unit.get_by_role("button", name="记下这一条").click()
    unit.get_by_role("button", name="反馈完毕").click()
    assert fits(unit)
    assert axe(unit) == []

    # one writes, another releases, everybody reads
    duty.goto(case)
    duty.locator(".upnext").get_by_role("link", name="开始拟稿").press("Enter")
    duty.get_by_label("题目").fill("幸福里小区自来水异味：已经停水，正在送检")
    enter(duty, "保存并提交签发", "等另一个人签发")
    expect(duty.get_by_role("button", name="签发并公开")).to_have_count(0)
    lead = sign_in("releaser", **PHONE)
    lead.goto("/desk/")
    lead.get_by_role("link", name=re.compile("签发：")).click()
    lead.get_by_role("button", name="签发并公开").click()
    expect(lead.locator("main")).to_contain_text("已发布")
    town.goto("/")
    town.get_by_role("link", name=re.compile("已经停水，正在送检")).first.click()
    expect(town.locator("main")).to_contain_text("二次供水箱被污染")

    # closed, looked back at, and all of it in the dossier
    duty.goto(case)
    duty.locator(".upnext").get_by_role("link", name="去办结").press("Enter")
    duty.get_by_label("已答复").check()
    duty.get_by_label("办结说明").fill("水箱已清洗，复检合格，恢复供水。")
    enter(duty, "确定办结", "已办结")
    duty.locator(".upnext").get_by_role("link", name="写复盘").press("Enter")
    expect(duty.get_by_label("发生了什么")).to_contain_text("立为事项")
    duty.goto(f"{case}dossier/")
    contents = [line.strip() for line in duty.locator(".contents li").all_inner_texts()]
    assert [line for line in KEPT if line not in contents] == []
