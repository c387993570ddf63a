"""设置 → 通知: the groups' ways, the office's mail server, and which ways do not get through."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext

from tingda.lib import present
from tingda.notify.actions.ways import set_mail_server
from tingda.notify.models import MailServer
from tingda.notify.queries import failing_ways, group_ways, mail_server, with_counts
from tingda.web.desk.configure import settings_edit, settings_page
from tingda.web.desk.notice_forms import MailServerForm
from tingda.web.desk.notice_ways import add_page, kinds, stuck, way_of
from tingda.web.guard import desk, person_of


@desk()
def overview(request: HttpRequest) -> HttpResponse:
    """What is set up for everybody. Others than administrators read, without what is in trouble."""
    person = person_of(request)
    sets_up = person.may("configure")
    groups = with_counts(group_ways()).prefetch_related("units")
    failing = failing_ways().exclude(person=None).prefetch_related("units") if sets_up else []
    return settings_page(
        request,
        "settings_notices",
        ways=[way_of(reach) for reach in groups],
        stuck=stuck(person, shared=True) if sets_up else [],
        failing=[way_of(reach) for reach in failing],
        kinds=[kind for kind in kinds() if kind[0] != "email" or kind[3]],
        server=mail_server(),
    )


@desk("configure")
def group_add(request: HttpRequest, kind: str) -> HttpResponse:
    """A new way for a group."""
    return add_page(request, kind, shared=True)


@desk("configure")
def server(request: HttpRequest) -> HttpResponse:
    """The office's mail server. Its password is never shown."""
    person, now, row = person_of(request), present.now(), mail_server()
    names = ("host", "security", "port", "user", "sender")
    kept = {name: getattr(row, name) for name in names} if row else {"security": "tls"}
    form = MailServerForm(request.POST or None, initial=kept)
    form.fields["security"].choices = MailServer.Security.choices  # type: ignore[attr-defined]
    page = {"tab": "settings-notices", "title": gettext("发信服务器")}
    return settings_edit(
        request, form, lambda typed: set_mail_server(**typed, by=person, now=now), page
    )


urlpatterns = [
    path("settings/notices/", overview, name="settings-notices"),
    path("settings/notices/add/<str:kind>/", group_add, name="settings-notice-add"),
    path("settings/notices/server/", server, name="settings-mail-server"),
]
