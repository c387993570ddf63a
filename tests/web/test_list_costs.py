"""A list costs the same number of questions to the database, however much there is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tingda.analyse.models import Reading
from tingda.cases.models import Case, Deadline, Promise, Referral
from tingda.collect.models import Source, Voice
from tingda.detect.models import Alert, Belonging, Issue
from tingda.lib.search import pairs, tsvector
from tingda.people.models import Person

FEW, MANY = 3, 300


def searchable(voices: list[Voice]) -> None:
    """As the worker makes them, so many at once."""
    value = "%s::tsvector" if connection.vendor == "postgresql" else "%s"
    rows = [(voice.pk, pairs(f"{voice.title}\n{voice.text}")) for voice in voices]
    if connection.vendor == "postgresql":
        rows = [(pk, tsvector(words)) for pk, words in rows]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO analyse_search (rowid, pairs) VALUES (%s, {value})",  # noqa: S608
            rows,
        )


def hear(count: int, now: datetime) -> list[Voice]:
    source, _new = Source.objects.get_or_create(name="镇民论坛", defaults={"kind": "import"})
    begun = Voice.objects.count()
    voices = Voice.objects.bulk_create(
        Voice(
            source=source,
            identity=f"{n}",
            title=f"第{n}盏路灯不亮",
            text=f"东街第{n}盏路灯坏了。",
            heard_at=now - timedelta(minutes=n),
            at=now - timedelta(minutes=n),
            unread=False,
        )
        for n in range(begun, begun + count)
    )
    Reading.objects.bulk_create(
        Reading(voice=voice, place="东街", digest=f"{voice.pk}", read_at=now, ungathered=False)
        for voice in voices
    )
    searchable(voices)
    return voices


def group(count: int, now: datetime) -> list[Issue]:
    """Each voice in an issue of its own, each with an alert."""
    voices = hear(count, now)
    issues = Issue.objects.bulk_create(
        Issue(
            title=voice.title,
            place="东街",
            first_at=voice.at,
            last_at=voice.at,
            heard_at=voice.heard_at,
            messages=1,
            people=1,
        )
        for voice in voices
    )
    Belonging.objects.bulk_create(
        Belonging(voice=voice, issue=issue, at=voice.at, author_hash=f"v{voice.pk}", stamp=1)
        for voice, issue in zip(voices, issues, strict=True)
    )
    Alert.objects.bulk_create(Alert(issue=issue, colour="red", raised_at=now) for issue in issues)
    return issues


def take_on(count: int, cast: SimpleNamespace, now: datetime) -> None:
    """Each with a late deadline, a referral and a promise."""
    begun = Case.objects.count()
    cases = Case.objects.bulk_create(
        Case(
            number=f"2026-{begun + n:05d}",
            title=issue.title,
            issue=issue,
            unit=cast.edu,
            owner=cast.duty,
            kind="public_concern",
            grade="ordinary",
            state="referred",
            heard_at=issue.heard_at,
            opened_at=now,
        )
        for n, issue in enumerate(group(count, now))
    )
    Deadline.objects.bulk_create(
        Deadline(case=case, stage="first_answer", due_at=now - timedelta(days=1)) for case in cases
    )
    Referral.objects.bulk_create(
        Referral(
            case=case, unit=cast.edu, asks="请核实", sent_by=cast.duty, sent_at=now, due_at=now
        )
        for case in cases
    )
    Promise.objects.bulk_create(
        Promise(case=case, what="修好", due_on=now.date(), made_at=now) for case in cases
    )


@contextmanager
def counted(found: list[int]) -> Iterator[None]:
    with CaptureQueriesContext(connection) as queries:
        yield
    found.append(len(queries))


@pytest.mark.parametrize(
    "address",
    [
        "/desk/issues/",
        "/desk/issues/?sort=messages",
        "/desk/issues/?sort=new",
        "/desk/issues/?sort=last&place=东",
        "/desk/voices/",
        "/desk/search/?q=路灯",
        "/desk/cases/",
        "/desk/cases/?tab=late&sort=-unit",
        "/desk/referrals/",
        "/desk/",
    ],
)
def test_three_hundred_cost_as_many_questions_as_three(
    address: str,
    cast: SimpleNamespace,
    now: datetime,
    client_of: Callable[[Person], Client],
) -> None:
    client, costs = client_of(cast.duty), list[int]()
    client.get(address)  # what is remembered afterwards is not counted
    for more in (FEW, MANY - FEW):
        take_on(more, cast, now)
        with counted(costs):
            page = client.get(address)
        assert page.status_code == 200
        assert "路灯" in page.content.decode()
    assert costs == [costs[0], costs[0]]
