"""How well sources are heard, for the list and the page of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tingda.collect.models import Check, Source
from tingda.collect.queries.health import Health, health_of


@dataclass(frozen=True)
class Heard:
    """One source in the list: its newest look, and its health in words."""

    source: Source
    check: Check | None
    health: Health


def heard_of(sources: Sequence[Source], checks: Mapping[int, Check], now: datetime) -> list[Heard]:
    """Each of them; `checks` are their newest looks, by source."""
    health = health_of(sources, now)
    return [Heard(source, checks.get(source.pk), health[source.pk]) for source in sources]
