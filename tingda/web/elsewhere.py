"""Signing in with the office's own OpenID Connect server. Loaded only where one is set."""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext

from tingda.people.models import Person


class Elsewhere(DefaultSocialAccountAdapter):  # type: ignore[misc]  # published without types
    """Who comes from there must be somebody here: found once by the sign-in name, then by the
    number that their server gave them."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """People are added or invited."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Join the two the first time; refuse whom nobody added."""
        if sociallogin.is_existing:
            return
        told = sociallogin.account.extra_data
        claims = told.get("userinfo", {}) | told.get("id_token", {}) | told
        login = claims.get(settings.OIDC_LOGIN)
        person = Person.objects.filter(login=login, is_active=True).first() if login else None
        if person is None:
            raise _refused(request, gettext("这里没有与您对应的人员，请找管理员。"))
        if SocialAccount.objects.filter(user=person).exists():
            raise _refused(request, gettext("这个登录名已经与另一个账号对应，请找管理员。"))
        sociallogin.connect(request, person)

    def on_authentication_error(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Say so on our own page."""
        raise _refused(request, gettext("那边没有让您登录，或者连不上。请再试，或用密码登录。"))


def _refused(request: HttpRequest, why: str) -> ImmediateHttpResponse:
    messages.error(request, why)
    return ImmediateHttpResponse(redirect("sign-in"))
