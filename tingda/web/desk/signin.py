"""In and out of the desk. Failures are counted, not sign-ins: an office shares one address."""

from typing import Any

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext_lazy as _
from django_ratelimit.core import is_ratelimited

from tingda.web.entering import landing, later
from tingda.web.guard import person_of
from tingda.web.limits import address

GROUP = "sign-in"


def _login_typed(group: str, request: HttpRequest) -> str:
    return f"login:{request.POST.get('username', '').strip().casefold()[:64]}"


# (whom the limit is for, how many failures in how long): one name guessed at, one guessing address
LIMITS = ((_login_typed, "10/5m"), (address, "30/5m"))


def _tried_too_often(request: HttpRequest) -> bool:
    """Whether this many failures (one more than allowed would be too many) are already counted."""
    return any(
        is_ratelimited(request, group=GROUP, key=key, rate=_one_less(rate)) for key, rate in LIMITS
    )


def _count_failure(request: HttpRequest) -> None:
    for key, rate in LIMITS:
        is_ratelimited(request, group=GROUP, key=key, rate=_one_less(rate), increment=True)


def _one_less(rate: str) -> str:
    """The library says "too often" after the limit was passed, not when it is reached."""
    count, period = rate.split("/")
    return f"{int(count) - 1}/{period}"


class SignInForm(AuthenticationForm):
    """Login and password; a wrong one does not say which of the two was wrong."""

    error_messages = {
        "invalid_login": _("登录名或密码不对。注意大小写；忘记密码请找管理员重设。"),
        "inactive": _("这个账号已停用，请找管理员。"),
    }


class SignIn(LoginView):
    """The only way to the desk."""

    template_name = "signin.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: str, **kwargs: object) -> HttpResponse:
        """Refuse before the password is looked at when too many were wrong already."""
        if _tried_too_often(request):
            return render(request, "signin_wait.html", status=429)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Count the failure and show the form again."""
        _count_failure(self.request)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """The password was right: sign in, or ask for the second factor first."""
        person = form.get_user()
        wanted = landing(person, self.get_redirect_url())
        response: HttpResponse = perform_login(self.request, person, redirect_url=wanted)
        return response

    def get_success_url(self) -> str:
        """For who is signed in already."""
        return landing(person_of(self.request), self.get_redirect_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Also whether one may sign in elsewhere."""
        elsewhere = settings.OIDC_NAME or "OpenID" if settings.OIDC_SERVER else ""
        return super().get_context_data(**kwargs) | {"elsewhere": elsewhere}


def _second(path_: str, view: str, name: str) -> URLPattern:
    return path(path_, later(f"allauth.{view}"), name=name)


FACTOR, KEYS = "desk/me/second-factor/", "desk/me/second-factor/keys/"
sign_in, sign_out = SignIn.as_view(), LogoutView.as_view(next_page="sign-in")
urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", sign_in, name="sign-in"),
    path("sign-out/", sign_out, name="sign-out"),
    # the names by which the library leads to pages; the first address of a path is ours
    path("sign-in/", sign_in, name="account_login"),
    path("sign-out/", sign_out, name="account_logout"),
    _second("sign-in/second/", "mfa.base.views.authenticate", "mfa_authenticate"),
    _second("sign-in/passkey/", "mfa.webauthn.views.login_webauthn", "mfa_login_webauthn"),
    _second("desk/me/confirm/", "account.views.reauthenticate", "account_reauthenticate"),
    _second("desk/me/confirm/code/", "mfa.base.views.reauthenticate", "mfa_reauthenticate"),
    _second(
        "desk/me/confirm/key/",
        "mfa.webauthn.views.reauthenticate_webauthn",
        "mfa_reauthenticate_webauthn",
    ),
    _second(FACTOR, "mfa.base.views.index", "mfa_index"),
    _second(f"{FACTOR}app/", "mfa.totp.views.activate_totp", "mfa_activate_totp"),
    _second(f"{FACTOR}app/end/", "mfa.totp.views.deactivate_totp", "mfa_deactivate_totp"),
    *[
        _second(f"{FACTOR}codes/{part}", f"mfa.recovery_codes.views.{view}", f"mfa_{view}")
        for part, view in (
            ("", "view_recovery_codes"),
            ("new/", "generate_recovery_codes"),
            ("file/", "download_recovery_codes"),
        )
    ],
    _second(KEYS, "mfa.webauthn.views.list_webauthn", "mfa_list_webauthn"),
    _second(f"{KEYS}add/", "mfa.webauthn.views.add_webauthn", "mfa_add_webauthn"),
    _second(f"{KEYS}<int:pk>/", "mfa.webauthn.views.edit_webauthn", "mfa_edit_webauthn"),
    _second(f"{KEYS}<int:pk>/end/", "mfa.webauthn.views.remove_webauthn", "mfa_remove_webauthn"),
]
if settings.OIDC_SERVER:
    urlpatterns.append(
        path("sign-in/", include("allauth.socialaccount.providers.openid_connect.urls"))
    )
