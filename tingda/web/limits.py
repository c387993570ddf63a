"""How often one address may try what costs us or guards a secret."""

from django.conf import settings
from django.http import HttpRequest
from django_ratelimit.core import get_usage, is_ratelimited


def too_many(request: HttpRequest, group: str, *rates: str) -> bool:
    """Count one try and say whether it is beyond one of the rates ("5/h", "10/15m")."""
    beyond = [
        is_ratelimited(request, group=group, key=address, rate=rate, increment=True)
        for rate in rates
    ]
    return any(beyond)


def is_full(request: HttpRequest, group: str, *rates: str) -> bool:
    """Whether the next try would be beyond one of the rates; nothing is counted."""
    usages = [
        get_usage(request, group=group, key=address, rate=rate, increment=False) for rate in rates
    ]
    return any(usage is not None and usage["count"] >= usage["limit"] for usage in usages)


def address(group: str, request: HttpRequest) -> str:
    """Who is asking. Only the office's own proxy is believed about whom it asks for.

    The last entry is the one that proxy wrote; those before it are what the visitor claims.
    """
    if settings.BEHIND_PROXY:
        forwarded = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()
        if forwarded:
            return forwarded
    return str(request.META.get("REMOTE_ADDR", ""))
