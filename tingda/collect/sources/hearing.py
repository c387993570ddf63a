"""What every kind of source shares: how it hands on what it heard, and how it says what failed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from tingda.collect.models import Source
from tingda.collect.rules import Entry
from tingda.lib.refusal import Refused


class Heard(Protocol):
    """What `collect.actions.hear` returns."""

    @property
    def added(self) -> Sequence[int]: ...
    @property
    def repeated(self) -> int: ...
    @property
    def edited(self) -> int: ...
    @property
    def left_out(self) -> int: ...


class Hear(Protocol):
    """`collect.actions.hear`."""

    def __call__(self, source: Source, entries: Iterable[Entry], *, now: datetime) -> Heard: ...


def source_name_of(text: str) -> str:
    """A text as the name of a source."""
    return " ".join(text.replace("\0", "").split())[:100]


def plain_params(refusal: Refused) -> dict[str, int | str]:
    """The parameters of a refusal as JSON values."""
    return {
        key: value if isinstance(value, int) else str(value)[:1000]
        for key, value in refusal.params.items()
    }
