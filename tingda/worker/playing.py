"""In the copy of a drill: what its scenario says is heard when its time has come."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from tingda.collect.actions.hearing import hear
from tingda.collect.models import Source
from tingda.collect.rules import Entry
from tingda.lib import scenarios
from tingda.lib.exercise import exercise


class _Played:
    """How much of the scenario this process has played; to play again does no harm."""

    scenario: scenarios.Scenario | None = None
    number = 0


def play_due(*, now: datetime) -> int:
    """Hear what is due, each once whatever was heard before; how many were played."""
    drill = exercise()
    if drill is None or drill.started is None:
        return 0
    if _Played.scenario is None:
        text = (Path(settings.HOME) / "scenario.toml").read_text("utf-8")
        _Played.scenario = scenarios.read(text)
    done = 0
    for one in _Played.scenario.said[_Played.number :]:
        said_at = drill.begins + timedelta(minutes=one.minute)
        if said_at > now:
            break
        source, _new = Source.objects.get_or_create(
            name=one.source, defaults={"kind": Source.Kind.IMPORT}
        )
        guid = f"drill:{_Played.number}"
        entry = Entry(
            guid=guid, title=one.title, text=one.text, said_at=said_at, precision="minute"
        )
        hear(source, [entry], now=now)
        _Played.number += 1
        done += 1
    return done
