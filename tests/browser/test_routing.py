"""From a rule on the bench to a decided objection, through the pages people use."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import axe, fits
from tests.house import House

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 760}
HEARD = """
from datetime import UTC, datetime
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source, Voice
from tingda.collect.rules import Entry
source, _new = Source.objects.get_or_create(name="镇民论坛", defaults={"kind": "import"})
texts = ["学校门口又停水了", "东街的校车超员"]
hear(source, [Entry(text=text, guid=text) for text in texts], now=datetime.now(UTC))
print(Voice.objects.get(text=texts[0]).pk)
"""


def test_a_rule_is_tried_suggests_is_objected_to_and_decided(
    sign_in: SignIn, office: House
) -> None:
    voice = office.python(HEARD).strip().splitlines()[-1]

    admin = sign_in("admin", viewport=WIDE)
    admin.goto("/desk/settings/routing/add/")
    admin.get_by_label("名称").fill("停水")
    admin.get_by_label("请哪个单位").select_option(label="教育办")
    admin.get_by_label("声音里有什么词").press_sequentially("停水")
    bench = admin.locator("#bench")
    expect(bench).to_contain_text("最近听到的 2 条里，这条规则管 1 条；1 条的去处会变")
    expect(bench.locator("mark.watch")).to_have_text("停水")
    expect(bench).to_contain_text("没有规则管 → 教育办")
    assert axe(admin) == []
    admin.get_by_role("button", name="保存").click()
    expect(admin.get_by_role("cell", name="教育办")).to_be_visible()

    duty = sign_in("duty", viewport=WIDE)
    duty.goto(f"/desk/cases/new/?voice={voice}")
    expect(duty.get_by_role("note")).to_contain_text("建议请教育办")
    expect(duty.get_by_label("主办单位")).to_have_value(
        duty.get_by_role("option", name="教育办").get_attribute("value") or ""
    )
    duty.get_by_label("一般").check()
    duty.get_by_role("button", name="立为事项").click()
    duty.get_by_role("link", name="发联系单").click()
    duty.get_by_label("请核实什么").fill("为什么停水")
    duty.get_by_role("button", name="发出").click()
    expect(duty.get_by_role("status").first).to_contain_text("联系单已发给教育办")

    liaison = sign_in("liaison-edu", viewport=PHONE, color_scheme="dark")
    liaison.get_by_role("link", name="填写").first.click()
    liaison.get_by_text("提出异议…").click()
    liaison.get_by_label("理由").fill("门口的管网归供水公司")
    liaison.get_by_role("button", name="提出异议").click()
    expect(liaison.get_by_text("等另一位值班员或签发人决定归谁")).to_be_visible()
    assert fits(liaison)

    decider = sign_in("releaser", viewport=PHONE)
    decider.get_by_role("link", name="去决定").first.click()
    decider.get_by_label("转给别的单位").check()
    decider.get_by_label("转给谁").last.select_option(label="供水公司")
    decider.get_by_label("理由").last.fill("按管网图")
    assert axe(decider) == []
    decider.get_by_role("button", name="决定", exact=True).click()
    expect(decider.get_by_text("已决定：由供水公司办")).to_be_visible()
    expect(decider.locator("p.tags").first).to_contain_text("主办：供水公司")
    assert fits(decider)
