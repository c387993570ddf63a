"""Two people press at the same moment, two workers work at the same time: nothing twice."""

import json
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from tests.cli.test_import import ask
from tests.conftest import PASSWORD
from tests.house import House
from tests.process.test_crash import BAD, LOOK, REPEATED, ROWS, until, write_table

PEOPLE = f"""
from datetime import UTC, datetime
from tingda.people.actions import add_person, add_unit
now = datetime.now(UTC)
office = add_unit("office", "清溪镇公共服务中心", by=None, now=now)
for login, roles in [("duty", ["duty"]), ("duty2", ["duty"]), ("drafter", ["drafter"]),
                     ("releaser", ["releaser"]), ("releaser2", ["releaser"])]:
    add_person(login, login, office, roles, password="{PASSWORD}", by=None, now=now)
"""
CALLED = """
from datetime import UTC, datetime
from tingda.answers.actions import Wording, draft, release, submit
from tingda.cases.actions import open_case
from tingda.collect.actions.receiving import take_call
from tingda.people.models import Person
now = datetime.now(UTC)
person = {person.login: person for person in Person.objects.all()}
def answered(about, what):
    case = open_case(about, title=what, kind="public_concern", grade="ordinary",
                     unit=person["duty"].unit, by=person["duty"], now=now)
    answer = draft(case, Wording(f"{what}，办了", "有人说。", "属实。"),
                   by=person["drafter"], now=now)
    submit(answer, by=person["drafter"], now=now)
    return answer
"""
MATTERS = (
    CALLED
    + """
from tingda.analyse.actions.reading import read_due
from tingda.detect.actions.gathering import gather_due
from tingda.detect.models import Alert, Issue
for what, words in [("路灯不亮", "东街的路灯一到晚上就不亮。"), ("井盖丢了", "西街的井盖不见了。"),
                    ("水发黄", "北街的自来水是黄的。")]:
    take_call(what, words, "", "", by=person["duty"], now=now)
while Issue.objects.count() < 3:  # its own worker may be quicker
    read_due(now=now), gather_due(now=now)
lamp, lid, water = Issue.objects.order_by("id")
alert = Alert.objects.create(issue=water, colour="red", suggested="red", raised_at=now)
print(answered(lamp, "路灯不亮").pk, lid.pk, person["duty"].unit.pk, water.pk, alert.pk)
"""
)
LEDGER = """
import json
from collections import Counter
from tingda.ledger.models import Line
print(json.dumps(Counter(Line.objects.values_list("verb", flat=True))))
"""


class Visitor:
    """Somebody at a browser of their own."""

    def __init__(self, house: House, login: str) -> None:
        self.address, self.jar = house.address, CookieJar()
        cookies = urllib.request.HTTPCookieProcessor(self.jar)
        self.opener = urllib.request.build_opener(cookies)
        self.get("/sign-in/")
        status, _page, where = self.post("/sign-in/", username=login, password=PASSWORD)
        assert (status, "/desk/" in where) == (200, True)

    def get(self, path: str) -> str:
        return str(self.opener.open(self.address + path, timeout=30).read().decode())

    def post(self, path: str, **fields: str) -> tuple[int, str, str]:
        """Status, page and address after the redirects."""
        token = next(cookie.value or "" for cookie in self.jar if cookie.name == "csrftoken")
        data = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": token}).encode()
        request = urllib.request.Request(self.address + path, data)
        request.add_header("Referer", self.address + path)
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode(), answer.url
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.url or ""


def at_once(visitors: list[Visitor], path: str, **fields: str) -> list[tuple[int, str, str]]:
    """All press in the same moment."""
    barrier = threading.Barrier(len(visitors))
    answers: list[tuple[int, str, str]] = []

    def press(visitor: Visitor) -> None:
        barrier.wait()
        answers.append(visitor.post(path, **fields))

    threads = [threading.Thread(target=press, args=(visitor,)) for visitor in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers, key=lambda answer: answer[0])


def verbs(house: House) -> dict[str, int]:
    """How often each thing stands in the ledger."""
    return dict(json.loads(house.python(LEDGER)))


def verified(house: House) -> bool:
    return bool(json.loads(house.run("ledger", "verify", "--json").stdout)["ok"])


def words(page: str) -> str:
    return re.sub(r"<[^>]*>|\s+", " ", page)


@pytest.fixture
def office(house: House) -> House:
    """A running installation with two of those who may press."""
    house.python(PEOPLE)
    house.start()
    return house


@pytest.fixture
def second_worker(office: House, tmp_path: Path) -> Iterator[None]:
    """Another worker beside the first."""
    environment = office.environment(DJANGO_SETTINGS_MODULE="tingda.settings")
    with (tmp_path / "worker.log").open("w") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "tingda.worker"], env=environment, stdout=log, stderr=log
        )
    yield
    worker.terminate()
    assert worker.wait(40) == 0
    assert (tmp_path / "worker.log").read_text() == ""


def test_what_two_people_press_at_once_is_done_once(office: House) -> None:
    answer, lid, unit, water, alert = office.python(MATTERS).split()
    _release(office, answer)
    _open_case(office, lid, unit)
    _see_to(office, water, alert)
    found = verbs(office)
    once = ("answer.released", "alert.acknowledged", "alert.confirmed")
    assert {verb: found[verb] for verb in once} == dict.fromkeys(once, 1)
    twice = ("answer.published", "case.opened", "issue.assessed")
    assert {verb: found[verb] for verb in twice} == dict.fromkeys(twice, 2)
    assert verified(office)


def _release(office: House, answer: str) -> None:
    visitors = [Visitor(office, "releaser"), Visitor(office, "releaser2")]
    for visitor in visitors:
        visitor.get(f"/desk/answers/{answer}/")
    first, second = at_once(visitors, f"/desk/answers/{answer}/release/", version="1")
    assert (first[0], second[0]) == (200, 409)
    assert "已签发" in first[1]
    assert "不能这样做" in words(second[1])
    done = "SELECT count(*) FROM answers_publication WHERE done_at IS NOT NULL"
    until(lambda: ask(office, done) == 2, 30, "published")
    assert ask(office, "SELECT count(*) FROM answers_publication") == 2


def _open_case(office: House, issue: str, unit: str) -> None:
    visitors = [Visitor(office, "duty"), Visitor(office, "duty2")]
    form = {"title": "井盖丢了", "kind": "public_concern", "grade": "ordinary", "unit": unit}
    for visitor in visitors:
        visitor.get(f"/desk/cases/new/?issue={issue}")
    first, second = at_once(visitors, f"/desk/cases/new/?issue={issue}", **form)
    assert first[0] == 200
    assert second[0] in (200, 422)  # quick enough to be refused, or led to the case there is
    assert "已立为事项" in words(first[1])
    assert "已经立为事项" in words(second[1])
    assert ask(office, "SELECT count(*) FROM cases_case") == 2  # with that of the answer


STEPS = "SELECT count(*) FROM detect_alertstep WHERE what = '{}'"


def _see_to(office: House, issue: str, alert: str) -> None:
    visitors = [Visitor(office, "duty"), Visitor(office, "duty2")]

    def both(path: str, **fields: str) -> list[str]:
        return [words(page) for _status, page, _where in at_once(visitors, path, **fields)]

    pages = both(f"/desk/alerts/{alert}/acknowledge/")
    assert sorted("已记下您知道了" in page for page in pages) == [False, True]
    assert sorted("已先按了“知道了”" in page for page in pages) == [False, True]
    pages = both(f"/desk/issues/{issue}/alert/", colour="red", reason="")
    assert sum("已由duty" in page for page in pages) == 1
    note = {"seen": "0", "nature": "水管锈了", "suggestion": "请水厂去查"}
    pages = both(f"/desk/issues/{issue}/judge/", **note)
    assert sum("两份都留着" in page for page in pages) == 1
    assert sum("研判意见已记下" in page for page in pages) == 1
    for what in ("acknowledged", "confirmed"):
        assert ask(office, STEPS.format(what)) == 1
    assert ask(office, "SELECT count(DISTINCT number) FROM detect_assessment") == 2


MANY = (
    CALLED
    + """
from tingda.collect.actions.tables import begin_import, confirm_import
from tingda.collect.queries import imports_folder
for n in range(12):
    what = f"第{n}件"
    about, _code = take_call(what, f"{what}事，请看一看。", "", "", by=person["duty"], now=now)
    release(answered(about, what), by=person["releaser"], now=now)
row = begin_import(imports_folder() / "table.csv", "留言.csv", source_name="", mapping={},
                   by=person["duty"], now=now)
confirm_import(row, {column: field for field, column in row.mapping.items()}, "镇民论坛",
               by=person["duty"], now=now)
"""
)


def test_two_workers_publish_hear_read_and_group_everything_once(
    office: House, second_worker: None
) -> None:
    write_table(office.home / "imports" / "table.csv")
    office.python(MANY)
    left = "SELECT count(*) FROM answers_publication WHERE done_at IS NULL"
    until(lambda: ask(office, left) == 0, 60, "published")
    every = ROWS + 12
    until(lambda: ask(office, "SELECT count(*) FROM detect_belonging") == every, 240, "grouped")
    state = "SELECT count(*) FROM collect_import WHERE state = 'done'"
    until(lambda: ask(office, state) == 1, 30, "imported")
    found = json.loads(office.python(LOOK))
    counted = ("voices", "readings", "searchable", "belongings", "messages")
    assert {name: found[name] for name in counted} == dict.fromkeys(counted, every)
    assert (found["added"], found["repeated"], found["rejected"]) == (ROWS, REPEATED, BAD)
    assert found["read"] == ROWS + REPEATED + BAD
    assert (found["copies"], found["empty issues"]) == (0, 0)
    told = verbs(office)
    assert told["import.finished"] == 1
    assert (told["answer.released"], told["answer.published"]) == (12, 24)
    assert verified(office)
