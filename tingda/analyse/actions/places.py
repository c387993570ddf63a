"""The office's own list of places: read from a table, and taken from."""

from datetime import datetime

from django.db import transaction

from tingda.analyse.models import Place
from tingda.ledger.actions import record
from tingda.lib.gazetteer import read_gazetteer
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

MOST = 50_000


@transaction.atomic
def read_places(text: str, *, by: Person, now: datetime) -> tuple[int, int]:
    """Add the places of a CSV file, and change those that are here already; how many of each.

    A file stands or falls as a whole: of one with a bad row nothing is taken. For voices read from
    now on.
    """
    by.must("configure")
    entries = {entry.name: entry for entry in read_gazetteer(text)}
    known = set(Place.objects.values_list("name", flat=True))
    if not entries:
        raise Refused(_("文件里没有地点"))
    if len(known | set(entries)) > MOST:
        raise Refused(_("地点太多，最多 %(most)s 处"), most=MOST)
    rows = [
        Place(name=entry.name, kind=entry.kind, aliases="\n".join(entry.aliases))
        for entry in entries.values()
    ]
    Place.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["kind", "aliases"],
    )
    changed = len(known & set(entries))
    data = {"added": len(rows) - changed, "changed": changed}
    record("places.read", "places:all", actor=actor_name(by), now=now, data=data)
    return data["added"], data["changed"]


@transaction.atomic
def remove_place(place: Place, *, by: Person, now: datetime) -> None:
    """Look for it no more; what was found before stays."""
    by.must("configure")
    name = place.name
    place.delete()
    record("place.removed", "places:all", actor=actor_name(by), now=now, data={"name": name})
