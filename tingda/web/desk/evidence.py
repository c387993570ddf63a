"""存证: the page of a voice as it was when the voice joined a case, as a download only."""

from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.http import require_safe

from tingda.collect.models import Evidence
from tingda.collect.queries.evidence import evidence_for
from tingda.web.guard import person_of


@require_safe
@login_required
def evidence(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file of one voice. It came from outside: never shown, never kept by a cache."""
    rows = evidence_for(person_of(request)).exclude(state=Evidence.State.DUE)
    row = get_object_or_404(rows, voice=pk)
    try:
        content = (Path(settings.MEDIA_ROOT) / row.path).open("rb")
    except OSError as error:
        raise Http404 from error
    name = f"voice-{row.voice_id}.warc.gz"
    response = FileResponse(
        content, as_attachment=True, filename=name, content_type="application/octet-stream"
    )
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


urlpatterns = [path("voices/<int:pk>/evidence/", evidence, name="evidence")]
