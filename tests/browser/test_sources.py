"""A site's address is pasted, recognised, tried, added; then its voices are heard, or left out."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEOPLE
from tests.browser.looking import axe, fits, wait_for
from tests.house import House
from tests.servers.site import Site, site

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
PHONE = {"width": 390, "height": 800}


@pytest.fixture
def town() -> Iterator[Site]:
    with site() as one:
        yield one


@pytest.fixture
def office(house: House, town: Site) -> House:
    """A running installation that may ask the local server, with people and nothing else."""
    house.python(PEOPLE)
    house.start(TINGDA_PRIVATE_HOSTS=town.host)
    return house


def propose(page: Page, address: str, kind_label: str) -> None:
    """Paste an address and choose what it is, by the name of the kind."""
    page.goto("/desk/sources/add/")
    page.get_by_label("网址").fill(address)
    page.get_by_role("button", name="看看这是什么").click()
    page.get_by_role("button", name=re.compile(f"^选这个：{kind_label}，")).first.click()


def add_source(page: Page, address: str, kind_label: str, **fields: str) -> str:
    """Paste an address, choose the kind, fill in more fields by their labels, try it, add it.

    Returns the address of the source's page.
    """
    propose(page, address, kind_label)
    for label, value in fields.items():
        field = page.get_by_label(label)
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.get_by_role("button", name="试听").click()
    expect(page.get_by_role("heading", name="会听到这些")).to_be_visible()
    page.get_by_role("button", name="添加").click()
    page.wait_for_url(re.compile(r"/desk/sources/\d+/$"))
    return page.url


def test_a_site_is_pasted_tried_added_heard_and_paused(
    sign_in: SignIn, office: House, town: Site
) -> None:
    page = sign_in("admin")
    faults: list[str] = []
    propose(page, town.address, "订阅源")
    faults += axe(page)
    source = add_source(page, town.address, "订阅源", 分组="本地论坛", 不收的词="促销")
    faults += axe(page)
    wait_for(page, "/desk/voices/", "清溪路的路灯坏了三天")
    expect(page.get_by_text("超市开业大促销")).to_have_count(0)
    page.goto(source)
    row = page.get_by_role("row").filter(has_text="听到新的")
    assert row.get_by_role("cell").all_inner_texts()[1:] == ["听到新的", "1", "0", "0", "1"]
    faults += axe(page)

    page.goto("/desk/sources/")
    page.get_by_role("checkbox", name="勾选 清溪镇论坛").check()
    page.get_by_role("button", name="加密巡查").click()
    page.get_by_label("为什么").fill("重要时段：汛期")
    faults += axe(page)
    page.get_by_role("button", name="开始加密巡查").click()
    expect(page.locator("main")).to_contain_text("每 5 分钟看一次")
    page.goto("/desk/sources/")
    page.get_by_role("button", name="停用 清溪镇论坛").click()
    expect(page.get_by_role("button", name="恢复 清溪镇论坛")).to_be_visible()
    faults += axe(page)
    assert faults == []
    asked = len(town.asked)
    town.posts.append(("停用以后的帖子", "不该听到。"))
    page.goto(source)
    expect(page.get_by_role("button", name="马上看一次", exact=True)).to_have_count(0)
    page.wait_for_timeout(1500)
    assert town.asked[asked:] == []

    phone = sign_in("admin", viewport=PHONE, is_mobile=True, has_touch=True)
    on_a_telephone(phone, town)
    phone.goto("/desk/voices/")
    expect(phone.get_by_text("河滨路停水检修公告").first).to_be_visible()


def on_a_telephone(page: Page, town: Site) -> None:
    """The same in short: a source is added and paused, and no page is wider than the screen."""
    board = add_source(page, f"{town.address}/notices/", "网页", 名称="清溪镇公告")
    wait_for(page, board, "听到新的")
    page.get_by_role("button", name="停用").click()
    expect(page.get_by_role("button", name="恢复")).to_be_visible()
    for address in ("/desk/sources/", "/desk/sources/add/", "/desk/sources/many/", board):
        page.goto(address)
        assert (address, fits(page)) == (address, True)
