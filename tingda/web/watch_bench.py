"""What the test bench found, as it is shown: the fault in a rule, days, warnings, marked words."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from tingda.analyse.models import Watch
from tingda.analyse.queries import lists_for, watches_for
from tingda.analyse.queries.bench import DAYS, MOST_VOICES, Bench, bench
from tingda.collect.models import Voice
from tingda.collect.queries import voices_for
from tingda.lib.refusal import Refused
from tingda.lib.watching.evaluate import Match
from tingda.lib.watching.evaluate import Span as Found
from tingda.lib.watching.parse import parse
from tingda.lib.watching.trial import Lint
from tingda.people.models import Person
from tingda.web.marks import Span, marked
from tingda.web.words import said

NEWEST, CHANGED, LINTS = 20, 10, 6
BEFORE, CLIP = 40, 160  # characters of a text that are shown, some of them before the first find
AROUND = 60  # characters of a long rule at either side of its fault


@dataclass(frozen=True, slots=True)
class Hit:
    """One voice that the rule marks, with the words highlighted."""

    voice: Voice
    title: SafeString
    text: SafeString


def tried(rule: str, watch: Watch | None, *, person: Person, now: datetime) -> dict[str, object]:
    """For the template: what is wrong with the rule, or what it would have marked."""
    if not rule:
        return {"nothing_typed": True}
    try:
        read = parse(rule, list(lists_for(person).values_list("name", flat=True)))
    except Refused as refusal:
        return {"fault": said(refusal), "faulty": pointed(rule, refusal.params.get("at"))}
    found = bench(read, watch=watch, now=now)
    trial = found.trial
    days = _days(found, now)
    changed = watch is not None and (trial.added or trial.lost)
    return {
        "bench": found,
        "count": len(trial.marked),
        "percent": _percent(len(trial.marked), trial.looked),
        "window": DAYS,
        "looked": trial.looked,
        "cut": found.total > trial.looked and not found.unfinished,
        "most": MOST_VOICES,
        "unfinished": found.unfinished,
        "days": days,
        "counts": [count for _day, count in days],
        "lints": _lints(trial.lints, person),
        "hits": _hits(found, list(trial.marked.items())[:NEWEST], person),
        "compared": changed,
        "same_as_saved": watch is not None and not changed,
        "added_count": len(trial.added),
        "lost_count": len(trial.lost),
        "added": _hits(found, [(i, trial.marked[i]) for i in trial.added[:CHANGED]], person),
        "lost": _hits(found, list(trial.lost.items())[:CHANGED], person),
    }


def pointed(rule: str, at: object) -> SafeString:
    """The rule with the place of its fault marked; the end of a rule is a place too."""
    if not isinstance(at, int):
        return SafeString("")
    index = min(at - 1, len(rule))
    before, after = rule[max(0, index - AROUND) : index], rule[index + 1 : index + 1 + AROUND]
    return format_html(
        '{}{}<mark class="fault" title="{}">{}</mark>{}{}',
        "…" if index > AROUND else "",
        before,
        gettext("这里"),
        rule[index : index + 1].strip() or "\u00a0",
        after,
        "…" if index + 1 + AROUND < len(rule) else "",
    )


def _percent(count: int, looked: int) -> str:
    share = count * 100 / looked if looked else 0
    return f"{share:.0f}" if share >= 1 or not share else "<1"


def _days(found: Bench, now: datetime) -> list[tuple[date, int]]:
    counts = Counter(timezone.localdate(found.at[index]) for index in found.trial.marked)
    last = timezone.localdate(now)
    days = [last - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
    return [(day, counts[day]) for day in days]


def _lints(lints: Sequence[Lint], person: Person) -> list[str]:
    numbers = [lint.rule for lint in lints if lint.rule][:LINTS]
    names = dict(watches_for(person).filter(pk__in=numbers).values_list("pk", "name"))
    sentences = {
        "wide": gettext("太宽：标出的超过全部声音的两成，等于没有标。加一个词，或用减号排除。"),
        "never": gettext("一条也没有标出：看看词是不是写得太细，或换一种说法。"),
        "same": gettext("和关注“%(name)s”标出的完全一样，留一条就够。"),
        "within": gettext("标出的，关注“%(name)s”全都标出了。"),
        "covers": gettext("关注“%(name)s”标出的，这条全都标出了。"),
    }
    return [
        sentences[lint.kind] % {"name": names.get(lint.rule, "")}
        if lint.rule
        else sentences[lint.kind]
        for lint in lints
        if not lint.rule or lint.rule in names
    ]


def _hits(found: Bench, picked: Iterable[tuple[int, Match]], person: Person) -> list[Hit]:
    matches = {found.voices[index]: match for index, match in picked}
    rows = voices_for(person).filter(pk__in=matches).select_related("source").in_bulk()
    return [hit_of(rows[pk], match.spans) for pk, match in matches.items() if pk in rows]


def hit_of(voice: Voice, found: Iterable[Found]) -> Hit:
    """A voice with these stretches of it highlighted."""
    spans = {"title": list[tuple[int, int]](), "body": list[tuple[int, int]]()}
    for field, start, end in found:
        spans[field].append((start, end))
    return Hit(voice, _lit(voice.title, spans["title"]), _clipped(voice.text, spans["body"]))


def _lit(text: str, spans: Iterable[tuple[int, int]]) -> SafeString:
    why = gettext("规则找到的词")
    return marked(text, [Span(start, end, "watch", why) for start, end in spans])


def _clipped(text: str, spans: Sequence[tuple[int, int]]) -> SafeString:
    first = max(0, spans[0][0] - BEFORE) if spans else 0
    first = 0 if first < BEFORE else first
    piece = text[first : first + CLIP]
    shown = [(start - first, min(end - first, len(piece))) for start, end in spans]
    lit = _lit(piece, [(start, end) for start, end in shown if start < len(piece)])
    return format_html("{}{}{}", "…" if first else "", lit, "…" if first + CLIP < len(text) else "")
