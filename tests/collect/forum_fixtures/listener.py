"""A source that looks at the tests' forum again and again."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.servers.forum import Forum, Topic
from tingda.collect.rules import Entry, Look
from tingda.collect.sources.contract import Ask
from tingda.collect.sources.forum.kind import KIND
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import Limits

NOW = datetime(2026, 11, 21, 8, 20, tzinfo=UTC)
ALL = ("discourse", "nodebb", "flarum")


@dataclass
class Listener:
    """A source that looks again and again; `requests` is how many fit into one look."""

    forum: Forum
    path: str = "/"
    software: str = ""
    memory: dict[str, Any] = field(default_factory=dict)
    heard: dict[str, Entry] = field(default_factory=dict)

    def look(self, requests: int = 1000) -> Look:
        left = iter(range(requests - 1))

        class Hurried(Manners):
            @property
            def has_time(self) -> bool:
                return next(left, None) is not None

        host = self.forum.address.removeprefix("http://")
        out = Hurried(ZoneInfo("Asia/Shanghai"), allowed_hosts=(host,), limits=Limits(total=5))
        ask = Ask(
            f"{self.forum.address}{self.path}",
            NOW,
            options={"software": self.software or self.forum.software},
            memory=self.memory,
        )
        found = KIND.look(ask, out)
        assert found.memory is not None
        self.memory = dict(found.memory)
        self.heard |= {entry.guid: entry for entry in found.entries}
        return found

    @property
    def texts(self) -> list[str]:
        return sorted(entry.text for entry in self.heard.values())


def whole(forum: Forum) -> list[str]:
    """Every text in the forum that is not hidden."""
    return sorted(
        post.html.replace("<p>", "").replace("</p>", "")
        for topic in forum.topics
        for post in topic.posts
        if not post.hidden
    )


def paths(forum: Forum) -> str:
    """The address of category 5 as a reader sees it."""
    return {"discourse": "/c/water/5", "nodebb": "/category/5/water", "flarum": "/t/water"}[
        forum.software
    ]


def topic_path(forum: Forum, topic: Topic) -> str:
    return {
        "discourse": f"/t/topic-{topic.id}/{topic.id}/7",
        "nodebb": f"/topic/{topic.id}/topic/7",
        "flarum": f"/d/{topic.id}-topic/7",
    }[forum.software]
