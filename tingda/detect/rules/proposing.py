"""What a slow look at whole issues suggests: two that are one matter, one that is two."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tingda.detect.rules.grouping import Grouper
from tingda.detect.rules.matching import Item

BY_ITSELF = 0.9
"""A merge at least this sure may be done without a person, where neither issue bears a person's
decision or a case."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A merge (`other` would go into `issue`, the older) or a split (`voices` would leave it).

    `why` is for storing as JSON: a merge has `words`, `places`, `names` (lists of what both have),
    `similarity`, `needed` (0 to 1) and `voices` (of both, the kept one first); a split has `words`
    and `places` of those that would leave, `similarity` of the two parts, and `voices` (that
    would stay, that would leave). `sure` is 0 to 1.
    """

    kind: Literal["merge", "split"]
    issue: int
    other: int | None
    voices: tuple[int, ...]
    why: dict[str, object]
    sure: float


@dataclass(frozen=True, slots=True)
class Decided:
    """What persons decided, not to be asked again: `apart`, pairs of issues that are two matters;
    `whole`, issues that are one matter, with the voices each had when that was said (asked again
    when it has twice as many)."""

    apart: Collection[frozenset[int]] = ()
    whole: Mapping[int, int] = field(default_factory=dict)


def propose(
    grouper: Grouper,
    decided: Decided,
    *,
    among: Collection[int] | None = None,
    voices: Mapping[int, Sequence[Item]] | None = None,
) -> list[Proposal]:
    """The surest first. Nothing is changed: whoever agrees calls `Grouper.merge` or `load`.

    `among` are the issues looked at, each beside all live ones (None: all). `voices` are the
    items of issues that are to be looked at for a split, by issue; only these can be split.
    """
    return []
