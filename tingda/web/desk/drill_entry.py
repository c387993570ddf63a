"""Into the copy of a drill: the real office says who comes, so that nobody signs in twice, and who
signs in elsewhere takes part too.
"""

from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import login
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from tingda.duty.queries import drill_to_enter
from tingda.lib.exercise import FOLDER, exercise
from tingda.lib.secrets import secret
from tingda.people.models import Person
from tingda.web.guard import person_of, signed_in

MOMENT = 60  # seconds that a way into the copy holds
SALT = "tingda.drill"
BACKEND = "django.contrib.auth.backends.ModelBackend"


def _key() -> bytes:
    """Lies in the copy's own folder, where both can read it, and goes with it."""
    home = Path(settings.HOME)
    return secret(home if exercise() else home / FOLDER, "entry.key")


@signed_in
@require_safe
def enter(request: HttpRequest) -> HttpResponse:
    """To the copy of the drill that is going on, as oneself; for everybody who signs in."""
    person = person_of(request)
    row = get_object_or_404(drill_to_enter(person))
    who = signing.dumps(person.pk, key=_key().decode(), salt=SALT)
    return redirect(f"{row.address}{reverse('drill-entered')}?{urlencode({'who': who})}")


@require_safe
def entered(request: HttpRequest) -> HttpResponse:
    """In the copy: let in whom the real office has sent a moment ago."""
    if not exercise():
        raise Http404
    try:
        pk = signing.loads(
            request.GET.get("who", ""), key=_key().decode(), salt=SALT, max_age=MOMENT
        )
    except signing.BadSignature:
        return redirect("sign-in")
    person = get_object_or_404(Person, pk=pk, is_active=True)
    login(request, person, backend=BACKEND)
    return redirect("home")


urlpatterns = [
    path("duty/drill/", enter, name="drill-enter"),
    path("duty/drill/entered/", entered, name="drill-entered"),
]
