"""Changes to who is there. `by` is None where the installer does it, who stands above the desk.

A file for each area; what persons do is also named here.
"""

from tingda.people.actions.entering import (
    change_password,
    end_session,
    end_sessions,
    invite,
    invite_new,
    join,
    require_factors,
    reset_factor,
    revoke_invitation,
    signed_in,
)
from tingda.people.actions.persons import (
    add_person,
    be_away,
    be_back,
    change_deputy,
    change_person,
    name_institution,
    reset_password,
    set_contact,
)
from tingda.people.actions.tables import bring_people, bring_units
from tingda.people.actions.units import (
    add_unit,
    change_unit,
    close_unit,
    merge_unit,
    reopen_unit,
    set_unit_contact,
)

__all__ = [
    "add_person",
    "add_unit",
    "be_away",
    "be_back",
    "bring_people",
    "bring_units",
    "change_deputy",
    "change_password",
    "change_person",
    "change_unit",
    "close_unit",
    "end_session",
    "end_sessions",
    "invite",
    "invite_new",
    "join",
    "merge_unit",
    "name_institution",
    "reopen_unit",
    "require_factors",
    "reset_factor",
    "reset_password",
    "revoke_invitation",
    "set_contact",
    "set_unit_contact",
    "signed_in",
]
