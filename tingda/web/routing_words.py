"""What a rule asks for, why one is suggested, and what is wrong with one, in the reader's
language."""

from dataclasses import dataclass

from django.utils.translation import gettext

from tingda.cases.models import Route
from tingda.cases.queries.routing import Suggestion, Trouble
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.web.templatetags.tingda import named
from tingda.web.watch_bench import Hit, hit_of
from tingda.web.words import said

TROUBLES = {
    "topic": _("它的主题已经停用"),
    "source": _("它的来源已经停用"),
    "unit": _("它要发给的单位已撤，或者没有在用的联络员"),
    "person": _("它要发给的人已经停用，或者不在这个单位了"),
    "owner": _("它的负责人不再是值班员"),
}


def trouble_text(trouble: Trouble) -> str:
    """What is wrong."""
    if trouble.code != "unread":
        return gettext(TROUBLES[trouble.code])
    why = said(Refused(trouble.message, **(trouble.params or {})))
    return gettext("它的规则读不懂：%(why)s") % {"why": why}


def asked(route: Route) -> list[str]:
    """The fields of a rule, a text each; its words are shown as they stand."""
    found = []
    if route.topic:
        found.append(gettext("主题：%(name)s") % {"name": named(route.topic)})
    if route.place:
        found.append(gettext("地点：%(name)s") % {"name": route.place})
    if route.source:
        found.append(gettext("来源：%(name)s") % {"name": route.source.name})
    if route.days:
        found.append(route.get_days_display())
    if route.start and route.end:
        found.append(f"{route.start:%H:%M}–{route.end:%H:%M}")
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """A suggestion as the page tells it. `hit`: the voice with the words that decided."""

    found: Suggestion
    asked: list[str]
    trouble: str
    hit: Hit | None
    then: list[str]


def shown(found: Suggestion) -> Shown | None:
    """For the template; None where there are no rules that say anything."""
    if not (found.route or found.unread):
        return None
    return Shown(
        found=found,
        asked=asked(found.route) if found.route else [],
        trouble=trouble_text(found.trouble) if found.trouble else "",
        hit=hit_of(found.voice, found.spans) if found.voice and found.spans else None,
        then=asked(found.then) if found.then else [],
    )
