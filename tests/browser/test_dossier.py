"""A grave case is closed and looked back at; its dossier is taken along and its sums are right."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import axe, fits, wait_for
from tests.house import House

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]

CASE = """
from datetime import UTC, datetime, timedelta
from tingda.cases.actions import open_case, record_fact
from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source, Voice
from tingda.collect.rules import Entry
from tingda.people.models import Person
now = datetime.now(UTC)
source = Source.objects.create(name="镇民论坛", kind="import")
hear(source, [Entry(text="食堂午餐汤里有钢丝", guid="1")], now=now)
duty = Person.objects.get(login="duty")
case = open_case(Voice.objects.get(), title="食堂午餐有异物", kind="public_concern", grade="major",
                 unit=duty.unit, by=duty, now=now)
print(case.pk)
"""


def checked(file: Path) -> list[str]:
    """The names in a dossier whose SHA-256 is not the one that its manifest says."""
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        named = {one["name"]: one["sha256"] for one in manifest["files"]}
        assert set(named) == set(archive.namelist()) - {"manifest.json"}
        return [
            name
            for name, sha256 in named.items()
            if hashlib.sha256(archive.read(name)).hexdigest() != sha256
        ]


def test_a_review_after_closing_and_a_dossier_whose_sums_are_right(
    office: House, sign_in: SignIn, tmp_path: Path
) -> None:
    case = office.python(CASE)
    page = sign_in("duty", viewport={"width": 360, "height": 760})
    page.goto(f"/desk/cases/{case}/?do=fact")
    form = page.locator("#fact form")
    form.get_by_label("查明了什么").fill("钢丝球脱落")
    form.get_by_label("谁核实的").fill("食安员")
    form.get_by_label("依据").fill("来电录音")
    (tmp_path / "来电.mp3").write_bytes(b"ID3\x04" + b"\0" * 2000)
    form.get_by_label("附件").set_input_files(str(tmp_path / "来电.mp3"))
    form.get_by_role("button", name="记下").click()
    expect(page.locator("audio.player")).to_have_count(1)
    page.goto(f"/desk/cases/{case}/?do=close")
    page.locator("#close form").get_by_label("已解决").check()
    page.locator("#close form").get_by_label("办结说明").fill("清洗用具已全部更换，复查合格。")
    page.get_by_role("button", name="确定办结").click()

    wait_for(page, "/desk/", "待复盘")
    page.get_by_role("link", name="去写").click()
    expect(page.get_by_label("发生了什么")).to_contain_text("立为事项")
    assert axe(page) == []
    page.get_by_label("要改的").fill("清洗用具每月检查")
    page.get_by_role("button", name="保存并定稿").click()
    expect(page.locator(".message.success")).to_contain_text("复盘已定稿")
    page.goto("/desk/library/?q=每月检查")
    expect(page.locator("main")).to_contain_text("清洗用具每月检查")
    assert axe(page) == []

    page.goto(f"/desk/cases/{case}/dossier/")
    assert fits(page)
    page.get_by_role("button", name="导出 ZIP").click()
    link = page.get_by_role("link", name="下载")
    expect(link).to_be_visible(timeout=20_000)
    assert axe(page) == []
    with page.expect_download() as download:
        link.click()
    download.value.save_as(tmp_path / "a.zip")
    assert checked(tmp_path / "a.zip") == []
    names = zipfile.ZipFile(tmp_path / "a.zip").namelist()
    assert [name for name in names if name.endswith("来电.mp3")] != []
