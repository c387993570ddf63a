"""What every page shows: whose house it is and who is on duty."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from tingda.duty.rules import shift_at
from tingda.notify.queries import unread_for
from tingda.people.queries import institution


def house(request: HttpRequest) -> dict[str, Any]:
    """Names for the templates; costs nothing on pages that do not use them."""
    now = timezone.now()
    return {
        "now": now,
        "institution": SimpleLazyObject(institution),
        "shift": shift_at(timezone.localtime(now)),
        "english": translation.get_language() == "en",
        "unread_notices": SimpleLazyObject(
            lambda: unread_for(request.user).count() if request.user.is_authenticated else 0
        ),
    }
