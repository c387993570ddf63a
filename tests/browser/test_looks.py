"""Every page as the person who uses it sees it: readable, reachable, narrow, dark, in English."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from axe_core_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.looking import RULES
from tests.catalogue import current
from tests.conftest import copied
from tests.house import House

pytestmark = pytest.mark.browser
HAN = re.compile(r"[\u4e00-\u9fff]")
FILES = r"\.docx$|/feed/$|/template/$|/rejects/$|/files/|/opml/$|/evidence/$|/attachments/"
NOT_PAGES = re.compile(rf"{FILES}|/sign-out/|/language/|/check/$")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
# for the whole site: parts of a page may come from beside it
ENGLISH = {"name": "django_language", "value": "en", "path": "/", "domain": "127.0.0.1"}
# Who looks, and where they start; whatever is linked from there they see too. A kind of page is
# looked at once, by the first who may.
WALKS = {
    "": ["/", "/sign-in/", "/receipt/", "/no-such-page/"],
    "duty": ["/desk/", "/desk/search/?q=食堂", "/desk/call/", "/desk/imports/", "/desk/voices/"],
    "liaison-edu": ["/desk/referrals/"],
    "drafter": ["/desk/answers/", "/desk/cases/?tab=open", "/desk/settings/people/add/"],
    "releaser": ["/desk/answers/?tab=review"],
    "auditor": ["/desk/ledger/"],
    "admin": ["/desk/settings/", "/desk/sources/add/"],
}
WORDS = """() => {
  const words = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const one = walk.currentNode.parentElement;
    // words beside a mark are a piece of what somebody wrote
    const cut = one.matches("mark") || one.querySelector(":scope > mark");
    const named = one.closest("script, style, [lang=zh-Hans]");
    if (!cut && !named) words.push(walk.currentNode.textContent);
  }
  for (const one of document.querySelectorAll("[aria-label], [placeholder], [title]"))
    for (const name of ["aria-label", "placeholder", "title"])
      if (one.hasAttribute(name)) words.push(one.getAttribute(name));
  return words.map((text) => text.trim().replace(/\\s+/g, " ")).filter((text) => text);
}"""
# Words of headings that are broken in the middle though they would fit into a line.
CUT = """() => [...document.querySelectorAll("h1, h2, h3")].flatMap((one) => {
  const cut = [], walk = document.createTreeWalker(one, NodeFilter.SHOW_TEXT), range = new Range();
  while (walk.nextNode()) {
    for (const word of walk.currentNode.data.matchAll(/\\b[A-Za-z]{3,20}\\b/g)) {
      range.setStart(walk.currentNode, word.index);
      range.setEnd(walk.currentNode, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((box) => box.top)).size > 1) cut.push(word[0]);
    }
  }
  return cut;
})"""
CONTRAST = """() => axe.run(document, {
  runOnly: {type: "rule", values: ["color-contrast"]}, resultTypes: ["violations"],
})"""
HAS_ENGLISH = """
from tingda.analyse.models import Topic
from tingda.people.models import Unit
for model in (Topic, Unit):
    print(*model.objects.exclude(name_en="").values_list("name", flat=True), sep="\\n")
"""
# What people typed in, whatever it equals: names of persons, the institution's own, places.
WRITTEN = """
from tingda.detect.models import Issue
from tingda.people.models import Person
from tingda.people.queries import institution
for model, field in ((Person, "name"), (Issue, "place"), (Issue, "title")):
    print(*model.objects.values_list(field, flat=True), sep="\\n")
print(institution().name)
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, pattern: House) -> Iterator[House]:
    """The demo institution, a month of voices in it."""
    with copied(pattern, tmp_path_factory.mktemp("town"), "looks") as house:
        house.start(seconds=400, TINGDA_DEMO="1")  # a month of voices is read and grouped
        yield house


def enter(browser: Browser, town: House, login: str) -> BrowserContext:
    """A browser in which this demo person is signed in; "" is the public."""
    context = browser.new_context(base_url=town.address, viewport=WIDE)  # type: ignore[arg-type]
    if login:
        lines = (town.home / "secrets" / "demo-sign-ins").read_text().split("\n")
        page = context.new_page()
        page.goto("/sign-in/")
        page.get_by_label("登录名").fill(login)
        secret = next(line.split()[1] for line in lines if line.split()[:1] == [login])
        page.get_by_label("密码").fill(secret)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url("**/desk/**")
        page.close()
    return context


@dataclass
class Look:
    """What was seen on the way; `faults` should stay empty."""

    untranslated: list[re.Pattern[str]]
    names: set[str]
    whole: bool
    kinds: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def walk(self, context: BrowserContext, starts: list[str]) -> None:
        """Look at the starting pages and at one page of every kind that is linked."""
        page, waiting = context.new_page(), list(starts)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self._console(page, said.type, said.text))
        while waiting:
            address = waiting.pop(0)
            kind = re.sub(r"\d+", "N", urlsplit(address).path)
            if kind in self.kinds and address not in starts:
                continue
            self.kinds.add(kind)
            waiting += self.look(context, page, address)

    def _console(self, page: Page, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.faults.append(f"{page.url}: {text}")

    def look(self, context: BrowserContext, page: Page, address: str) -> list[str]:
        """One page in every way, or in the dark or in English; returns the pages it links to."""
        english = not self.whole and len(self.kinds) % 2 == 1
        context.clear_cookies(name="django_language")
        if english:
            context.add_cookies([ENGLISH])  # type: ignore[list-item]
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        answer = page.goto(address)
        expected = {"/no-such-page/": 404, "/desk/settings/people/add/": (200, 403)}
        wanted = expected.get(address, 200)
        if answer is None or answer.status not in (
            wanted if isinstance(wanted, tuple) else [wanted]
        ):
            self.faults.append(f"{address}: {answer and answer.status}")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        self._axe(page, "light", {"runOnly": RULES, "resultTypes": ["violations"]})
        if not english:
            page.emulate_media(color_scheme="dark")
            self._faulty(page, "dark", page.evaluate(CONTRAST))
            page.emulate_media(color_scheme="light")
        links = page.eval_on_selector_all("a[href]", "all => all.map((one) => one.href)")
        self._narrow(page, "en" if english else "zh")
        if self.whole:
            context.add_cookies([ENGLISH])  # type: ignore[list-item]
            page.goto(address)
            self._narrow(page, "en")
        if self.whole or english:
            self._english(page)
        here = urlsplit(page.url).netloc
        found = [urljoin(page.url, link).split("#")[0] for link in links]
        return [
            one
            for one in found
            if urlsplit(one).netloc == here and not NOT_PAGES.search(urlsplit(one).path)
        ]

    def _axe(self, page: Page, how: str, options: dict[str, object]) -> None:
        self._faulty(page, how, Axe().run(page, options=options))

    def _faulty(self, page: Page, how: str, result: dict[str, Any]) -> None:
        for broken in result["violations"]:
            if broken["impact"] in ("serious", "critical"):
                where = [node["html"][:120] for node in broken["nodes"][:2]]
                self.faults.append(f"{page.url} ({how}): {broken['id']} {where}")

    def _narrow(self, page: Page, language: str) -> None:
        expect(page.locator(".chart.waiting")).to_have_count(0)
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            self.faults.append(f"{page.url} ({language}): {over} px too wide for a telephone")
        for word in page.evaluate(CUT):
            self.faults.append(f"{page.url} ({language}): cut on a telephone: {word}")

    def _english(self, page: Page) -> None:
        """No text of the product in Chinese; what people wrote and their names stay as they are."""
        for text in page.evaluate(WORDS):
            bare = HAN.search(text) and text not in self.names
            if bare and any(one.fullmatch(text) for one in self.untranslated):
                self.faults.append(f"{page.url}: in Chinese: {text}")


def untranslated(more: list[str]) -> list[re.Pattern[str]]:
    """The product's Chinese texts, places open, and the Chinese names that have English ones."""
    texts = [
        one
        for message in current()
        for one in _both(message.id)
        if len(HAN.findall(one)) > (3 if "%(" in one else 1)  # shorter ones fit what people say
    ]
    parts = (re.split(r"%\(\w+\)s", text.replace("%%", "%")) for text in texts)
    return [re.compile(".+?".join(map(re.escape, part))) for part in parts] + [
        re.compile(re.escape(name)) for name in more
    ]


def _both(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


# In the daily run each kind of page is looked at in the dark or in English; `make eval` does both.
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_every_page_is_readable_by_everybody_in_both_languages(
    browser: Browser, town: House, whole: bool
) -> None:
    english = [name for name in town.python(HAS_ENGLISH).split("\n") if name]
    names = {"简体中文", *town.python(WRITTEN).split("\n")}  # a language says its own name
    look = Look(untranslated(english), names, whole)
    for login, starts in WALKS.items():
        context = enter(browser, town, login)
        look.walk(context, starts)
        context.close()
    assert sorted(set(look.faults)) == []
    assert {"/answers/N/", "/desk/issues/N/", "/desk/cases/N/", "/desk/ledger/"} <= look.kinds
    assert {"/desk/voices/N/", "/desk/voices/unsure/"} <= look.kinds
