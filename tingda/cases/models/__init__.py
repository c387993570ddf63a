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
    Referral,
)
from tingda.cases.models.routing import Dispatch, ForwardedFile, Forwarding, Objection, Route

__all__ = [
    "Case",
    "Claim",
    "ClockSetting",
    "Deadline",
    "Dispatch",
    "Extension",
    "Fact",
    "FactFile",
    "ForwardedFile",
    "Forwarding",
    "Objection",
    "OfficeDay",
    "Pause",
    "Promise",
    "Referral",
    "Route",
]
