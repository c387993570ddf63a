"""Which hashtag or account an address means. Pure: nothing is asked."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

_TAG = re.compile(r"/(?:web/)?(?:timelines/)?tags?/([^/]+)/?")
_ACCOUNT = re.compile(r"/(?:web/|users/)?@?([A-Za-z0-9_.-]+)/?")
_PERSON = re.compile(r"/(?:web/)?(?:@[^/]+|users/[^/]+)(?:/.*)?")


@dataclass(frozen=True, slots=True)
class Place:
    """A server and, on it, a tag (without #) or an account (without @), "" where there is none."""

    server: str
    tag: str = ""
    account: str = ""

    @property
    def address(self) -> str:
        """The address of the page that a reader would open."""
        if self.tag:
            return f"{self.server}/tags/{quote(self.tag, safe='')}"
        return f"{self.server}/@{self.account}" if self.account else f"{self.server}/"


def place_of(address: str) -> Place:
    """What an address means; of https://server/@name@elsewhere only the server is told."""
    parts = urlsplit(address)
    server = f"{parts.scheme}://{parts.netloc}"
    if found := _TAG.fullmatch(parts.path):
        return Place(server, tag=unquote(found[1]).lstrip("#"))
    if is_a_persons(address) and (found := _ACCOUNT.fullmatch(parts.path)):
        return Place(server, account=found[1])
    return Place(server)


def is_a_persons(address: str) -> bool:
    """Whether an address is that of an account or of something it said."""
    return _PERSON.fullmatch(urlsplit(address).path) is not None
