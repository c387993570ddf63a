"""Every kind of source, set up at the desk against a real local server, and heard."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PEOPLE
from tests.browser.looking import wait_for
from tests.browser.test_sources import add_source
from tests.house import House
from tests.process.test_crash import until
from tests.servers.fediverse import Instance, fediverse_server
from tests.servers.forum import Forum, forum_server
from tests.servers.mailbox import DOVECOT, PASSWORD, MailServer, mail_server
from tests.servers.page import Site, page_site

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
LETTER = """From: 张三 <zhang.san@example.cn>\r
To: office@example.cn\r
Subject: 三号楼暖气不热\r
Message-ID: <1@example.cn>\r
Date: Fri, 20 Nov 2026 09:00:00 +0800\r
Content-Type: text/plain; charset=utf-8\r
\r
三号楼的暖气从昨天开始就不热，家里有老人，请来看看。\r
"""


@dataclass
class Town:
    """One server of each kind."""

    forum: Forum
    fediverse: Instance
    page: Site
    mail: MailServer

    @property
    def hosts(self) -> str:
        """What an administrator allows."""
        sites = (self.forum, self.fediverse, self.page)
        named = [site.address.removeprefix("http://") for site in sites]
        return ",".join([*named, *self.mail.hosts])


@pytest.fixture
def town() -> Iterator[Town]:
    if not DOVECOT:
        pytest.skip("dovecot is not installed: apt-get install dovecot-imapd")
    with ExitStack() as servers:
        one = Town(
            servers.enter_context(forum_server("nodebb")),
            servers.enter_context(fediverse_server()),
            servers.enter_context(page_site()),
            servers.enter_context(mail_server()),
        )
        one.forum.open("滨河路停水到几点", "从早上停到现在，有人知道吗")
        one.fediverse.say("<p>城南又 #停水 了</p>")
        one.page.notices(1, 2, 3, 4)
        one.mail.deliver("office", LETTER.encode())
        yield one


@pytest.fixture
def office(house: House, town: Town) -> House:
    """A running installation that may ask these servers, with people and nothing else."""
    house.python(PEOPLE)
    house.start(TINGDA_PRIVATE_HOSTS=town.hosts)
    return house


def test_every_kind_is_added_at_the_desk_and_heard(
    sign_in: SignIn, office: House, town: Town
) -> None:
    page = sign_in("admin")
    add_source(page, town.forum.address, "论坛", 名称="镇民论坛")
    wait_for(page, "/desk/voices/", "滨河路停水到几点")
    add_source(page, f"{town.fediverse.address}/tags/停水", "联邦社交网", 名称="停水标签")
    wait_for(page, "/desk/voices/", "城南又 #停水 了")
    add_source(page, f"{town.page.address}/tzgg/", "网页", 名称="通知公告")
    wait_for(page, "/desk/voices/", "关于第3号街道停水检修的通知")
    add_source(
        page,
        town.mail.address(secure=False),
        "邮箱",
        名称="来信",
        用户名="office",
        密码或授权码=PASSWORD,
        连接方式="plain",
    )
    wait_for(page, "/desk/voices/", "三号楼暖气不热")
    expect(page.get_by_text("张三")).to_have_count(0)
    drop_a_table(page, office)


def drop_a_table(page: Page, office: House) -> None:
    """A drop has no address to paste: it is chosen by hand, and its key shown once."""
    page.goto("/desk/sources/add/drop/")
    page.get_by_label("名称", exact=True).fill("12345 工单")
    page.get_by_role("button", name="添加").click()
    expect(page.locator("main")).to_contain_text(re.compile(r"[0-9a-f]{64}"))
    (folder,) = waiting_folders(office.home, page)
    (folder / "工单.csv").write_text("标题,内容\n路灯不亮,滨河路的路灯坏了三天\n", "utf-8")
    wait_for(page, "/desk/voices/", "路灯不亮")
    until(lambda: any((folder / "done").glob("*工单*.csv")), 20, "put away")


def waiting_folders(home: Path, page: Page) -> list[Path]:
    """The folder of the drop, once the worker has made it."""
    for _look in range(100):
        if found := [one for one in (home / "drop").glob("*") if one.is_dir()]:
            return found
        page.wait_for_timeout(200)
    return []
