"""People and units: who may change them, and that somebody can always change them back."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tingda.ledger.models import Line
from tingda.lib.refusal import Refused
from tingda.people.actions import (
    add_person,
    add_unit,
    change_person,
    name_institution,
    reset_password,
)
from tingda.people.models import Person
from tingda.web.ledger_words import sentence

pytestmark = pytest.mark.django_db


def change(person: Person, by: Person | None, now: datetime, **values: Any) -> Person:
    kept = {
        "name": person.name,
        "unit": person.unit,
        "roles": person.roles,
        "active": person.is_active,
    }
    return change_person(person, **kept | values, by=by, now=now)


def test_whoever_is_no_administrator_changes_nobody(cast: SimpleNamespace, now: datetime) -> None:
    before = Line.objects.count()
    for who in ("duty", "drafter", "releaser", "auditor", "liaison_edu"):
        by = getattr(cast, who)
        deeds: list[Callable[[], object]] = [
            lambda by=by: add_unit("x", "某", by=by, now=now),  # type: ignore[misc]
            lambda by=by: name_institution("某", by=by, now=now),  # type: ignore[misc]
            lambda by=by: add_person(  # type: ignore[misc]
                "x", "某", cast.office, ["duty"], password="long-enough-password", by=by, now=now
            ),
            lambda by=by: change(by, by, now, roles=["admin"]),  # type: ignore[misc]
            lambda by=by: reset_password(by, by=by, now=now),  # type: ignore[misc]
        ]
        for deed in deeds:
            with pytest.raises(Refused, match="您的角色不能做这一步"):
                deed()
    assert Line.objects.count() == before


def test_a_change_says_what_somebody_was_called_and_is_now(
    cast: SimpleNamespace, now: datetime
) -> None:
    row = change(
        cast.duty2, cast.admin, now, name=" 夜班 ", roles=["drafter", "duty"], active=False
    )
    assert (row.name, row.roles, row.is_active) == ("夜班", {"duty", "drafter"}, False)
    assert not row.may("take_on")
    said = sentence(Line.objects.latest("number"))
    assert said == "修改人员：另一值班员 → 夜班，公共服务中心，值班员、拟稿人，停用"


def test_the_last_active_administrator_stays_one(cast: SimpleNamespace, now: datetime) -> None:
    for values in ({"roles": ["duty"]}, {"roles": []}, {"active": False}):
        for by in (cast.admin, None):
            with pytest.raises(Refused, match="最后一位在用的管理员"):
                change(cast.admin, by, now, **values)
    second = change(cast.duty2, cast.admin, now, roles=["admin", "duty"])
    assert change(cast.admin, second, now, roles=["duty"]).roles == {"duty"}
    with pytest.raises(Refused, match="最后一位在用的管理员"):
        change(second, second, now, active=False)
    assert change(second, second, now, name="新名").name == "新名"


def test_a_change_that_cannot_be_changes_nothing(cast: SimpleNamespace, now: datetime) -> None:
    for values in ({"roles": ["king"]}, {"name": " "}):
        with pytest.raises(Refused):
            change(cast.duty2, cast.admin, now, **values)
    row = Person.objects.get(pk=cast.duty2.pk)
    assert (row.name, row.roles) == ("另一值班员", {"duty"})


def test_a_new_password_replaces_the_old_one(cast: SimpleNamespace, now: datetime) -> None:
    first, second = (reset_password(cast.duty, by=cast.admin, now=now) for _n in range(2))
    row = Person.objects.get(pk=cast.duty.pk)
    tried = [row.check_password(text) for text in ("long-enough-password", first, second)]
    assert tried == [False, False, True]
    assert len(second) >= 16
    assert sentence(Line.objects.latest("number")) == "重设密码：值班员"
