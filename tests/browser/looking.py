"""How a page is looked at: do words stand there, does it fit, who would stumble over it."""

from axe_core_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def wait_for(page: Page, address: str, words: str) -> None:
    """Look at a page again and again until the words stand there."""
    for _look in range(60):
        page.goto(address)
        if page.locator("main").get_by_text(words).count():
            return
        page.wait_for_timeout(300)
    raise AssertionError(f"{words} did not come to {address}: {page.inner_text('main')[:600]}")


def axe(page: Page) -> list[str]:
    """What a person who cannot see or point would stumble over here."""
    page.wait_for_load_state()
    found = Axe().run(page, options={"runOnly": RULES})
    return [f"{page.url} {one['id']} {one['nodes'][0]['html']}" for one in found["violations"]]


def fits(page: Page) -> bool:
    """Whether nothing of the page is wider than its window."""
    page.wait_for_load_state()  # a page that was just asked for has no element to measure yet
    width = page.viewport_size["width"]  # type: ignore[index]
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)
