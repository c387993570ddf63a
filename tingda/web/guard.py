"""Who may enter a page. What they see there is decided by the `…_for(person)` queries."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from tingda.people.models import Person

View = Callable[..., HttpResponse]


def person_of(request: HttpRequest) -> Person:
    """The signed-in person; only behind `desk` or `signed_in`."""
    return cast(Person, request.user)


def signed_in(view: View) -> View:
    """Anybody who signed in, liaisons included."""
    return login_required(view)


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

        return login_required(guarded)

    return wrap
