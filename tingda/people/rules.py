"""Roles and what each may do. One table, read by every permission check."""

from tingda.lib.words import mark as _

DUTY, LIAISON, DRAFTER, RELEASER, AUDITOR, ADMIN = (
    "duty",
    "liaison",
    "drafter",
    "releaser",
    "auditor",
    "admin",
)

ROLES = {
    DUTY: _("值班员"),
    LIAISON: _("联络员"),
    DRAFTER: _("拟稿人"),
    RELEASER: _("签发人"),
    AUDITOR: _("审计员"),
    ADMIN: _("管理员"),
}

# What a role may do beyond looking. A person may hold several roles; the four eyes of an answer
# are two persons, whatever their roles (answers/rules.py).
MAY: dict[str, frozenset[str]] = {
    "hear": frozenset({DUTY, ADMIN}),  # import, hotline form
    "group": frozenset({DUTY}),  # merge, split, rename, not ours
    "take_on": frozenset({DUTY}),  # open a case, refer, close, reopen, acknowledge an alert
    "state_facts": frozenset({DUTY, LIAISON}),
    "draft": frozenset({DRAFTER, DUTY}),
    "review": frozenset({DRAFTER, RELEASER, DUTY}),
    "release": frozenset({RELEASER}),
    "extend": frozenset({RELEASER}),  # grant a longer deadline that somebody else asked for
    "open_contact": frozenset({DUTY}),
    "watch": frozenset({DUTY, ADMIN}),  # words that mark voices
    "configure": frozenset({ADMIN}),  # sources, topics, clocks, people
    "audit": frozenset({AUDITOR, ADMIN}),  # the whole ledger
}

# Roles that work at the desk; a liaison alone sees only what was referred to the own unit.
STAFF = frozenset({DUTY, DRAFTER, RELEASER, AUDITOR, ADMIN})


def may(roles: frozenset[str], deed: str) -> bool:
    """Whether one of the roles allows the deed. An unknown deed raises KeyError."""
    return bool(roles & MAY[deed])
