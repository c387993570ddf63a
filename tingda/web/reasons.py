"""Why a voice is urgent, in words: the lists by which it is judged, by their names."""

from django.utils.translation import gettext

from tingda.analyse.models import Intent
from tingda.lib.urgency.lists import label_of


def reason(code: str) -> str:
    """The reason in the reader's language; one that has no words is told by its own name."""
    if code in Intent.values:
        return str(Intent(code).label)
    if label := label_of(code):
        return gettext(label)
    return gettext("判断用词“%(name)s”") % {"name": code}
