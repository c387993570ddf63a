"""待查: voices that could not be analysed, each with the reason. None of them is lost."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tingda.analyse.actions.quarantine import try_again
from tingda.analyse.queries import quarantine_for
from tingda.lib import present
from tingda.web.guard import desk, person_of
from tingda.web.paging import page


@desk()
def quarantine(request: HttpRequest) -> HttpResponse:
    """The list, newest first."""
    person = person_of(request)
    context = {
        "here": "issues",
        "page": page(quarantine_for(person), request),
        "may_try": person.may("hear"),
        "now": present.now(),
    }
    return render(request, "desk/quarantine.html", context)


@desk("hear")
@require_POST
def again(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Try one of them, or all, at once."""
    try_again(pk, by=person_of(request), now=present.now())
    messages.success(request, _("已经排上，几秒钟后再试。没有成的会留在这里。"))
    return redirect("quarantine")


urlpatterns = [
    path("quarantine/", quarantine, name="quarantine"),
    path("quarantine/again/", again, name="quarantine-again-all"),
    path("quarantine/<int:pk>/again/", again, name="quarantine-again"),
]
