"""The record only grows, and a change is found."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, connections, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tingda.ledger.actions import record
from tingda.ledger.models import Line
from tingda.ledger.queries import (
    Verdict,
    find_lines,
    newest_number,
    public_lines,
    thread_lines,
    verify,
)
from tingda.ledger.rules import START, Entry, digest

pytestmark = pytest.mark.django_db


def line(number: int, now: datetime, **values: object) -> Line:
    """One more line about one matter."""
    with transaction.atomic():
        return record(
            "case.opened",
            f"case:{number}",
            actor="值班员",
            now=now,
            thread="case:1",
            data={"number": f"2026-000{number}", **values},
        )


@pytest.fixture
def five(now: datetime) -> list[Line]:
    return [line(number, now + timedelta(minutes=number)) for number in range(1, 6)]


@contextmanager
def unguarded() -> Iterator[None]:
    """What an intruder with the database's own key would do first."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER ledger_no_update")
            cursor.execute("DROP TRIGGER ledger_no_delete")
        else:
            cursor.execute("ALTER TABLE ledger_line DISABLE TRIGGER ALL")
    yield


# ---- it only grows ----
def test_lines_are_numbered_and_chained(five: list[Line]) -> None:
    lines = list(Line.objects.all())
    assert [row.number for row in lines] == [1, 2, 3, 4, 5]
    assert [row.before for row in lines] == [START, *[row.hash for row in lines[:-1]]]
    assert newest_number() == 5
    assert verify() == Verdict(True, 5)


def test_an_empty_record_is_whole() -> None:
    assert newest_number() == 0
    assert verify() == Verdict(True, 0)


DEEDS: dict[str, Callable[[], object]] = {
    "save": lambda: Line.objects.get(number=3).save(),
    "update": lambda: Line.objects.filter(number=3).update(actor="别人"),
    "bulk update": lambda: Line.objects.bulk_update(
        [Line(number=3, actor="别人")], fields=["actor"]
    ),
    "delete": lambda: Line.objects.get(number=3).delete(),
    "delete all": lambda: Line.objects.all().delete(),
    "create the same": lambda: Line.objects.create(
        number=3, at=datetime(2026, 1, 1, tzinfo=UTC), verb="x", subject="x", thread="x", actor="x"
    ),
}


@pytest.mark.parametrize("name", DEEDS)
def test_no_line_is_changed_or_deleted_through_the_models(five: list[Line], name: str) -> None:
    before = list(Line.objects.values())
    with pytest.raises(DatabaseError), transaction.atomic():
        DEEDS[name]()
    assert list(Line.objects.values()) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_line SET actor = 'x' WHERE number = 3",
        "UPDATE ledger_line SET public = NOT public",
        "DELETE FROM ledger_line WHERE number = 5",
        "DELETE FROM ledger_line",
    ],
)
def test_no_line_is_changed_or_deleted_by_sql(five: list[Line], statement: str) -> None:
    before = list(Line.objects.values())
    with (
        pytest.raises(DatabaseError, match="the ledger only grows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert list(Line.objects.values()) == before


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has no TRUNCATE")
def test_the_table_is_not_emptied_at_once(five: list[Line]) -> None:
    with (
        pytest.raises(DatabaseError, match="the ledger only grows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE ledger_line")
    assert Line.objects.count() == 5


def test_a_line_needs_a_transaction(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as outside:
        outside.setattr(connections["default"], "in_atomic_block", False)
        with pytest.raises(transaction.TransactionManagementError):
            record("case.opened", "case:1", actor="值班员", now=now)
    assert newest_number() == 0


def test_a_line_stands_or_falls_with_its_deed(now: datetime) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        record("case.opened", "case:1", actor="值班员", now=now)
        raise RuntimeError
    assert newest_number() == 0


# ---- a change is found ----
CHANGES = {
    "verb": ("verb", "case.closed", "hash"),
    "actor": ("actor", "别人", "hash"),
    "moment": ("at", datetime(2026, 11, 1, tzinfo=UTC), "hash"),
    "what": ("data", {"number": "2026-0009"}, "hash"),
    "public": ("public", True, "hash"),
    "thread": ("thread", "case:2", "hash"),
    "link": ("before", "0" * 63 + "1", "before"),
    "hash": ("hash", "0" * 64, "hash"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_line_is_found(five: list[Line], name: str) -> None:
    field, value, reason = CHANGES[name]
    with unguarded():
        Line.objects.filter(number=3).update(**{field: value})
    verdict = verify()
    assert (verdict.ok, verdict.first_bad, verdict.reason) == (False, 3, reason)


def test_a_missing_line_is_found(five: list[Line]) -> None:
    with unguarded():
        Line.objects.filter(number=3).delete()
    assert verify() == Verdict(False, 3, 4, "gap")


def test_lines_that_change_places_are_found(five: list[Line]) -> None:
    with unguarded():
        Line.objects.filter(number=3).update(number=9)
        Line.objects.filter(number=4).update(number=3)
        Line.objects.filter(number=9).update(number=4)
    assert verify().first_bad == 3


def test_a_line_slipped_in_is_found(five: list[Line]) -> None:
    last = Line.objects.get(number=5)
    Line.objects.create(
        number=6, at=last.at, verb="case.closed", subject="case:1", thread="case:1",
        actor="值班员", before=last.hash, hash="f" * 64,
    )  # fmt: skip
    assert verify() == Verdict(False, 6, 6, "hash")


# ---- the hash is of the matter, not of how a database writes it ----
@settings(deadline=None)
@given(
    st.datetimes(timezones=st.just(UTC)),
    st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.lists(st.text()))),
)
def test_the_same_line_has_the_same_hash_in_any_zone(at: datetime, data: dict[str, object]) -> None:
    entry = Entry(1, at, "v", "s", "t", "a", False, data)
    shanghai = timezone(timedelta(hours=8))
    try:
        moved = at.astimezone(shanghai)
    except OverflowError:
        return
    turned = dict(reversed(data.items()))
    same = Entry(1, moved, "v", "s", "t", "a", False, turned)
    assert digest(entry, START) == digest(same, START)
    assert digest(entry, START) != digest(entry, "1" * 64)


def test_what_was_recorded_reads_back_the_same(now: datetime) -> None:
    line(1, now, text="引号“”\n和表情🙂", n=3, f=1.5, none=None, inner={"b": [1, "二"], "a": True})
    assert verify() == Verdict(True, 1)


# ---- reading ----
def test_a_thread_reads_newest_first_and_its_public_part_apart(now: datetime) -> None:
    with transaction.atomic():
        record("case.opened", "case:1", actor="值班员", now=now, public=True)
        record("fact.recorded", "fact:1", actor="教育办联络员", now=now, thread="case:1")
        record("case.opened", "case:2", actor="值班员", now=now)
    assert [row.number for row in thread_lines("case:1")] == [2, 1]
    assert [row.number for row in public_lines("case:1")] == [1]
    assert [row.number for row in find_lines()] == [3, 2, 1]
    assert [row.number for row in find_lines(actor="联络")] == [2]
    assert [row.number for row in find_lines(thread="case:2", actor="值班")] == [3]


def test_nothing_in_the_product_writes_lines_but_record() -> None:
    room = Path(__file__).parents[2] / "tingda"
    writes = re.compile(r"\bLine\((?!models)|\bLine\.objects\.(bulk_)?create")
    writers = [
        path.relative_to(room).as_posix()
        for path in room.rglob("*.py")
        if writes.search(path.read_text("utf-8"))
    ]
    assert writers == ["ledger/actions.py"]
