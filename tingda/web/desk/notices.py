"""我的通知: what one person was told, what is unread first."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from tingda.lib import present
from tingda.notify.actions import mark_all_read, mark_read
from tingda.notify.models import Notice
from tingda.notify.queries import notices_for, sentence
from tingda.notify.rules import matter_of
from tingda.web.guard import person_of, signed_in
from tingda.web.paging import page
from tingda.web.told import address_of, title_of


@dataclass(frozen=True)
class Told:
    """One notice in words."""

    notice: Notice
    title: str
    says: str
    alert: bool


@signed_in
def notices(request: HttpRequest) -> HttpResponse:
    """Everything this person was told."""
    found = page(notices_for(person_of(request)), request)
    rows = [
        Told(row, title_of(row), sentence(row.verb, row.data), matter_of(row.verb) == "alerts")
        for row in found.items
    ]
    unread = any(row.notice.read_at is None for row in rows)
    context = {"here": "notices", "rows": rows, "page": found, "unread": unread}
    return render(request, "desk/notices.html", context)


@signed_in
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """The person has seen them all."""
    count = mark_all_read(person_of(request), now=present.now())
    said = ngettext("%(n)s 条标为已读。", "%(n)s 条标为已读。", count) % {"n": count}
    messages.success(request, said if count else gettext("没有未读的通知。"))
    return redirect("notices")


@signed_in
def go(request: HttpRequest, link: str) -> HttpResponse:
    """From a message outside to the page it names; the person has then seen it."""
    mark_read(person_of(request), link=link, now=present.now())
    return redirect(address_of(link))


urlpatterns = [
    path("notices/", notices, name="notices"),
    path("notices/read/", read_all, name="notices-read"),
    path("notices/go/<str:link>", go, name="notice-go"),
]
