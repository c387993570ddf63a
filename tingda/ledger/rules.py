"""How a line is chained to the one before it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

START = "0" * 64


@dataclass(frozen=True)
class Entry:
    """What stands in one line. `thread` is the matter it belongs to, `subject` what was acted on.

    Both are text such as "case:17", so that a line outlives everything it speaks of.
    `data` holds JSON values only: what the sentence of this verb needs.
    """

    number: int
    at: datetime
    verb: str
    subject: str
    thread: str
    actor: str
    public: bool
    data: Mapping[str, object]


def digest(entry: Entry, before: str) -> str:
    """SHA-256 over the line in one canonical form and the hash of the line before it."""
    values = vars(entry) | {"at": entry.at.astimezone(UTC).isoformat(timespec="microseconds")}
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()
