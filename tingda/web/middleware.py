"""The language a person chose, and refusals as a page instead of an accident."""

from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import translation

from tingda.lib.refusal import Refused
from tingda.web.words import said

Next = Callable[[HttpRequest], HttpResponse]


class LanguageMiddleware:
    """Chinese unless the switch was used. The browser's own language is not asked: the office's
    pages are one thing to everybody, and a second language is a choice."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        known = dict(settings.LANGUAGES)
        with translation.override(chosen if chosen in known else settings.LANGUAGE_CODE):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "")
            return response


class RefusalMiddleware:
    """A refusal no view caught: say what was not done, why, and the way back."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Called by Django with what a view raised."""
        if not isinstance(error, Refused):
            return None
        return render(request, "refused.html", {"why": said(error)}, status=409)


class DrillMiddleware:
    """The copy of a drill is for who signs in: nobody else writes there what would be lost. It
    belongs in no index, whatever kind of answer it gives.
    """

    OPEN = ("sign-in", "drill-entered", "set_language", "health")

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = request.user.is_authenticated or self._is_open(request.path_info)
        asked = request.get_full_path()
        response = self.get_response(request) if known else redirect_to_login(asked)
        response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    def _is_open(self, address: str) -> bool:
        with suppress(Resolver404):
            return resolve(address).url_name in self.OPEN
        return False
