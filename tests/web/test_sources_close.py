"""加密巡查: for an issue or an occasion, for a set time, and back again."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tingda.collect.models import Source, Voice
from tingda.detect.models import Issue
from tingda.ledger.models import Line
from tingda.lib import present
from tingda.people.models import Person

pytestmark = pytest.mark.django_db
CLOSELY = "/desk/sources/closely/"
BEGIN = {"begin": "1", "minutes": "5", "hours": "24", "why": "重要时段：中考"}


@pytest.fixture
def duty(cast: SimpleNamespace, client_of: Callable[[Person], Client]) -> Client:
    return client_of(cast.duty)


def feed(name: str, **values: Any) -> Source:
    return Source.objects.create(name=name, kind="feed", address=f"https://a.cn/{name}", **values)


def test_an_issue_is_listened_to_where_it_was_heard(
    duty: Client, make_voice: Callable[..., Voice], make_issue: Callable[..., Issue]
) -> None:
    here, other = feed("论坛"), feed("县报", group="公告")
    brought = make_voice()
    issue = make_issue(make_voice(source=here), brought, title="路灯不亮")
    assert (
        f'href="{CLOSELY}?issue={issue.pk}"'
        in duty.get(f"/desk/issues/{issue.pk}/").content.decode()
    )
    shown = duty.get(f"{CLOSELY}?issue={issue.pk}")
    assert (shown.context["first"], shown.context["groups"]) == ([here], [("公告", [other])])
    text = shown.content.decode()
    assert f'value="{here.pk}" checked' in text and f'value="{other.pk}" checked' not in text
    assert 'value="议题：路灯不亮"' in text
    typed = BEGIN | {"issue": issue.pk, "source": [here.pk, other.pk], "why": "议题：路灯不亮"}
    begun = duty.post(CLOSELY, typed)
    assert begun["Location"] == f"/desk/issues/{issue.pk}/"
    rows = Source.objects.filter(close_until__gt=present.now() + timedelta(hours=23))
    assert set(rows) == {here, other}
    assert {(row.close_minutes, row.close_why) for row in rows} == {(5, "议题：路灯不亮")}
    assert Line.objects.filter(verb="source.listened_closely").count() == 2


def test_an_occasion_is_named_for_what_was_ticked_in_the_list(duty: Client) -> None:
    one, paused = feed("论坛"), feed("停", active=False)
    asked = duty.post(CLOSELY, {"source": [one.pk, paused.pk], "query": "x"})
    assert (asked.status_code, asked.context["first"]) == (200, [one])
    begun = duty.post(CLOSELY, BEGIN | {"source": [one.pk]})
    assert begun["Location"] == f"/desk/sources/{one.pk}/"
    text = duty.get(begun["Location"]).content.decode()
    assert "每 5 分钟看一次" in text and "重要时段：中考" in text
    duty.post(f"/desk/sources/{one.pk}/as-usual/")
    one.refresh_from_db()
    assert (one.close_until, one.close_minutes, one.close_why) == (None, None, "")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"why": ""}, "这个字段是必填项"),
        ({"minutes": "1"}, "确保该值大于或等于2"),
        ({"hours": "745"}, "确保该值小于或等于744"),
        ({"source": []}, "请至少勾选一个来源"),
    ],
)
def test_an_error_keeps_what_was_chosen(duty: Client, wrong: dict[str, Any], why: str) -> None:
    one = feed("论坛")
    answer = duty.post(CLOSELY, BEGIN | {"source": [one.pk]} | wrong)
    text = answer.content.decode()
    assert (answer.status_code, why in text.replace(" ", "")) == (422, True), text
    assert ("checked" in text) is bool(wrong.get("source", True))
    one.refresh_from_db()
    assert one.close_until is None


def test_without_sources_it_says_what_to_do_first(duty: Client) -> None:
    assert "还没有可以巡查的来源" in duty.get(CLOSELY).content.decode()
    assert duty.get(f"{CLOSELY}?issue=9999").status_code == 404
