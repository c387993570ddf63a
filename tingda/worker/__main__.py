"""The worker as a process: `python -m tingda.worker`."""

import gc
import os
import signal
import threading
from types import FrameType

import django


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    gc.disable()  # what is loaded now stays for good, and is not looked through again and again
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tingda.settings")
    django.setup()
    from tingda.worker.loop import run  # noqa: PLC0415 - models need Django started

    gc.freeze()
    gc.enable()
    stop = threading.Event()

    def end(signum: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    run(stop)


main()
