"""Which voice heard before a new one repeats, in nearly the same words.

Held in memory: the newest voices that repeat nothing. What the database no longer holds, or holds
in other words, is forgotten before it is asked.
"""

from tingda.analyse.models import Reading
from tingda.analyse.rules import comparable
from tingda.collect.models import Voice
from tingda.lib.repeats import Repeats
from tingda.lib.repeats.index import Found

MOST = 10_000  # voices looked back, about 20 MB
LONGEST = 5_000  # characters; longer ones are compared as a whole only
_CHUNK = 500


class Recent:
    """The newest voices that were read and repeat nothing, each with its digest."""

    def __init__(self) -> None:
        self._repeats = Repeats()
        self._held: dict[int, str] = {}

    def catch_up(self) -> None:
        """Know what the database knows now."""
        firsts = Reading.objects.filter(repeat_of=None).exclude(digest="").order_by("-voice_id")
        now_said = dict(firsts.values_list("voice_id", "digest")[:MOST])
        self.forget([key for key, digest in self._held.items() if now_said.get(key) != digest])
        new = sorted(key for key in now_said if key not in self._held)
        for start in range(0, len(new), _CHUNK):
            rows = Voice.objects.filter(pk__in=new[start : start + _CHUNK]).order_by("pk")
            for key, title, text in rows.values_list("pk", "title", "text"):
                self.add(key, now_said[key], comparable(title, text))

    def forget(self, keys: list[int]) -> None:
        """These are not looked for any more."""
        self._repeats.forget(keys)
        for key in keys:
            self._held.pop(key, None)

    def digest(self, key: int) -> str:
        """Of a voice that is held; empty for another."""
        return self._held.get(key, "")

    def find(self, text: str) -> Found | None:
        """The earliest that this repeats, and why."""
        return self._repeats.find(text) if len(text) <= LONGEST else None

    def add(self, key: int, digest: str, text: str) -> None:
        """To be found from now on."""
        self._held[key] = digest
        if len(text) <= LONGEST:
            self._repeats.add(key, text)


_recent = Recent()


def recent() -> Recent:
    """What this process remembers, current."""
    _recent.catch_up()
    return _recent
