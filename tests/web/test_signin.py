"""Signing in and out: who lands where, and how guessing ends."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse

from tests.conftest import PASSWORD
from tingda.people.models import Person

SIGN_IN = "/sign-in/"


def sign_in(client: Client, login: str, password: str = PASSWORD, **more: str):
    return client.post(SIGN_IN, {"username": login, "password": password, **more})


@pytest.mark.parametrize("login", ["duty", "drafter", "releaser", "auditor", "admin"])
def test_staff_land_on_today(cast: SimpleNamespace, client: Client, login: str) -> None:
    response = sign_in(client, login)
    assert response.headers["Location"] == reverse("home")
    assert client.get(reverse("home")).headers["Location"] == reverse("today")


def test_a_liaison_lands_on_the_referrals_whatever_was_asked_for(
    cast: SimpleNamespace, client: Client
) -> None:
    response = sign_in(client, "liaison-edu", next="/desk/issues/")
    assert response.headers["Location"] == reverse("referrals")
    assert client.get(reverse("home")).headers["Location"] == reverse("referrals")


def test_a_person_goes_on_to_the_page_that_was_asked_for(
    cast: SimpleNamespace, client: Client
) -> None:
    asked = client.get("/desk/issues/")
    assert asked.headers["Location"] == "/sign-in/?next=/desk/issues/"
    assert sign_in(client, "duty", next="/desk/issues/").headers["Location"] == "/desk/issues/"


def test_nobody_is_sent_to_another_site(cast: SimpleNamespace, client: Client) -> None:
    response = sign_in(client, "duty", next="https://elsewhere.example/")
    assert response.headers["Location"] == reverse("home")


def test_a_wrong_password_says_so_in_chinese_and_keeps_the_login(
    cast: SimpleNamespace, client: Client
) -> None:
    response = sign_in(client, "duty", "wrong")
    assert response.status_code == 422
    page = response.content.decode()
    assert "登录名或密码不对" in page
    assert 'value="duty"' in page
    assert "wrong" not in page


def test_ten_wrong_passwords_end_in_a_page_that_says_wait(
    cast: SimpleNamespace, client: Client
) -> None:
    for _ in range(10):
        assert sign_in(client, "duty", "wrong").status_code == 422
    response = sign_in(client, "DUTY ")
    assert response.status_code == 429
    assert "请过几分钟再试" in response.content.decode()


def test_signing_in_rightly_is_never_counted(cast: SimpleNamespace, client: Client) -> None:
    for _ in range(15):
        assert sign_in(Client(), "duty").status_code == 302


def test_one_address_that_guesses_many_names_must_wait(
    cast: SimpleNamespace, client: Client
) -> None:
    for number in range(30):
        assert sign_in(client, f"guess-{number}", "wrong").status_code == 422
    assert sign_in(client, "duty").status_code == 429


def test_signing_out_needs_a_press_of_the_button(
    cast: SimpleNamespace, client_of: Callable[[Person], Client]
) -> None:
    client = client_of(cast.duty)
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/desk/").status_code == 200
    assert client.post("/sign-out/").headers["Location"] == reverse("sign-in")
    assert client.get("/desk/").headers["Location"] == "/sign-in/?next=/desk/"


def test_the_page_says_who_sees_what(db: None, client: Client) -> None:
    page = client.get(SIGN_IN).content.decode()
    assert "谁看得到什么" in page
    assert 'name="password"' in page


def test_a_page_that_is_not_there_says_so_with_a_way_back(
    cast: SimpleNamespace, client: Client, client_of: Callable[[Person], Client]
) -> None:
    for browser in (client, client_of(cast.duty), client_of(cast.liaison_edu)):
        response = browser.get("/no-such-page/")
        assert response.status_code == 404
        assert "没有这一页" in response.content.decode()


def test_a_stale_form_is_explained(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post(SIGN_IN, {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert "请再提交一次" in response.content.decode()


def test_an_accident_is_explained_and_its_inside_not_shown(
    cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("tingda.web.desk.today.needs_of", broken)
    client = Client(raise_request_exception=False)
    client.force_login(cast.duty)
    response = client.get("/desk/")
    assert response.status_code == 500
    assert "出错了" in response.content.decode()
    assert "broken on purpose" not in response.content.decode()
