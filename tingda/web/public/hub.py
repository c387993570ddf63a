"""推送: hubs call here, to verify that we asked and to bring what is new."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tingda.collect.actions.pushes import answer_hub, take_push
from tingda.lib import present
from tingda.web.limits import too_many

LARGEST = 15 * 2**20
RATE = "600/m"  # one hub may bring the news of hundreds of feeds
_STRANGERS = "30/m"  # tries at addresses that are none of ours


@csrf_exempt  # hubs carry no cookie; the address cannot be guessed, and what they bring is signed
@never_cache
@require_http_methods(["GET", "POST"])
def hub(request: HttpRequest, token: str) -> HttpResponse:
    """The address that one hub was given for one feed."""
    if too_many(request, "hub", RATE):
        return _said(429)
    return _take(request, token) if request.method == "POST" else _verify(request, token)


def _verify(request: HttpRequest, token: str) -> HttpResponse:
    answer = answer_hub(token, request.GET.dict(), now=present.now())
    return _unknown(request) if answer is None else _said(200, answer)


def _take(request: HttpRequest, token: str) -> HttpResponse:
    # read from the stream: `request.body` has the smaller limit of forms
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        return _said(413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    taken = take_push(token, body, headers, now=present.now())
    # a wrong signature is answered like a right one: whoever guesses learns nothing
    return _unknown(request) if taken == "unknown" else _said(202)


def _unknown(request: HttpRequest) -> HttpResponse:
    return _said(429 if too_many(request, "hub-stranger", _STRANGERS) else 404)


def _said(status: int, text: str = "") -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


urlpatterns = [path("hub/<str:token>/", hub, name="hub")]
