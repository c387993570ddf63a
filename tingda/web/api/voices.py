"""POST /api/voices: another system delivers voices, signed with its source's key."""

from datetime import datetime
from typing import NoReturn

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from tingda.collect.actions.deliveries import (
    LONGEST_KEY,
    Conflict,
    both_languages,
    deliver,
    sender,
)
from tingda.collect.models import Source
from tingda.collect.sources.drop.body import Form, TooMany
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.web.limits import too_many

LARGEST = 10 * 2**20  # bytes
RATES = ("120/m",)
_FORMS: dict[str, Form] = {
    "application/json": "json",
    "application/jsonl": "json",
    "application/json-lines": "json",
    "application/jsonlines": "json",
    "application/ndjson": "json",
    "application/x-ndjson": "json",
    "text/csv": "csv",
}


class _Unheard(Exception):
    """What is answered instead of a reply."""

    def __init__(self, status: int, refusal: Refused, **headers: str) -> None:
        super().__init__(str(refusal))
        self.status, self.refusal, self.headers = status, refusal, headers


@csrf_exempt  # nobody is signed in here: each delivery carries its own signature
@never_cache
def voices(request: HttpRequest) -> JsonResponse:
    """200 with {"read", "added", "repeated", "rejected"}, or what was wrong in "error"."""
    try:
        return _deliver(request)
    except _Unheard as unheard:
        said = {"error": both_languages(unheard.refusal)}
        return JsonResponse(
            said,
            status=unheard.status,
            headers=unheard.headers,
            json_dumps_params={"ensure_ascii": False},
        )


def _deliver(request: HttpRequest) -> JsonResponse:
    now, body = present.now(), _body(request)
    source = _sender(request, body, now)
    key, form = _key(request), _FORMS.get(request.content_type or "")
    if form is None:
        _stop(415, _("请用 Content-Type 写明：application/json、application/x-ndjson 或 text/csv"))
    try:
        reply = deliver(source, key, body, form, now=now)
    except Conflict as refusal:
        raise _Unheard(409, refusal) from None
    except TooMany as refusal:
        raise _Unheard(413, refusal) from None
    except Refused as refusal:
        raise _Unheard(400, refusal) from None
    headers = {"Idempotent-Replayed": "true"} if reply.again else {}
    return JsonResponse(reply.values, headers=headers, json_dumps_params={"ensure_ascii": False})


def _sender(request: HttpRequest, body: bytes, now: datetime) -> Source:
    source = sender(
        request.headers.get("Tingda-Source", ""),
        request.headers.get("Tingda-Time", ""),
        request.headers.get("Tingda-Signature", ""),
        body,
        now,
    )
    if source is None:
        _stop(401, _("没有通过验证：来源、时间（相差不超过 5 分钟）或签名不对"))
    if not source.active:
        _stop(403, _("这个来源停用了，没有收下"))
    return source


def _body(request: HttpRequest) -> bytes:
    """The body of a POST, never more of it than may be; not read through `request.body`, whose
    own limit is that of forms.
    """
    if request.method != "POST":
        _stop(405, _("这个地址只收 POST"), Allow="POST")
    if too_many(request, "deliver", *RATES):
        _stop(429, _("送得太快了，请过一分钟再送"), **{"Retry-After": "60"})
    declared = request.headers.get("Content-Length", "0")
    body = b"" if declared.isdecimal() and int(declared) > LARGEST else request.read(LARGEST + 1)
    if len(body) > LARGEST or (not body and declared not in ("", "0")):
        _stop(413, _("太大了：一次最多 %(most)s MB"), most=LARGEST // 2**20)
    return body


def _key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key or len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        _stop(400, _("请用 Idempotency-Key 写明这一次投递的键（1–%(most)s 个字母或数字）"),
              most=LONGEST_KEY)  # fmt: skip
    return key


def _stop(status: int, message: str, **params: object) -> NoReturn:
    headers = {
        name: str(value) for name, value in params.items() if name in ("Allow", "Retry-After")
    }
    rest = {name: value for name, value in params.items() if name not in headers}
    raise _Unheard(status, Refused(message, **rest), **headers)


urlpatterns = [path("api/voices", voices, name="api-voices"), path("api/voices/", voices)]
