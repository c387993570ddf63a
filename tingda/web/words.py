"""From codes and marked texts to sentences in the reader's language."""

from django.utils.translation import gettext

from tingda.lib.refusal import Refused


def said(refusal: Refused) -> str:
    """The refusal in the reader's language; parameters that are themselves texts as well."""
    params = {
        name: gettext(value) if isinstance(value, str) and value else value
        for name, value in refusal.params.items()
    }
    message = gettext(refusal.message)
    return message % params if params else message
