"""Which forum stands behind an address that somebody pasted."""

import re

from tingda.collect.sources.contract import Pasted, Proposal
from tingda.collect.sources.forum.places import Place, guesses, is_a_persons, place_of
from tingda.collect.sources.forum.site import Site, line
from tingda.collect.sources.forum.walk import PROGRAMS
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import Response
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

_SIGNS = {
    "discourse": re.compile(
        r"""<meta[^>]+content=["']Discourse [\d.]|id=["']data-discourse-setup|discourse-base-uri""",
        re.IGNORECASE,
    ),
    "nodebb": re.compile(
        r"""<meta[^>]+content=["']NodeBB|/assets/nodebb[.-]|nodebb\.min\.js|"NodeBB""",
        re.IGNORECASE,
    ),
    "flarum": re.compile(
        r"""id=["']flarum-(?:loading|content|json-payload)|flarum\.core\.app""", re.IGNORECASE
    ),
}
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_HEAD = 200_000  # characters of a page in which its program shows
_WHY = {
    "whole": _("这是一个论坛（%(software)s），会听全站的新帖和回复"),
    "category": _("这是论坛（%(software)s）的一个版块，会听这个版块的新帖和回复"),
    "topic": _("这是论坛（%(software)s）的一个帖子，会听它的全部回复"),
}
_NAMES = {"discourse": "Discourse", "nodebb": "NodeBB", "flarum": "Flarum"}


def recognise(pasted: Pasted, manners: Manners) -> list[Proposal]:
    """The category or topic that was pasted, and the whole forum. Asks a site one address for
    each program that it may be, and only where something speaks for it.
    """
    page = _html(pasted.came)
    address = pasted.came.url if pasted.came else pasted.address
    if not address.startswith("http"):
        return []
    for name in _signs(pasted.came, page) or guesses(address):
        place = place_of(address, name)
        # of a page that we do not know, the forum is most often at the root of its host
        root = Place(name, "/".join(place.base.split("/")[:3]))
        for here in (place, root)[: 1 + (root.base != place.base)]:
            if title := _title_of(here, manners):
                return _proposals(here, title, page)
    return []


def _title_of(place: Place, manners: Manners) -> str:
    """What the forum is called; "" where none answers."""
    try:
        return PROGRAMS[place.software].title(Site(place.base, manners)) or place.base
    except Refused:
        return ""


def _signs(came: Response | None, page: str) -> list[str]:
    """The programs that show themselves in a page, the surest first."""
    headers = came.headers if came else {}
    found = [name for name, sign in _SIGNS.items() if sign.search(page)]
    if "nodebb" in headers.get("x-powered-by", "").lower():
        found.append("nodebb")
    if any(header.startswith("x-discourse-") for header in headers):
        found.append("discourse")
    return list(dict.fromkeys(found))


def _html(came: Response | None) -> str:
    body = came.body[: _HEAD * 2] if came else b""
    return body.decode("utf-8", "replace")[:_HEAD]


def _proposals(place: Place, title: str, page: str) -> list[Proposal]:
    whole = Place(place.software, place.base)
    here = _TITLE.search(page)
    name = line(here[1]) if here else ""
    found = [_proposal(whole, title)]
    if place.what != "whole" and not is_a_persons(place.address):
        found.insert(0, _proposal(place, name or f"{title} {place.id}"))
    return found


def _proposal(place: Place, name: str) -> Proposal:
    return Proposal(
        kind="forum",
        address=place.address,
        name=name[:100],
        options={"software": place.software},
        why=_WHY[place.what],
        params={"software": _NAMES[place.software]},
    )
