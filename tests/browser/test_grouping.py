"""A person at the keyboard: a merge agreed to, another refused, one voice put out of an issue."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import axe, fits
from tests.house import House

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
SUGGEST = """
from datetime import UTC, datetime
from django.db import transaction
from django.db.models import F
from tingda.analyse.actions.reading import read_due
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source
from tingda.collect.rules import Entry
from tingda.detect.actions.gathering import gather_due
from tingda.detect.models import Gathering, Issue, Proposal
now = datetime.now(UTC)
source, _new = Source.objects.get_or_create(name="镇民论坛", defaults={"kind": "import"})
said = [
    "云溪苑楼下烧烤店油烟太大，窗户不敢开。什么时候安装油烟净化设备？",
    "云溪苑烧烤店油烟又飘上来，窗户不敢开，什么时候安装油烟净化设备？",
    "云溪苑烧烤店油烟太大，孩子咳嗽，窗户不敢开，谁来检查油烟净化设备？",
    "滨河路路灯全黑了，晚上回家看不见路", "文化广场音响太吵", "七路公交末班车甩站不停",
]
with transaction.atomic():  # the worker sees all of it or nothing
    hear(source, [Entry(text=text, guid=text, author=text[:9]) for text in said], now=now)
    while read_due(now=now) or gather_due(now=now) or Issue.objects.count() < 4:
        pass
    fumes, lamp, noise, bus = Issue.objects.order_by("id")
    why = {"words": ["油烟"], "places": ["云溪苑"], "similarity": 0.4}
    for other, sure in ((lamp, 0.9), (noise, 0.8), (bus, 0.7)):
        row = {"issue": fumes, "other": other, "why": why, "sure": sure, "made_at": now}
        Proposal.objects.create(kind="merge", **row)
    Gathering.objects.update(looked=F("stamp"), looked_at=now)
print(fumes.pk)
"""
ENDS = """
from tingda.detect.models import Apart, Issue
print(sorted(Issue.objects.values_list("state", flat=True)), Apart.objects.count())
"""


def test_two_decided_and_one_skipped_by_keyboard_alone(sign_in: SignIn, office: House) -> None:
    fumes = office.python(SUGGEST)
    page = sign_in("duty", viewport={"width": 390, "height": 844})
    page.goto("/desk/issues/proposals/")
    assert axe(page) == []
    expect(page.locator(".asks > li")).to_have_count(3)
    page.keyboard.press("1")
    expect(page.locator(".message.success")).to_contain_text("已合并成")
    expect(page.locator(".asks > li")).to_have_count(2)
    page.keyboard.press("2")
    expect(page.locator(".message.success")).to_contain_text("不是一回事")
    page.keyboard.press("s")
    expect(page.locator("main")).to_contain_text("这一遍看完了")
    page.goto(f"/desk/issues/{fumes}/")
    expect(page.locator("#questions")).to_have_text("大家在问")
    assert axe(page) == []
    voices = page.locator(".rows > li[data-row]")
    expect(voices).to_have_count(4)
    page.locator(".rows > li", has_text="路灯").get_by_role("button", name="不是一回事").click()
    expect(page.locator(".message.success")).to_contain_text("已拆成新议题“滨河路路灯")
    expect(voices).to_have_count(3)
    assert fits(page)
    assert office.python(ENDS) == "['merged', 'open', 'open', 'open', 'open'] 2"
