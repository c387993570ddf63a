"""台账: the whole record, for whoever audits it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tingda.cases.models import Case
from tingda.ledger.models import Line
from tingda.ledger.queries import Verdict, find_lines, newest_number, verify
from tingda.web.guard import desk
from tingda.web.paging import page

WRONG = {
    "gap": _("编号不连续，有行不见了"),
    "before": _("和前一行接不上"),
    "hash": _("内容和校验值不符，被改过"),
    "unreadable": _("数据库读不出来"),
    "database": _("数据库文件自相矛盾"),
}
MATTERS = {
    "case": _("事项"),
    "issue": _("议题"),
    "voice": _("声音"),
    "source": _("来源"),
    "import": _("导入"),
}
_LONGEST = 64


@desk("audit")
def ledger(request: HttpRequest) -> HttpResponse:
    """Newest first; by the matter and by who did it."""
    return _show(request)


@desk("audit")
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Walk the whole chain and say whether it holds."""
    return _show(request, verify())


def _show(request: HttpRequest, verdict: Verdict | None = None) -> HttpResponse:
    matter, actor = _asked(request, "matter"), _asked(request, "actor")
    shown = page(find_lines(thread=_thread(matter), actor=actor), request, size=50)
    context = {
        "here": "ledger",
        "matter": matter,
        "actor": actor,
        "page": shown,
        "lines": _with_matters(shown.items),
        "newest": newest_number(),
        "verdict": verdict,
        "wrong": WRONG.get(verdict.reason, verdict.reason) if verdict else "",
    }
    return render(request, "desk/ledger.html", context)


def _with_matters(lines: list[Line]) -> list[tuple[Line, str]]:
    """Each line with its matter as people call it: 事项 2026-0147, 来源 5."""
    ids = {int(line.thread[5:]) for line in lines if line.thread.startswith("case:")}
    numbers = dict(Case.objects.filter(pk__in=ids).values_list("pk", "number"))
    return [(line, _matter(line.thread, numbers)) for line in lines]


def _matter(thread: str, numbers: dict[int, str]) -> str:
    kind, _colon, number = thread.partition(":")
    if kind == "case":
        number = numbers.get(int(number), number)
    return f"{MATTERS[kind]} {number}" if kind in MATTERS else ""


def _asked(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:_LONGEST]


def _thread(matter: str) -> str:
    """A matter by the number of its case (2026-0147) or by its name in the ledger (case:17)."""
    case = Case.objects.filter(number=matter).first() if matter else None
    return case.thread if case else matter


urlpatterns = [
    path("ledger/", ledger, name="ledger"),
    path("ledger/check/", check, name="ledger-check"),
]
