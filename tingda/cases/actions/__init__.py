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
    follow_calendar,
    set_clock,
    set_office_day,
)
from tingda.cases.actions.people import (
    change_person,
    close_unit,
    merge_unit,
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
from tingda.cases.actions.waiting import (
    ask_extension,
    decide_extension,
    pause,
    resume,
    resume_due,
)

__all__ = [
    "answer_referral",
    "answered",
    "ask_extension",
    "attach",
    "change_person",
    "close",
    "close_unit",
    "decide_extension",
    "follow_calendar",
    "hand_over",
    "keep_promise",
    "locked",
    "meet",
    "merge_unit",
    "move",
    "note_late",
    "note_late_due",
    "object_referral",
    "open_case",
    "pause",
    "promise",
    "record_fact",
    "refer",
    "reopen",
    "resume",
    "resume_due",
    "set_clock",
    "set_grade",
    "set_office_day",
    "withdraw_referral",
]
