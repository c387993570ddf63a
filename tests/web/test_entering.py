"""Invitations, second factors, sessions: how people come in, by HTTP."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.urls import reverse

from tests.conftest import PASSWORD
from tests.web.test_signin import sign_in
from tingda.ledger.models import Line
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.people.actions import entering, invite, invite_new, join, require_factors
from tingda.people.models import Invitation, Person, SignIn
from tingda.people.queries import invitation_of
from tingda.web.ledger_words import sentence

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Person], Client]
PEOPLE = "/desk/settings/people/"
APP = "/desk/me/second-factor/app/"
NEW = {"new_password1": "another-long-one", "new_password2": "another-long-one"}


def newest() -> str:
    return sentence(Line.objects.latest("number"))


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def confirm(client: Client, password: str = PASSWORD) -> None:
    answer = client.post("/desk/me/confirm/?next=/desk/me/", {"password": password})
    assert answer.status_code == 302


def set_totp(client: Client) -> str:
    """Set an authenticator up as a person does; its secret."""
    assert client.get(APP)["Location"].startswith("/desk/me/confirm/")
    confirm(client)
    page = client.get(APP).content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    secret = re.search(r'<code class="secretkey">([A-Z2-7]+)</code>', page)[1]  # type: ignore[index]
    answer = client.post(APP, {"code": code_of(secret)})
    assert (answer.status_code, answer["Location"]) == (302, "/desk/me/second-factor/codes/")
    return secret


# ---- invitations ----
def test_who_is_invited_sets_name_and_password_once(
    cast: SimpleNamespace, client_of: ClientOf, client: Client
) -> None:
    typed = {"name": "新来的", "login": "fresh", "unit": cast.edu.pk, "roles": ["liaison"]}
    page = client_of(cast.admin).post(f"{PEOPLE}add/", typed | {"invite": "1"})
    token = re.search(r"/join/([\w-]+)/", page.content.decode())[1]  # type: ignore[index]
    assert "no-store" in page["Cache-Control"]
    assert token not in str(list(Line.objects.values())) + str(list(Invitation.objects.values()))
    assert sign_in(client, "fresh", "").status_code == 422
    assert "fresh" in client.get(f"/join/{token}/").content.decode()
    for bad in ({"new_password2": "x"}, {"new_password1": "short", "new_password2": "short"}):
        answer = client.post(f"/join/{token}/", NEW | {"name": "李某"} | bad)
        assert answer.status_code == 422
    answer = client.post(f"/join/{token}/", NEW | {"name": "李某"})
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/")
    assert newest() == "接受邀请，设好密码：李某"
    again = client.post(f"/join/{token}/", NEW | {"name": "别人"})
    assert again.status_code == 404 and "链接不能用了" in again.content.decode()
    assert Person.objects.get(login="fresh").name == "李某"
    assert sign_in(client, "fresh", "another-long-one")["Location"] == "/desk/referrals/"


def test_a_link_ends_after_seven_days_when_revoked_and_when_another_is_made(
    cast: SimpleNamespace, client_of: ClientOf, client: Client
) -> None:
    now, admin = present.now(), client_of(cast.admin)
    old = invite(cast.duty, by=cast.admin, now=now - timedelta(days=7))
    assert client.get(f"/join/{old}/").status_code == 404
    first = invite(cast.duty, by=cast.admin, now=now)
    second = invite(cast.duty, by=cast.admin, now=now)
    assert [client.get(f"/join/{one}/").status_code for one in (first, second)] == [404, 200]
    row = Invitation.objects.get(revoked_at=None, expires_at__gt=now)
    assert admin.post(f"/desk/settings/invitations/{row.pk}/revoke/").status_code == 302
    assert client.get(f"/join/{second}/").status_code == 404
    assert newest() == "收回邀请：值班员"
    assert client_of(cast.duty).post(f"{PEOPLE}{cast.duty2.pk}/invite/").status_code == 403


def test_trying_links_ends_in_a_wait(db: None, client: Client) -> None:
    answers = [client.get(f"/join/guess-{n}/").status_code for n in range(31)]
    assert answers == [404] * 30 + [429]


def test_an_invited_administrator_does_not_count_as_the_last(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    invite_new("boss", "另一管理员", cast.office, ["admin"], by=cast.admin, now=present.now())
    typed = {"name": "管理员", "unit": cast.office.pk, "roles": ["duty"], "active": "yes"}
    answer = client_of(cast.admin).post(f"{PEOPLE}{cast.admin.pk}/", typed)
    assert answer.status_code == 422
    assert "最后一位在用的管理员" in answer.content.decode()


# ---- second factors ----
def test_a_second_factor_is_set_asked_for_and_recovered(
    cast: SimpleNamespace, client: Client
) -> None:
    assert sign_in(client, "duty").status_code == 302
    secret = set_totp(client)
    codes = re.findall(r"<li><code>(\d+)</code></li>", client.get(
        "/desk/me/second-factor/codes/").content.decode())  # fmt: skip
    assert len(codes) == 10
    assert secret not in str(list(Authenticator.objects.values("data")))
    other = Client()
    answer = sign_in(other, "duty", next="/desk/issues/")
    assert answer["Location"] == "/sign-in/second/"
    assert other.get("/desk/").status_code == 302
    wrong = other.post("/sign-in/second/", {"code": "000000"})
    assert "验证码不对" in wrong.content.decode()
    answer = other.post("/sign-in/second/", {"code": codes[0]})
    assert answer["Location"] == "/desk/issues/"
    third = Client()
    sign_in(third, "duty")
    assert "验证码不对" in third.post("/sign-in/second/", {"code": codes[0]}).content.decode()
    assert third.post("/sign-in/second/", {"code": codes[1]}).status_code == 302
    assert third.get("/desk/").status_code == 200


def test_guessing_codes_ends_in_a_wait(cast: SimpleNamespace, client: Client) -> None:
    sign_in(client, "duty")
    set_totp(client)
    other = Client()
    sign_in(other, "duty")
    pages = [other.post("/sign-in/second/", {"code": "000000"}) for _n in range(6)]
    assert "试得太多了" in pages[-1].content.decode()


def test_a_role_that_needs_a_second_factor_sets_it_up_first(
    cast: SimpleNamespace, client_of: ClientOf, client: Client
) -> None:
    admin, roles = client_of(cast.admin), "/desk/settings/roles/"
    assert client_of(cast.duty).post(roles, {"roles": ["duty"]}).status_code == 403
    assert admin.post(roles, {"roles": ["duty"]}).status_code == 302
    assert newest() == "必须两步验证的角色：值班员"
    assert admin.get("/desk/").status_code == 200
    sign_in(client, "duty")
    for page in ("/desk/", "/desk/me/", "/desk/issues/"):
        assert client.get(page)["Location"] == "/desk/me/second-factor/"
    assert client.post("/desk/me/sessions/end/")["Location"] == "/desk/me/second-factor/"
    assert client.get("/desk/me/second-factor/").status_code == 200
    set_totp(client)
    assert client.get("/desk/").status_code == 200


def test_a_lost_factor_is_reset_by_an_administrator_on_the_record(
    cast: SimpleNamespace, client_of: ClientOf, client: Client
) -> None:
    sign_in(client, "duty")
    set_totp(client)
    admin = client_of(cast.admin)
    assert "已设" in admin.get(PEOPLE).content.decode()
    assert admin.post(f"{PEOPLE}{cast.duty.pk}/factor/").status_code == 302
    assert newest() == "重设两步验证：值班员"
    assert client.get("/desk/").status_code == 302
    assert sign_in(Client(), "duty")["Location"] == reverse("home")
    assert not Authenticator.objects.exists()
    assert client_of(cast.duty2).post(f"{PEOPLE}{cast.duty.pk}/factor/").status_code == 403
    assert admin.post(f"{PEOPLE}{cast.admin.pk}/factor/").status_code == 409


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_of_the_second_factor_is_in_our_look_and_language(
    cast: SimpleNamespace, client: Client, language: str
) -> None:
    client.post("/language/", {"language": language})
    sign_in(client, "duty")
    set_totp(client)
    confirm(client)
    base = "/desk/me/second-factor/"
    pages = ("", "app/end/", "codes/", "codes/new/", "keys/", "keys/add/")
    shown = [client.get(base + page) for page in pages]
    shown += [client.get("/desk/me/confirm/"), client.get("/desk/me/confirm/code/")]
    other = Client()
    other.post("/language/", {"language": language})
    sign_in(other, "duty")
    shown.append(other.get("/sign-in/second/"))
    for page in shown:
        text = page.content.decode()
        assert page.status_code == 200, page.request["PATH_INFO"]
        assert "tingda.css" in text and " style=" not in text
        assert not re.search(r"<script(?![^>]*(src=|application/json))", text)
        main = re.sub(r"<[^>]+>", "", text.partition("<main")[2].partition("</main>")[0])
        if language == "en":
            assert not re.search(r"[一-鿿]{2,}", re.sub("公共服务中心|本单位|值班员", "", main)), (
                main
            )


# ---- sessions and passwords ----
def test_my_other_sessions_are_listed_and_ended(cast: SimpleNamespace, client: Client) -> None:
    here, there, third = client, Client(), Client()
    agent = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0"
    sign_in(here, "duty")
    there.post(
        "/sign-in/", {"username": "duty", "password": PASSWORD}, headers={"User-Agent": agent}
    )
    sign_in(third, "duty")
    page = here.get("/desk/me/").content.decode()
    assert "Edge · Windows" in page and page.count("退出那里") == 2
    row = SignIn.objects.get(browser="Edge · Windows")
    assert third.post(f"/desk/me/sessions/{row.pk}/end/").status_code == 302
    assert (there.get("/desk/").status_code, third.get("/desk/").status_code) == (302, 200)
    assert here.post("/desk/me/sessions/end/").status_code == 302
    assert (third.get("/desk/").status_code, here.get("/desk/").status_code) == (302, 200)
    assert SignIn.objects.count() == 1
    assert newest() == "退出登录：值班员"
    own = SignIn.objects.get()
    assert here.post(f"/desk/me/sessions/{own.pk}/end/").status_code == 404


def test_an_administrator_ends_somebodys_sessions_and_a_colleague_does_not(
    cast: SimpleNamespace, client_of: ClientOf, client: Client
) -> None:
    sign_in(client, "duty")
    row = SignIn.objects.get()
    assert client_of(cast.duty2).post(f"/desk/me/sessions/{row.pk}/end/").status_code == 404
    assert client_of(cast.duty2).post(f"{PEOPLE}{cast.duty.pk}/sessions/").status_code == 403
    assert client.get("/desk/").status_code == 200
    assert client_of(cast.admin).post(f"{PEOPLE}{cast.duty.pk}/sessions/").status_code == 302
    assert client.get("/desk/").status_code == 302


def test_a_changed_password_ends_the_other_sessions_only(
    cast: SimpleNamespace, client: Client
) -> None:
    other = Client()
    sign_in(client, "liaison-edu")
    sign_in(other, "liaison-edu")
    page = "/desk/me/password/"
    wrong = client.post(page, NEW | {"old_password": "wrong"})
    assert wrong.status_code == 422 and "现在的密码不对" in wrong.content.decode()
    assert client.post(page, NEW | {"old_password": PASSWORD}).status_code == 302
    assert client.get("/desk/me/").status_code == 200
    assert other.get("/desk/me/")["Location"].startswith("/sign-in/")
    assert sign_in(Client(), "liaison-edu").status_code == 422
    assert newest() == "改了自己的密码：教育办联络员"


def test_an_invitation_that_another_follows_at_the_same_moment_is_used_once(
    cast: SimpleNamespace, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = invite(cast.duty, by=cast.admin, now=present.now())
    seen = invitation_of(token, present.now())
    monkeypatch.setattr(entering, "invitation_of", lambda *_given: seen)  # both looked before
    join(token, name="甲", password="another-long-one", now=present.now())
    with pytest.raises(Refused, match="已经用过"):
        join(token, name="乙", password="another-long-one", now=present.now())
    assert Person.objects.get(pk=cast.duty.pk).name == "甲"


def test_nobody_signs_up(db: None, client: Client) -> None:
    for page in ("/signup/", "/accounts/signup/", "/sign-in/signup/", "/accounts/login/"):
        assert client.get(page).status_code == 404


def test_a_required_factor_needs_a_known_role(cast: SimpleNamespace, client_of: ClientOf) -> None:
    answer = client_of(cast.admin).post("/desk/settings/roles/", {"roles": ["king"]})
    assert answer.status_code == 422
    require_factors([], by=cast.admin, now=present.now())
