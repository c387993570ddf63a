"""How django-allauth behaves in this house: what it says, where it leads, what it keeps secret."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tingda.lib import present
from tingda.lib.sealing import seal, unseal
from tingda.people.actions import signed_in
from tingda.people.models import Person
from tingda.people.queries import SECOND, institution, required_factors
from tingda.web.limits import address

KEY = "factors.key"
# What it says after a deed, by the template that it would show; about the rest it is silent.
SAID = {
    "mfa/messages/totp_activated.txt": _("验证器已设好。"),
    "mfa/messages/totp_deactivated.txt": _("验证器已去掉。"),
    "mfa/messages/recovery_codes_generated.txt": _("恢复码已生成，请收好。"),
    "mfa/messages/webauthn_added.txt": _("通行密钥已添加。"),
    "mfa/messages/webauthn_removed.txt": _("通行密钥已去掉。"),
}
_WRONG = _("验证码不对，或者已经过时。请再试一次。")
_BROWSERS = (
    ("MicroMessenger/", "WeChat"),
    ("DingTalk/", "DingTalk"),
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def landing(person: Person, wanted: str = "") -> str:
    """Where the person wanted to go; a liaison only ever to what liaisons have."""
    if person.is_staff_member:
        return wanted or reverse("home")
    referrals = reverse("referrals")
    own = (referrals, reverse("me"), reverse("contacts"))
    return wanted if wanted.startswith(own) else referrals


def browser_of(request: HttpRequest) -> str:
    """The kind of browser and system, e.g. "Edge · Windows"; nothing finer is kept."""
    agent = request.headers.get("User-Agent", "")
    found = [
        next((name for mark, name in names if mark in agent), "") for names in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(name for name in found if name)


def later(view: str) -> Callable[..., HttpResponse]:
    """A view that is loaded when it is asked for: second factors bring 20 MB of cryptography."""

    def loaded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found: Callable[..., HttpResponse] = import_string(view)
        return found(request, *args, **kwargs)

    return loaded


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # published without types
    """Nobody signs up; everything is said in the house's own words."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("这个账号已停用，请找管理员。"),
        "incorrect_code": _WRONG,
        "incorrect_password": _("密码不对。注意大小写。"),
        "too_many_login_attempts": _("试得太多了，请过几分钟再试。"),
        "rate_limited": _("试得太多了，请过几分钟再试。"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People are added or invited."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The desk, or what a liaison has."""
        return landing(request.user)  # type: ignore[arg-type]  # signed in at this point

    def get_client_ip(self, request: HttpRequest) -> str:
        """Who is asking, as all our limits see it."""
        return address("", request)

    def respond_user_inactive(self, request: HttpRequest, user: Person) -> HttpResponse:
        """Say so on the page where they came from."""
        messages.error(request, self.error_messages["account_inactive"])
        return redirect("sign-in")

    def post_login(self, request: HttpRequest, user: Person, **kwargs: Any) -> HttpResponse:
        """Keep where somebody signed in, so that they can end it from elsewhere."""
        key = request.session.session_key or ""
        signed_in(user, key, browser_of(request), now=present.now())
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Our own sentence for what we name; errors as they come; nothing else."""
        template = args[0] if args else kwargs.get("message_template")
        if template in SAID:
            messages.add_message(request, level, gettext(str(SAID[template])))
        elif text := kwargs.get("message"):
            messages.add_message(request, level, text)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Not by mail: the ledger and the person's own page tell what changed."""


class Factors(DefaultMFAAdapter):  # type: ignore[misc]  # published without types
    """Secrets of second factors are sealed with a key of the data folder."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _WRONG,
        "cannot_delete_authenticator": _("您的角色必须两步验证，不能去掉最后一种。"),
        "cannot_generate_recovery_codes": _("先设好验证器或通行密钥，才有恢复码。"),
    }

    def _get_site_name(self) -> str:
        return institution().name

    def encrypt(self, text: str) -> str:
        """Sealed, as hex digits."""
        return seal(Path(settings.HOME), KEY, text).hex()

    def decrypt(self, encrypted_text: str) -> str:
        """Refused where the key of the data folder is another one."""
        return unseal(Path(settings.HOME), KEY, bytes.fromhex(encrypted_text))

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last one of somebody whose role needs it."""
        person = Person.objects.get(pk=authenticator.user_id)
        others = Authenticator.objects.filter(user=person, type__in=SECOND)
        needed = bool(required_factors() & person.roles)
        return not needed or bool(others.exclude(pk=authenticator.pk).exists())

    def generate_authenticator_name(self, user: Person, type: str) -> str:
        """A name to begin with, which the person may change."""
        return gettext("我的通行密钥")
