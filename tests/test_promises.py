"""The seven things that Tingda never does. One test, or a few, named after each."""

import ast
import inspect
import re
import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tingda.analyse.actions.reading import read_due
from tingda.analyse.queries import built_in, built_in_lists, search_voices
from tingda.answers import actions as answers
from tingda.answers.channels import CHANNELS
from tingda.answers.models import Answer
from tingda.cases import actions as cases
from tingda.cases.actions import retention
from tingda.cases.models import Case
from tingda.cases.rules import CLOSINGS
from tingda.collect.actions.hearing import hear
from tingda.collect.actions.receiving import receive
from tingda.collect.models import Source, Voice
from tingda.collect.rules import Entry
from tingda.detect.actions.deciding import merge, not_ours, split
from tingda.detect.actions.gathering import gather_due
from tingda.detect.models import Alert, Issue
from tingda.ledger.actions import record
from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.vault.actions import open_contact

PRODUCT = Path(__file__).parents[1] / "tingda"
pytestmark = pytest.mark.django_db


def _addresses(resolver: URLResolver | None = None, before: str = "") -> list[str]:
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        here = before + str(entry.pattern)
        found += _addresses(entry, here) if isinstance(entry, URLResolver) else [here]
        assert isinstance(entry, URLPattern | URLResolver)
    return found


def _everything_stored() -> str:
    """Every value of every table, as one text: what must not leak is looked for in it."""
    rows = [model.objects.values_list() for model in apps.get_models() if model._meta.managed]
    return "\n".join(str(row) for table in rows for row in table)


def _hear(now: datetime, *entries: Entry) -> list[int]:
    source, _new = Source.objects.get_or_create(name="镇民论坛", defaults={"kind": "import"})
    added = hear(source, list(entries), now=now).added
    while read_due(now=now) or gather_due(now=now):
        pass
    return added


# 1


def test_it_never_removes_a_voice(
    cast: SimpleNamespace, client_of: Callable[..., Client], now: datetime
) -> None:
    said = [
        Entry(title=f"锦绣苑烧烤店油烟第{n}天", text="油烟排到二楼窗口，没人管", guid=str(n))
        for n in range(4)
    ]
    voices = _hear(now, *said)
    first = Issue.objects.get(belongings__voice=voices[0])
    other = split(
        first,
        list(first.belongings.values_list("voice", flat=True)[:1]),
        title="另一件",
        by=cast.duty,
        now=now,
    )
    merged = merge(other, first, by=cast.duty, now=now)
    not_ours(merged, "不是我们的事", by=cast.duty, now=now)
    assert sorted(row.pk for row in search_voices("油烟")) == sorted(voices)
    browser = client_of(cast.duty)
    assert [browser.get(reverse("voice", args=[v])).status_code for v in voices] == [200] * 4


# Voices end in one place only: by the office's retention time, which is the same for all voices
# and chosen for none, with their number in the ledger.
WHERE_VOICES_END = "collect/actions/forgetting.py: Voice.objects.filter(pk__in=ids)"


@pytest.mark.once
def test_it_never_removes_a_voice_anywhere_in_the_code() -> None:
    """No statement deletes voices but the one whose time is the same for all, and nothing that
    the public or the desk can ask for does.
    """
    suspects = []
    for path, node in _code():
        if isinstance(node, ast.Attribute) and node.attr in ("delete", "_raw_delete"):
            text = ast.unparse(node.value)
            if "Voice" in text or "voice" in text:
                suspects.append(f"{path}: {text}")
    assert suspects == [WHERE_VOICES_END]
    words = ("delete", "remove", "takedown", "take-down", "hide", "flag", "bury", "forget")
    assert [a for a in _addresses() if any(word in a for word in words)] == []


@pytest.mark.once
def test_it_never_removes_a_voice_that_somebody_chose() -> None:
    """Only the worker lets voices end, and it is told no more than the time."""
    deeds = ("forget_voices", "forget_readings", "forget_belongings", "forget_due")
    held_by = {
        (str(path), name)
        for path, node in _code()
        for name in (getattr(node, "id", None), getattr(node, "attr", None))
        if name in deeds and isinstance(node, ast.Name | ast.Attribute)
    }
    assert held_by == {
        ("cases/actions/retention.py", "forget_voices"),
        ("cases/actions/retention.py", "forget_readings"),
        ("cases/actions/retention.py", "forget_belongings"),
        ("worker/loop.py", "forget_due"),
    }
    told = inspect.signature(retention.forget_due).parameters
    assert list(told) == ["now", "limit"]


def test_it_never_removes_a_voice_before_the_time_that_is_the_same_for_all(
    cast: SimpleNamespace, now: datetime, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention._Looked, "at", None)
    (voice,) = _hear(now, Entry(text="油烟排到二楼窗口，没人管", guid="1"))
    issue = Issue.objects.get(belongings__voice=voice)
    not_ours(issue, "不是我们的事", by=cast.duty, now=now)
    time = timedelta(days=settings.RETENTION_DAYS)
    assert (time, retention.forget_due(now=now + time)) == (timedelta(days=180), 0)
    assert Voice.objects.get().pk == voice
    after = now + time + timedelta(hours=2)
    record("day.noted", "office:1", actor="系统", now=after - timedelta(days=2))  # it is at work
    assert (retention.forget_due(now=after), Voice.objects.count()) == (1, 0)
    assert Line.objects.get(verb="voices.forgotten").data == {"count": 1, "days": 180}


@cache
def _code() -> list[tuple[Path, ast.AST]]:
    return [
        (path.relative_to(PRODUCT), node)
        for path in PRODUCT.rglob("*.py")
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    ]


# 2


def test_it_speaks_only_in_the_open(
    cast: SimpleNamespace, make_case: Callable[..., Case], now: datetime, client: Client
) -> None:
    case = make_case()
    wording = answers.Wording("食堂异物的回应", "大家反映有异物", "查明是清洗用具脱落的钢丝")
    answer = answers.draft(case, wording, by=cast.drafter, now=now)
    answers.submit(answer, by=cast.drafter, now=now)
    answers.release(answer, by=cast.releaser, now=now)
    answers.publish_due(now=now)
    page = client.get(reverse("public-answer", args=[answer.pk])).content.decode()
    number = Line.objects.get(verb="answer.released").number
    assert cast.releaser.name in page
    assert f"{number}" in page
    assert Line.objects.filter(verb="answer.published", public=True).count() == len(CHANNELS)
    assert set(CHANNELS) == {"page", "feed"}  # a new channel must be the institution's own


# 3


def test_it_follows_issues_and_not_people(
    cast: SimpleNamespace, client_of: Callable[..., Client], now: datetime
) -> None:
    name = "独一无二的网名七七"
    (voice,) = _hear(now, Entry(title="路灯不亮", text="滨河路路灯不亮", author=name, guid="1"))
    hashed = Voice.objects.get(pk=voice).author_hash
    assert name not in _everything_stored()
    issue = Issue.objects.get()
    browser = client_of(cast.duty)
    pages = [reverse("voice", args=[voice]), reverse("issue", args=[issue.pk])]
    pages += [reverse("issues"), reverse("today"), reverse("voices")]
    for address in pages:
        content = browser.get(address).content.decode()
        assert "路灯不亮" in content
        assert (hashed in content, name in content) == (False, False)
    for asked in (name, hashed):
        found = browser.get(reverse("search"), {"q": asked}).content.decode()
        assert "路灯不亮" not in found
    assert [a for a in _addresses() if "author" in a or "user" in a] == []


def test_it_follows_issues_and_keeps_no_table_of_authors() -> None:
    held = []
    for model in apps.get_models():
        try:
            model._meta.get_field("author_hash")
        except FieldDoesNotExist:
            continue
        held.append(model.__name__)
    assert sorted(held) == ["Belonging", "Voice"]  # to count people within an issue, no more


# 4

BELIEFS = (
    "政治 政府垮台 宗教 信仰 佛教 道教 基督 教会 伊斯兰 清真寺 藏独 民族 维吾尔 藏族 思想 意识形态"
)
BELIEFS += " 党员 维权 上访 抗议 游行 示威 异见 religion church mosque politics protest ethnic"


def test_it_watches_services_and_not_beliefs() -> None:
    words = built_in()
    texts = []
    for topic in words["topic"]:
        texts += [topic["name"], topic["name_en"].lower(), topic["description"], *topic["keywords"]]
    for row in built_in_lists():
        texts += [row["name"], row["note"], *map(str.lower, row["words"])]
    found = [(text, belief) for belief in BELIEFS.split() for text in texts if belief in text]
    assert found == []


def test_no_list_of_words_that_ships_looks_for_beliefs() -> None:
    masks = PRODUCT / "lib" / "masks"  # finds names, to hide them
    lists = [path for path in PRODUCT.rglob("*.toml") if masks not in path.parents]
    assert len(lists) > 8
    said = [(path.name, str(tomllib.loads(path.read_text("utf-8"))).lower()) for path in lists]
    found = {
        (name, word)
        for name, text in said
        for word in BELIEFS.split()
        if re.search(rf"\b{word}" if word.isascii() else word, text)
    }
    assert found == set()


# 5


def test_it_keeps_a_reporter_safe(
    cast: SimpleNamespace, client_of: Callable[..., Client], now: datetime
) -> None:
    contact = "反映人电话-绝不外传-4711"
    voice, code = receive("食堂", "食堂午餐有异物", contact, "清溪中学", now=now)
    assert contact not in _everything_stored()
    assert code.replace("-", "") not in _everything_stored()
    sealed = voice.receipt.contact
    for person in (cast.liaison_edu, cast.drafter, cast.releaser, cast.auditor, cast.admin):
        with pytest.raises(Refused):
            open_contact(sealed, thread=f"voice:{voice.pk}", reason="看看", by=person, now=now)
    with pytest.raises(Refused):
        open_contact(sealed, thread=f"voice:{voice.pk}", reason=" ", by=cast.duty, now=now)
    told = open_contact(
        sealed, thread=f"voice:{voice.pk}", reason="回电核实", by=cast.duty, now=now
    )
    assert told == contact
    line = Line.objects.get(verb="contact.opened")
    assert (line.actor, line.data) == (cast.duty.name, {"reason": "回电核实"})
    page = client_of(cast.duty).get(reverse("voice", args=[voice.pk])).content.decode()
    assert contact not in page


# 6


@pytest.mark.parametrize("reason", CLOSINGS)
@pytest.mark.parametrize("text", ["", "   ", "好"])
def test_it_never_closes_a_matter_in_silence(
    make_case: Callable[..., Case], cast: SimpleNamespace, now: datetime, reason: str, text: str
) -> None:
    case = make_case()
    with pytest.raises(Refused):
        cases.close(case, reason=reason, text=text, by=cast.duty, now=now)
    assert Case.objects.get(pk=case.pk).state == "taken"


def test_no_answer_needed_is_read_and_counted_in_public(
    make_case: Callable[..., Case], cast: SimpleNamespace, now: datetime, client: Client
) -> None:
    text = "这是一条表扬，已转公交公司早会宣读"
    case = make_case()
    cases.close(case, reason="no_answer_needed", text=text, by=cast.duty, now=now)
    assert text in client.get(reverse("public-numbers")).content.decode()


# 7


def test_a_machine_drafts_and_a_person_decides(cast: SimpleNamespace, now: datetime) -> None:
    _hear(now, Entry(title="幸福里天然气味", text="楼道里有天然气味，很浓，快来人", guid="1"))
    alert = Alert.objects.get()
    assert (alert.colour, alert.confirmed_by) == ("red", None)
    assert (Case.objects.count(), Answer.objects.count()) == (0, 0)
    answers.publish_due(now=now)
    assert Answer.objects.count() == 0


@pytest.mark.parametrize("deed", ["open_case", "set_grade", "close", "reopen", "refer"])
def test_what_decides_about_a_case_takes_a_person(deed: str) -> None:
    """The deeds that decide have a `by: Person` that cannot be left out or be nobody."""
    hints: Any = getattr(cases, deed).__wrapped__.__annotations__
    assert hints["by"].__name__ == "Person"
