"""What a pasted address may be: fetched once, then every kind of source is asked in turn."""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from tingda.collect.sources import KINDS, kind
from tingda.collect.sources.contract import Pasted, Proposal
from tingda.collect.sources.gate import Gate
from tingda.collect.sources.manners import Manners
from tingda.collect.sources.round import manners, watch
from tingda.lib.fetch import FetchFailed, Response
from tingda.lib.refusal import Refused
from tingda.lib.words import mark as _

log = logging.getLogger(__name__)
# Somebody sits before the screen: seconds for one request, for a host's turn, and in all.
ONE, TURN, ALL = 8.0, 12.0, 25.0
PACE = 1.0  # seconds between the few requests that a person's click makes
LONGEST = 1000
MOST = 12  # proposals on one page
_LETTER = re.compile(r"[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+")
_MAIL_HOST = re.compile(r"(imaps?://\S+|imap[\w-]*\.[\w.-]+(:\d+)?)", re.IGNORECASE)
_CLOSED_DOOR = ("connect", "tls", "timeout", "http_error")


def recognise(address: str, *, now: datetime) -> list[Proposal]:
    """What this address may be, the surest first; never empty.

    Raises Refused with what to do instead where it is nothing that can be listened to.
    """
    text = " ".join(address.split())
    if not text:
        raise Refused(_("请粘贴一个网址"))
    if len(text) > LONGEST:
        raise Refused(_("网址太长"))
    out = in_short(manners(now), now)
    if _LETTER.fullmatch(text) or _MAIL_HOST.fullmatch(text):
        pasted = Pasted(text)
    else:
        pasted = _fetched(text, out)
    refusals = [pasted.refusal] if pasted.refusal else []
    found = list(_different(_asked(pasted, out, refusals)))[:MOST]
    if found:
        return found
    if refusals:
        raise refusals[0]
    raise Refused(
        _(
            "没有认出这是什么：网页上没有订阅地址，也找不到一列一列的文章。"
            "请换成列表页的网址，或者在下面自己选种类"
        )
    )


def in_short(out: Manners, now: datetime) -> Manners:
    """The same manners with less patience, for somebody who waits for the answer."""
    pace = min(PACE, settings.HOST_PACE_SECONDS)
    gate = Gate(
        watch(now), out.agent, out.fetch, tuple(out.allowed_hosts), patience=TURN, pace=pace
    )
    limits = replace(out.limits, total=min(ONE, out.limits.total), turn=gate.turn)
    return replace(
        out,
        limits=limits,
        robots=gate.robots,
        decisions=gate.decisions,
        seconds=min(ALL, out.seconds),
    )


def _fetched(text: str, out: Manners) -> Pasted:
    """What stands there. Where no scheme was given, the safe one is tried first."""
    if not _is_address(text):
        raise Refused(_("网址不对。请用 http:// 或 https:// 开头、不带用户名密码的网址"))
    if "://" in text:
        return _one(text, out)
    safe = _one(f"https://{text}", out)
    failed = safe.refusal
    if isinstance(failed, FetchFailed) and failed.kind in _CLOSED_DOOR:
        plain = _one(f"http://{text}", out)
        return plain if plain.came else safe
    return safe


def _is_address(text: str) -> bool:
    """Whether it is a web address, its scheme perhaps left out, without a password in it."""
    try:
        whole = "://" in text
        parts = urlsplit(text if whole else f"https://{text}")
        host = parts.hostname or ""
    except ValueError:
        return False
    good = parts.scheme.lower() in ("http", "https") and ((whole and host) or "." in host)
    return bool(good) and "@" not in parts.netloc and " " not in text


def _one(address: str, out: Manners) -> Pasted:
    try:
        came: Response = out.get(address)
    except Refused as refusal:
        return Pasted(address, refusal=refusal)
    return Pasted(address, came)


def _asked(pasted: Pasted, out: Manners, refusals: list[Refused]) -> Iterator[Proposal]:
    """Every kind's proposals; one that stumbles does not silence the others."""
    for name in KINDS:
        try:
            yield from kind(name).recognise(pasted, out)
        except Refused as refusal:
            refusals.append(refusal)
        except Exception:
            log.exception("recognising an address as %s failed", name)


def _different(proposals: Iterable[Proposal]) -> Iterator[Proposal]:
    seen: list[tuple[str, str, dict[str, object]]] = []
    for one in proposals:
        same = (one.kind, one.address, dict(one.options))
        if same not in seen:
            seen.append(same)
            yield one
