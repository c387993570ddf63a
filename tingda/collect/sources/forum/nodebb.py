"""NodeBB: topics by their last reply, and the posts of those that moved, the newest first.

There is a list of recent posts, too, but it gives their texts without lines.
Field names as in https://docs.nodebb.org/api/read/.
"""

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
    true,
)
from tingda.lib.markup import plain_text


def title(site: Site) -> str:
    """The forum's name."""
    found = site.json("/api/config")
    if "siteTitle" not in found:
        raise strange()
    return line(found["siteTitle"])


def newest(site: Site, place: Place, cursor: str) -> Page:
    """The topics of the forum or of a category, by their last reply."""
    page = int(cursor or 1)
    only = f"&cid={place.id}" if place.id else ""
    found = site.json(f"/api/recent?page={page}{only}")
    if not isinstance(found.get("topics"), list):
        raise strange()
    topics = [_topic(topic) for topic in nodes(found["topics"]) if not true(topic.get("deleted"))]
    return Page(topics=topics, next=_next(found, page) if found["topics"] else "")


def _topic(topic: Node) -> Topic:
    at = since(topic.get("lastposttime"))
    return Topic(
        id=text(topic.get("tid")),
        title=line(topic.get("title")),
        at=at,
        order=at,
        pinned=true(topic.get("pinned")),
    )


def _next(found: Node, page: int) -> str:
    """The next page, where there is one. Old versions say nothing of pages in the list of topics:
    then the next is asked for, until it is empty.
    """
    pages = node(found.get("pagination"))
    return str(page + 1) if not pages or number(pages.get("pageCount")) > page else ""


def posts(site: Site, topic: str, title: str, cursor: str) -> Page:
    """The posts of a topic, the last ones first."""
    page = int(cursor or 1)
    found = site.json(f"/api/topic/{topic}?sort=newest_to_oldest&page={page}")
    if not isinstance(found.get("posts"), list):
        raise strange()
    title = line(found.get("title")) or title
    said = [_said(site, post, title) for post in nodes(found["posts"])]
    return Page(said, next=_next(found, page) if len(said) > 1 else "", title=title)


def _said(site: Site, post: Node, title: str) -> Said:
    at = since(post.get("timestamp"))
    opening = number(post.get("index")) == 0  # stands on top of the first page, and of others
    if true(post.get("deleted")) or not text(post.get("pid")).isdecimal():
        return Said(at, in_order=not opening)
    said_at, precision = moment(post.get("timestamp"))
    author = text(node(post.get("user")).get("username"))
    entry = Entry(
        title=title,
        text=plain_text(text(post.get("content"))),
        url=f"{site.base}/post/{text(post.get('pid'))}",
        said_at=said_at,
        precision=precision,
        # of somebody who left, a word of the program's own stands there: [[global:guest]]
        author="" if author.startswith("[[") else author,
        likes=number(post.get("upvotes")),
        dislikes=number(post.get("downvotes")),
        guid=f"nodebb:{text(post.get('pid'))}",
    )
    return Said(at, entry, in_order=not opening)


def earlier(of_topic: bool, cursor: str) -> str:
    """Everything is in pages."""
    return str(max(1, int(cursor) - 1))
