"""What the page for judging an issue shows beside its charts, and words to begin a note with."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import Count
from django.utils.translation import get_language, gettext

from tingda import __version__
from tingda.analyse.models import Intent, Urgency
from tingda.answers.queries import Past, past_like
from tingda.cases.models import Claim as Checked
from tingda.cases.queries.judging import claims_of
from tingda.collect.models import Source
from tingda.detect.models import Belonging, Issue
from tingda.detect.queries import daily_messages
from tingda.detect.queries.judging import (
    Carried,
    carried_by,
    copied_between,
    copies_of,
    own_voices,
    prospect_of,
)
from tingda.lib.claims import Claim, Said, claims, same
from tingda.lib.forwarding import host_of
from tingda.lib.masks import masked
from tingda.lib.outlook import Prospect
from tingda.lib.pointing import LINKED, pointed_to, points
from tingda.lib.refusal import Refused
from tingda.lib.text import fold
from tingda.lib.words import mark as _
from tingda.people.models import Unit
from tingda.web.templatetags.tingda import named, say
from tingda.web.words import said

MOST_READ, MOST_FOR_WORDS = 400, 30  # own voices, the newest
MOST_CLAIMS, MOST_POINTING, MOST_NAMED = 10, 8, 4
FEW = 100  # messages; of an issue with more, what takes long is kept until one is added
LARGE = 2_000  # of a larger one for a while, whatever is added
_KEPT_SECONDS = 300


@dataclass(frozen=True)
class Pointing:
    """How much of what one source carried points to another: copies, quotes, links."""

    start: str
    end: str
    copies: int
    quotes: int
    links: int


@dataclass(frozen=True)
class Found:
    """What is read out of the voices; `at` is when."""

    at: datetime
    carried: list[Carried]
    pointing: list[Pointing]
    claims: list[Claim]
    past: list[Past]
    intents: list[tuple[str, int]]
    urgencies: list[tuple[object, int]]
    weeks: tuple[int, int]  # messages of the last 7 days and of the 7 before
    prospect: Prospect | None
    refusal: tuple[str, dict[str, object]]  # why there is no prospect: msgid and values


@dataclass(frozen=True)
class Stated:
    """A claim as the page shows it: without personal data, with what was found about it last."""

    number: int
    text: str
    kinds: tuple[str, ...]
    people: int
    carried: int
    checked: Checked | None


def found_in(issue: Issue, now: datetime) -> Found:
    """What the voices of an issue tell. Of more than a few it may be five minutes old, of a large
    issue also where more was said since.
    """
    if issue.messages <= FEW:
        return _found_in(issue, now)
    state = "" if issue.messages > LARGE else f":{issue.messages}:{issue.copies}"
    key = f"judged:{__version__}:{issue.pk}{state}"
    kept: Found | None = cache.get(key)
    if kept is None:
        kept = _found_in(issue, now)
        cache.set(key, kept, _KEPT_SECONDS)
    return kept


def _found_in(issue: Issue, now: datetime) -> Found:
    voices = own_voices(issue, MOST_READ)
    copied = copies_of(issue)
    days = daily_messages([issue.pk], 14, now)[issue.pk]
    prospect, refusal = _foreseen(issue, now)
    texts = [Said(who, title, text, copied.get(pk, 0)) for pk, _of, who, title, text in voices]
    return Found(
        at=now,
        carried=carried_by(issue),
        pointing=_pointing(
            issue, [(of, f"{title}\n{text}") for _pk, of, _who, title, text in voices]
        ),
        claims=claims(texts, MOST_CLAIMS),
        past=past_like(issue, [f"{one.title}\n{one.text}" for one in texts[:MOST_FOR_WORDS]]),
        intents=_intents(issue),
        urgencies=_counted(issue, "urgency"),
        weeks=(sum(days[7:]), sum(days[:7])),
        prospect=prospect,
        refusal=refusal,
    )


# ---- where it is carried ----
def _pointing(issue: Issue, texts: Sequence[tuple[int, str]]) -> list[Pointing]:
    """Between sources; what stays within one is counted among its copies."""
    counts: defaultdict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for pair, n in copied_between(issue).items():
        counts[pair]["copy"] += n
    pointing = [(source, text) for source, text in texts if points(text)]
    hosts, names = _places() if pointing else ({}, {})
    for source, text in pointing:
        for kind, end in pointed_to(text, hosts, names):
            counts[source, end][kind] += 1
    pairs = {pair: found for pair, found in counts.items() if pair[0] != pair[1]}
    called = dict(
        Source.objects.filter(pk__in={pk for pair in pairs for pk in pair}).values_list(
            "pk", "name"
        )
    )
    most = sorted(pairs.items(), key=lambda pair: (-pair[1].total(), pair[0]))[:MOST_POINTING]
    return [
        Pointing(called[a], called[b], found["copy"], found["quote"], found[LINKED])
        for (a, b), found in most
    ]


def _places() -> tuple[dict[str, int], dict[str, int]]:
    """Sources by their hosts and by their folded names. A host that several share points to
    none of them alone."""
    hosts: dict[str, int] = {}
    names: dict[str, int] = {}
    shared: set[str] = set()
    for pk, name, address in Source.objects.order_by("pk").values_list("pk", "name", "address"):
        names[fold(name).text] = pk
        host = host_of(address.lower())
        if host and hosts.setdefault(host, pk) != pk:
            shared.add(host)
    return {host: pk for host, pk in hosts.items() if host not in shared}, names


# ---- what is asked and claimed ----
def _intents(issue: Issue) -> list[tuple[str, int]]:
    found = {value: n for value, n in _counted(issue, "intent") if value}
    labels = [(str(intent), found.get(intent, 0)) for intent in Intent if intent != Intent.OTHER]
    return sorted([one for one in labels if one[1]], key=lambda one: -one[1])


def _counted(issue: Issue, name: str) -> list[tuple[object, int]]:
    """(value of the readings, voices), copies apart, the greatest value first."""
    field = f"voice__reading__{name}"
    rows = Belonging.objects.filter(issue=issue, copy=False, voice__reading__isnull=False)
    return list(rows.values_list(field).annotate(n=Count("voice")).order_by(f"-{field}"))


def stated(issue: Issue, found: Found) -> list[Stated]:
    """The claims with the verdicts of people; of the same claim the newest verdict counts."""
    checked = list(claims_of(issue.pk)[:200])
    rows = []
    for number, claim in enumerate(found.claims, start=1):
        text = masked(claim.text)
        verdict = next((one for one in checked if same(one.text, text)), None)
        rows.append(Stated(number, text, claim.kinds, claim.people, claim.carried, verdict))
    return rows


# ---- what comes ----
def _foreseen(issue: Issue, now: datetime) -> tuple[Prospect | None, tuple[str, dict[str, object]]]:
    try:
        return prospect_of(issue, now), ("", {})
    except Refused as refusal:
        return None, (refusal.message, refusal.params)


def refused(found: Found) -> str:
    """Why there is no outlook, in the reader's language; "" where there is one."""
    message, params = found.refusal
    return said(Refused(message, **params)) if message else ""


# ---- words to begin a note with ----
def template_of(
    issue: Issue, found: Found, claims: Sequence[Stated], unit: Unit | None
) -> dict[str, str]:
    """The numbers of the page in sentences, for a person to change; `unit` is the one to ask."""
    return {
        "nature": _nature(issue, found),
        "reach": _reach(issue, found),
        "trend": _trend(found),
        "stakes": _stakes(found, claims),
        "suggestion": _suggestion(unit),
    }


def _nature(issue: Issue, found: Found) -> str:
    topic = named(issue.topic) if issue.topic else gettext("未归类")
    parts = [gettext("%(topic)s：%(title)s") % {"topic": topic, "title": issue.title}]
    if found.intents:
        wants = gettext("、").join(f"{Intent(name).label} {n}" for name, n in found.intents)
        parts.append(gettext("诉求：%(wants)s") % {"wants": wants})
    return _sentences(parts)


def _reach(issue: Issue, found: Found) -> str:
    counts = {"people": issue.people, "messages": issue.messages, "copies": issue.copies}
    parts = [gettext("%(people)s 人，%(messages)s 条，其中转发 %(copies)s 条") % counts]
    names = gettext("、").join(one.name for one in found.carried[:MOST_NAMED])
    of = {"n": len(found.carried), "names": names}
    if len(found.carried) > MOST_NAMED:
        parts.append(gettext("见于 %(n)s 个来源：%(names)s等") % of)
    else:
        parts.append(gettext("见于 %(n)s 个来源：%(names)s") % of)
    if issue.place:
        parts.append(gettext("地点：%(place)s") % {"place": issue.place})
    return _sentences(parts)


def _trend(found: Found) -> str:
    counts = dict(zip(("last", "before"), found.weeks, strict=True))
    parts = [gettext("最近 7 天 %(last)s 条，之前 7 天 %(before)s 条") % counts]
    if found.prospect:
        week = found.prospect.expected[-1]
        of = {"days": week.days, "n": week.expected, "low": week.low, "high": week.high}
        parts.append(gettext("预计今后 %(days)s 天 %(n)s 条（%(low)s 到 %(high)s）") % of)
    return _sentences(parts)


def _stakes(found: Found, claims: Sequence[Stated]) -> str:
    parts = []
    worst = next(iter(found.urgencies), None)
    if worst:
        of = {"level": Urgency(int(str(worst[0]))).label, "n": worst[1]}
        parts.append(gettext("紧急程度最高“%(level)s”（%(n)s 条）") % of)
    unchecked = [one.text for one in claims if is_unchecked(one)]
    if unchecked:
        of = {"n": len(unchecked), "first": unchecked[0][:60]}
        parts.append(gettext("未核实的说法 %(n)s 个，说的人最多的：“%(first)s”") % of)
    return _sentences(parts)


def _suggestion(unit: Unit | None) -> str:
    parts = [gettext("先核实上面的说法，再定是否回应")]
    if unit:
        parts.insert(0, gettext("请%(unit)s核实") % {"unit": named(unit)})
    return _sentences(parts)


def is_unchecked(claim: Stated) -> bool:
    """Whether nobody has checked it, or a verdict was taken back."""
    return claim.checked is None or claim.checked.verdict == Checked.Verdict.UNCHECKED


def _sentences(parts: Sequence[str]) -> str:
    if get_language() == "en":
        return " ".join(f"{part}." for part in parts)
    return "".join(f"{part}。" for part in parts)


# ---- why, in words ----
KIND_NAMES = {
    "hearsay": _("听说"),
    "accusation": _("指责"),
    "cause": _("原因"),
    "number": _("数字"),
    "date": _("日期"),
}


def changes(prospect: Prospect) -> str:
    """Why so much is expected, in one sentence a colleague can check."""
    why = prospect.why
    week = why.horizons[-1]
    rises = gettext("和现在差不多")
    if week.change < 0.85:
        rises = gettext("会慢下来")
    elif week.change > 1.15:
        rises = gettext("会更多")
    of = {
        "last": why.last_7,
        "month": why.last_28,
        "days": why.days_known,
        "issues": why.issues,
        "rises": rises,
    }
    return (
        gettext(
            "最近 7 天 %(last)s 条、28 天 %(month)s 条（已知 %(days)s 天）；"
            "从本单位 %(issues)s 个议题学到：像这样的议题此后%(rises)s。"
        )
        % of
    )


def kind_name(kind: str) -> str:
    """Why a sentence counts as a claim, in the reader's language."""
    return say(KIND_NAMES[kind])
