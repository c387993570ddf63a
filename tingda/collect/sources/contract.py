"""What a kind of source is given and what it gives: the whole of what a new one must know."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tingda.collect.rules import Entry, Look
from tingda.collect.sources.manners import Manners
from tingda.lib.fetch import Response
from tingda.lib.refusal import Refused


@dataclass(frozen=True, slots=True)
class Ask:
    """One look that is asked for.

    `options` are what the office chose, `secret` the password or token, `memory` what the kind
    left at its last look (`Look.memory`). `fresh` says which of some entries were never heard:
    what needs a second request each (an article, a letter) is fetched for those alone. At a
    `trial` somebody waits before the screen: as they stand in the list, without second requests
    to a web site.
    """

    address: str
    now: datetime
    etag: str = ""
    last_modified: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    secret: str = ""
    memory: Mapping[str, Any] = field(default_factory=dict)
    fresh: Callable[[Sequence[Entry]], list[Entry]] = list
    name: str = ""
    trial: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """Something that an office chooses for a source of this kind; the desk makes a field of it.

    `label`, `help` and the words of `choices` are msgids. A "flag" is true or false, "lines" a
    text of several lines, all others one line of text.
    """

    name: str
    label: str
    help: str = ""
    form: Literal["text", "choice", "flag", "lines", "number"] = "text"
    choices: tuple[tuple[str, str], ...] = ()
    default: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a pasted address may be: a source of this kind, at this address, so set up.

    `why` is a msgid that tells the office what was found there, with `params`.
    """

    kind: str
    address: str
    name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pasted:
    """An address that somebody pasted, and what stands there (None: nothing could be fetched,
    for the reason in `refusal`).
    """

    address: str
    came: Response | None = None
    refusal: Refused | None = None


def _no_guess(_pasted: Pasted, _manners: Manners) -> list[Proposal]:
    return []


def _same(address: str, _options: Mapping[str, Any]) -> str:
    return address


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source.

    `look` looks once: raises FetchFailed where nothing came, Refused where what came makes no
    sense; it writes nothing. `recognise` says what a pasted address could be, the surest first;
    it may ask a few more addresses of the same site. `check` refuses an address or options that
    cannot work and returns the address as it should be kept. `secret` is the msgid of what must
    stay secret (password, token), "" where nothing is. `on_web` says that `address` is a web
    address, whose host is then asked at its pace. `from_reporters` says that people write to us
    there: what tells of harm to a child is then told to the duty officer at once.
    """

    look: Callable[[Ask, Manners], Look]
    recognise: Callable[[Pasted, Manners], list[Proposal]] = _no_guess
    check: Callable[[str, Mapping[str, Any]], str] = _same
    options: tuple[Option, ...] = ()
    address_label: str = ""
    address_help: str = ""
    secret: str = ""
    secret_help: str = ""
    secret_required: bool = True
    on_web: bool = True
    interval_minutes: int = 30
    follows_edits: bool = True
    from_reporters: bool = False
