"""A drill from the desk: begun, worked at in the copy, ended, and compared with the last one."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEOPLE
from tests.browser.looking import axe
from tests.house import House, free_port

pytestmark = [pytest.mark.browser, pytest.mark.once]  # the copy is the same on both databases
SignIn = Callable[..., Page]

BEFORE = '''
from tingda.duty.actions import drills
from tingda.people.models import Person
now = datetime.now(UTC)
admin = Person.objects.get(login="admin")
TEXT = """
name = "夜间燃气泄漏"
minutes = 600
[[say]]
minute = 0
source = "热线"
title = "楼道里有很浓的煤气味"
text = "滨江小区8号楼楼道里煤气味很浓，疑似燃气泄漏，我妈已经头晕想吐，怎么办？"
[[expect]]
what = "acknowledged"
within = 600
[[expect]]
what = "case"
within = 5
"""
from tingda.duty.models import Scenario
row = Scenario.objects.filter(name="夜间燃气泄漏").first()
row = drills.set_scenario(row, TEXT, by=admin, now=now)
drill = drills.begin_drill(row, 60, by=admin, now=now)
drills.start(drill, now, now, now=now)
marks = [{"what": "acknowledged", "within": 600, "after": 599.0}]
drills.finish(drill, {"marks": marks, "kept": 1, "missed": 0}, now=now)
'''
LEFT = """
from pathlib import Path
from django.conf import settings
from tingda.collect.models import Voice
from tingda.duty.models import Drill
from tingda.ledger.models import Line
print(Voice.objects.count(), Line.objects.filter(verb__startswith="alert.").count())
print((Path(settings.HOME) / "drill").exists(), Drill.objects.get(pk=2).state)
"""


@pytest.fixture
def office(house: House) -> House:
    """As everywhere, with an earlier drill, and a port of its own for the copy."""
    house.python(PEOPLE + BEFORE)
    house.start(TINGDA_DRILL_PORT=str(free_port()))
    return house


def test_a_drill_from_the_desk(sign_in: SignIn, office: House) -> None:
    desk = sign_in("admin", viewport={"width": 1280, "height": 900})
    desk.set_default_timeout(45_000)
    desk.goto("/desk/duty/drills/")
    assert axe(desk) == []
    row = desk.locator(".scenarios li", has_text="夜间燃气泄漏")
    row.get_by_label("时间走多快").select_option("60")
    row.get_by_role("button", name="开始演练").press("Enter")

    # the copy says what it is, and one is oneself there
    with desk.expect_popup() as opened:
        desk.get_by_role("link", name="到副本里去").press("Enter")
    copy = opened.value
    copy.set_default_timeout(45_000)
    expect(copy.get_by_role("complementary", name="演练")).to_contain_text("快 60 倍")
    copy.wait_for_url("**/desk/**")
    assert copy.title().startswith("【演练】")
    known = copy.get_by_role("button", name="知道了").first
    while not known.count():  # until it was heard, read and grouped
        copy.goto(copy.url.split("/desk/")[0] + "/desk/alerts/")
    known.press("Enter")
    expect(copy.get_by_text("已记下您知道了")).to_be_visible()
    assert axe(copy) == []

    # the end: times, what was missed, beside the last drill; still signed in at the real desk
    desk.get_by_role("button", name="结束演练").press("Enter")
    marks = desk.locator(".marks tbody tr")
    expect(marks).to_have_count(2)
    expect(marks.nth(0)).to_contain_text("按时")
    expect(marks.nth(0)).to_contain_text("599")
    expect(marks.nth(1)).to_contain_text("没有做")
    assert axe(desk) == []
    assert office.python(LEFT).splitlines() == ["0 0", "False ended"]
