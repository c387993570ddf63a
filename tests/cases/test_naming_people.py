"""No table names a person who left and waits for them."""

from tingda.people.models import Person

# Tables that name a person for what is to be done: given over when the person leaves.
GIVEN = {
    "analyse.Watch.owner",
    "cases.Case.owner",
    "cases.Meeting.called_by",  # one to come: the heir sees to it
    "cases.Meeting_people.person",
    "cases.Referral.person",
    "cases.Route.owner",
    "cases.Route.person",
    "cases.Task.owner",
    "duty.Team_members.person",
    "duty.Turn.person",
    "people.Absence.deputy",
    "people.Unit.lead",
}
# What is a person's own and ends with them; a swap is overtaken when the shift has another name.
OWN = {
    "account.EmailAddress.user",
    "answers.DossierExport.asked_by",
    "duty.Swap.asker",
    "duty.Swap.to",
    "mfa.Authenticator.user",
    "notify.Notice.person",
    "notify.Reach.person",
    "people.Absence.person",
    "people.HeldRole.person",
    "people.Invitation.person",
    "people.SignIn.person",
}
# The record of what somebody did, which stays under their name.
DID = {"by", "person_by", "author", "reviewer", "instead_of"}


def test_every_table_that_names_a_person_is_given_over_or_is_a_record() -> None:
    related = Person._meta.get_fields(include_hidden=True)
    named = {
        f"{one.related_model._meta.label}.{one.field.name}"
        for one in related
        if one.auto_created and not one.concrete and not one.field.many_to_many
    }
    left = {
        one
        for one in named - GIVEN - OWN
        if not one.endswith("_by") and one.rsplit(".", 1)[1] not in DID
    }
    assert (left, GIVEN - named, OWN - named) == (set(), set(), set())
