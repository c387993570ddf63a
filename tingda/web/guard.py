"""Who may enter a page. What they see there is decided by the `…_for(person)` queries."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from tingda.people.models import Person
from tingda.people.queries import owes_factor, units_led

View = Callable[..., HttpResponse]


def person_of(request: HttpRequest) -> Person:
    """The signed-in person; only behind `desk` or `signed_in`."""
    return cast(Person, request.user)


def signed_in(view: View) -> View:
    """Anybody who signed in, liaisons included."""
    return login_required(_factor_first(view))


def _factor_first(view: View) -> View:
    """Whose role needs a second factor sets it up before anything else."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if owes_factor(person_of(request)):
            return redirect("mfa_index")
        return view(request, *args, **kwargs)

    return asked


def desk(deed: str = "") -> Callable[[View], View]:
    """Only people who work at the desk; with a deed, only roles that allow it.

    A liaison gets 404: the page does not exist for them. A colleague without the role gets 403.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            person = person_of(request)
            if not person.is_staff_member:
                raise Http404
            if deed and not person.may(deed):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return signed_in(guarded)

    return wrap


def supervised(view: View) -> View:
    """Only people who work at the desk, and who leads a unit; for others there is no such page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = person_of(request)
        if not (person.is_staff_member or units_led(person)):
            raise Http404
        return view(request, *args, **kwargs)

    return signed_in(guarded)
