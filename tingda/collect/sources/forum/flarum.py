"""Flarum: JSON:API. The newest posts of all discussions, or the discussions of a tag.

Field names as in https://docs.flarum.org/rest-api.
"""

from collections.abc import Mapping
from urllib.parse import quote

from tingda.collect.rules import Entry
from tingda.collect.sources.forum.places import Place
from tingda.collect.sources.forum.site import (
    Node,
    Page,
    Said,
    Site,
    Topic,
    line,
    moment,
    node,
    nodes,
    number,
    since,
    strange,
    text,
)
from tingda.lib.markup import plain_text

_MANY = 50  # the most that a Flarum gives at once
_OVERLAP = 5  # what is deleted while we turn the page would hide others behind it
Included = Mapping[tuple[str, str], Node]


def title(site: Site) -> str:
    """The forum's name."""
    found = _attributes(node(site.json("/api").get("data")))
    if "title" not in found or "apiUrl" not in found:
        raise strange()
    return line(found["title"])


def newest(site: Site, place: Place, cursor: str) -> Page:
    """The newest posts of the forum, or the discussions with a tag."""
    if not place.id:
        return _posts(site, "sort=-createdAt", "", cursor)
    tag = quote(place.id, safe="%")
    _came, rows, following = _list(
        site, f"/api/discussions?filter[tag]={tag}&sort=-lastPostedAt", cursor
    )
    topics = [_topic(row) for row in rows]
    return Page(topics=topics, next=following)


def posts(site: Site, topic: str, title: str, cursor: str) -> Page:
    """The posts of a discussion, the last ones first."""
    return _posts(site, f"filter[discussion]={topic}&sort=-createdAt", title, cursor)


def _list(site: Site, path: str, cursor: str) -> tuple[Node, list[Node], str]:
    """A list as it came, its rows, and the cursor of the next page."""
    offset = int(cursor or 0)
    found = site.json(f"{path}&page[limit]={_MANY}&page[offset]={offset}")
    if not isinstance(found.get("data"), list):
        raise strange()
    rows = nodes(found["data"])
    more = rows and text(node(found.get("links")).get("next"))
    return found, rows, str(offset + max(1, len(rows) - _OVERLAP)) if more else ""


def _topic(row: Node) -> Topic:
    told = _attributes(row)
    at = since(told.get("lastPostedAt"))
    return Topic(
        id=text(row.get("id")),
        title=line(told.get("title")),
        at=at,
        order=at,
        pinned=bool(told.get("isSticky")),
    )


def _posts(site: Site, which: str, title: str, cursor: str) -> Page:
    found, rows, following = _list(site, f"/api/posts?{which}", cursor)
    included = {
        (text(one.get("type")), text(one.get("id"))): one for one in nodes(found.get("included"))
    }
    said = [_said(site, row, included, title) for row in rows]
    titles = [one.entry.title for one in said if one.entry]
    return Page(said, next=following, title=titles[0] if titles else title)


def _said(site: Site, row: Node, included: Included, title: str) -> Said:
    told = _attributes(row)
    at = since(told.get("createdAt"))
    hidden = told.get("isHidden") or told.get("isApproved") is False
    if hidden or told.get("contentType") != "comment" or "contentHtml" not in told:
        return Said(at)
    said_at, precision = moment(told.get("createdAt"))
    discussion = _related(row, "discussion", included)
    about = _attributes(discussion)
    slug = quote(text(about.get("slug")) or text(discussion.get("id")), safe="%")
    entry = Entry(
        title=line(about.get("title")) or title,
        text=plain_text(text(told.get("contentHtml"))),
        url=f"{site.base}/d/{slug}/{number(told.get('number'))}" if slug else "",
        said_at=said_at,
        precision=precision,
        author=text(_attributes(_related(row, "user", included)).get("username")),
        likes=_likes(row, told),
        guid=f"flarum:{text(row.get('id'))}",
    )
    return Said(at, entry)


def _likes(row: Node, told: Node) -> int:
    """Of those who liked it, new versions give the number and old ones a list."""
    liked = node(node(row.get("relationships")).get("likes")).get("data")
    return number(told.get("likesCount")) or len(nodes(liked))


def _attributes(row: Node) -> Node:
    return node(row.get("attributes"))


def _related(row: Node, name: str, included: Included) -> Node:
    """What a row points to; where it was not sent along, at least its id."""
    told = node(node(node(row.get("relationships")).get(name)).get("data"))
    return included.get((text(told.get("type")), text(told.get("id"))), told)


def earlier(of_topic: bool, cursor: str) -> str:
    """Everything is counted from the newest."""
    return str(max(0, int(cursor) - _MANY))
