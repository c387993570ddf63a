"""Long lists by pages, not counted: to count ten million rows takes longer than to read thirty."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest


@dataclass(frozen=True)
class Page:
    """One page of a list; `newer` and `older` are query strings of the neighbours or ""."""

    items: list[Any]
    newer: str
    older: str


def page(rows: "QuerySet[Any]", request: HttpRequest, size: int = 30, name: str = "page") -> Page:
    """The page asked for by `?page=` (or another name); nonsense is the first page."""
    asked = request.GET.get(name, "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and 0 < int(asked) < 10**6 else 1
    start = (number - 1) * size
    items = list(rows[start : start + size + 1])

    def address(other: int) -> str:
        query = request.GET.copy()
        query[name] = str(other)
        return "?" + query.urlencode()

    return Page(
        items=items[:size],
        newer=address(number - 1) if number > 1 else "",
        older=address(number + 1) if len(items) > size else "",
    )
