"""归拢: merges and splits that the machine suggests; a person decides each with one key."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tingda.cases.models import Case
from tingda.cases.queries import open_cases
from tingda.collect.models import Voice
from tingda.detect.actions.proposing import accept, refuse
from tingda.detect.models import Issue, Proposal
from tingda.detect.queries import newest_of, proposals_for
from tingda.lib import present
from tingda.people.models import Person
from tingda.web.guard import desk, person_of
from tingda.web.marks import in_common

AT_ONCE, VOICES, MOST_COUNTED = 10, 3, 200


@dataclass(frozen=True)
class Side:
    """One of two that may be one, or a part of one that may be two."""

    heading: str
    issue: Issue | None
    count: int
    voices: Sequence[Voice]
    cases: Sequence[Case]


@dataclass(frozen=True)
class Asked:
    """A proposal as it is asked: what is suggested, why, and the two sides."""

    proposal: Proposal
    why: str
    sides: tuple[Side, Side]


@desk()
def proposals(request: HttpRequest) -> HttpResponse:
    """What waits, the surest first; `after` one when some were passed over."""
    person = person_of(request)
    rows = proposals_for(person)
    after = _number(request.GET.get("after", ""))
    count = rows[: MOST_COUNTED + 1].count()
    context = {
        "here": "issues",
        "asked": asked_about(list(_behind(rows, after)[:AT_ONCE]), person),
        "after": after,
        "count": min(count, MOST_COUNTED),
        "more": count > MOST_COUNTED,
        "may_group": person.may("group"),
    }
    return render(request, "desk/proposals.html", context)


def _behind(rows: QuerySet[Proposal], after: int | None) -> QuerySet[Proposal]:
    """Those that stand behind one in the queue; it may be decided since."""
    last = Proposal.objects.filter(pk=after).first() if after else None
    if last is None:
        return rows
    return rows.filter(Q(sure__lt=last.sure) | Q(sure=last.sure, pk__gt=last.pk))


def asked_about(rows: Sequence[Proposal], person: Person) -> list[Asked]:
    """With the newest voices of both sides and the cases on hand."""
    leaving = {voice for row in rows for voice in row.voices[:VOICES]}
    issues = {issue for row in rows for issue in (row.issue_id, row.other_id) if issue}
    gone = {voice for row in rows for voice in row.voices}
    stay = newest_of(issues, most=VOICES, without=gone)
    named = Voice.objects.select_related("source").in_bulk(leaving)
    on_hand: dict[int, list[Case]] = {}
    for case in open_cases(person).filter(issue__in=issues).order_by("-id"):
        on_hand.setdefault(case.issue_id or 0, []).append(case)
    return [_asked(row, stay, named, on_hand) for row in rows]


def _asked(
    row: Proposal,
    stay: dict[int, list[Voice]],
    named: dict[int, Voice],
    on_hand: dict[int, list[Case]],
) -> Asked:
    def whole(issue: Issue) -> Side:
        voices, cases = stay[issue.pk], on_hand.get(issue.pk, [])
        return Side(issue.title, issue, issue.messages, voices, cases)

    if row.other:
        return Asked(row, in_common(row.why), (whole(row.issue), whole(row.other)))
    voices = [named[one] for one in row.voices[:VOICES] if one in named]
    left = max(0, row.issue.messages - row.issue.copies - len(row.voices))
    kept = Side(_("留下的"), None, left, stay[row.issue_id], [])
    gone = Side(_("拆出去的"), None, len(row.voices), voices, [])
    return Asked(row, in_common(row.why, leaving=True), (kept, gone))


@require_POST
@desk("group")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Yes or no; back to where it was asked."""
    person, now = person_of(request), present.now()
    row = get_object_or_404(Proposal.objects.select_related("issue", "other"), pk=pk)
    same = request.POST.get("same")
    if same not in ("yes", "no"):
        raise Http404
    yes = same == ("yes" if row.other_id else "no")
    issue = accept(row, by=person, now=now) if yes else refuse(row, by=person, now=now)
    messages.success(request, _told(row, yes=yes) % {"title": issue.title})
    if back := _number(request.POST.get("next", "")):
        return redirect("issue", pk=back)
    after = _number(request.POST.get("after", ""))
    return redirect(reverse("proposals") + (f"?after={after}" if after else ""))


def _told(row: Proposal, *, yes: bool) -> str:
    if row.other_id:
        if yes:
            return _("已合并成“%(title)s”。")
        return _("已记住：不是一回事。机器以后不会再提，也不会把它们合到一起。")
    if yes:
        return _("已拆出“%(title)s”，两个议题以后不会再合到一起。")
    return _("已记住：“%(title)s”是一回事，这些声音不再提议拆开。")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


urlpatterns = [
    path("issues/proposals/", proposals, name="proposals"),
    path("issues/proposals/<int:pk>/", decide, name="proposal-decide"),
]
