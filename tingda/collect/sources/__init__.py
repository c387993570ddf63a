"""Kinds of source: a folder each, and one line here."""

from collections.abc import Callable
from types import MappingProxyType

from tingda.collect.rules import Look
from tingda.collect.sources.feed.fetch import look as look_at_feed

KINDS: MappingProxyType[str, Callable[..., Look]] = MappingProxyType(
    {
        "feed": look_at_feed,
    }
)
