"""In and out of the desk. Failures are counted, not sign-ins: an office shares one address."""

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django_ratelimit.core import is_ratelimited

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

    def get_success_url(self) -> str:
        """Where the person wanted to go; a liaison only ever to the referrals."""
        wanted = self.get_redirect_url()
        if person_of(self.request).is_staff_member:
            return wanted or reverse("home")
        referrals = reverse("referrals")
        return wanted if wanted.startswith(referrals) else referrals


urlpatterns = [
    path("sign-in/", SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(next_page="sign-in"), name="sign-out"),
]
