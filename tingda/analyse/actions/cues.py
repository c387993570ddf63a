"""The words by which intent and urgency are judged, as an office changes them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from tingda.analyse.models import CueChange
from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.urgency.judge import shipped
from tingda.lib.words import mark as _
from tingda.people.models import Person, actor_name

MOST = 2_000  # words added to one list


@transaction.atomic
def change_words(
    cue: str, added: Sequence[str], removed: Sequence[str], *, by: Person, now: datetime
) -> None:
    """These words are added to one of our lists, and those taken out; both empty: as shipped.

    For voices read from now on. A word that cannot be read, and a list that is not there, are
    refused.
    """
    by.must("configure")
    more, less = _words(added), _words(removed)
    if len(more) > MOST:
        raise Refused(_("一个词表最多加 %(most)s 个词"), most=MOST)
    shipped().changed({cue: more}, {cue: less})  # refuses what cannot be read
    if more or less:
        values = {"added": "\n".join(more), "removed": "\n".join(less)}
        CueChange.objects.update_or_create(cue=cue, defaults=values)
    else:
        CueChange.objects.filter(cue=cue).delete()
    data = {"list": cue, "added": len(more), "removed": len(less)}
    record("cues.changed", "cues:all", actor=actor_name(by), now=now, data=data)


def _words(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, (" ".join(word.split()) for word in words))))
