"""通讯录: units with their leads, liaisons, telephones and hours, for everybody who signed in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from tingda.lib import present
from tingda.people.models import Person
from tingda.people.queries import away, contacts_for
from tingda.web.guard import person_of, signed_in


@signed_in
def contacts(request: HttpRequest) -> HttpResponse:
    """The whole book, or what has the words; it prints as a list."""
    words = request.GET.get("q", "").strip().replace("\x00", "")[:100]
    entries = contacts_for(person_of(request), words)
    absent = away(present.now())
    deputies = Person.objects.in_bulk(list(absent.values()))
    context = {
        "here": "contacts",
        "words": words,
        "entries": entries,
        "away": {person: deputies[deputy] for person, deputy in absent.items()},
    }
    return render(request, "desk/contacts.html", context)


urlpatterns = [path("contacts/", contacts, name="contacts")]
