"""来源: the key of a drop, by which another system signs what it delivers; shown this once."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tingda.collect.actions.deliveries import DROP, new_key
from tingda.collect.models import Source
from tingda.collect.queries import sources_for
from tingda.lib import present
from tingda.web.guard import desk, person_of


def show_new_key(request: HttpRequest, source: Source) -> HttpResponse:
    """Make a key and show it on this response only."""
    key = new_key(source, by=person_of(request), now=present.now())
    context = {
        "here": "sources",
        "source": source,
        "key": key,
        "address": request.build_absolute_uri(reverse("api-voices")),
    }
    return render(request, "desk/source_key.html", context)


@require_POST
@never_cache
@desk("configure")
def key(request: HttpRequest, pk: int) -> HttpResponse:
    """A new key for a drop; the one before it ends."""
    rows = sources_for(person_of(request)).filter(kind=DROP)
    return show_new_key(request, get_object_or_404(rows, pk=pk))


urlpatterns = [path("sources/<int:pk>/key/", key, name="source-key")]
