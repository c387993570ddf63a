"""The whole line, played by the people who play it: a voice comes in, a signed answer goes out."""

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from docx import Document
from playwright.sync_api import Page, expect

from tests.browser.looking import wait_for
from tests.browser.messages import write_table
from tests.house import House

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]


def import_table(page: Page, file: Path) -> None:
    """Upload, look at the preview, confirm, wait for the end."""
    page.goto("/desk/imports/")
    page.set_input_files("input[type=file]", str(file))
    page.get_by_role("button", name="上传，先看看").click()
    expect(page.get_by_text("清溪中学食堂午餐有异物").first).to_be_visible()
    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_text("退回").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("已导入")


def open_issue(page: Page, words: str) -> None:
    """The issue of these words, once it is grouped."""
    for _look in range(30):
        page.goto("/desk/issues/")
        link = page.locator("main a").filter(has_text=re.compile(words))
        if link.count():
            link.first.click()
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"no issue with {words}")


def take_on(page: Page) -> str:
    """Make a case of the issue that is open; returns the case's address."""
    page.locator("body").press("c")
    page.get_by_label("公众关切").check()
    page.get_by_label("较大").check()
    page.get_by_label("主办单位").select_option(label="教育办")
    page.locator("main").get_by_role("button", name="立为事项").click()
    page.wait_for_url("**/desk/cases/*/")
    return page.url


def refer(page: Page) -> None:
    """Send a referral to the education office."""
    page.locator("#refer > summary").click()
    form = page.locator("#refer form")
    form.get_by_label("请谁核实").select_option(label="教育办")
    form.get_by_label("请核实什么").fill("当日午餐留样与清洗记录；有没有学生不适")
    form.get_by_role("button").click()
    expect(page.locator("main")).to_contain_text("待反馈")


def state_facts(page: Page) -> None:
    """The liaison opens what was referred, writes a fact down, and answers."""
    page.goto("/desk/referrals/")
    page.locator("main a").filter(has_text="清溪中学").first.click()
    page.get_by_label("查明了什么").fill("钢丝球脱落，已全部换成软刷；无学生不适")
    page.get_by_label("谁核实的").fill("学校食安员")
    page.get_by_label("依据").fill("留样登记表、校医室日志")
    page.get_by_role("button", name="记下这一条").click()
    page.get_by_role("button", name="反馈完毕").click()
    expect(page.locator("main")).to_contain_text("已反馈")


def draft(page: Page, case: str) -> str:
    """Write an answer with a promise and put it forward; returns its address."""
    page.goto(case)
    page.get_by_role("link", name="开始拟稿").first.click()
    page.get_by_label("题目").fill("清溪中学食堂午餐有异物：查到了什么，怎么改")
    page.get_by_label("大家反映的").fill("午餐青菜里有钢丝。")
    page.get_by_label("我们查到的").fill("清洗用的钢丝球脱落。情况属实，是我们的责任。")
    page.get_by_label("已经做的").fill("钢丝球已全部换成软刷。")
    page.get_by_label("做什么").first.fill("每周公布一次食堂抽查结果")
    soon = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=7)
    page.get_by_label("何时之前").first.fill(f"{soon:%Y-%m-%d}")
    page.get_by_role("button", name="保存并提交签发").click()
    expect(page.locator("main")).to_contain_text("待签发")
    return page.url


def test_a_voice_comes_in_and_a_signed_public_answer_goes_out(
    office: House, sign_in: SignIn, tmp_path: Path
) -> None:
    everybody = sign_in("")
    everybody.goto("/ask/")
    everybody.get_by_label("内容").fill("清溪中学食堂午餐青菜里有钢丝，孩子差点咽下去。")
    everybody.get_by_label("联系方式").fill("只给值班员看的号码")
    everybody.get_by_role("button", name="提交").click()
    code = everybody.locator("main").inner_text()
    found = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}", code)
    assert found

    duty = sign_in("duty")
    write_table(tmp_path / "留言.csv")
    import_table(duty, tmp_path / "留言.csv")
    open_issue(duty, "清溪中学")
    wait_for(duty, duty.url, "5 人")  # some of them are grouped a moment later
    case = take_on(duty)
    refer(duty)
    state_facts(sign_in("liaison-edu"))
    answer = draft(sign_in("drafter"), case)

    releaser = sign_in("releaser")
    releaser.goto(answer)
    releaser.get_by_role("button", name="签发并公开").click()
    expect(releaser.locator("main")).to_contain_text("已发布")

    everybody.goto("/")
    everybody.get_by_role("link", name=re.compile("清溪中学食堂午餐有异物")).first.click()
    for said in ("情况属实", "每周公布一次食堂抽查结果", "签发人", "清溪镇公共服务中心"):
        expect(everybody.locator("body")).to_contain_text(said)
    feed = everybody.request.get(office.address + "/answers/feed/").text()
    assert "清溪中学食堂午餐有异物" in feed

    everybody.goto("/receipt/")
    everybody.get_by_label("查询码").fill(found[0])
    everybody.get_by_role("button", name="查看").click()
    expect(everybody.locator("main")).to_contain_text("清溪中学食堂午餐有异物")
    everybody.get_by_label("没有解决").check()
    everybody.get_by_role("button", name="告诉我们").click()

    duty.goto("/desk/briefs/")
    with duty.expect_download() as download:
        duty.get_by_role("link", name="下载今日日报（Word）").click()
    words = Document(io.BytesIO(Path(download.value.path()).read_bytes()))
    text = "\n".join(paragraph.text for paragraph in words.paragraphs)
    assert "清溪中学" in text
    assert "只给值班员看的号码" not in text
    assert office.run("ledger", "verify").returncode == 0


def test_what_is_refused_is_refused(office: House, sign_in: SignIn, tmp_path: Path) -> None:
    write_table(tmp_path / "留言.csv")
    assert office.run("import", str(tmp_path / "留言.csv")).returncode == 0
    duty = sign_in("duty")
    open_issue(duty, "清溪中学")
    case = take_on(duty)

    duty.locator("#close > summary").click()
    form = duty.locator("#close form")
    form.get_by_label("无需答复").check()
    duty.evaluate("document.querySelector('#close form').noValidate = true")
    form.get_by_role("button").click()
    expect(duty.locator("#close")).to_contain_text("必")
    duty.goto(case)
    expect(duty.locator("main .tags")).to_contain_text("受理")

    refer(duty)
    stranger = sign_in("liaison-water")
    for address in (case, "/desk/referrals/1/", "/desk/issues/1/", "/desk/cases/"):
        assert stranger.goto(address).status == 404  # type: ignore[union-attr]

    both = sign_in("both")  # drafts and might release, but not the own words
    answer = draft(both, case)
    both.goto(answer)
    expect(both.get_by_role("button", name="签发并公开")).to_have_count(0)
    token = both.locator("input[name=csrfmiddlewaretoken]").first.get_attribute("value")
    refused = both.request.post(
        answer.rstrip("/") + "/release/",
        form={"csrfmiddlewaretoken": token or "", "version": "1"},
        headers={"Referer": answer},
    )
    assert refused.status in (403, 409, 422)
    assert "拟稿人不能签发" in refused.text()
    assert "清溪中学食堂午餐有异物：" not in both.request.get(office.address + "/").text()
