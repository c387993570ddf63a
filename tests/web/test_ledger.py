"""台账: the page, and a sentence for every verb."""

import ast
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from tests.publishing import publish
from tingda.cases import actions
from tingda.cases.models import Case
from tingda.ledger.actions import record
from tingda.ledger.models import Line
from tingda.people.models import Person
from tingda.web.clock_words import explain, limit_text
from tingda.web.ledger_words import CODES, SENTENCES, address, sentence

ClientOf = Callable[[Person], Client]
MakeCase = Callable[..., Case]
ROOMS = Path(__file__).parents[2] / "tingda"
SUBJECTS = "|".join(sorted({verb.split(".")[0] for verb in SENTENCES}))
VERB = re.compile(rf"({SUBJECTS})\.[a-z_]+")
TELLERS = ("tell", "tell_owner", "tell_liaisons")
HELPERS = ("_line", "_referral_line", "_end", "_note", "_raise")


def text_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


# ---- the words ----
def rooms() -> Iterator[ast.Module]:
    """The code of every room that may write lines; the doors above them, queries and the words in
    which people are told do not."""
    doors = ("web", "cli", "worker", "evaluate", "demo", "firehose")
    for path in sorted(ROOMS.rglob("*.py")):
        room = path.relative_to(ROOMS).parts
        asks = "queries" in room or path.name == "queries.py"
        if room[0] not in doors and not asks and room != ("notify", "rules.py"):
            yield ast.parse(path.read_text("utf-8"))


def verbs_written(tree: ast.AST) -> Iterator[str]:
    """Every verb of a known subject in the code, except where a person is told of it."""
    if isinstance(tree, ast.Call) and name_of(tree.func) in TELLERS:
        return
    if isinstance(tree, ast.Constant) and VERB.fullmatch(str(tree.value)):
        yield str(tree.value)
    for part in ast.iter_child_nodes(tree):
        yield from verbs_written(part)


def name_of(called: ast.expr) -> str:
    return called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")


def test_every_verb_in_the_code_has_a_sentence_and_every_sentence_its_verb() -> None:
    found = {verb for tree in rooms() for verb in verbs_written(tree)}
    files = {"contact.key", "intents.toml", "voices.jsonl"}
    before = {"lookback.tasked", "lookback.improved"}  # lines from before tasks were one table
    assert found - files | before == set(SENTENCES)


def test_every_call_that_writes_a_line_names_its_verb() -> None:
    """A verb in a variable would slip past the test above; only the helpers may pass one on."""
    passed_on = {
        ast.unparse(node.args[0])
        for tree in rooms()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and name_of(node.func) == "record" and node.args
        if not isinstance(node.args[0], ast.Constant)
    }
    assert passed_on == {"verb"}


def test_a_sentence_asks_only_for_what_its_line_holds() -> None:
    """What a line may hold: every key of a literal in the function or in its file's helpers."""
    lacking = set()
    for tree in rooms():
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        helpers = set[str]().union(*(keys_in(one) for one in functions if one.name in HELPERS))
        for function in functions:
            held = keys_in(function) | helpers | {"because", "by_rule"}
            for verb in verbs_written(function):
                asked = set(re.findall(r"%\((\w+)\)s", SENTENCES.get(verb, "")))
                lacking |= {(verb, name) for name in asked - held}
    assert lacking == set()


def keys_in(function: ast.FunctionDef) -> set[str]:
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Dict):
            found |= {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}
        if isinstance(node, ast.Call):
            found |= {keyword.arg for keyword in node.keywords if keyword.arg}
    return found


@pytest.mark.parametrize("verb", sorted(SENTENCES))
def test_a_line_without_its_data_still_reads(verb: str) -> None:
    said = sentence(Line(verb=verb, data={}))
    assert said
    assert "%" not in said


def test_an_unknown_verb_is_shown_as_it_is() -> None:
    assert sentence(Line(verb="moon.landed", data={"a": 1})) == "moon.landed"


def test_codes_are_said_in_words() -> None:
    opened = {"number": "2026-0001", "kind": "hotline", "grade": "larger", "unit": "教育办"}
    lines = {
        "立为事项 2026-0001：热线诉求，等级较大，主办教育办": ("case.opened", opened),
        "等级由一般改为重大，理由：扩大": (
            "case.graded",
            {"before": "ordinary", "to": "major", "reason": "扩大"},
        ),
        "办结（无需答复）：表扬": ("case.closed", {"reason": "no_answer_needed", "text": "表扬"}),
        "作出承诺：换筐，2027年1月4日前": (
            "promise.made",
            {"what": "换筐", "due_on": "2027-01-04"},
        ),
        "新增人员：张（值班员、拟稿人）": (
            "person.added",
            {"name": "张", "roles": ["duty", "drafter"]},
        ),
        "确认预警为橙色": ("alert.confirmed", {"from": "red", "to": "orange", "reason": ""}),
        "确认预警为红色，理由：多户闻到": (
            "alert.confirmed",
            {"from": "orange", "to": "red", "reason": "多户闻到"},
        ),
        "反映人说：没有解决": ("answer.confirmed", {"verdict": "not"}),
    }
    for said, (verb, data) in lines.items():
        assert sentence(Line(verb=verb, data=data)) == said


def test_what_people_wrote_is_never_taken_for_a_pattern() -> None:
    said = sentence(Line(verb="fact.recorded", data={"what": "合格率 100%(name)s %d"}))
    assert said == "记下一条核实：合格率 100%(name)s %d"


def test_codes_are_named_only_for_verbs_that_have_a_sentence() -> None:
    assert set(CODES) <= set(SENTENCES)


def test_matters_lead_to_their_pages() -> None:
    assert address("case:17") == "/desk/cases/17/"
    assert address("source:3") == "/desk/sources/3/"
    assert [address(text) for text in ("person:1", "case:x", "case", "", "topic:all")] == [""] * 5


# ---- the clocks in words ----
def test_a_computed_deadline_reads_as_a_list_of_days() -> None:
    how = {
        "start": "2026-09-30T04:00:00+00:00",
        "amount": 2,
        "kind": "working_days",
        "basis": "本单位规定",
        "steps": [
            ["2026-09-30", False, "start"],
            ["2026-10-01", False, "holiday"],
            ["2026-10-08", True, "workday"],
            ["2026-10-10", True, "makeup"],
        ],
    }
    found = explain(how)
    assert found is not None
    assert (found.limit, found.basis, found.unsure) == ("2 个工作日", "本单位规定", [])
    assert [(one.day.day, one.number, one.why) for one in found.days] == [
        (30, 0, "起算，当天不计"),
        (1, 0, "国庆节"),
        (8, 1, "工作日"),
        (10, 2, "调休上班"),
    ]
    with translation.override("en"):
        english = explain(how)
    assert english is not None
    assert english.days[1].why == "National Day"


def test_calendar_days_are_told_by_their_first_and_last() -> None:
    steps = [["2026-11-01", False, "start"]]
    steps += [[f"2026-11-{day:02}", True, "day"] for day in range(2, 17)]
    found = explain(
        {
            "start": "2026-11-01T04:00:00+00:00",
            "amount": 15,
            "kind": "days",
            "basis": "信访工作条例",
            "steps": steps,
        }
    )
    assert found is not None
    assert [(one.day.day, one.number) for one in found.days] == [(1, 0), (16, 15)]
    assert limit_text(15, "days") == "15 天（含休息日）"
    assert explain({}) is None


# ---- the page ----
@pytest.mark.parametrize(
    ("who", "status"),
    [("auditor", 200), ("admin", 200), ("duty", 403), ("drafter", 403), ("liaison_edu", 404)],
)
def test_who_audits_reads_the_whole_record(
    who: str, status: int, cast: SimpleNamespace, client_of: ClientOf
) -> None:
    client = client_of(getattr(cast, who))
    text_of(client, "/desk/ledger/", status)
    assert client.post("/desk/ledger/check/").status_code == status


@pytest.fixture
def auditor(cast: SimpleNamespace, client_of: ClientOf) -> Client:
    return client_of(cast.auditor)


def numbers(client: Client, query: str = "") -> list[int]:
    return [line.number for line in client.get(f"/desk/ledger/{query}").context["page"].items]


def test_the_record_is_found_by_matter_and_by_who(
    auditor: Client, make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    first, second = make_case(), make_case()
    actions.refer(first, cast.edu, "请核实", by=cast.duty2, now=now)
    newest = Line.objects.count()
    assert numbers(auditor)[0] == newest
    assert numbers(auditor) == sorted(numbers(auditor), reverse=True)
    assert numbers(auditor, f"?matter={first.number}") == [newest, newest - 2]
    assert numbers(auditor, f"?matter={second.thread}") == [newest - 1]
    assert numbers(auditor, "?actor=另一") == [newest]
    assert "没有这样的行" in text_of(auditor, "/desk/ledger/?matter=2026-9999")
    page = text_of(auditor, "/desk/ledger/")
    assert "发出联系单：教育办" in page
    assert f'<a data-open href="/desk/cases/{first.pk}/">事项 {first.number}</a>' in page


def test_the_chain_is_checked_by_a_button(
    auditor: Client, make_case: MakeCase, cast: SimpleNamespace
) -> None:
    make_case()
    response = auditor.post("/desk/ledger/check/")
    assert "台账完好" in response.content.decode()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER ledger_no_update")
        else:
            cursor.execute("ALTER TABLE ledger_line DISABLE TRIGGER ALL")
    Line.objects.filter(number=2).update(actor="别人")
    page = auditor.post("/desk/ledger/check/").content.decode()
    assert "台账不对" in page
    assert "第 2 行" in page
    assert "被改过" in page


def test_a_script_in_a_line_is_shown_as_text(auditor: Client, now: datetime) -> None:
    with transaction.atomic():
        record("fact.recorded", "fact:1", actor="<script>a", now=now, data={"what": "<script>b"})
    page = text_of(auditor, "/desk/ledger/?actor=<script>")
    assert "<script>a" not in page
    assert "<script>b" not in page
    assert "&lt;script&gt;b" in page


def test_the_page_costs_the_same_queries_at_one_and_three(
    auditor: Client, make_case: MakeCase, cast: SimpleNamespace, now: datetime
) -> None:
    costs = []
    for more in (1, 2):
        for _number in range(more):
            publish(make_case(), cast, now)
        with CaptureQueriesContext(connection) as found:
            auditor.get("/desk/ledger/")
        costs.append(len(found))
    assert costs[0] == costs[1]
