"""A forum on this machine: Discourse, NodeBB or Flarum by its answers, and it may misbehave."""

import contextlib
import copy
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

SHAPES = Path(__file__).parents[1] / "collect" / "forum_fixtures"
BEGINNING = datetime(2026, 11, 18, tzinfo=UTC)
HEADS = {
    "discourse": '<meta name="generator" content="Discourse 3.5.0 - https://github.com/discourse">',
    "nodebb": '<script src="/assets/nodebb.min.js"></script>',
    "flarum": '</head><body><div id="flarum-loading"></div>',
}


@dataclass
class Post:
    id: int
    number: int
    html: str
    at: datetime
    author: str = "water_01"
    likes: int = 0
    hidden: bool = False


@dataclass
class Topic:
    id: int
    title: str
    category: int
    posts: list[Post] = field(default_factory=list)
    pinned: bool = False

    @property
    def moved(self) -> datetime:
        return max((post.at for post in self.posts), default=BEGINNING)


@dataclass
class Forum:
    """The forum's state, which a test may change while it is read.

    `faults` says of a part of an address how it fails: html, truncated, list, or a status.
    `before_answer` is called with each address before it is answered.
    """

    software: str
    address: str = ""
    topics: list[Topic] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    before_answer: Callable[[str], None] = lambda _path: None
    robots: str = ""
    size: int = 20
    number: int = 0

    def __post_init__(self) -> None:
        text = (SHAPES / f"{self.software}.json").read_text("utf-8")
        self.shapes: dict[str, Any] = json.loads(text)

    # --- what people do there ---

    def open(self, title: str, *texts: str, category: int = 5) -> Topic:
        topic = Topic(len(self.topics) + 1, title, category)
        self.topics.append(topic)
        self.reply(topic, *(texts or ("<p>开头</p>",)))
        return topic

    def reply(self, topic: Topic, *texts: str) -> list[Post]:
        made = []
        for html in texts:
            self.number += 1
            at = BEGINNING + timedelta(minutes=self.number)
            made.append(Post(self.number, len(topic.posts) + 1, html, at))
            topic.posts.append(made[-1])
        return made

    # --- what is asked for ---

    def posts(self, topic: Topic | None = None) -> list[tuple[Topic, Post]]:
        """The newest first."""
        found = [(one, post) for one in self.topics for post in one.posts if topic in (None, one)]
        return sorted(found, key=lambda pair: -pair[1].id)

    def listed(self, category: int | None) -> list[Topic]:
        """By the last reply, pinned ones on top."""
        found = [one for one in self.topics if category in (None, one.category)]
        return sorted(found, key=lambda one: (not one.pinned, -one.moved.timestamp()))

    def answer(self, path: str, query: dict[str, str]) -> Any:
        """The JSON for an address; None where there is nothing."""
        for pattern, method in ROUTES[self.software].items():
            if found := re.fullmatch(pattern, path):
                return method(self, query, *found.groups())
        return None

    def shape(self, name: str) -> Any:
        return copy.deepcopy(self.shapes[name])


def iso(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def site(forum: Forum, _query: dict[str, str]) -> Any:
    return forum.shape("site")


def topic_of(forum: Forum, number: str) -> Topic | None:
    return next((one for one in forum.topics if one.id == int(number)), None)


# --- Discourse ---


def d_post(forum: Forum, topic: Topic, post: Post, **more: Any) -> Any:
    liked = [{"id": 2, "count": post.likes}] if post.likes else []
    return forum.shape("post") | {
        "id": post.id,
        "username": post.author,
        "created_at": iso(post.at),
        "cooked": post.html,
        "post_number": post.number,
        "topic_id": topic.id,
        "topic_slug": f"topic-{topic.id}",
        "hidden": post.hidden,
        "actions_summary": liked,
        **more,
    }


def d_latest(forum: Forum, query: dict[str, str]) -> Any:
    last = int(query.get("before", forum.number))
    window = [(t, p) for t, p in forum.posts() if last - 50 < p.id <= last]
    return {"latest_posts": [d_post(forum, t, p, topic_title=t.title) for t, p in window]}


def d_list(forum: Forum, query: dict[str, str], _path: str, category: str) -> Any:
    page, found = int(query.get("page", 0)), forum.listed(int(category))
    rows = [
        forum.shape("topic")
        | {"id": t.id, "title": t.title, "pinned": t.pinned}
        | {"last_posted_at": iso(t.moved), "bumped_at": iso(t.moved)}
        for t in found[page * forum.size : (page + 1) * forum.size]
    ]
    listed: dict[str, Any] = {"per_page": forum.size, "topics": rows}
    if len(found) > (page + 1) * forum.size:
        listed["more_topics_url"] = f"/c/water/{category}?page={page + 1}"
    return {"users": [], "topic_list": listed}


def d_topic(forum: Forum, _query: dict[str, str], number: str, near: str) -> Any:
    topic = topic_of(forum, number)
    if topic is None:
        return None
    some = [post for post in topic.posts if post.number <= int(near)][-forum.size :]
    stream = {"posts": [d_post(forum, topic, post) for post in some]}
    return {"id": topic.id, "title": topic.title, "post_stream": stream}


def d_before(forum: Forum, query: dict[str, str], number: str) -> Any:
    topic = topic_of(forum, number)
    if topic is None:
        return None
    before = [post for post in topic.posts if post.number < int(query["post_number"])]
    some = [d_post(forum, topic, post) for post in reversed(before[-forum.size :])]
    return {"post_stream": {"posts": some}, "id": topic.id}


# --- NodeBB ---


def pages(page: int, count: int, size: int) -> dict[str, Any]:
    last = max(1, -(-count // size))
    return {"pagination": {"currentPage": page, "pageCount": last, "rel": [], "pages": []}}


def n_recent(forum: Forum, query: dict[str, str]) -> Any:
    page = int(query.get("page", 1))
    found = forum.listed(int(query["cid"]) if "cid" in query else None)
    rows = [
        forum.shape("topic")
        | {"tid": t.id, "cid": t.category, "title": t.title, "pinned": int(t.pinned)}
        | {"lastposttime": round(t.moved.timestamp() * 1000)}
        for t in found[(page - 1) * forum.size : page * forum.size]
    ]
    return {"nextStart": page * forum.size, "topics": rows} | pages(page, len(found), forum.size)


def n_topic(forum: Forum, query: dict[str, str], number: str) -> Any:
    topic = topic_of(forum, number)
    if topic is None:
        return None
    page = int(query.get("page", 1))
    opening, *replies = topic.posts
    if query.get("sort") == "newest_to_oldest":
        replies.reverse()
    begin = (page - 1) * forum.size
    some = replies[max(0, begin - 1) : begin + forum.size - 1]
    told = [n_post(forum, topic, post) for post in ([opening] if page == 1 else []) + some]
    title = topic.title.replace("&", "&amp;")
    count = pages(page, len(topic.posts), forum.size)
    return {"tid": topic.id, "title": title, "posts": told} | count


def n_post(forum: Forum, topic: Topic, post: Post) -> Any:
    made = forum.shape("post")
    made["user"]["username"] = post.author
    # some of its databases give numbers as text
    return made | {
        "pid": str(post.id),
        "tid": topic.id,
        "content": "[[topic:post_is_deleted]]" if post.hidden else post.html,
        "deleted": int(post.hidden),
        "timestamp": str(round(post.at.timestamp() * 1000)),
        "timestampISO": iso(post.at),
        "upvotes": post.likes,
        "index": post.number - 1,
    }


# --- Flarum ---


def f_rows(forum: Forum, query: dict[str, str], rows: list[Any]) -> dict[str, Any]:
    limit = min(int(query.get("page[limit]", 20)), 50)
    begin = int(query.get("page[offset]", 0))
    links = {"first": "/api"}
    if len(rows) > begin + limit:
        links["next"] = f"/api?page[offset]={begin + limit}"
    return {"links": links, "data": rows[begin : begin + limit]}


def f_discussion(forum: Forum, topic: Topic) -> Any:
    made = forum.shape("topic") | {"id": str(topic.id)}
    made["attributes"] |= {"title": topic.title, "slug": f"{topic.id}-topic"}
    moved = topic.moved.isoformat()
    made["attributes"] |= {"lastPostedAt": moved, "isSticky": topic.pinned}
    return made


def f_discussions(forum: Forum, query: dict[str, str]) -> Any:
    tag = query.get("filter[tag]")
    rows = [f_discussion(forum, one) for one in forum.listed(5 if tag == "water" else None)]
    return f_rows(forum, query, rows)


def f_posts(forum: Forum, query: dict[str, str]) -> Any:
    number = query.get("filter[discussion]")
    rows = [f_post(forum, t, p) for t, p in forum.posts() if number in (None, str(t.id))]
    listed = f_rows(forum, query, rows)
    about = [f_discussion(forum, one) for one in forum.topics]
    return listed | {"included": [forum.shape("user"), *about]}


def f_post(forum: Forum, topic: Topic, post: Post) -> Any:
    made = forum.shape("post") | {"id": str(post.id)}
    made["attributes"] |= {"number": post.number, "createdAt": post.at.isoformat()}
    made["attributes"] |= {"contentHtml": post.html} | ({"isHidden": True} if post.hidden else {})
    made["relationships"]["discussion"]["data"]["id"] = str(topic.id)
    liked = [{"type": "users", "id": str(n)} for n in range(post.likes)]
    made["relationships"]["likes"]["data"] = liked
    return made


ROUTES: dict[str, dict[str, Callable[..., Any]]] = {
    "discourse": {
        r"/site/basic-info\.json": site,
        r"/posts\.json": d_latest,
        r"/(c/(?:[^/]+/)*(\d+))/l/latest\.json": d_list,
        r"/t/(\d+)/(\d+)\.json": d_topic,
        r"/t/(\d+)/posts\.json": d_before,
    },
    "nodebb": {r"/api/config": site, r"/api/recent": n_recent, r"/api/topic/(\d+)": n_topic},
    "flarum": {r"/api": site, r"/api/posts": f_posts, r"/api/discussions": f_discussions},
}


class Handler(BaseHTTPRequestHandler):
    forum: Forum

    def do_GET(self) -> None:
        forum = self.forum
        if self.path == "/robots.txt":
            self.say(200 if forum.robots else 404, forum.robots.encode(), "text/plain")
            return
        forum.asked.append(self.path)
        forum.before_answer(self.path)
        fault = next((how for part, how in forum.faults.items() if part in self.path), "")
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        found = None if fault.isdecimal() else forum.answer(unquote(parts.path), query)
        body = json.dumps(found, ensure_ascii=False).encode()
        if fault.isdecimal():
            self.say(int(fault), b"{}", "application/json")
        elif fault:
            self.say(200, {"html": b"<!doctype html>", "list": b"[]"}.get(fault, body[:-9]))
        elif found is not None:
            self.say(200, body, "application/json")
        elif "/api/" in self.path or parts.path.endswith(".json"):
            self.say(404, b"{}", "application/json")
        else:
            head = HEADS[forum.software]
            page = f"<!doctype html><head><title>供水版 - 青石镇论坛</title>{head}"
            self.say(200, page.encode())

    def say(self, status: int, body: bytes, kind: str = "text/html; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 429:
            self.send_header("Retry-After", "3600")
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served(handler: type[BaseHTTPRequestHandler], port: int = 0) -> Iterator[str]:
    """A server on this machine while the block runs; its address."""
    made = ThreadingHTTPServer(("127.0.0.1", port), handler)
    made.daemon_threads = True
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_address[1]}"
    finally:
        made.shutdown()
        made.server_close()
        thread.join()


@contextmanager
def forum_server(software: str) -> Iterator[Forum]:
    """An empty forum with this program; `.address` is where it is."""
    forum = Forum(software)
    handler = type("Here", (Handler,), {"forum": forum})
    with served(handler) as address:
        forum.address = address
        yield forum
