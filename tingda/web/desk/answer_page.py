"""One answer: the words that count, the words that were, and what may be done with them now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from tingda.answers.models import Answer, Confirmation, Correction, Review, Version
from tingda.answers.rules import check_release
from tingda.lib import present
from tingda.lib.differences import Change, changes
from tingda.lib.refusal import Refused
from tingda.people.models import Person
from tingda.web.desk.answer_forms import CorrectionForm, Note
from tingda.web.desk.case_forms import Reason
from tingda.web.desk.case_owner import Offer
from tingda.web.guard import person_of
from tingda.web.personal import Held, held_in
from tingda.web.words import said

Bound = Mapping[str, forms.Form]


@dataclass(frozen=True)
class Shown:
    """One version: its parts as pieces that stayed, went, or are new against the one before."""

    version: Version
    parts: list[tuple[str, list[Change]]]


@dataclass(frozen=True)
class Waiting:
    """A correction nobody signed yet; `why_not` says why this person cannot."""

    correction: Correction
    may_release: bool
    why_not: str
    drop: Offer | None
    personal: list[Held]


def show_answer(
    request: HttpRequest,
    answer: Answer,
    *,
    bound: Bound | None = None,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page; `bound` holds a form that was not carried out, `error` why a button was not."""
    person, bound = person_of(request), bound or {}
    versions = list(answer.versions.select_related("author"))
    reviews = Review.objects.filter(version__answer=answer).select_related("reviewer", "version")
    may_release, why_not = _release(answer, versions, person)
    context = {
        "here": "answers",
        "now": present.now(),
        "error": error,
        "answer": answer,
        "case": answer.case,
        "facts": answer.case.facts.prefetch_related("files").order_by("id"),
        "version": versions[-1],
        "shown": shown(versions),
        "reviews": list(reviews.order_by("-id")),
        "sent_back": _sent_back(answer, list(reviews.order_by("-id")[:1])),
        "may_write": answer.state == "drafting" and answer.case.is_open and person.may("draft"),
        "may_release": may_release,
        "why_not": why_not,
        "personal": personal_in(answer, versions[-1]),
        "opened": next(iter(bound), request.GET.get("do", "")),
        "send_back": _send_back(answer, person, bound),
        "correct": _correct(answer, person, bound),
        "corrections": _released(answer),
        "waiting": _waiting(answer, person, bound),
        "verdicts": _verdicts(answer),
    }
    return render(request, "desk/answer.html", context, status=status)


def shown(versions: Sequence[Version]) -> list[Shown]:
    """The versions, newest first, each against the one before it."""
    names = (_("题目"), _("大家反映的"), _("我们查到的"), _("已经做的"), _("我们承诺的"))
    found: list[Shown] = []
    before = [""] * len(names)
    for version in versions:
        texts = [version.title, version.heard, version.found, version.done, _promised(version)]
        first = not found
        parts: list[tuple[str, list[Change]]] = [
            (name, [("same", new)] if first else changes(old, new))
            for name, old, new in zip(names, before, texts, strict=True)
            if old or new
        ]
        found.append(Shown(version, parts))
        before = texts
    return found[::-1]


def personal_in(answer: Answer, version: Version) -> list[Held]:
    """Personal data in what is about to be public; nothing to say once it is."""
    if answer.state not in ("drafting", "review"):
        return []
    words = (version.title, version.heard, version.found, version.done)
    return held_in([*words, *(str(row["what"]) for row in version.promises)])


def _promised(version: Version) -> str:
    return "\n".join(f"{row['what']} {row['due_on']}" for row in version.promises)


def _release(answer: Answer, versions: list[Version], person: Person) -> tuple[bool, str]:
    """Whether this person may sign, and if not, why."""
    if answer.state != "review":
        return False, ""
    if not person.may("release"):
        return False, _("等签发人签发。")
    authors = frozenset(version.author_id for version in versions)
    return _four_eyes(person, authors, answer.submitted_by_id)


def _four_eyes(
    person: Person, authors: frozenset[int], submitted_by: int | None
) -> tuple[bool, str]:
    try:
        check_release(releaser=person.pk, authors=authors, submitted_by=submitted_by)
    except Refused as refusal:
        return False, said(refusal)
    return True, ""


def _sent_back(answer: Answer, newest: list[Review]) -> Review | None:
    back = answer.state == "drafting" and newest and not newest[0].passed
    return newest[0] if back else None


def _send_back(answer: Answer, person: Person, bound: Bound) -> Offer | None:
    if answer.state != "review" or not person.may("review"):
        return None
    form = bound.get("send-back") or Note(auto_id="back_%s")
    address = reverse("answer-send-back", args=[answer.pk])
    return Offer("send-back", _("退回修改…"), form, address, _("退回"))


def _correct(answer: Answer, person: Person, bound: Bound) -> Offer | None:
    if answer.state != "published" or not person.may("draft"):
        return None
    form = bound.get("correct") or CorrectionForm(auto_id="correct_%s")
    address = reverse("answer-correct", args=[answer.pk])
    note = _("由另一个人签发后，和原文一起公开。")
    return Offer("correct", _("更正…"), form, address, _("提交更正"), note)


def _released(answer: Answer) -> list[Correction]:
    rows = answer.corrections.filter(released_at__isnull=False)
    return list(rows.select_related("drafted_by", "released_by"))


def _waiting(answer: Answer, person: Person, bound: Bound) -> list[Waiting]:
    rows = answer.corrections.filter(released_at=None).select_related("drafted_by")
    return [_waiting_one(answer, row, person, bound) for row in rows]


def _waiting_one(answer: Answer, row: Correction, person: Person, bound: Bound) -> Waiting:
    may, why_not = False, _("等签发人签发。")
    if person.may("release"):
        may, why_not = _four_eyes(person, frozenset({row.drafted_by_id}), None)
    drop = None
    if person.may("review"):
        name = f"drop-{row.pk}"
        form = bound.get(name) or Reason(auto_id=f"{name}_%s")
        address = reverse("correction-drop", args=[answer.pk, row.pk])
        drop = Offer(name, _("不更正了…"), form, address, _("放弃这条更正"))
    return Waiting(row, may, why_not, drop, held_in([row.text]))


def _verdicts(answer: Answer) -> list[tuple[str, int, list[str]]]:
    """What the people who wrote say: (verdict, how many, their notes)."""
    said_of = list(answer.confirmations.order_by("-at"))
    return [
        (
            str(name),
            sum(row.verdict == code for row in said_of),
            [row.note for row in said_of if row.verdict == code and row.note],
        )
        for code, name in Confirmation.Verdict.choices
        if any(row.verdict == code for row in said_of)
    ]
