"""Invited by link, a password set, an authenticator set up, signed in with it; then a passkey."""

import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.browser.looking import axe, fits
from tests.house import House

pytestmark = pytest.mark.browser
PASSWORD = "a-long-one-of-my-own"
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_who_is_invited_comes_in_with_a_second_factor(
    office: House, sign_in: Callable[..., Page]
) -> None:
    admin = sign_in("admin")
    admin.goto("/desk/settings/people/add/")
    admin.get_by_label("姓名或岗位").fill("新来的")
    admin.get_by_label("登录名").fill("fresh")
    admin.get_by_label("单位", exact=True).select_option(label="教育办")
    admin.get_by_label("联络员").check()
    admin.get_by_role("button", name="邀请").click()
    # passkeys are for names, not for numbers
    site = office.address.replace("127.0.0.1", "localhost")
    link = admin.locator("code.secretkey").inner_text().replace(office.address, site)

    page = sign_in("", viewport={"width": 360, "height": 740})
    page.goto(link)
    axe(page)
    page.get_by_label("姓名或岗位").fill("李某")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_label("再输一遍密码").fill(PASSWORD)
    page.get_by_role("button", name="设好").click()
    page.wait_for_url("**/sign-in/")

    def enter() -> None:
        page.get_by_label("登录名").fill("fresh")
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_label("密码").press("Enter")

    enter()
    page.wait_for_url("**/desk/referrals/")
    page.goto(f"{site}/desk/me/second-factor/app/")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="确认").click()
    secret = page.locator("code.secretkey").inner_text()
    assert axe(page) == []
    page.get_by_label("验证码").fill(code_of(secret))
    page.get_by_role("button", name="设好").click()
    expect(page.locator(".codes li")).to_have_count(10)
    assert fits(page)

    page.get_by_role("button", name="退出").click()
    enter()
    page.wait_for_url("**/sign-in/second/")
    page.get_by_label("验证码").fill(code_of(secret))
    page.get_by_role("button", name="验证").click()
    page.wait_for_url("**/desk/referrals/")

    # a passkey of this device, with which no password is asked for
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    page.goto(f"{site}/desk/me/second-factor/keys/add/")
    if "/confirm/" in page.url:
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="确认").click()
    page.get_by_label(re.compile("可以不输密码")).check()
    page.get_by_role("button", name="添加").click()
    page.wait_for_url("**/desk/me/second-factor/")
    page.get_by_role("button", name="退出").click()
    page.get_by_role("button", name="用通行密钥进入").click()
    page.wait_for_url("**/desk/referrals/")
    assert page.get_by_role("link", name="李某").is_visible()
