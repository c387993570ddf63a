"""Addresses: the public's at the top, the desk's under /desk/, machines' under /api/ and /health.

Each screen names its own addresses in its view file; this is the list of the screens.
"""

from importlib import import_module

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

PUBLIC = ["answers", "ask", "receipts", "hub"]
DESK = [
    "today",
    "issues",
    "proposals",
    "leading",
    "alerts",
    "judge",
    "voices",
    "corrections",
    "attachments",
    "evidence",
    "quarantine",
    "calling",
    "dossier",
    "lookback",
    "library",
    "media",
    "cases",
    "case_routing",
    "referrals",
    "late",
    "meetings",
    "upward",
    "ladders",
    "answers",
    "briefs",
    "sources",
    "record",
    "imports",
    "calls",
    "configure",
    "sorting",
    "places",
    "cues",
    "watches",
    "watch_import",
    "wordlists",
    "routing",
    "clocks",
    "notices",
    "notice_ways",
    "notice_settings",
    "warning",
    "people",
    "invitations",
    "people_table",
    "units",
    "roles",
    "account",
    "contacts",
    "ledger",
    "duty",
    "duty_setup",
    "duty_log",
    "plans",
    "drills",
    "drill_entry",
]


def _addresses(door: str, screens: list[str]) -> list[URLPattern | URLResolver]:
    modules = [import_module(f"tingda.web.{door}.{screen}") for screen in screens]
    return [pattern for module in modules for pattern in module.urlpatterns]


urlpatterns: list[URLPattern | URLResolver] = [
    path("language/", set_language, name="set_language"),
    path("desk/", include(_addresses("desk", DESK))),
    path("", include(_addresses("desk", ["signin", "joining"]))),
    path("", include(_addresses("api", ["health", "voices"]))),
    path("", include(_addresses("public", PUBLIC))),
]
