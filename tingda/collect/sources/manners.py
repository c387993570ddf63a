"""How we go out to other people's servers: under our name, safely, in turn, and as they ask."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import tzinfo
from time import monotonic

from tingda import __version__
from tingda.lib.fetch import Limits, Own, Response, fetch
from tingda.lib.refusal import Refused


def _no_rules(_url: str) -> None:
    return None


NOTHING = Own()


class RobotsRefused(Refused):
    """The site's robots.txt asks us not to read this page."""

    kind = "robots"


@dataclass(frozen=True, slots=True)
class Manners:
    """How we go out: whom a webmaster can reach, which private hosts are allowed, and limits.

    `zone` is what a time without one is read in. `limits.turn` waits until a host may be asked
    again; `robots` raises RobotsRefused where the site asks us to stay away from a page.
    `seconds` is the patience of one look in all: what is not fetched by then waits for the next.
    """

    zone: tzinfo
    contact: str = ""
    allowed_hosts: Collection[str] = ()
    limits: Limits = field(default_factory=Limits)
    robots: Callable[[str], None] = _no_rules
    seconds: float = 60.0
    began: float = field(default_factory=monotonic)
    fetch: Callable[..., Response] = fetch
    decisions: dict[str, bool] = field(default_factory=dict)  # what robots.txt said in this look

    @property
    def agent(self) -> str:
        """The name given to every server that is asked."""
        return f"Tingda/{__version__}" + (f" (+{self.contact})" if self.contact else "")

    @property
    def has_time(self) -> bool:
        """Whether another request fits into this look."""
        return monotonic() - self.began < self.seconds

    def get(
        self, url: str, *, etag: str = "", last_modified: str = "", own: Own = NOTHING
    ) -> Response:
        """Ask for one address in its host's turn. Raises FetchFailed."""
        return self.fetch(
            url,
            agent=self.agent,
            etag=etag or None,
            last_modified=last_modified or None,
            own=own,
            allowed_hosts=self.allowed_hosts,
            limits=self.limits,
        )

    def get_page(self, url: str, *, etag: str = "", last_modified: str = "") -> Response:
        """The same for a page made for readers: only where robots.txt lets us."""
        self.robots(url)
        return self.get(url, etag=etag, last_modified=last_modified)
