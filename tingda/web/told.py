"""What a notice is about, and the page that it leads to."""

from django.urls import reverse
from django.utils.translation import gettext

from tingda.notify.models import Notice


def title_of(notice: Notice) -> str:
    """What a notice is about."""
    data = notice.data
    if "gaps" in data:
        return gettext("今后七天值班有 %(gaps)s 处缺口") % {"gaps": data["gaps"]}
    if notice.verb == "limits.missed":
        return gettext("服务停过，补上了")
    if "moves" in data:
        return gettext("%(n)s 个在办的时限要按新的日历改") % {"n": data["moves"]}
    if "count" in data:
        return gettext("%(count)s 个来源听不到") % {"count": data["count"]}
    return str(data.get("title", "")) or gettext("通知")


_PAGES = frozenset(
    [
        "case",
        "referral",
        "answer",
        "issue",
        "voice",
        "source",
        "report",
        "meeting",
        "task",
        "lookback",
        "enquiry",
    ]
)


_SETTINGS = {"routes": "routing", "clocks": "clocks"}


def address_of(link: str) -> str:
    """The page that a notice's link ("case:3") names."""
    kind, _sep, number = link.partition(":")
    if kind in ("sources", "duty", "late", "referrals"):
        return reverse(kind)
    if kind in _SETTINGS:
        return reverse(f"settings-{_SETTINGS[kind]}")
    if kind in _PAGES and number.isdecimal():
        return reverse(kind, args=[int(number)])
    return reverse("home")
