"""The work with the keyboard alone, and without any script."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.messages import write_table
from tests.conftest import PASSWORD
from tests.house import House

pytestmark = pytest.mark.browser
SignIn = Callable[..., Page]
ROW = "[...document.querySelectorAll('a')].indexOf(document.activeElement)"
SEEN = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return "nothing has the focus";
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const there = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0;
  return shown && there ? "" : one.outerHTML.slice(0, 200);
}"""


def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until this element has the focus; on the way the focus is always to be seen."""
    for _press in range(most):
        page.keyboard.press("Tab")
        assert page.evaluate(SEEN) == ""
        if page.evaluate("(one) => document.activeElement.matches(one)", selector):
            return
    raise AssertionError(f"not reached with Tab: {selector}")


def sign_in_by_keys(page: Page) -> None:
    """Login name, password, Enter."""
    page.goto("/sign-in/")
    page.locator("input[name=username]").focus()
    page.keyboard.type("duty")
    tab_to(page, "input[name=password]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/")


def wait_for_issue(page: Page) -> None:
    """Until what was imported is grouped."""
    for _look in range(40):
        page.goto("/desk/issues/?q=清溪中学")
        if page.locator("tr[data-row]").count():
            return
        page.wait_for_timeout(300)
    raise AssertionError("no issue")


def test_a_case_is_opened_with_the_keyboard_alone(
    office: House, sign_in: SignIn, tmp_path: Path
) -> None:
    write_table(tmp_path / "留言.csv")
    assert office.run("import", str(tmp_path / "留言.csv")).returncode == 0
    page = sign_in("")
    sign_in_by_keys(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate(SEEN) == ""
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

    wait_for_issue(page)
    page.goto("/desk/")
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.href")
    row = page.evaluate(ROW)
    page.keyboard.press("j")
    assert page.evaluate(ROW) > row  # the next may be about the same issue
    page.keyboard.press("k")
    assert page.evaluate(ROW) == row
    assert page.evaluate(SEEN) == ""
    page.keyboard.press("Enter")
    page.wait_for_url(first)

    page.keyboard.press("/")
    page.keyboard.type("清溪中学")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/search/**")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/issues/*/")

    page.keyboard.press("c")
    page.wait_for_url("**/desk/cases/new/**")
    tab_to(page, "input[name=kind]")
    page.keyboard.press("Space")
    tab_to(page, "input[name=grade]")
    page.keyboard.press("Space")
    tab_to(page, "select[name=unit]")
    while "教育办" not in page.locator("select[name=unit] option:checked").inner_text():
        page.keyboard.press("ArrowDown")
    tab_to(page, "main button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/cases/*/")
    expect(page.locator("main .tags")).to_contain_text("教育办")


def test_without_script_a_table_is_imported_and_a_case_opened(
    office: House, sign_in: SignIn, tmp_path: Path
) -> None:
    write_table(tmp_path / "留言.csv")
    page = sign_in("duty", java_script_enabled=False)
    page.goto("/desk/imports/")
    page.set_input_files("input[type=file]", str(tmp_path / "留言.csv"))
    page.get_by_role("button", name="上传，先看看").click()
    page.get_by_role("button", name="确认导入").click()
    wait_for_issue(page)
    page.locator("tr[data-row] b a").first.click()
    page.get_by_role("link", name="立为事项").click()
    page.get_by_label("公众关切").check()
    page.get_by_label("较大").check()
    page.get_by_label("主办单位").select_option(label="教育办")
    page.locator("main").get_by_role("button", name="立为事项").click()
    page.wait_for_url("**/desk/cases/*/")
    expect(page.locator("main .tags")).to_contain_text("教育办")
