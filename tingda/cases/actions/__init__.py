"""The only writers of cases: one verb, one function, one transaction, one ledger line.

A file for each area; what persons do is also named here.
"""

from tingda.cases.actions.casework import (
    answered,
    close,
    confirm_grade,
    hand_over,
    keep_promise,
    locked,
    meet,
    move,
    promise,
    reopen,
    set_grade,
    set_kind,
    set_lead,
)
from tingda.cases.actions.clocks import (
    follow_calendar,
    set_clock,
    set_office_day,
)
from tingda.cases.actions.deadlines import owe_missing_due
from tingda.cases.actions.forwarding import forward, keep_forwarded, note_reply
from tingda.cases.actions.meetings import owe_task
from tingda.cases.actions.objections import decide_objection, object_referral
from tingda.cases.actions.opening import open_case
from tingda.cases.actions.people import (
    change_person,
    change_unit,
    close_unit,
    merge_unit,
)
from tingda.cases.actions.promises import break_promise, prove_promise
from tingda.cases.actions.referrals import (
    answer_referral,
    attach,
    note_late,
    note_late_due,
    record_fact,
    refer,
    withdraw_referral,
)
from tingda.cases.actions.routing import (
    add_route,
    change_route,
    dispatch_due,
    drop_route,
    shout_due,
)
from tingda.cases.actions.waiting import (
    ask_extension,
    decide_extension,
    pause,
    resume,
    resume_due,
)

__all__ = [
    "add_route",
    "answer_referral",
    "answered",
    "ask_extension",
    "attach",
    "break_promise",
    "change_person",
    "change_route",
    "change_unit",
    "close",
    "close_unit",
    "confirm_grade",
    "decide_extension",
    "decide_objection",
    "dispatch_due",
    "drop_route",
    "follow_calendar",
    "forward",
    "hand_over",
    "keep_forwarded",
    "keep_promise",
    "locked",
    "meet",
    "merge_unit",
    "move",
    "note_late",
    "note_late_due",
    "note_reply",
    "object_referral",
    "open_case",
    "owe_missing_due",
    "owe_task",
    "pause",
    "promise",
    "prove_promise",
    "record_fact",
    "refer",
    "reopen",
    "resume",
    "resume_due",
    "set_clock",
    "set_grade",
    "set_kind",
    "set_lead",
    "set_office_day",
    "shout_due",
    "withdraw_referral",
]
