"""Which forum, category or topic an address means. Pure: nothing is asked."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

What = Literal["whole", "category", "topic"]
SOFTWARE = ("discourse", "nodebb", "flarum")


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere in a forum. `base` is the forum's address without a last slash, `id` what its
    program calls the place ("" for the whole).
    """

    software: str
    base: str
    what: What = "whole"
    id: str = ""

    @property
    def address(self) -> str:
        """The address of the page that a reader would open."""
        return f"{self.base}/{self.path}" if self.path else f"{self.base}/"

    @property
    def path(self) -> str:
        paths = {
            ("discourse", "topic"): "t/{}",
            ("discourse", "category"): "{}",
            ("nodebb", "topic"): "topic/{}",
            ("nodebb", "category"): "category/{}",
            ("flarum", "topic"): "d/{}",
            ("flarum", "category"): "t/{}",
        }
        return paths.get((self.software, self.what), "").format(self.id)


_PLACES: dict[str, tuple[tuple[What, str], ...]] = {
    "discourse": (
        ("topic", r"t/(?:[^/]*[^/\d][^/]*/)?(\d+)(?:/.*)?"),
        ("category", r"(c/(?:[^/]+/)*?\d+|tag/[^/]+)(?:/(?:l/.*|none|all|\d+)?)?"),
    ),
    "nodebb": (
        ("topic", r"topic/(\d+)(?:/.*)?"),
        ("category", r"category/(\d+)(?:/.*)?"),
    ),
    "flarum": (
        ("topic", r"d/(\d+)(?:-[^/]*)?(?:/.*)?"),
        ("category", r"t/([^/]+)"),
    ),
}
_LISTS = re.compile(
    r"/(?:latest|categories|category|new|top|hot|unread|recent|popular|all|tags|posts|index"
    r"|t|c|tag|topic|d|site|about|faq|following|u|user|users|g|groups|search|login)(?:/.*|\.json)?$"
)
_PERSON = re.compile(r"/(?:u|user|users|profile)/[^/]+", re.IGNORECASE)


def place_of(address: str, software: str) -> Place:
    """What an address of a forum with this program means; the whole forum where it is no place."""
    parts = urlsplit(address)
    root = f"{parts.scheme}://{parts.netloc}"
    path = parts.path.removesuffix(".json").rstrip("/")
    for what, pattern in _PLACES[software]:
        found = re.fullmatch(rf"(.*?)/{pattern}", path)
        if found:
            return Place(software, root + found[1], what, found[2])
    return Place(software, root + _LISTS.sub("", path))


def is_a_persons(address: str) -> bool:
    """Whether an address is that of one person's posts: those are not for us."""
    return _PERSON.search(urlsplit(address).path) is not None


def guesses(address: str) -> list[str]:
    """The programs whose addresses look like this one, where it is a category or a topic."""
    return [name for name in SOFTWARE if place_of(address, name).what != "whole"]
