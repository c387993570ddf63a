"""Which other places a text points to: by a link to their host, or by naming them as where it
comes from (转自某报, 据某网报道). Places, never persons: an @name is not looked at."""

import re
from collections.abc import Mapping

from tingda.lib.forwarding import LINK, host_of
from tingda.lib.text import fold

LONGEST = 5_000  # characters looked at
LINKED, QUOTED = "link", "quote"
_MOST_OF_A_NAME = 40
_FROM = re.compile(
    r"(?:转自|转载自|来自|摘自|引自|来源\s*[:是为]?|据|via|from|source\s*:|according to)"
    rf"\s*[《【“\"'(\[]?\s*(?=(.{{2,{_MOST_OF_A_NAME}}}))"
)


def points(text: str) -> bool:
    """Whether a text may point anywhere: if not, no place need be known."""
    plain = fold(text[:LONGEST]).text
    return bool(LINK.search(plain) or _FROM.search(plain))


def pointed_to(
    text: str, hosts: Mapping[str, int], names: Mapping[str, int]
) -> frozenset[tuple[str, int]]:
    """(LINKED or QUOTED, place) for each place the text points to. `hosts` are without www, a link
    to a part of a host (m.example.org) is one to it; `names` are folded (`tingda.lib.text`).
    """
    plain = fold(text[:LONGEST]).text
    linked = (_known(host_of(link), hosts) for link in LINK.findall(plain))
    named = (_begins_with(after, names) for after in _FROM.findall(plain))
    return frozenset(
        {(LINKED, hosts[host]) for host in linked if host}
        | {(QUOTED, names[name]) for name in named if name}
    )


def _known(host: str, hosts: Mapping[str, int]) -> str:
    """The host itself, or the longest known one it is a part of; "" for none."""
    while host and host not in hosts:
        host = host.partition(".")[2]
    return host


def _begins_with(text: str, names: Mapping[str, int]) -> str:
    """The longest name with which a text begins; "" for none."""
    lengths = range(min(len(text), _MOST_OF_A_NAME), 1, -1)
    return next((text[:length] for length in lengths if text[:length] in names), "")
