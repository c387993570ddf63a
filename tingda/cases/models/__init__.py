"""What the institution has taken on, and where it goes. A file for each area."""

from tingda.cases.models.casework import (
    Case,
    Claim,
    ClockSetting,
    Deadline,
    Extension,
    Fact,
    FactFile,
    OfficeDay,
    Pause,
    Promise,
    PromiseFile,
    Referral,
)
from tingda.cases.models.ladder import Escalation, LadderSetting
from tingda.cases.models.major import (
    Meeting,
    Minutes,
    Reply,
    Report,
    Superior,
    Task,
    TaskFile,
    Way,
)
from tingda.cases.models.routing import Dispatch, ForwardedFile, Forwarding, Objection, Route

__all__ = [
    "Case",
    "Claim",
    "ClockSetting",
    "Deadline",
    "Dispatch",
    "Escalation",
    "Extension",
    "Fact",
    "FactFile",
    "ForwardedFile",
    "Forwarding",
    "LadderSetting",
    "Meeting",
    "Minutes",
    "Objection",
    "OfficeDay",
    "Pause",
    "Promise",
    "PromiseFile",
    "Referral",
    "Reply",
    "Report",
    "Route",
    "Superior",
    "Task",
    "TaskFile",
    "Way",
]
