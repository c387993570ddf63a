"""待查: what could not be analysed is seen, with its reason, and can be tried again."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tingda.analyse.actions.quarantine import put_aside
from tingda.analyse.actions.reading import read_again_due
from tingda.analyse.models import Quarantine
from tingda.collect.models import Voice
from tingda.lib import present

pytestmark = pytest.mark.django_db
Make = Callable[..., Voice]


@pytest.fixture
def aside(make_voice: Make) -> Callable[[str], Voice]:
    """A voice that could not be read."""

    def make(title: str) -> Voice:
        voice = make_voice(title=title)
        put_aside(voice.pk, "read", ValueError("读不了<b>"), now=present.now())
        return voice

    return make


def test_the_page_lists_voice_reason_and_tries(
    aside: Callable[[str], Voice], cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    voice = aside("食堂午餐")
    duty = client_of(cast.duty)
    page = duty.get(reverse("quarantine")).content.decode()
    for part in ("食堂午餐", "ValueError: 读不了&lt;b&gt;", "试过 1 次", "再试一次", "全部再试"):
        assert part in page
    today = duty.get(reverse("today")).content.decode()
    assert (reverse("quarantine") in today, "1 条声音没有处理成" in today) == (True, True)
    on_voice = duty.get(reverse("voice", args=[voice.pk])).content.decode()
    assert "没有处理成" in on_voice


def test_with_nothing_waiting_the_page_says_so_and_today_does_not(
    cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    duty = client_of(cast.duty)
    page = duty.get(reverse("quarantine")).content.decode()
    assert ("没有待查的声音" in page, "全部再试" in page) == (True, False)
    assert reverse("quarantine") not in duty.get(reverse("today")).content.decode()


def test_one_or_all_are_tried_again(
    aside: Callable[[str], Voice], cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    first, _second, _third = aside("甲"), aside("乙"), aside("丙")
    duty = client_of(cast.duty)
    now = present.now() + timedelta(minutes=1)
    assert read_again_due(now=now) == 0
    came = duty.post(reverse("quarantine-again", args=[first.pk]))
    assert (came.status_code, came["Location"]) == (302, reverse("quarantine"))
    assert (read_again_due(now=now), Quarantine.objects.count()) == (1, 2)
    duty.post(reverse("quarantine-again-all"))
    assert (read_again_due(now=now), Quarantine.objects.count()) == (2, 0)
    gone = duty.post(reverse("quarantine-again", args=[first.pk]))
    assert gone.status_code == 409


def test_who_may_see_it_and_who_may_try(
    aside: Callable[[str], Voice], cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    voice = aside("甲")
    page, again = reverse("quarantine"), reverse("quarantine-again", args=[voice.pk])
    assert client_of(cast.liaison_edu).get(page).status_code == 404
    auditor = client_of(cast.auditor)
    seen = auditor.get(page)
    assert (seen.status_code, "再试一次" in seen.content.decode()) == (200, False)
    assert auditor.post(again).status_code == 403
    assert client_of(cast.duty).get(again).status_code == 405


def test_three_cost_as_much_as_one(
    aside: Callable[[str], Voice],
    cast: SimpleNamespace,
    client_of: Callable[..., Client],
    django_assert_max_num_queries: Any,
) -> None:
    duty = client_of(cast.duty)
    aside("甲")
    with django_assert_max_num_queries(40) as one:
        duty.get(reverse("quarantine"))
    aside("乙"), aside("丙")
    with django_assert_max_num_queries(len(one)):
        duty.get(reverse("quarantine"))
