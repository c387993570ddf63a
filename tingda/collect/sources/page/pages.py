"""A page as it came, and what a page that must not or cannot be read is refused with."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from tingda.collect.sources.contract import Ask
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import FetchFailed, Response
from tingda.lib.listing_page import LARGEST, Page, page_of
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

MOST_PAGES = 10  # of one list in one look
_BINARY = ("image/", "audio/", "video/", "font/", "application/pdf", "application/zip")


class LoginWall(Refused):
    """What stands behind it is not for us."""

    kind = "login"


def get_again(ask: Ask, manners: Manners) -> Response:
    """Fetch the page of a source, or hear that it is as it was at the last look."""
    if not ask.memory.get("body"):  # what was not read, cannot be as it was
        return get(manners, ask.address)
    return get(manners, ask.address, etag=ask.etag, last_modified=ask.last_modified)


def get(manners: Manners, address: str, *, etag: str = "", last_modified: str = "") -> Response:
    """Fetch a page of at most 5 MB where robots.txt lets us.

    Raises FetchFailed, RobotsRefused, and LoginWall where the site wants to know who we are.
    """
    limits = replace(manners.limits, body=min(manners.limits.body, LARGEST))
    out = replace(manners, limits=limits)
    try:
        return out.get_page(address, etag=etag, last_modified=last_modified)
    except FetchFailed as failed:
        if failed.status in (401, 403):
            raise wall(address, failed.status) from failed
        raise


def wall(address: str, status: int = 0) -> LoginWall:
    """The refusal of a page that is not for everybody."""
    host = urlsplit(address).netloc
    if status:
        return LoginWall(
            _(
                "%(host)s 不让读这个网页（回答 %(status)s），多半要登录才能看。"
                "需要登录的内容不听，请换一个公开的网页"
            ),
            host=host,
            status=status,
        )
    return LoginWall(
        _("%(host)s 的这个网页要登录才能看。需要登录的内容不听，请换一个公开的网页"), host=host
    )


def page(came: Response) -> Page:
    """The page that came. Refused where it is none, or is built to be unreadable."""
    kind = came.headers.get("content-type", "").lower()
    if kind.startswith(_BINARY) or came.body[:5] in (b"%PDF-", b"\x89PNG\r"):
        raise Refused(_("这个网址不是网页，是文件或图片。请换成网页的网址"))
    found = page_of(came.body, kind, came.url)
    if found is None:
        raise Refused(_("这个网页是空的，或者写得不正常（标签太多），没有读"))
    return found


def text_option(options: Mapping[str, Any], name: str) -> str:
    """What the office wrote, "" where it wrote nothing."""
    value = options.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def pages_wanted(options: Mapping[str, Any]) -> int:
    """How many pages of the list are read at the first look, 1 to 10."""
    try:
        return min(max(int(options.get("pages") or 1), 1), MOST_PAGES)
    except (TypeError, ValueError):
        return 1
