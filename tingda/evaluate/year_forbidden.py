"""What must be refused, whoever tries."""

from functools import partial

from tingda.cases import actions as cases
from tingda.cases.models import Case
from tingda.evaluate.year_office import Office
from tingda.people.models import Unit


def forbidden(office: Office, case: Case) -> None:
    """Some deeds that nobody may do in a case, one after another."""
    now = office.later()
    refuse, duty = office.must_refuse, office.one("duty")
    auditor, units = office.one("auditor"), office.units()
    liaison = next((one for unit in units for one in office.people("liaison", unit)), auditor)
    shut = {"reason": "solved", "text": "办好了办好了"}
    refuse("close as auditor", partial(cases.close, case, **shut, by=auditor, now=now))
    silent = {"reason": "solved", "text": "好"}
    refuse("close in silence", partial(cases.close, case, **silent, by=duty, now=now))
    refuse("refer as auditor", partial(cases.refer, case, case.unit, "查", by=auditor, now=now))
    long = partial(cases.pause, case, "reporter", 99, "等", by=duty, now=now)
    refuse("pause for ever", long)
    refuse("pause for nothing", partial(cases.pause, case, "rest", 3, "等", by=duty, now=now))
    gone = Unit.objects.exclude(closed_at=None).first()
    if gone:
        refuse("ask who is gone", partial(cases.refer, case, gone, "查", by=duty, now=now))
    row = case.referrals.filter(state="sent").exclude(unit=liaison.unit).first()
    if row and liaison.unit_id != row.unit_id and liaison.roles == {"liaison"}:
        refuse("answer for others", partial(cases.answer_referral, row, by=liaison, now=now))
