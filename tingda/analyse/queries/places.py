"""The office's own list of places."""

from functools import lru_cache

from tingda.analyse.models import Place
from tingda.lib.gazetteer import Entry, Gazetteer


def gazetteer() -> Gazetteer | None:
    """Ready to find the places of the list, made anew only when one changed; None for none."""
    rows = Place.objects.order_by("id").values_list("name", "kind", "aliases")
    return _gazetteer(tuple(rows))


@lru_cache(2)
def _gazetteer(rows: tuple[tuple[str, str, str], ...]) -> Gazetteer | None:
    if not rows:
        return None
    return Gazetteer(
        Entry(name, kind, tuple(filter(None, map(str.strip, aliases.splitlines()))))
        for name, kind, aliases in rows
    )
