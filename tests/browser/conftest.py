"""One browser for all tests, one fresh context for each person."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import PASSWORD, copied, made_once
from tests.house import House, fresh_database

CHROMIUM = os.environ.get("TINGDA_CHROMIUM") or shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
QUIET += ["--disable-background-networking", "--disable-component-update"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: the others are done beside it."""
    items.sort(key=lambda item: item.path.name != "test_looks.py")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium; without it these tests are skipped, and say so."""
    if not CHROMIUM:
        pytest.skip("chromium is not installed: apt-get install chromium")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


PEOPLE = f"""
from datetime import UTC, datetime
from tingda.people.actions import add_person, add_unit, name_institution
now = datetime.now(UTC)
name_institution("清溪镇公共服务中心", by=None, now=now)
office = add_unit("office", "清溪镇公共服务中心", by=None, now=now)
edu = add_unit("edu", "教育办", parent=office, by=None, now=now)
water = add_unit("water", "供水公司", parent=office, by=None, now=now)
for login, name, unit, roles in [
    ("duty", "值班员", office, ["duty"]), ("liaison-edu", "教育办联络员", edu, ["liaison"]),
    ("liaison-water", "供水公司联络员", water, ["liaison"]),
    ("drafter", "拟稿人", office, ["drafter"]),
    ("both", "拟稿兼签发", office, ["drafter", "releaser"]),
    ("releaser", "签发人", office, ["releaser"]), ("admin", "管理员", office, ["admin", "duty"]),
]:
    add_person(login, name, unit, roles, password="{PASSWORD}", by=None, now=now)
"""


@pytest.fixture(scope="session")
def peopled(common: Path, pattern: House) -> House:
    """An installation with people and nothing else, ready to be copied."""

    def make(house: House) -> None:
        house.database = fresh_database("peopled", "pattern")
        shutil.copytree(pattern.home, house.home)
        house.python(PEOPLE)

    return made_once(common, "peopled", make)


@pytest.fixture
def office(tmp_path: Path, request: pytest.FixtureRequest, peopled: House) -> Iterator[House]:
    """A running installation with people and nothing else."""
    with copied(peopled, tmp_path, request.node.name) as made:
        made.start()
        yield made


@pytest.fixture
def sign_in(browser: Browser, office: House) -> Iterator[Callable[[str], Page]]:
    """A browser of their own in which this person is signed in; errors of a page fail the test."""
    pages: list[Page] = []
    errors: list[str] = []

    def enter(login: str, **device: object) -> Page:
        page = browser.new_context(base_url=office.address, **device).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                errors.append(message.text)
                if message.type == "error" and "Failed to load resource" not in message.text
                else None
            ),
        )
        pages.append(page)
        if login:
            page.goto("/sign-in/")
            page.get_by_label("登录名").fill(login)
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            page.wait_for_url("**/desk/**")
        return page

    yield enter
    for page in pages:
        page.context.close()
    assert errors == []
