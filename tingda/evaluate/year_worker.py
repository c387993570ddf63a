"""A worker of its own process, which may be killed for good in the middle of anything."""

import json
import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from io import TextIOWrapper

from django.db import connections

from tingda.lib.refusal import Refused

log = logging.getLogger(__name__)

Step = Callable[..., int]
_REFUSED, _BROKE = 3, 4
MOST_ROUNDS = 200  # of one turn: who never comes to rest is at fault, too


def take_turn(steps: Sequence[Step], now: datetime) -> list[str]:
    """Do every step until there is nothing left to do; what failed."""
    wrong: list[str] = []
    for step in steps:
        try:
            rounds = 0
            while step(now=now) and rounds < MOST_ROUNDS:
                rounds += 1
        except Exception as error:  # a worker goes on, and so does this one
            log.exception("a step failed")
            wrong.append(f"worker: {step.__name__} failed: {error!r}")
        else:
            if rounds == MOST_ROUNDS:
                wrong.append(f"worker: {step.__name__} never came to rest at {now}")
    return wrong


class Inline:
    """Takes its turns in this process; nobody can kill it."""

    kills = 0

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps

    def turn(self, now: datetime, dies_after: float | None = None) -> list[str]:
        """Everything that is due at `now`."""
        return take_turn(self._steps, now)

    def stop(self) -> None:
        """There is nothing to stop."""


class Forked(Inline):
    """A child that reads the time from a pipe and takes its turn; SIGKILL ends it, and the next
    one finds what it left."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__(steps)
        self.kills = 0
        self._start()

    def _start(self) -> None:
        connections.close_all()  # a connection is nothing that two processes may hold
        told, hears = os.pipe()
        listens, says = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(hears)
            os.close(listens)
            self._work(os.fdopen(told), os.fdopen(says, "w"))
        os.close(told)
        os.close(says)
        self._orders, self._reports = os.fdopen(hears, "w"), os.fdopen(listens)

    def _work(self, orders: TextIOWrapper, reports: TextIOWrapper) -> None:
        try:
            for line in orders:
                wrong = take_turn(self._steps, datetime.fromisoformat(line.strip()))
                reports.write(json.dumps(wrong) + "\n")
                reports.flush()
        finally:
            os._exit(0)  # nothing of the parent's is tidied up here

    def turn(self, now: datetime, dies_after: float | None = None) -> list[str]:
        """Everything that is due at `now`; with a number, after so many seconds it is killed, and
        another one begins anew."""
        self._orders.write(now.isoformat() + "\n")
        self._orders.flush()
        if dies_after is not None:
            time.sleep(dies_after)
            os.kill(self._pid, signal.SIGKILL)
            self.kills += 1
            self._gone()
            self._start()
            return self.turn(now)
        answer = self._reports.readline()
        if not answer:
            self._gone()
            self._start()
            return [f"worker: died by itself at {now}"]
        return [str(line) for line in json.loads(answer)]

    def _gone(self) -> None:
        os.waitpid(self._pid, 0)
        self._orders.close()
        self._reports.close()

    def stop(self) -> None:
        """Let it end."""
        self._orders.close()
        os.waitpid(self._pid, 0)
        self._reports.close()


def together(
    first: Callable[[], object], second: Callable[[], object], wrong: list[str], name: str
) -> int:
    """Two processes do something at the same moment; how many of them were not refused."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        os._exit(_outcome(second))
    mine = _outcome(first)
    theirs = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    connections.close_all()
    if _BROKE in (mine, theirs):
        wrong.append(f"{name}: pressed by two at once, it broke")
    return (mine, theirs).count(0)


def _outcome(deed: Callable[[], object]) -> int:
    try:
        deed()
    except Refused:
        return _REFUSED
    except Exception:
        log.exception("two pressed at once")
        return _BROKE
    return 0
