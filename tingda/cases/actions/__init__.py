"""The only writers of cases: one verb, one function, one transaction, one ledger line.

A file for each area; what persons do is also named here.
"""

from tingda.cases.actions.casework import (
    answered,
    close,
    hand_over,
    keep_promise,
    locked,
    meet,
    move,
    open_case,
    promise,
    reopen,
    set_grade,
)
from tingda.cases.actions.clocks import (
    set_clock,
    set_office_day,
)
from tingda.cases.actions.referrals import (
    answer_referral,
    attach,
    note_late,
    note_late_due,
    object_referral,
    record_fact,
    refer,
    withdraw_referral,
)

__all__ = [
    "answer_referral",
    "answered",
    "attach",
    "close",
    "hand_over",
    "keep_promise",
    "locked",
    "meet",
    "move",
    "note_late",
    "note_late_due",
    "object_referral",
    "open_case",
    "promise",
    "record_fact",
    "refer",
    "reopen",
    "set_clock",
    "set_grade",
    "set_office_day",
    "withdraw_referral",
]
