"""How people come in: invitations, passwords, second factors, sessions."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import transaction

from tingda.ledger.actions import record
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _
from tingda.people import rules
from tingda.people.actions.persons import add_person, check, end_all, known
from tingda.people.models import Invitation, Person, RequiredFactor, SignIn, Unit, actor_name
from tingda.people.queries import hashed, invitation_of

GONE = _("这个链接已经用过、收回或过期了。请向管理员再要一个")


@transaction.atomic
def invite_new(
    login: str,
    name: str,
    unit: Unit,
    roles: Iterable[str],
    *,
    by: Person | None,
    now: datetime,
) -> tuple[Person, str]:
    """Add somebody who sets name and password themself; also the secret part of the link."""
    person = add_person(login, name, unit, roles, password=None, by=by, now=now)
    return person, invite(person, by=by, now=now)


@transaction.atomic
def invite(person: Person, *, by: Person | None, now: datetime) -> str:
    """Make a link with which this person sets a password; earlier links stop working.

    Returns its secret part, which is kept nowhere.
    """
    check(by)
    row = Person.objects.select_for_update().get(pk=person.pk)
    if not row.is_active:
        raise Refused(_("%(name)s已停用，不能邀请"), name=row.name)
    row.invitations.filter(used_at=None, revoked_at=None).update(revoked_at=now)
    token = secrets.token_urlsafe(32)
    Invitation.objects.create(
        person=row,
        token=hashed(token),
        by=actor_name(by),
        made_at=now,
        expires_at=now + rules.INVITATION_LASTS,
    )
    _line("person.invited", row, by, now)
    return token


@transaction.atomic
def revoke_invitation(invitation: Invitation, *, by: Person | None, now: datetime) -> None:
    """The link works no more."""
    check(by)
    still = Invitation.objects.filter(pk=invitation.pk, used_at=None, revoked_at=None)
    if still.update(revoked_at=now):
        _line("invitation.revoked", invitation.person, by, now)


@transaction.atomic
def join(token: str, *, name: str, password: str, now: datetime) -> Person:
    """Follow an invitation: set the own name and password, once; two at once, one is too late."""
    invitation = invitation_of(token, now)
    if invitation is None:
        raise Refused(GONE)
    if not name.strip():
        raise Refused(_("名称不能为空"))
    still = Invitation.objects.filter(pk=invitation.pk, used_at=None, revoked_at=None)
    if not still.update(used_at=now):
        raise Refused(GONE)
    person = Person.objects.select_for_update().get(pk=invitation.person_id)
    person.name = name.strip()[:100]
    person.set_password(password)
    person.save(update_fields=["name", "password"])
    end_all(person)
    _line("person.joined", person, person, now)
    return person


@transaction.atomic
def change_password(person: Person, password: str, *, now: datetime) -> Person:
    """Set the own password; every session made with the old one ends."""
    row = Person.objects.select_for_update().get(pk=person.pk)
    row.set_password(password)
    row.save(update_fields=["password"])
    end_all(row)
    _line("person.password_changed", row, row, now)
    return row


# ---- second factors ----
@transaction.atomic
def require_factors(roles: Iterable[str], *, by: Person | None, now: datetime) -> None:
    """Say which roles need a second factor; whoever has none sets it up before anything else."""
    check(by)
    wanted = known(roles)
    RequiredFactor.objects.exclude(role__in=wanted).delete()
    RequiredFactor.objects.bulk_create(
        [RequiredFactor(role=role) for role in wanted], ignore_conflicts=True
    )
    data: dict[str, object] = {"roles": wanted}
    record("factor.required", "institution:1", actor=actor_name(by), now=now, data=data)


@transaction.atomic
def reset_factor(person: Person, *, by: Person | None, now: datetime) -> None:
    """Take a lost second factor away, on the record, and end all sessions of the person."""
    check(by)
    if by == person:
        raise Refused(_("自己的两步验证请由另一位管理员重设"))
    row = Person.objects.select_for_update().get(pk=person.pk)
    Authenticator.objects.filter(user=row).delete()
    end_all(row)
    _line("person.factor_reset", row, by, now)


# ---- sessions ----
@transaction.atomic
def signed_in(person: Person, key: str, browser: str, *, now: datetime) -> SignIn:
    """Keep where somebody signed in, so that they can end it from elsewhere. Sessions that are
    over are forgotten."""
    alive = Session.objects.filter(expire_date__gt=now).values("session_key")
    person.sign_ins.exclude(key__in=alive).delete()
    row, _new = SignIn.objects.update_or_create(
        key=key, defaults={"person": person, "browser": browser[:100], "at": now}
    )
    return row


@transaction.atomic
def end_session(sign_in: SignIn, *, by: Person, now: datetime) -> None:
    """Sign somebody out in one browser."""
    if by.pk != sign_in.person_id:
        check(by)
    Session.objects.filter(session_key=sign_in.key).delete()
    if SignIn.objects.filter(pk=sign_in.pk).delete()[0]:
        _line("person.signed_out", sign_in.person, by, now)


@transaction.atomic
def end_sessions(person: Person, *, by: Person, now: datetime) -> Person:
    """Sign somebody out everywhere. One's own browser then needs a new session."""
    if by != person:
        check(by)
    row = Person.objects.select_for_update().get(pk=person.pk)
    end_all(row)
    _line("person.signed_out", row, by, now)
    return Person.objects.get(pk=row.pk)


def _line(verb: str, person: Person, by: Person | None, now: datetime) -> None:
    data, actor = {"name": person.name}, actor_name(by)
    record(verb, f"person:{person.pk}", actor=actor, now=now, data=data)
