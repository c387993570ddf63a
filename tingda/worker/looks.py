"""Many looks at once: one thread takes what is due, others go there."""

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from django.conf import settings
from django.db import close_old_connections, connection

from tingda.collect.actions.looking import claim_due, look_at
from tingda.collect.models import Source
from tingda.lib import present

log = logging.getLogger(__name__)
SHORT, REST = 0.1, 1.0  # seconds between two takings, while there was something and while not


class Looks:
    """A number of looks under way; none waits for another."""

    def __init__(self, at_once: int, worker: str) -> None:
        self._at_once = at_once
        self._worker = worker
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="look")
        self._under_way: set[Future[None]] = set()

    def take(self) -> int:
        """Send somebody to each source that is due, as far as there is room; how many went."""
        self._under_way = {look for look in self._under_way if not look.done()}
        room = self._at_once - len(self._under_way)
        sources = self._claim(room) if room else []
        for source in sources:
            self._under_way.add(self._pool.submit(_look, source))
        return len(sources)

    def _claim(self, room: int) -> list[Source]:
        return claim_due(now=present.now(), limit=room, worker=self._worker)

    def finish(self) -> None:
        """Wait for those under way."""
        self._pool.shutdown()


def _look(source: Source) -> None:
    try:
        look_at(source, now=present.now())
    except Exception:
        log.exception("a look at source %s could not be kept; it will be tried again", source.pk)
    finally:
        connection.close()  # who waits for the next look must not hold one all the while


def look_until(stop: threading.Event, worker: str) -> None:
    """Go on looking until told to stop."""
    looks = Looks(settings.LOOKS_AT_ONCE, worker)
    while not stop.is_set():
        taken = 0
        try:
            taken = looks.take()
        except Exception:
            log.exception("nothing could be taken; it will be tried again")
        finally:
            close_old_connections()
        stop.wait(SHORT if taken else REST)
    looks.finish()
