"""What a notice is about, and the page that it leads to."""

from functools import lru_cache

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


@lru_cache(4096)  # the same rows are shown again and again
def page_of(kind: str, number: int) -> str:
    """The address of the page of one case, issue …"""
    return reverse(kind, args=[number])


def address_of(link: str) -> str:
    """The page that a notice's link ("case:3") names."""
    kind, _sep, number = link.partition(":")
    if kind in ("sources", "duty", "late", "referrals"):
        return reverse(kind)
    if kind in _SETTINGS:
        return reverse(f"settings-{_SETTINGS[kind]}")
    if kind in _PAGES and number.isdecimal():
        return page_of(kind, int(number))
    return reverse("home")
