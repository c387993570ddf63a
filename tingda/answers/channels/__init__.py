"""Where an answer goes out: a folder per kind, one line each here."""

from collections.abc import Callable

from tingda.answers.channels.feed import carry as feed
from tingda.answers.channels.page import carry as page

# A channel gets (answer id, key of this publication) and returns the address where the words
# stand. It must do nothing twice for the same key.
CHANNELS: dict[str, Callable[[int, str], str]] = {
    "page": page.carry,
    "feed": feed.carry,
}
