"""Discourse: the newest posts of all topics in one list; topics of a category by last activity.

Field names as in https://docs.discourse.org (List posts, Latest topics, Get a topic).
"""

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

_WINDOW = 50  # /posts.json looks through so many numbers of posts, of which some are not public
_EMPTY = 20  # so many windows without a public post in a row: there is nothing older for us
_LAST = 99_999_999  # the number of a post that is beyond any topic's last
_LIKE = 2  # the id of “like” in actions_summary
_REGULAR = (0, 1, None)  # post_type: all others are notices and whispers


def title(site: Site) -> str:
    """The forum's name."""
    found = site.json("/site/basic-info.json")
    if "title" not in found:
        raise strange()
    return line(found["title"])


def newest(site: Site, place: Place, cursor: str) -> Page:
    """The newest posts of the forum, or the topics of a category."""
    return _topics(site, place, cursor) if place.id else _posts(site, cursor)


def _posts(site: Site, cursor: str) -> Page:
    before, _comma, empty = cursor.partition(",")
    found = site.json("/posts.json" + (f"?before={before}" if before else ""))
    if not isinstance(found.get("latest_posts"), list):
        raise strange()
    posts = nodes(found["latest_posts"])
    numbers = [number(post.get("id")) for post in posts]
    said = [_said(site, post, "") for post in posts]
    if numbers:
        return Page(said, next=str(min(numbers) - 1) if min(numbers) > 1 else "")
    earlier, misses = number_of(before) - _WINDOW, number_of(empty) + 1
    return Page(next=f"{earlier},{misses}" if earlier > 0 and misses < _EMPTY else "")


def number_of(cursor: str) -> int:
    """A cursor that is a number."""
    return int(cursor) if cursor.isdecimal() else 0


def _topics(site: Site, place: Place, cursor: str) -> Page:
    page = number_of(cursor.removeprefix("p"))
    path = quote(place.id, safe="/%")
    found = node(site.json(f"/{path}/l/latest.json?order=activity&page={page}").get("topic_list"))
    if not isinstance(found.get("topics"), list):
        raise strange()
    topics = [_topic(topic) for topic in nodes(found["topics"])]
    more = topics and text(found.get("more_topics_url"))
    return Page(topics=topics, next=f"p{page + 1}" if more else "")


def _topic(topic: Node) -> Topic:
    bumped = since(topic.get("bumped_at"))
    return Topic(
        id=text(topic.get("id")),
        title=line(topic.get("title")),
        at=max(bumped, since(topic.get("last_posted_at"))),
        order=bumped,
        pinned=bool(topic.get("pinned") or topic.get("pinned_globally")),
    )


def posts(site: Site, topic: str, title: str, cursor: str) -> Page:
    """The posts of a topic, the last ones first."""
    if cursor:
        found = site.json(f"/t/{topic}/posts.json?post_number={cursor}&asc=false")
    else:
        found = site.json(f"/t/{topic}/{_LAST}.json")
        title = line(found.get("title")) or title
    stream = node(found.get("post_stream"))
    if not isinstance(stream.get("posts"), list):
        raise strange()
    listed = nodes(stream["posts"])
    first = min((number(post.get("post_number")) for post in listed), default=1)
    said = [_said(site, post, title) for post in listed]
    # a page that is not before the last one would go on for ever
    goes_on = first > 1 and (not cursor or first < number_of(cursor))
    return Page(said, next=str(first) if goes_on else "", title=title)


def _said(site: Site, post: Node, title: str) -> Said:
    at = since(post.get("created_at"))
    gone = post.get("deleted_at") or post.get("user_deleted") or post.get("hidden")
    if gone or post.get("post_type") not in _REGULAR or not post.get("id"):
        return Said(at)
    said_at, precision = moment(post.get("created_at"))
    slug = quote(text(post.get("topic_slug")), safe="%") or "-"
    where = f"{text(post.get('topic_id'))}/{text(post.get('post_number'))}"
    likes = [one for one in nodes(post.get("actions_summary")) if one.get("id") == _LIKE]
    entry = Entry(
        title=line(post.get("topic_title")) or title,
        text=plain_text(text(post.get("cooked"))),
        url=f"{site.base}/t/{slug}/{where}",
        said_at=said_at,
        precision=precision,
        author=text(post.get("username")),
        likes=number(likes[0].get("count")) if likes else 0,
        guid=f"discourse:{text(post.get('id'))}",
    )
    return Said(at, entry)


def earlier(of_topic: bool, cursor: str) -> str:
    """Lists of topics are in pages; all else goes by numbers of posts, which stay."""
    return f"p{max(0, number_of(cursor[1:]) - 1)}" if cursor.startswith("p") else cursor
