"""案例库: past cases by topic: how they ended, what was answered, what was learnt."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from tingda.analyse.models import Topic
from tingda.answers.queries.lookbacks import past_cases, past_topics
from tingda.lib import present
from tingda.web.guard import desk, person_of
from tingda.web.paging import page

LONGEST = 100


@require_safe
@desk()
def library(request: HttpRequest) -> HttpResponse:
    """All closed cases, or those of a topic or with some words."""
    person = person_of(request)
    q = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    asked = request.GET.get("topic", "")
    chosen = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    counts = past_topics(person)
    context = {
        "here": "cases",
        "now": present.now(),
        "q": q,
        "chosen": chosen,
        "topics": [(one, counts[one.pk]) for one in Topic.objects.filter(pk__in=counts)],
        "page": page(past_cases(person, q, chosen), request, size=20),
    }
    return render(request, "desk/library.html", context)


urlpatterns = [path("library/", library, name="library")]
