"""Whose a case is, on its page: whom to ask, who leads, objections, bodies outside."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _

from tingda.cases.models import Case, Fact, Forwarding, Referral
from tingda.cases.queries.routing import Suggestion, may_decide, suggest
from tingda.cases.rules import moves_from
from tingda.people.models import Person
from tingda.web.desk import case_forms, routing_forms


@dataclass(frozen=True)
class Offer:
    """One thing the person may do now: what it is called, its form, where it goes."""

    name: str
    label: str
    form: forms.Form
    address: str
    button: str
    note: str = ""
    primary: bool = False


Bound = Mapping[str, forms.Form]


@dataclass(frozen=True)
class Asked:
    """One referral on the page. `found`: how many facts it brought; `leads`: of the unit that
    leads; `joined`: others lead it."""

    row: Referral
    found: int
    leads: bool
    joined: bool
    withdraw: Offer | None
    decide: Offer | None

    @property
    def undecided(self) -> bool:
        """Its unit says that it is not theirs, and nobody has said whose it is."""
        return self.row.state == Referral.State.OBJECTED


def owner_context(
    case: Case,
    person: Person,
    referrals: Sequence[Referral],
    facts: Sequence[Fact],
    has: Collection[str],
    bound: Bound,
) -> dict[str, object]:
    """For the page: the referrals, those whose objection waits for a decision, bodies outside;
    `has` is what `rare_parts` found."""
    found = Counter(fact.referral_id for fact in facts)
    rows = [asked(row, found[row.pk], case, person, bound) for row in referrals]
    outside = case.forwardings.select_related("by", "reply_by").prefetch_related("files")
    passed_on = list(outside.order_by("id")) if "forwardings" in has else []
    return {
        "referrals": rows,
        "undecided": [one for one in rows if one.undecided and case.is_open],
        "forwardings": [(row, reply(row, person, bound)) for row in passed_on],
    }


def asked(row: Referral, found: int, case: Case, person: Person, bound: Bound) -> Asked:
    """One referral with what may be done about it."""
    led_by_a_unit = case.unit.parent_id is not None
    leads = row.unit_id == case.unit_id
    return Asked(
        row,
        found,
        leads=led_by_a_unit and leads,
        joined=led_by_a_unit and not leads,
        withdraw=_withdraw(row, person, bound),
        decide=_decide(row, person, bound),
    )


def _withdraw(row: Referral, person: Person, bound: Bound) -> Offer | None:
    name = f"withdraw-{row.pk}"
    if name not in bound and (row.state != Referral.State.SENT or not person.may("take_on")):
        return None
    form = bound.get(name) or case_forms.Reason(auto_id=f"{name}_%s")
    address = reverse("case-withdraw", args=[row.case_id, row.pk])
    note = _("对方会看到理由；已经填写的核实留在事项里。")
    return Offer(name, _("收回…"), form, address, _("收回"), note)


def suggestion(case: Case, person: Person, referrals: list[Referral]) -> Suggestion | None:
    """Whom the rules would ask, while nobody was asked."""
    wanted = case.is_open and not referrals and "refer" in moves_from(case.state, person.roles)
    return suggest(case) if wanted else None


def as_suggested(found: Suggestion | None) -> dict[str, object]:
    """The fields of a referral as a rule would fill them in."""
    if found is None or found.unit is None or found.route is None:
        return {}
    return {"unit": found.unit, "person": found.person, "asks": found.route.asks}


def owner_offers(
    case: Case,
    offer: Callable[..., Offer],
    form: Callable[[str, type[case_forms.CaseForm]], forms.Form],
) -> list[Offer]:
    """Whose it is: who leads, a body outside, and the grade that a rule gave."""
    lead, forward = form("lead", routing_forms.SetLead), form("forward", routing_forms.Forward)
    note = _("主办单位反馈了，核实就算齐；别的单位是协办。")
    sent = _("写明转了什么，才能以“转交有权处理的单位”办结。")
    found = [
        offer("lead", _("改主办…"), lead, _("改"), note),
        offer("forward", _("转给外单位…"), forward, _("记下"), sent),
    ]
    if case.unconfirmed:
        grade = form("confirm", routing_forms.ConfirmGrade)
        note = _("等级是规则先算的。对就确认，不对请用“改等级”。")
        found.append(offer("confirm", _("确认等级…"), grade, _("确认"), note))
    return found


def _decide(row: Referral, person: Person, bound: Bound) -> Offer | None:
    name = f"objection-{row.pk}"
    if name not in bound and (row.state != "objected" or not may_decide(person, row)):
        return None
    form = bound.get(name) or routing_forms.Decide(auto_id=f"{name}_%s")
    address = reverse("case-objection", args=[row.case_id, row.pk])
    note = _("发出联系单和提出异议的人不能自己决定，除非没有别人。")
    return Offer(name, _("决定归谁…"), form, address, _("决定"), note, primary=True)


def reply(row: Forwarding, person: Person, bound: Bound) -> Offer | None:
    """Noting what came back."""
    name = f"reply-{row.pk}"
    if name not in bound and (row.reply_at or not person.may("take_on")):
        return None
    form = bound.get(name) or routing_forms.Reply(auto_id=f"{name}_%s")
    address = reverse("case-reply", args=[row.case_id, row.pk])
    return Offer(name, _("记下答复…"), form, address, _("记下"))
