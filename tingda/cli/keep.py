"""Keeps web and worker running: `python -m tingda.cli.keep`, started by `tingda up`.

Nothing large is imported, since this process stays for years beside the two it keeps.
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from types import FrameType

from tingda.lib.orphans import die_with_parent

PATIENCE = 25  # seconds a child has to finish what it is doing
STEADY = 60  # seconds after which a child counts as having run well
LONGEST_WAIT = 30
MOST_PROCESSES = 4
LEAST_THREADS, MOST_THREADS = 4, 16


@dataclass
class Child:
    """One process that is kept running."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    not_before: float = 0.0

    def keep(self, now: float) -> None:
        """Start it when it is not running; after each quick death wait twice as long."""
        if self.process and self.process.poll() is None:
            return
        if self.process:
            code, self.process = self.process.returncode, None
            self.failures = 0 if now - self.started > STEADY else self.failures + 1
            wait = min(2 ** (self.failures - 1), LONGEST_WAIT) if self.failures else 0
            self.not_before = now + wait
            sys.stderr.write(f"{self.name}: exit {code}, restart in {wait} s\n")
        if now >= self.not_before:
            self.started = now
            self.process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                self.command, preexec_fn=die_with_parent
            )

    def stop(self, deadline: float) -> None:
        """Wait until it has ended, and insist at the deadline."""
        if self.process and self.process.poll() is None:
            try:
                self.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


DESK = "tingda.web.wsgi:application"


def children(host: str, port: str, application: str = DESK) -> list[Child]:
    """What runs: the web server and the worker."""
    # of the processors that are ours, which in a container are fewer than the machine has; each
    # thread holds a connection to the database
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    # A server of its own is for offices in which many work; the embedded default stays small.
    served = os.environ.get("DATABASE_URL", "").startswith("postgres")
    processes = min(processors, MOST_PROCESSES) if served else 1
    threads = min(2 * processors, MOST_THREADS) // processes
    web = ["granian", "--interface", "wsgi", "--host", host, "--port", port, "--no-ws"]
    web += ["--workers", str(processes), "--blocking-threads", str(max(threads, LEAST_THREADS))]
    web += ["--log-level", "warning"]
    web += ["--workers-kill-timeout", "15", "--respawn-failed-workers"]
    return [
        Child("web", [sys.executable, "-m", *web, application]),
        Child("worker", [sys.executable, "-m", "tingda.worker"]),
    ]


def keep(running: list[Child]) -> None:
    """Keep the children until SIGTERM or SIGINT, then end them in peace."""
    stopping = False

    def stop(signum: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping:
        for child in running:
            child.keep(time.monotonic())
        time.sleep(0.3)
    for child in running:
        if child.process and child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + PATIENCE
    for child in running:
        child.stop(deadline)


if __name__ == "__main__":
    given = [one for one in sys.argv[1:] if one != "together"]
    if given != sys.argv[1:]:  # with the process that started it: the copy of a drill
        die_with_parent()
    keep(children(*given))
