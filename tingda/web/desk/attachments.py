"""随附文件: a file that came with a voice, as a download, or in a player."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.http import require_safe

from tingda.collect.queries.attachments import attachments_for
from tingda.web.guard import person_of
from tingda.web.uploading import download, played


@require_safe
@login_required
def attachment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """It came from outside: never shown as a page."""
    row = get_object_or_404(attachments_for(person_of(request)), pk=pk)
    return download(row.path, row.name)


@require_safe
@login_required
def attachment_play(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Sound or film, for the player beside its name."""
    row = get_object_or_404(attachments_for(person_of(request)), pk=pk)
    return played(request, row.path, row.name)


urlpatterns = [
    path("attachments/<int:pk>/", attachment, name="attachment"),
    path("attachments/<int:pk>/play/", attachment_play, name="attachment-play"),
]
