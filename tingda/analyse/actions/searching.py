"""The index of all words. SQLite keeps no copy of what it indexed: to take something out, it must
be told the very words that went in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from tingda.analyse.models import Reading
from tingda.collect.models import Edit, Voice
from tingda.lib.search import pairs, tsvector


@dataclass(frozen=True, slots=True)
class Indexed:
    """The words of a voice as they stand in the index."""

    voice: int
    title: str
    text: str

    @property
    def pairs(self) -> str:
        """As they are indexed."""
        return pairs(f"{self.title}\n{self.text}")


def indexed(voices: Sequence[Voice]) -> list[Indexed]:
    """What the index holds of these voices: their words as they were last read, which for an
    edited one are no longer its own. Voices that were never read are not in it.
    """
    by_id = {voice.pk: voice for voice in voices}
    read = dict(Reading.objects.filter(pk__in=by_id).values_list("voice_id", "edits"))
    before: dict[int, list[Edit]] = {}
    for edit in Edit.objects.filter(voice__in=list(read)).order_by("id"):
        before.setdefault(edit.voice_id, []).append(edit)
    found = []
    for voice, edits in read.items():
        earlier = before.get(voice, [])
        words = earlier[edits] if edits < len(earlier) else by_id[voice]
        found.append(Indexed(voice, words.title, words.text))
    return found


def put_in(voices: Sequence[Voice]) -> None:
    """Make these voices findable; none of them is in the index now."""
    rows = [(row.pk, Indexed(row.pk, row.title, row.text).pairs) for row in voices]
    sql = "INSERT INTO analyse_search (rowid, pairs) VALUES (%s, %s)"
    if connection.vendor == "postgresql":
        sql = "INSERT INTO analyse_search (rowid, pairs) VALUES (%s, %s::tsvector)"
        rows = [(voice, tsvector(words)) for voice, words in rows]
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)


def take_out(rows: Sequence[Indexed]) -> None:
    """Let these voices be found no more."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            ids = [row.voice for row in rows]
            cursor.execute("DELETE FROM analyse_search WHERE rowid = ANY(%s)", [ids])
            return
        # what is not in it must not be taken out: that would damage the index
        marks = ", ".join(["%s"] * len(rows))
        asked = f"SELECT rowid FROM analyse_search WHERE rowid IN ({marks})"  # noqa: S608 - marks
        cursor.execute(asked, [row.voice for row in rows])
        held = {voice for (voice,) in cursor.fetchall()}
        cursor.executemany(
            "INSERT INTO analyse_search (analyse_search, rowid, pairs) VALUES ('delete', %s, %s)",
            [(row.voice, row.pairs) for row in rows if row.voice in held],
        )
