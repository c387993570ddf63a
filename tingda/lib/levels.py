"""Which colour a warning gets: a table that is read from the top; the first row that fits wins."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from tingda.lib.words import mark as _

LEVELS = ("red", "orange", "yellow", "blue")  # the gravest first
Reason = tuple[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Row:
    """All of it must be so: at least this urgent, so many people in a week, growing, about this.

    `topic` is the code of a topic, "" for any.
    """

    level: str
    urgency: int = 0
    grows: bool = False
    people: int = 1
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a matter when its colour is looked up; `people` are those of a week."""

    urgency: int = 0
    grows: bool = False
    people: int = 0
    topic: str = ""


TABLE = (
    Row("red", urgency=3),
    Row("orange", urgency=2, grows=True, people=5),
    Row("orange", grows=True, people=20),
    Row("yellow", urgency=2, people=3),
    Row("yellow", grows=True, people=3),
    Row("blue", people=30),
)
# Minutes in which somebody has to say that they know; 0: nobody has to.
MINUTES = {"red": 10, "orange": 30, "yellow": 240, "blue": 0}


def row_for(rows: Sequence[Row], evidence: Evidence) -> int | None:
    """The number of the first row that fits, from 0."""
    fitting = (number for number, row in enumerate(rows) if _fits(row, evidence))
    return next(fitting, None)


def _fits(row: Row, evidence: Evidence) -> bool:
    return (
        evidence.urgency >= row.urgency
        and evidence.people >= row.people
        and (evidence.grows or not row.grows)
        and row.topic in ("", evidence.topic)
    )


def is_higher(one: str, other: str) -> bool:
    """Whether the first colour is graver; "" is less than all."""
    return _rank(one) < _rank(other)


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def stored(rows: Iterable[Row]) -> list[dict[str, object]]:
    """For keeping as JSON."""
    return [asdict(row) for row in rows]


def rows_of(kept: Iterable[Mapping[str, object]]) -> tuple[Row, ...]:
    """Rows as they were kept; our own table where none was."""
    names = {field.name for field in fields(Row)}
    found = (Row(**{k: v for k, v in one.items() if k in names}) for one in kept)  # type: ignore[arg-type] # JSON
    return tuple(found) or TABLE


_URGENCIES = {1: _("应尽快"), 2: _("当天"), 3: _("马上")}


def reasons(
    row: Row, evidence: Evidence, rise: Mapping[str, object], words: Sequence[str] = ()
) -> list[Reason]:
    """Why a matter has its colour, as texts with their values; the gravest first."""
    found: list[Reason] = []
    if words:
        found.append((_("提到“%(words)s”"), {"words": "、".join(words)}))
    if row.urgency and evidence.urgency in _URGENCIES:
        found.append((_("紧急程度：%(urgency)s"), {"urgency": _URGENCIES[evidence.urgency]}))
    if row.grows and rise:
        found.append(rise_reason(rise))
    found.append((_("一周里 %(people)s 人反映"), {"people": evidence.people}))
    return found


def rise_reason(rise: Mapping[str, object]) -> Reason:
    """How a matter grows: seen and expected people of a window such as "3d" or "6h"."""
    window = str(rise.get("window", "1d"))
    numbers: dict[str, object] = {
        "n": window[:-1],
        "seen": rise.get("seen", 0),
        "expected": rise.get("expected", 0),
    }
    if window.endswith("h"):
        return _("近 %(n)s 小时 %(seen)s 人，往常约 %(expected)s 人"), numbers
    return _("近 %(n)s 天 %(seen)s 人，往常约 %(expected)s 人"), numbers
