"""The cues of urgency found in one text, and how they stand to each other."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from tingda.lib.cues import Hit

NEGATES, NEGATES_LATIN = 3, 14  # characters between a negation and what it denies
MOST = 60  # of one list that are looked at in one text
_ENDS = {
    "clause": re.compile(r"[,.!?;:。\n]"),
    "sentence": re.compile(r"[!?;。\n]|\.(?=\s|$)"),
}
_OVERLAPPING = 30
_MASKED = ("danger.", "missing.", "child.", "serious.", "damp.negated")


class Ground:
    """Hits by their group, without those that are part of something else (火锅, 打车)."""

    def __init__(self, text: str, hits: Sequence[Hit], title_ends: int = 0) -> None:
        self.text = text
        self.title_ends = title_ends
        self._ends: dict[str, list[int]] = {}
        self._hits = hits

    @cached_property
    def _groups(self) -> Mapping[str, list[Hit]]:
        groups: defaultdict[str, list[Hit]] = defaultdict(list)
        beside = sorted([(one[1], one[2]) for one in self._hits if one[0] == "beside.words"])
        for hit in self._hits:
            if beside and hit.group.startswith(_MASKED) and _is_other(hit, beside):
                continue
            group = groups[hit[0]]
            if len(group) < MOST:
                group.append(hit)
        return groups

    def of(self, group: str) -> Sequence[Hit]:
        """The hits of one list."""
        return self._groups.get(group, ())

    def has(self, group: str) -> bool:
        """Whether a list is met."""
        return any(hit[0] == group for hit in self._hits) and group in self._groups

    def family(self, name: str) -> Iterator[Hit]:
        """The hits of all lists of one table."""
        table = f"{name}."
        for group, hits in self._groups.items():
            if group.startswith(table):
                yield from hits

    def weight(self, hit: Hit) -> float:
        """2 for a danger that is plain by itself, 1 for a word that is said in passing as well."""
        passing = self.of("passing.words")
        return 1.0 if any(one[1:] == hit[1:] for one in passing) else 2.0

    def near(self, hit: Hit, group: str, scope: str) -> bool:
        """Whether a list is met in the same clause or sentence."""
        return any(self._same(hit.start, one.start, scope) for one in self.of(group))

    def together(self, one: Hit, other: Hit) -> bool:
        """Whether two stand in one sentence."""
        return self._same(one.start, other.start, "sentence")

    def just_before(self, hit: Hit, group: str) -> bool:
        """Whether a list is met in the clause, a few characters before."""
        near = NEGATES_LATIN if self.text[hit.start].isascii() else NEGATES
        return any(
            0 <= hit.start - one.end <= near and self._same(one.start, hit.start, "clause")
            for one in self.of(group)
        )

    def before(self, hit: Hit, group: str, scope: str, *, until: str = "") -> bool:
        """Whether a list is met earlier in the scope, with none of `until` between."""
        for one in self.of(group):
            if one.end <= hit.start and self._same(one.start, hit.start, scope):
                ended = (one.end <= end.start <= hit.start for end in self.of(until))
                if not any(ended):
                    return True
        return False

    def after(self, hit: Hit, group: str) -> bool:
        """Whether a list is met anywhere later."""
        return any(one.start >= hit.end for one in self.of(group))

    def _same(self, one: int, other: int, scope: str) -> bool:
        if scope == "text":
            return True
        ends = self._ends.get(scope)
        if ends is None:
            ends = [found.start() for found in _ENDS[scope].finditer(self.text)]
            self._ends[scope] = ends
        return bisect_left(ends, one) == bisect_left(ends, other)


def _is_other(hit: Hit, beside: Sequence[tuple[int, int]]) -> bool:
    """Whether a hit overlaps what means something else, and is not itself the longer phrase."""
    at = bisect_right(beside, (hit.end, -1))
    return any(
        start < hit.end and hit.start < end and end - start >= hit.end - hit.start
        for start, end in beside[max(0, at - _OVERLAPPING) : at]
    )
