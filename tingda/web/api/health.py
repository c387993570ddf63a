"""Is the house alive: for a monitor or a load balancer."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache

from tingda import __version__
from tingda.duty.queries import worker_seen
from tingda.duty.rules import is_silent
from tingda.lib import present


@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and a worker was seen in the last two minutes, else 503."""
    answer: dict[str, str | None] = {
        "status": "ok",
        "version": __version__,
        "database": connection.vendor,
        "worker_seen": None,
    }
    try:
        seen = worker_seen()
        answer["worker_seen"] = seen.isoformat() if seen else None
        if is_silent(seen, present.now()):
            answer["status"] = "worker silent"
    except DatabaseError:
        answer |= {"status": "database unavailable", "database": None}
    return JsonResponse(answer, status=200 if answer["status"] == "ok" else 503)


urlpatterns = [path("health", health, name="health"), path("health/", health)]
