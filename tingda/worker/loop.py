"""One loop: due rows are claimed and done. Lanes keep slow work from holding up quick work."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import close_old_connections

from tingda.analyse.actions.intents import learn_intents_due
from tingda.analyse.actions.learning import learn_due
from tingda.analyse.actions.reading import read_again_due, read_due
from tingda.answers.actions import publish_due
from tingda.answers.actions.exports import forget_exports
from tingda.answers.actions.lookbacks import look_back_due
from tingda.cases.actions import (
    dispatch_due,
    note_late_due,
    owe_missing_due,
    resume_due,
    shout_due,
)
from tingda.cases.actions.clocks import tell_of_calendar
from tingda.cases.actions.keeping import ask_due
from tingda.cases.actions.ladder import escalate_cases_due
from tingda.cases.actions.retention import forget_due
from tingda.collect.actions.deliveries import drop_due, forget_deliveries
from tingda.collect.actions.evidence import keep_due
from tingda.collect.actions.looking import free_claims_of_the_dead, put_clock_right
from tingda.collect.actions.periods import follow_key_periods
from tingda.collect.actions.subscriptions import subscribe_due
from tingda.collect.actions.tables import import_due
from tingda.collect.actions.watching import notice_silence
from tingda.detect.actions.foreseeing import foresee_due
from tingda.detect.actions.gathering import gather_again_due, gather_due
from tingda.detect.actions.warning import escalate_due
from tingda.detect.actions.weighing import heat_due
from tingda.duty.actions import beat
from tingda.lib import present
from tingda.notify.actions.sending import deliver_due, forget_sent
from tingda.worker.drills import drill_due, let_go
from tingda.worker.exporting import export_due
from tingda.worker.growing import judge_growth, learn_growth
from tingda.worker.looks import look_until
from tingda.worker.proposing import propose
from tingda.worker.rosters import keep_rosters

log = logging.getLogger(__name__)
Step = Callable[..., int]

# Each step takes `now`, claims what is due, does a batch of it and says how much it did.
LANES: dict[str, tuple[Step, ...]] = {
    "import": (drop_due, import_due, forget_deliveries),  # long files
    "errands": (subscribe_due, keep_due),  # waits for other people's servers, one after another
    "export": (export_due, forget_exports),  # long files, too
    "send": (deliver_due,),  # waits for receivers of notices
    # in this order: what was heard is read, what was read is grouped
    "think": (
        read_due,
        gather_due,
        gather_again_due,
        dispatch_due,  # what was read and grouped may go by a rule
        publish_due,
        note_late_due,
        resume_due,
        ask_due,
    ),
    # what could not be read before, what fell silent, what may be one or two, what is over,
    # which rules are broken
    "tidy": (
        read_again_due,
        keep_rosters,
        follow_key_periods,
        notice_silence,
        propose,
        look_back_due,
        owe_missing_due,  # limits that a new version brought
        forget_due,
        forget_sent,
        shout_due,
        tell_of_calendar,
    ),
    "warn": (escalate_due, escalate_cases_due, heat_due),  # held up by nothing else
    "grow": (judge_growth,),  # all issues together
    "drill": (drill_due,),
    "learn": (learn_growth, learn_due, learn_intents_due, foresee_due),  # takes a while
}
REST = 1.0  # seconds between looks at an empty table


def turn(steps: Sequence[Step], now: datetime) -> int:
    """Do every step once; one that fails is logged and holds up no other."""
    done = 0
    for step in steps:
        try:
            done += step(now=now)
        except Exception:
            log.exception("%s failed; it will be tried again", step.__name__)
        finally:
            close_old_connections()
    return done


def _lane(name: str, stop: threading.Event) -> None:
    while not stop.is_set():
        if not turn(LANES[name], present.now()):
            stop.wait(present.wait(REST))


def _sign_of_life(worker: str, now: datetime) -> None:
    if beat(worker, now=now):
        put_clock_right(now=now)
    free_claims_of_the_dead(now=now)


def run(stop: threading.Event) -> None:
    """Work until told to stop; a batch that was begun is finished first."""
    worker = f"{socket.gethostname()}:{os.getpid()}"
    lanes = [threading.Thread(target=_lane, args=(name, stop), name=name) for name in LANES]
    # waits for other people's servers: many at once, so that none holds up another
    lanes.append(threading.Thread(target=look_until, args=(stop, worker), name="look"))
    for lane in lanes:
        lane.start()
    while not stop.is_set():
        try:
            if all(lane.is_alive() for lane in lanes):  # a dead lane must not look alive
                _sign_of_life(worker, present.now())
        except Exception:
            log.exception("no sign of life could be left")
        finally:
            close_old_connections()
        stop.wait(present.wait(10))
    for lane in lanes:
        lane.join()
    let_go()
