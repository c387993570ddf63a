"""请你看看: a person says what a value of a reading is; and the voices whose topic is not sure."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from tingda.analyse.actions.labels import say
from tingda.analyse.actions.learning import ENOUGH
from tingda.analyse.models import Label, Reading
from tingda.analyse.queries import topics_for
from tingda.analyse.queries.labels import taught, unsure_for
from tingda.collect.models import Voice
from tingda.collect.queries import voices_for
from tingda.lib import present
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.web.guard import desk, person_of
from tingda.web.marks import marked, spans_of
from tingda.web.readings import Guess, Shown, said_now

AT_ONCE, MOST_TEXT, MOST_COUNTED = 10, 600, 1000


@dataclass(frozen=True)
class Asked:
    """One voice that a person is asked about."""

    voice: Voice
    title: SafeString
    text: SafeString
    guesses: list[Guess]


@desk("hear")
def unsure(request: HttpRequest) -> HttpResponse:
    """The voices whose topic is not sure, newest first; `before` one when some were passed over."""
    person = person_of(request)
    rows = unsure_for(person)
    before = _number(request.GET.get("before", ""))
    shown = Shown.of(topics_for(person).filter(active=True))
    older = rows.filter(voice__lt=before) if before else rows
    last = voices_for(person).filter(pk=before).first() if before else None
    count = rows[: MOST_COUNTED + 1].count()
    learnt_from = taught()
    context = {
        "here": "issues",
        "asked": [_asked(row, shown) for row in older[:AT_ONCE]],
        "before": before,
        "last": last,
        "count": min(count, MOST_COUNTED),
        "more": count > MOST_COUNTED,
        "topics": shown.topics,
        "taught": learnt_from,
        "enough": ENOUGH,
        "soon": learnt_from >= ENOUGH,
    }
    return render(request, "desk/unsure.html", context)


def _asked(row: Reading, shown: Shown) -> Asked:
    return Asked(
        row.voice,
        marked(row.voice.title, spans_of(row.why, "title", ["topic"])),
        marked(row.voice.text, spans_of(row.why, "text", ["topic"]), most=MOST_TEXT),
        shown.guesses(row),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@desk("hear")
@require_POST
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what one value is; back to the voice, or to the next one that is asked about."""
    person = person_of(request)
    voice = get_object_or_404(voices_for(person), pk=pk)
    name, value = request.POST.get("name", ""), request.POST.get("value")
    if value is None:
        raise Refused(_("没有选是哪一个，什么也没有改"))
    value = value.replace("\x00", "")
    say(voice, name, value, by=person, now=present.now())
    names = Shown.of(topics_for(person)).names if name == Label.Name.TOPIC else {}
    messages.success(request, said_now(name, " ".join(value.split()), names))
    if request.POST.get("next") == "unsure":
        return redirect(f"{reverse('unsure')}?{urlencode({'before': pk})}")
    return redirect(f"{reverse('voice', args=[pk])}#read")


urlpatterns = [
    path("voices/unsure/", unsure, name="unsure"),
    path("voices/<int:pk>/correct/", correct, name="voice-correct"),
]
