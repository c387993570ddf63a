"""JSON Feed 1.x, read into the same entries. See https://www.jsonfeed.org/version/1.1/."""

import html
import json
from collections.abc import Mapping

from tingda.collect.rules import Entry
from tingda.collect.sources.feed.guard import MOST_ITEMS, too_many
from tingda.collect.sources.feed.parts import Feed, Ground, joined, language, moment, one_line
from tingda.lib.markup import plain_text


def read_json(text: str, ground: Ground) -> Feed | None:
    """The feed in a JSON text; None where there is none in it, Refused where too much."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("items"), list):
        return None
    if "jsonfeed" not in str(found.get("version", "")):
        return None
    items = [item for item in found["items"] if isinstance(item, dict)]
    if len(items) > MOST_ITEMS:
        raise too_many()
    return Feed(
        title=one_line(_text(found, "title")),
        link=joined(ground.url, _text(found, "home_page_url")),
        lang=language(found.get("language")),
        entries=tuple(_entry(item, found, ground) for item in items),
        hub=_hub(found, ground),
        topic=joined(ground.url, _text(found, "feed_url")),
    )


def _hub(feed: Mapping[str, object], ground: Ground) -> str:
    """The first hub that speaks WebSub; others (rssCloud) are not spoken here."""
    hubs = feed.get("hubs")
    listed = [hub for hub in hubs if isinstance(hub, dict)] if isinstance(hubs, list) else []
    spoken = [hub for hub in listed if _text(hub, "type").lower() == "websub"]
    return next(filter(None, (joined(ground.url, _text(hub, "url")) for hub in spoken)), "")


def _entry(item: Mapping[str, object], feed: Mapping[str, object], ground: Ground) -> Entry:
    url = joined(ground.url, _text(item, "url") or _text(item, "external_url"))
    text = _words(item)
    said_at, precision = moment(
        (_text(item, "date_published"), _text(item, "date_modified")), ground
    )
    return Entry(
        title=_line(item, "title") or ("" if text else url),
        text=text,
        url=url,
        said_at=said_at,
        precision=precision,
        author=(_author(item) or _author(feed))[:200],
        guid=_text(item, "id").strip(),
        lang=language(item.get("language"), feed.get("language")),
    )


def _words(item: Mapping[str, object]) -> str:
    """The words of an item: the longer of its two contents, else its summary."""
    parts = (plain_text(_text(item, "content_html")), _plain(item, "content_text"))
    return max(parts, key=len) or _plain(item, "summary")


def _plain(item: Mapping[str, object], name: str) -> str:
    """A member that is plain text by the format: signs in it are signs, not markup."""
    return plain_text(html.escape(_text(item, name), quote=False))


def _line(item: Mapping[str, object], name: str) -> str:
    return " ".join(_plain(item, name).split())


def _author(item: Mapping[str, object]) -> str:
    """`authors` of 1.1 or `author` of 1.0, by name."""
    authors = item.get("authors")
    listed = authors if isinstance(authors, list) else [item.get("author")]
    names = [_line(one, "name") for one in listed if isinstance(one, dict)]
    return ", ".join(name for name in names if name)


def _text(item: Mapping[str, object], name: str) -> str:
    """A member as text; identities are often written as numbers."""
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)
