"""An invitation goes out by the office's mail server, and its link is kept nowhere."""

import re
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tests.notify.test_kinds import named
from tests.servers.receivers import Post, delivering
from tingda.ledger.models import Line
from tingda.lib.messenger import Messenger
from tingda.notify.models import Notice, Sending
from tingda.people.models import Invitation

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def invite(client: Client, cast: SimpleNamespace, login: str) -> str:
    typed = {"name": "新来的", "login": login, "unit": cast.edu.pk, "roles": ["liaison"]}
    more: dict[str, Any] = {"email": f"{login}@example.cn", "invite": "1"}
    return client.post("/desk/settings/people/add/", typed | more).content.decode()


def test_an_invitation_goes_out_as_a_letter_or_the_page_says_why_not(
    cast: SimpleNamespace, carrier: Messenger, client: Client, now: datetime
) -> None:
    client.force_login(cast.admin)
    page = invite(client, cast, "first")  # the office has no mail server
    assert "mailto:first%40example.cn" in page and "已用邮件发到" not in page
    post = Post()
    with delivering(post):
        named(post, cast, now)
        page = invite(client, cast, "second")
        post.refuses = "550 nobody of this name"
        refused = invite(client, cast, "third")
    assert "已用邮件发到 second@example.cn" in page
    assert "邮件没有发出去" in refused and "/join/" in refused
    (letter,) = post.letters
    assert (letter["To"], letter["Subject"]) == ("second@example.cn", "本单位邀请您使用听答")
    body = letter.get_content()  # type: ignore[attr-defined]
    token = re.search(r"https://tingda\.test/join/([\w-]+)/", body)[1]  # type: ignore[index]
    assert client.get(f"/join/{token}/").status_code == 200
    rows = [*Line.objects.values(), *Invitation.objects.values(), *Notice.objects.values()]
    assert token not in str([*rows, *Sending.objects.values()])
