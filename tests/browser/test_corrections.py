"""A reading is corrected with one key, and the voices in doubt are sorted by keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import axe, wait_for
from tests.house import House

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]

HEARD = """
from datetime import UTC, datetime
from tingda.analyse.models import Sorting
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source
from tingda.collect.rules import Entry
Sorting.objects.update_or_create(pk=1, defaults={{"threshold": {threshold}}})
source, _new = Source.objects.get_or_create(name="镇民论坛", defaults={{"kind": "import"}})
hear(source, [Entry(text=text, guid=text) for text in {texts}], now=datetime.now(UTC))
"""
LABELS = """
from tingda.analyse.models import Label
rows = Label.objects.order_by("at").values_list("voice__text", "name", "value")
print(*(f"{text[:4]} {name} {value}" for text, name, value in rows), sep="\\n")
"""
WIDE = {"width": 1280, "height": 900}
OUTAGE = "滨河路又停水三天了，自来水公司电话没人接"
DOUBTED = ["甲巷停水了也停电了", "乙巷公交站停水", "丙巷停电又停水吗", "丁巷路灯和停水"]


def hear(office: House, *texts: str, threshold: float) -> None:
    office.python(HEARD.format(texts=list(texts), threshold=threshold))


def open_voice(page: Page, words: str) -> None:
    wait_for(page, f"/desk/search/?q={words}", words)
    page.locator("a[data-open][href^='/desk/voices/']", has_text=words).first.click()
    page.wait_for_url("**/desk/voices/*/")


def test_a_value_is_corrected_with_one_key_and_says_why(sign_in: SignIn, office: House) -> None:
    hear(office, OUTAGE, threshold=0.0)
    page = sign_in("duty", viewport=WIDE)
    open_voice(page, "滨河路又停水")
    topic, keyboard = page.locator("#value-topic"), page.keyboard
    expect(topic).to_contain_text("供水")
    expect(topic).to_contain_text("把握")
    expect(topic.locator("mark.topic").first).to_contain_text("水")
    expect(page.locator("p.said mark").first).to_have_attribute("title", "地点：滨河路")
    assert axe(page) == []

    keyboard.press("t")
    field = topic.get_by_role("combobox", name="是哪个主题")
    expect(field).to_be_focused()
    field.press_sequentially("没有的主题")
    expect(topic.get_by_role("status")).to_have_text("没有这样的主题")
    keyboard.press("Escape")
    expect(topic.locator("summary")).to_be_focused()
    keyboard.press("t")
    keyboard.press("Control+a")
    keyboard.type("公交")
    expect(topic.get_by_role("option", selected=True)).to_contain_text("公交")
    assert axe(page) == []
    keyboard.press("Enter")
    expect(page.locator(".message.success")).to_contain_text("已记下：主题是“公交")
    expect(topic).to_contain_text("由人定")
    expect(topic).to_contain_text("值班员")
    expect(topic).to_contain_text("机器原判：供水")

    keyboard.press("i")
    keyboard.press("6")
    expect(page.locator("#value-intent")).to_contain_text("由人定")
    expect(page.locator("#value-intent b")).to_have_text("表扬")
    keyboard.press("u")
    keyboard.press("0")
    expect(page.locator("#value-urgency b")).to_have_text("不急")
    keyboard.press("p")
    expect(page.get_by_label("在哪里")).to_be_focused()
    keyboard.type("滨河路东段")
    keyboard.press("Enter")
    expect(page.locator("#value-place b")).to_have_text("滨河路东段")
    assert axe(page) == []


def test_the_arrows_choose_and_other_choices_close(sign_in: SignIn, office: House) -> None:
    hear(office, OUTAGE, threshold=0.0)
    page = sign_in("duty", viewport=WIDE)
    open_voice(page, "滨河路又停水")
    page.keyboard.press("i")
    expect(page.locator("#value-intent details")).to_have_attribute("open", "")
    page.keyboard.press("t")
    expect(page.locator("details.choose[open]")).to_have_count(1)
    field = page.get_by_role("combobox")
    second = page.get_by_role("option").nth(1)
    name = (second.inner_text()).split()[0]
    page.keyboard.press("ArrowDown")
    expect(second).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", second.get_attribute("id") or "")
    page.keyboard.press("Enter")
    expect(page.locator("#value-topic b")).to_contain_text(name)


def test_the_voices_in_doubt_are_sorted_by_keyboard_alone(sign_in: SignIn, office: House) -> None:
    hear(office, *DOUBTED, threshold=0.99)
    page = sign_in("duty", viewport=WIDE)
    wait_for(page, "/desk/voices/unsure/", "还有 4 条")
    cards, keyboard = page.locator(".asks > li"), page.keyboard
    expect(cards.first.locator("[data-open]")).to_be_focused()
    assert axe(page) == []
    said = [text.strip()[:2] for text in cards.locator("p.said").all_inner_texts()]
    keyboard.press("j")
    expect(cards.nth(1).locator("[data-open]")).to_be_focused()
    keyboard.press("k")
    keyboard.press("1")
    expect(page.locator(".message.success")).to_contain_text("已记下：主题是")
    expect(cards.first.locator("p.said")).to_contain_text(said[1])
    expect(page.locator(".head")).to_contain_text("已教 1 条")
    keyboard.press("s")
    expect(cards.first.locator("p.said")).to_contain_text(said[2])
    keyboard.press("0")
    expect(cards.first.locator("p.said")).to_contain_text(said[3])
    keyboard.press("t")
    expect(cards.first.get_by_role("combobox")).to_be_focused()
    keyboard.type("路灯")
    assert axe(page) == []
    keyboard.press("Enter")
    expect(page.get_by_text("这一遍看完了。")).to_be_visible()
    expect(page.get_by_text("跳过的还有 1 条。")).to_be_visible()
    assert axe(page) == []
    labels = office.python(LABELS).split("\n")
    assert [row.split(" ")[0][:2] for row in labels] == [said[0], said[2], said[3]]
    assert labels[1].endswith("topic ")


def test_without_script_a_plain_choice_and_a_button_do(sign_in: SignIn, office: House) -> None:
    hear(office, OUTAGE, threshold=0.0)
    page = sign_in("duty", viewport={"width": 360, "height": 740}, java_script_enabled=False)
    open_voice(page, "滨河路又停水")
    topic = page.locator("#value-topic")
    topic.locator("summary").click()
    topic.get_by_label("是哪个主题").select_option(label="公交")
    topic.get_by_role("button", name="就是它").click()
    expect(page.locator(".message.success")).to_contain_text("已记下：主题是“公交”")
    page.locator("#value-urgency summary").click()
    page.locator("#value-urgency").get_by_role("button", name="当天").click()
    expect(page.locator("#value-urgency b")).to_have_text("当天")
