"""随附文件: a file that came with a voice, as a download only."""

from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.http import require_safe

from tingda.collect.queries.attachments import attachments_for
from tingda.web.guard import person_of


@require_safe
@login_required
def attachment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """It came from outside: never shown as a page, never guessed at, never kept by a cache."""
    row = get_object_or_404(attachments_for(person_of(request)), pk=pk)
    try:
        content = (Path(settings.MEDIA_ROOT) / row.path).open("rb")
    except OSError as error:
        raise Http404 from error
    response = FileResponse(
        content, as_attachment=True, filename=row.name, content_type="application/octet-stream"
    )
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


urlpatterns = [path("attachments/<int:pk>/", attachment, name="attachment")]
