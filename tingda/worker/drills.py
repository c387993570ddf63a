"""Keeps the copy of a drill running beside the real office, and takes from it what came of it.

The copy has web and worker processes of its own, which end with this one. A drill whose worker was
killed goes on where the copy stands, or is broken off when that took too long.
"""

import contextlib
import http.client
import logging
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError

from tingda.duty.actions import drills
from tingda.duty.models import Drill
from tingda.duty.queries import zone
from tingda.lib import present, scenarios
from tingda.lib.exercise import VARIABLE, Exercise, exercise, read
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.reports.queries.drills import came_of
from tingda.worker import copying
from tingda.worker.playing import play_due

log = logging.getLogger(__name__)
AWAY = timedelta(minutes=5)  # a drill that nobody kept for so long is broken off
READY_SECONDS = 180.0  # in which the copy has to answer
PATIENCE_SECONDS = 35.0  # for its end
_NOT_FOR_IT = ("database_url", "http_proxy", "https_proxy", "all_proxy", "no_proxy")
_STILL_TAKEN = _("端口 %(port)s 已被占用：请停掉占用它的程序，或用 TINGDA_DRILL_PORT 换一个")
_LEFT_ALONE = _("后台停了太久，演练已中断，到那时的经过都留着")
_STOPPED = _("副本的程序停了，演练已中断，到那时的经过都留着")
_NOT_READY = _("副本没有准备好，什么也没有开始。请管理员看看日志")


@dataclass
class _Copy:
    """The processes of the copy, kept by the one that is started here."""

    process: "subprocess.Popen[bytes] | None" = None

    def alive(self) -> bool:
        """Whether they run."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """End them in peace, then not."""
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


_copy = _Copy()
_me = f"{socket.gethostname()}:{os.getpid()}"


def drill_due(*, now: datetime) -> int:
    """In the office: keep the drill that is asked for. In the copy: play its scenario."""
    return play_due(now=now) if exercise() is not None else keep_drill(now=now)


def let_go() -> None:
    """The worker ends: the copy with it, to be taken up by the next one."""
    _copy.stop()


def keep_drill(*, now: datetime) -> int:
    """One look after the drill; how many changed their state (0 or 1)."""
    held = drills.hold(_me, now=now)
    if held is None:
        _copy.stop()
        if copying.folder().exists() and not Drill.objects.filter(going=True).exists():
            copying.remove_copy()  # a worker was killed between the end and this
        return 0
    drill = held.drill
    try:
        if drill.state == Drill.State.ASKED:
            _begin(drill, now)
            return 1
        if drill.state == Drill.State.RUNNING and not _is_over(drill, now):
            _go_on(drill, held.last, now)
            return 0
        drills.finish(drill, _taken(drill, now), now=now)
    except Refused as refusal:
        drills.break_off(drill, refusal, _what_there_is(drill, now), now=now)
    except (OSError, DatabaseError, subprocess.SubprocessError):
        log.exception("drill %s", drill.pk)
        why = Refused(_NOT_READY if drill.started_at is None else _STOPPED)
        drills.break_off(drill, why, _what_there_is(drill, now), now=now)
    _copy.stop()
    copying.remove_copy()
    return 1


def _is_over(drill: Drill, now: datetime) -> bool:
    return drill.ends_at is not None and now >= drill.ends_at


# ---- where it runs ----
def port() -> int:
    """The port of the copy."""
    return int(settings.DRILL_PORT) or min(settings.PORT + 1, 65535)


def address() -> str:
    """Where people find the copy."""
    if settings.DRILL_ADDRESS:
        return str(settings.DRILL_ADDRESS)
    host = urlsplit(settings.ADDRESS).hostname or "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port()}"


def environment(home: Path) -> dict[str, str]:
    """What the copy's processes are told: nothing of the office's database, keys or proxies."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TINGDA_") and name.lower() not in _NOT_FOR_IT
    }
    return kept | {
        "DJANGO_SETTINGS_MODULE": "tingda.settings",
        "TINGDA_HOME": str(home),
        "TINGDA_HOST": settings.HOST,
        "PORT": str(port()),
        "TINGDA_ADDRESS": address(),
        "TINGDA_LANGUAGE": settings.LANGUAGE_CODE,
        "TINGDA_TIME_ZONE": settings.TIME_ZONE,
        "TINGDA_UPLOAD_LIMIT_MB": str(settings.UPLOAD_LIMIT_MB),
        "TINGDA_BEHIND_PROXY": str(settings.BEHIND_PROXY),
        "TINGDA_DEBUG": str(settings.DEBUG),
        VARIABLE: str(home / "drill.json"),
    }


def _port_is_free() -> bool:
    family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, port()))
        except OSError:
            return False
    return True


# ---- begin, go on ----
def _begin(drill: Drill, now: datetime) -> None:
    """Make the copy, start it, and let its clock run once it answers."""
    _copy.stop()
    if not _port_is_free():
        raise Refused(_STILL_TAKEN, port=port())
    scenario = scenarios.read(drill.text)
    begins = scenarios.starts_at(scenario, now, zone())
    back = f"{settings.ADDRESS}/desk/duty/drills/{drill.pk}/"
    told = Exercise(drill.name, begins, drill.speed, back, started=None)
    home = copying.folder()
    copying.make_copy(told, drill.text, environment(home), now=now)
    _start(home)
    _wait_until_it_answers(drill)
    drills.note_address(drill, address())
    started = present.now()
    copying.tell(home, replace(told, started=started))
    ends_at = started + timedelta(minutes=scenario.minutes) / drill.speed
    if not drills.start(drill, begins, ends_at, now=started):
        log.info("drill %s was ended before it began", drill.pk)


def _start(home: Path) -> None:
    command = [sys.executable, "-m", "tingda.cli.keep", settings.HOST, str(port()), "together"]
    with (home / "log").open("ab") as told:
        _copy.process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            command, env=environment(home), stdin=subprocess.DEVNULL, stdout=told, stderr=told
        )


def _wait_until_it_answers(drill: Drill) -> None:
    until = time.monotonic() + READY_SECONDS
    while _copy.alive() and time.monotonic() < until:
        if _answers():
            return
        drills.hold(_me, now=present.now())
        time.sleep(0.1)
    log.error("drill %s: %s", drill.pk, _last_words())
    raise Refused(_NOT_READY)


def _answers() -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104
    told = http.client.HTTPConnection(host, port(), timeout=5)
    with contextlib.closing(told), contextlib.suppress(OSError, http.client.HTTPException):
        told.request("GET", "/health", headers={"Host": "localhost"})
        return told.getresponse().status == http.client.OK
    return False


def _last_words() -> str:
    file = copying.folder() / "log"
    return file.read_text("utf-8", "replace")[-2000:] if file.exists() else ""


def _go_on(drill: Drill, last: datetime | None, now: datetime) -> None:
    """Nothing, mostly; after a restart of the worker the copy is taken up where it stands, and its
    clock goes on from where it was.
    """
    if _copy.alive():
        return
    if _copy.process is not None:
        raise Refused(_STOPPED)
    home = copying.folder()
    if last is None or now - last > AWAY or not (home / "drill.json").exists():
        raise Refused(_LEFT_ALONE)
    until = time.monotonic() + PATIENCE_SECONDS
    while not _port_is_free():  # the old copy is still ending
        if time.monotonic() > until:
            raise Refused(_STILL_TAKEN, port=port())
        time.sleep(0.2)
    away = present.now() - last
    told = read(home / "drill.json")
    if told.started is not None:
        copying.tell(home, replace(told, started=told.started + away))
    drills.put_off(drill, away)
    _start(home)


# ---- the end ----
def _taken(drill: Drill, now: datetime) -> dict[str, object]:
    """What came of it, once nobody writes there any more."""
    _copy.stop()
    if drill.begins is None or drill.started_at is None:
        return {}
    if not copying.database(copying.folder()).exists():
        raise Refused(_STOPPED)
    with copying.opened(copying.folder()) as alias:
        ended = drill.begins + (min(now, drill.ends_at or now) - drill.started_at) * drill.speed
        return came_of(alias, scenarios.read(drill.text), drill.begins, ended)


def _what_there_is(drill: Drill, now: datetime) -> dict[str, object]:
    try:
        return _taken(drill, now)
    except (Refused, OSError, DatabaseError):
        log.exception("nothing could be read from the copy of drill %s", drill.pk)
        return {}
