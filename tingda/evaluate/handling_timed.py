"""The web application as it is, telling with each answer how long it was at work on it."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from tingda.evaluate.handling_browser import HEADER

desk = get_wsgi_application()
Start = Callable[..., Any]


def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """From the first line of our own until the page stands, in milliseconds: `app` by the clock,
    `cpu` of this thread alone. What waited for a free thread before is the network's."""
    began, spent = time.perf_counter(), time.thread_time()

    def timed(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        app, cpu = time.perf_counter() - began, time.thread_time() - spent
        told = f"app;dur={app * 1000:.3f}, cpu;dur={cpu * 1000:.3f}"
        return start(status, [*headers, (HEADER, told)], *rest)

    return desk(environ, timed)
