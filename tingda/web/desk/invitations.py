"""Links by which people set their password: made, shown once, revoked."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tingda.lib import present
from tingda.lib.messenger import Outcome
from tingda.lib.refusal import Refused
from tingda.notify.actions.sending import write_letter
from tingda.notify.queries import Message, mail_server
from tingda.people.actions import invite, revoke_invitation
from tingda.people.models import Person
from tingda.people.queries import institution, open_invitations, people_for
from tingda.web.desk.configure import settings_page
from tingda.web.guard import desk, person_of
from tingda.web.words import said

TAB = "settings-people"


@dataclass(frozen=True)
class Link:
    """Where a person sets their password, and a letter for the office's own mail program."""

    person: Person
    address: str
    subject: str
    text: str

    @property
    def letter(self) -> str:
        """The letter as an address that opens the mail program; "" without an address."""
        to = quote(self.person.email)
        text = f"subject={quote(self.subject)}&body={quote(self.text)}"
        return f"mailto:{to}?{text}" if to else ""


def link_of(person: Person, token: str) -> Link:
    """The link in full."""
    address = settings.ADDRESS + reverse("join", args=[token])
    names = {"name": person.name, "office": institution().name, "login": person.login}
    subject = gettext("%(office)s邀请您使用听答") % names
    text = gettext(
        "%(name)s：\n\n请在 7 天内打开下面的链接，设好姓名和密码。链接只能用一次，请不要转发。\n"
        "登录名：%(login)s\n\n%(address)s"
    ) % (names | {"address": address})
    return Link(person, address, subject, text)


def shown(request: HttpRequest, made: list[tuple[Person, str]]) -> HttpResponse:
    """The links, on this response only; a single one goes out by mail as well, where it can."""
    links = [link_of(person, token) for person, token in made]
    sent, failed = "", ""
    if len(links) == 1 and (to := links[0].person.email) and mail_server():
        outcome = _write(links[0])
        if outcome.state == "sent":
            sent = to
        else:
            failed = said(Refused(outcome.message, **outcome.params))
    context: dict[str, Any] = {"links": links, "sent": sent, "failed": failed}
    return settings_page(request, "settings_links", tab=TAB, **context)


def _write(link: Link) -> Outcome:
    key = f"invitation:{link.person.pk}:{present.now().timestamp()}"
    message = Message(link.subject, link.text, link.address)
    return write_letter(link.person.email, message, key=key)


@require_POST
@desk("configure")
@never_cache
def person_invite(request: HttpRequest, pk: int) -> HttpResponse:
    """A new link for one person; earlier ones stop working."""
    by = person_of(request)
    row = get_object_or_404(people_for(by), pk=pk)
    return shown(request, [(row, invite(row, by=by, now=present.now()))])


@require_POST
@desk("configure")
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """The link works no more."""
    now = present.now()
    row = get_object_or_404(open_invitations(now), pk=pk)
    revoke_invitation(row, by=person_of(request), now=now)
    messages.success(request, gettext("邀请已收回，链接不能再用。"))
    return redirect("settings-person", row.person_id)


urlpatterns = [
    path("settings/people/<int:pk>/invite/", person_invite, name="settings-person-invite"),
    path("settings/invitations/<int:pk>/revoke/", revoke, name="settings-invitation-revoke"),
]
