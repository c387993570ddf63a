"""Which voices speak of the same matter, and which issues may be one or two."""

from tingda.detect.rules.grouping import Grouper, Placed
from tingda.detect.rules.proposing import BY_ITSELF, Decided, Proposal, propose, settle
from tingda.detect.rules.standing import Item, Settings

__all__ = [
    "BY_ITSELF",
    "Decided",
    "Grouper",
    "Item",
    "Placed",
    "Proposal",
    "Settings",
    "propose",
    "settle",
]
